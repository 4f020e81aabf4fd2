"""TURN: short-lived credentials are needed, and relays lead to our own media alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from antiphon.settings import Settings
from ops.relay import Relay

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("engines")]


@pytest.fixture
def relay(running: Settings) -> Iterator[Relay]:
    made = Relay(running, lifetime_s=600)
    yield made
    made.close()


ELSEWHERE = (
    *("127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.4.4", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
    *("9.9.9.9", "0.0.0.0", "224.0.0.1", "255.255.255.255"),
)


def test_relays_lead_nowhere_but_to_our_media(relay: Relay) -> None:
    assert relay.allocate() == 0
    assert {address: relay.permit(address) for address in ELSEWHERE} == dict.fromkeys(ELSEWHERE, 403)


def test_expired_and_forged_credentials_get_no_relay(running: Settings) -> None:
    for stranger in (Relay(running, lifetime_s=-60), Relay(running, lifetime_s=600, key="guessed")):
        assert stranger.allocate() == 401
        stranger.close()
