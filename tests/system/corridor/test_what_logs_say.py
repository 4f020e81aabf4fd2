"""Logs of every part after calls: no secret, no speech, nobody's name (P10)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from corridor.desk import Desk
from corridor.platform_under_test import Platform
from corridor.visitor import Visitor

pytestmark = pytest.mark.system

# Shapes of what no log may hold, whoever made it.
_SHAPES = {
    "a key of SRTP": r"inline:[A-Za-z0-9+/=]{8,}",
    "an ICE password": r"ice-pwd:",
    "a token": r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",
    "a private key": r"PRIVATE KEY",
    "a bearer": r"(?i)bearer\s+[A-Za-z0-9._-]{12,}",
}


def logs(platform: Platform) -> dict[str, str]:
    return {path.name: path.read_text(errors="replace") for path in sorted((platform.data / "log").rglob("*.log*"))}


def secrets(folder: Path) -> dict[str, str]:
    return {f"secrets/{path.name}": path.read_text().strip() for path in folder.iterdir() if path.suffix != ".pem"}


def test_no_log_holds_a_secret_or_a_name(platform: Platform, desk: Desk, visitor: Visitor) -> None:
    email = platform.people[0]
    anna = desk.tab(email)
    visitor.press()
    anna.is_rung()
    anna.sees_the_visitor(frames=2)
    anna.answers()
    anna.talks()
    anna.opens()
    anna.keys("1")
    anna.hangs_up()
    visitor.is_idle()
    anna.calls()
    visitor.talks()
    visitor.keys("4")
    anna.hangs_up()
    visitor.is_idle()
    with platform.api(email) as client:
        people = [user["name"] for user in client.get("/api/v1/users").json()["items"]]
        site = client.get("/api/v1/places?kind=site").json()["items"][0]["id"]
        made = client.post("/api/v1/stations", json={"name": "Hof", "place_id": site}).json()
        code = str(made["claim_code"])
        refused = client.post(
            "/device/v1/claim",
            json={"claim_code": code, "certificate_request": "none", "model": "TEST", "software": "1"},
        )
        assert refused.status_code in (400, 422), refused.text
        client.post("/api/v1/session", json={"email": email, "password": "wrong-password-of-a-person"})
    written = logs(platform)
    for part in ("calls", "devices", "api", "worker", "kamailio", "haproxy", "mosquitto", "rtpengine", "station"):
        assert f"{part}.log" in written
    assert "call ended" in written["calls.log"], "the call was logged at all"
    forbidden = {f"the name {name}": name for name in people}
    forbidden |= {f"the last name {name.split()[-1]}": name.split()[-1] for name in people}
    for address, password in platform.logins.items():
        forbidden |= {f"the address {address}": address, f"the password of {address}": password}
    forbidden |= {"a mistyped password": "wrong-password-of-a-person"}
    forbidden |= {"the claim code": code, "the claim code without dashes": code.replace("-", "")}
    forbidden |= secrets(platform.data / "secrets")
    assert len(people) >= 3
    for name, text in written.items():
        for what, words in forbidden.items():
            assert words not in text, f"{what} stands in {name}: {line_of(text, re.escape(words))}"
        for what, shape in _SHAPES.items():
            assert re.search(shape, text) is None, f"{what} stands in {name}: {line_of(text, shape)}"


def line_of(text: str, shape: str) -> str:
    return next(line for line in text.splitlines() if re.search(shape, line))[:400]
