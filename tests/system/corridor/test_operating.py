"""Operating a running installation: its figures, its health, the story of one call, a backup that becomes a second
installation while calls run, and a release that does not come up."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from antiphon.database import migrate
from corridor.conftest import at_the_door
from corridor.desk import Desk
from corridor.platform_under_test import CHECKOUT, Platform
from corridor.stranger import socket as signed_on
from corridor.stranger import until
from corridor.visitor import Visitor
from ops.engines import free_offset

pytestmark = pytest.mark.system
Figures = dict[str, list[tuple[dict[str, str], float]]]
_MIGRATION = '''"""A column of the release that does not come up."""

import sqlalchemy as sa
from alembic import op

revision = "0999_next"
down_revision = "{before}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("companies", sa.Column("slogan", sa.Text, nullable=True))
'''


def figures(platform: Platform) -> Figures:
    """Everything that Prometheus would be told now."""
    answer = httpx.get(f"http://127.0.0.1:{platform.settings.ports.metrics}/metrics", timeout=20)
    assert answer.status_code == 200
    found: Figures = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def value(found: Figures, name: str, **labels: str) -> float:
    return sum(number for own, number in found.get(name, ()) if labels.items() <= own.items())


def test_a_call_is_counted_and_its_story_comes_from_every_part(
    platform: Platform, desk: Desk, visitor: Visitor
) -> None:
    before = figures(platform)
    anna = desk.tab(platform.people[0])
    visitor.press()
    anna.is_rung()
    anna.sees_the_visitor(frames=2)
    anna.answers()
    anna.talks()
    talking = figures(platform)
    assert value(talking, "antiphon_calls", state="talking", direction="from_station") == 1
    assert value(talking, "antiphon_legs", kind="client", state="talking") == 1
    assert value(talking, "antiphon_media_sessions") >= 1
    assert value(talking, "antiphon_clients", duty="on") >= 1
    anna.opens()
    anna.reads(re.compile("closes in"))
    anna.hangs_up()
    visitor.is_idle()
    call = platform.newest_call(anna.email)
    after = figures(platform)
    for name in (
        "antiphon_press_to_ring_seconds_count",
        "antiphon_ring_to_preview_seconds_count",
        "antiphon_answer_to_connected_seconds_count",
        "antiphon_open_to_acknowledged_seconds_count",
    ):
        assert value(after, name) - value(before, name) == 1, name
    assert value(after, "antiphon_doors_total", by="user", outcome="opened") >= 1
    assert value(after, "antiphon_ng_seconds_count", command="subscribe request") >= 1
    assert value(after, "antiphon_sip_transactions_total", side="server") >= 1
    assert value(after, "antiphon_registrations", kind="stations") >= 1
    assert value(after, "antiphon_stations", kind="station", state="online") >= 1
    assert value(after, "antiphon_certificate_days", certificate="portal") > 390
    assert value(after, "antiphon_broker_clients") >= 5
    assert value(after, "haproxy_frontend_http_requests_total", proxy="portal") > 0
    parts = {labels["part"]: number for labels, number in after["antiphon_part_up"]}
    assert parts == dict.fromkeys(platform.parts(), 1.0)

    told = platform.command("logs", "--call", call["call_id"], "--json")
    lines = [json.loads(line) for line in told.stdout.splitlines()]
    assert {"kamailio", "calls", "rtpengine", "station"} <= {line["part"] for line in lines}, told.stdout
    events = [line["event"] for line in lines]
    order = [
        "call let in",
        "call arrived",
        "call rings",
        "door command sent",
        "door command acknowledged",
        "call ended",
    ]
    assert [events.index(event) for event in order] == sorted(events.index(event) for event in order), events
    assert "A door command is carried out" in events
    assert any(line["part"] == "kamailio" and line["event"] == "hung up" for line in lines)
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)
    named = {line["call_id"] for line in lines if line.get("call_id")}
    assert named == {call["call_id"]}
    assert not any(name in told.stdout for name in ("Anna", "Auer", anna.email))


def test_figures_stay_inside_the_machine(platform: Platform) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", platform.settings.ports.metrics), timeout=2)
    with httpx.Client(base_url=platform.portal, verify=platform.trusting()) as client:
        for path in ("/metrics", "/api/metrics", "/figures"):
            assert "antiphon_" not in client.get(path).text


def test_health_names_the_part_that_does_not_answer(platform: Platform) -> None:
    whole = f"http://127.0.0.1:{platform.settings.ports.metrics}/health"
    assert httpx.get(whole, timeout=10).status_code == 200
    coturn = platform.process("coturn")
    os.kill(coturn, signal.SIGSTOP)
    try:

        def named(ask: httpx.Client, address: str) -> bool:
            answer = ask.get(address)
            wrong = [name for name, words in answer.json()["checks"].items() if words]
            return answer.status_code == 503 and wrong == ["coturn"]

        with httpx.Client(base_url=platform.portal, verify=platform.trusting(), timeout=10) as client:
            until("the portal's health says so", lambda: named(client, "/health"))
            until("the inner one too", lambda: named(client, whole))
        assert value(figures(platform), "antiphon_part_up", part="coturn") == 0
    finally:
        os.kill(coturn, signal.SIGCONT)
    until("it is well again", lambda: httpx.get(whole, timeout=10).status_code == 200)


@pytest.fixture(scope="module")
def second(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Restored, elsewhere, from a backup that was taken of the first installation in the middle of a call."""
    file = tmp_path_factory.mktemp("backup") / "sealed"
    secret = file.with_name("passphrase")
    secret.write_text("seven otters\n")
    visitor = at_the_door(platform)
    email = platform.people[0]
    with platform.api(email) as client:
        company = client.get("/api/v1/me").json()["company"]["id"]
        token = client.headers["Authorization"].removeprefix("Bearer ")
    with signed_on(platform, company) as anna:
        anna.say({"type": "hello", "token": token, "on_duty": True})
        anna.hears("welcome")
        visitor.press()
        call = anna.hears("ring")["call_id"]
        made = platform.command("backup", str(file), "--passphrase-file", str(secret))
        assert made.returncode == 0, made.stderr
        assert file.stat().st_mode & 0o777 == 0o600
        visitor.hang_up()
        anna.hears("ring_ended", call_id=call)
    other = Platform(offset=free_offset(platform.offset + 4_000), logins=dict(platform.logins))
    restored = other.command("restore", str(file), "--passphrase-file", str(secret), "--port-offset", str(other.offset))
    assert restored.returncode == 0, restored.stderr
    other.data.chmod(0o755)
    started = other.command("up", "--detach")
    assert started.returncode == 0, started.stdout[-2000:] + started.stderr[-2000:]
    yield other
    other.down()


def rings(platform: Platform) -> dict[str, object]:
    """A press at the demo station rings whoever signs in with the password known from before."""
    email = platform.people[0]
    with platform.api(email) as client:
        company = client.get("/api/v1/me").json()["company"]["id"]
        token = client.headers["Authorization"].removeprefix("Bearer ")
    visitor = at_the_door(platform)
    with signed_on(platform, company) as anna:
        anna.say({"type": "hello", "token": token, "on_duty": True})
        anna.hears("welcome")
        visitor.press()
        ring = anna.hears("ring")
        visitor.hang_up()
        anna.hears("ring_ended", call_id=ring["call_id"])
    return ring


def test_a_backup_becomes_a_second_installation(platform: Platform, second: Platform) -> None:
    """The same stations (their certificates hold), the same passwords, the same history; both run side by side."""
    email = platform.people[0]
    with platform.api(email) as client:
        first = client.get("/api/v1/calls", params={"limit": 50}).json()["items"]
    with second.api(email) as client:
        there = client.get("/api/v1/calls", params={"limit": 50}).json()["items"]
        pictures = [call for call in there if call["snapshot_id"]]
        if pictures:
            assert client.get(f"/api/v1/snapshots/{pictures[0]['snapshot_id']}").status_code == 200
    ended = [call["call_id"] for call in there if call["ended_at"]]
    assert ended == [call["call_id"] for call in there], "the call of the backup's moment was closed"
    assert set(ended) <= {call["call_id"] for call in first}
    assert len(there) >= 1
    assert rings(second)["station"]["name"] == "Haupteingang"  # type: ignore[index]


def test_a_release_that_does_not_come_up_goes_back_by_itself(second: Platform) -> None:
    next_release = second.data.with_name(second.data.name + "-next")
    shutil.copytree(CHECKOUT / "src", next_release, ignore=shutil.ignore_patterns("__pycache__"))
    try:
        package = next_release / "antiphon"
        migrations = package / "database" / "migrations" / "versions"
        (migrations / "0999_next.py").write_text(_MIGRATION.replace("{before}", migrate.head()))
        (package / "assembly" / "engines" / "templates" / "rtpengine.conf.j2").write_text("{{ no_such_thing }}")
        subprocess.run(["chmod", "-R", "a+rX", str(next_release)], check=True)
        finished = as_its_owner(second, next_release, "upgrade")
        assert finished.returncode == 1
        assert "The release before runs again, with the data as they were." in finished.stderr, finished.stderr
        assert migrate.current(second.settings) == migrate.head()
        assert {state for state, _ in second.parts().values()} == {"up"}
        assert rings(second)["station"]["name"] == "Haupteingang"  # type: ignore[index]
    finally:
        shutil.rmtree(next_release)


def as_its_owner(platform: Platform, sources: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command line of other sources, as the user whose installation it is."""
    owner = platform.data.stat()
    become = ["setpriv", f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}", "--clear-groups"]
    return subprocess.run(
        [*(become if os.getuid() == 0 else []), sys.executable, "-m", "antiphon", *words],
        env={
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(sources),
            "ANTIPHON_DATA": str(platform.data),
            "ANTIPHON_WEB": str(CHECKOUT / "web" / "dist"),
            "HOME": str(platform.data),
        },
        cwd="/",
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def test_the_doctor_finds_a_running_installation_well(second: Platform) -> None:
    told = second.command("doctor", "--json")
    found = json.loads(told.stdout)
    assert [one for one in found["findings"] if one["severity"] == "fault"] == []
    codes = {one["code"] for one in found["findings"]}
    assert {"address_loopback", "parts_up", "database", "certificates", "reachable"} <= codes
    assert told.returncode == 0
