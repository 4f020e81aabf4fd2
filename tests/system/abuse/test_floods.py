"""How much of a flood the SIP edge deals with, and that it is the throttle that holds it."""

from __future__ import annotations

from pathlib import Path

import pytest

from abuse import attacks
from abuse.attacks import REALM, request
from abuse.bridge import connect_from
from abuse.engine_alone import alone
from antiphon.limits import SIP_REQUESTS_PER_CALLER_2_S, SIP_REQUESTS_PER_STRANGE_SOURCE_2_S
from antiphon.settings import Settings
from ops import engines, sip

pytestmark = pytest.mark.system
NO_THROTTLE = ("    if ($var(count) <= $var(most)) { return; }\n", "    return;\n")


def answers(settings: Settings, port: int, source: str, who: engines.Station | None, number: int) -> list[int]:
    """Status codes of the answers to so many requests, sent one behind the other without waiting, until it is closed."""
    user = who.device_id if who else "bell"
    one = request("REGISTER", f"sip:{REALM}", user, to=f"sip:{user}@{REALM}")
    heard: list[int] = []
    with connect_from(settings, port, source, who) as connection:
        line = sip.Line(connection)
        for _ in range(number // 50):
            try:
                connection.sendall(one * 50)
                heard += [sip.status(line.receive()) for _ in range(50)]
            except (TimeoutError, ConnectionError):
                break
    return heard


def test_strangers_are_counted_by_their_address(edge: Settings) -> None:
    most = SIP_REQUESTS_PER_STRANGE_SOURCE_2_S
    heard = answers(edge, edge.ports.sips_accounts, "127.0.0.46", None, 4 * most)
    # a new window may have begun meanwhile
    assert most <= heard.count(401) <= 2 * most
    assert 503 in heard
    with connect_from(edge, edge.ports.sips_accounts, "127.0.0.47") as elsewhere:
        assert sip.status(sip.Line(elsewhere).ask(request("REGISTER", f"sip:{REALM}", "bell"))) == 401


def test_a_station_is_counted_by_its_certificate(edge: Settings, door: engines.Station, folder: Path) -> None:
    """Another one behind the same router does not notice."""
    most = SIP_REQUESTS_PER_CALLER_2_S
    heard = answers(edge, edge.ports.sips, "127.0.0.1", door, 4 * most)
    assert most <= heard.count(200) <= 2 * most
    assert 503 in heard
    other = engines.station(edge.pki, folder, "dev_neighbour")
    assert answers(edge, edge.ports.sips, "127.0.0.1", other, 50) == [200] * 50


def test_planted_without_the_throttle_every_request_is_dealt_with(spare: Settings) -> None:
    most = SIP_REQUESTS_PER_STRANGE_SOURCE_2_S
    with alone(spare, "kamailio", NO_THROTTLE):
        heard = answers(spare, spare.ports.sips_accounts, "127.0.0.1", None, 4 * most)
    assert heard == [401] * 4 * most


def test_planted_without_the_last_guard_the_edge_is_a_way_to_elsewhere(spare: Settings, folder: Path) -> None:
    who = engines.station(spare.pki, folder, "dev_door1")
    without = (
        (f'    if ($rd != "127.0.0.1" || $rp != {spare.ports.sip_calls}) {{', "    if (0 == 1) {"),
        (f'    $du = "sip:127.0.0.1:{spare.ports.sip_calls}";\n', ""),
    )
    with attacks.accomplice() as there, alone(spare, "kamailio", *without):
        told = attacks.to_elsewhere(spare, who.device_id, there.port)["BYE in a dialog, its address"]
        attacks.say(spare, spare.ports.sips, who, [told], who.device_id)
        assert there.received().startswith(b"BYE")
