"""A talk whose connection is lost: it waits for another one, goes on over it, and ends only when none comes."""

from __future__ import annotations

import pytest
from sip_world import ANSWER, ANSWER_2, OFFER_2, Packet, World

from antiphon.wire.sip import Ended, Invited, OfferAnswered, Offered, Refused

GRACE_S = 12.0
PATIENCE_S = 10.0


def talk(world: World) -> str:
    """Until the ACK; the house's leg."""
    world.call()
    leg = world.house.only(Invited).leg
    world.order(world.house, "accept", leg, ANSWER)
    world.run(1)
    return leg


def loses_its_connection(world: World) -> None:
    """The station's; what was under way is lost with it."""
    world.order(world.station, "flow_lost", world.station.flow)
    world.policy = lambda packet: []


def connects_anew(world: World) -> None:
    world.policy = lambda packet: [0.01]
    world.station.flow = world.station.flow._replace(id="s2", local=("192.0.2.1", 5099))
    world.order(world.station, "flow_found", world.station.flow)


def test_a_talk_goes_on_over_the_new_connection() -> None:
    world = World("tls", flow_grace_s=GRACE_S)
    leg = talk(world)
    loses_its_connection(world)
    world.run(5)
    connects_anew(world)
    world.order(world.house, "offer", leg, OFFER_2)
    world.run(1)
    assert world.station.only(Offered).sdp == OFFER_2
    world.order(world.station, "answer_offer", "door", ANSWER_2)
    world.run(1)
    assert world.house.only(OfferAnswered).sdp == ANSWER_2
    world.order(world.station, "end", "door", "hung_up")
    world.run(1)
    assert world.house.only(Ended).cause == "hung_up"
    assert not world.station.all(Ended)


def test_a_talk_without_a_new_connection_ends_after_the_grace() -> None:
    world = World("tls", flow_grace_s=GRACE_S)
    talk(world)
    loses_its_connection(world)
    world.run(GRACE_S - 0.1)
    assert not world.station.all(Ended)
    world.run(0.2)
    assert world.station.only(Ended).cause == "lost"
    assert world.station.agent.next_deadline() is None


def test_without_a_grace_the_loss_of_the_connection_ends_the_talk() -> None:
    world = World("tls")
    talk(world)
    loses_its_connection(world)
    assert world.station.only(Ended).cause == "lost"


def test_a_ring_ends_with_its_connection() -> None:
    """The answer to an INVITE goes back the way it came: there is nothing to carry over."""
    world = World("tls", flow_grace_s=GRACE_S)
    world.call()
    loses_its_connection(world)
    assert world.station.only(Refused).status == 503


def test_a_peer_that_forgot_the_call_is_found_out_soon_after_the_new_connection() -> None:
    world = World("tls", flow_grace_s=GRACE_S, probe_s=4.0)
    leg = talk(world)
    loses_its_connection(world)
    world.order(world.house, "end", leg, "hung_up")
    world.run(2)
    connects_anew(world)
    world.run(3)
    assert world.station.only(Ended).cause == "lost"


class Edge:
    """Between house and station: answers for a station that it cannot reach."""

    def __init__(self, world: World, status: int) -> None:
        self.world, self.status, self.away = world, status, False

    def __call__(self, packet: Packet) -> list[float]:
        if not self.away or packet.sender != "house":
            return [] if self.away else [0.01]
        if not packet.data.startswith(b"SIP/2.0"):
            head = packet.data.split(b"\r\n\r\n")[0].split(b"\r\n")[1:]
            kept = [line for line in head if line.split(b":")[0] in (b"Via", b"From", b"To", b"Call-ID", b"CSeq")]
            answer = b"\r\n".join([b"SIP/2.0 %d Away" % self.status, *kept, b"Content-Length: 0", b"", b""])
            self.world.put(self.world.house, answer, 0.01)
        return []


@pytest.mark.parametrize("status", [408, 477, 480, 503])
def test_a_station_that_the_edge_cannot_reach_for_five_seconds_is_still_in_the_talk(status: int) -> None:
    world = World(probe_s=4.0, unreachable_grace_s=PATIENCE_S)
    edge = world.policy = Edge(world, status)
    talk(world)
    world.run(3)
    edge.away = True
    world.run(5)
    edge.away = False
    world.run(20)
    assert not world.house.all(Ended)


def test_a_station_that_stays_away_ends_the_talk_after_the_grace() -> None:
    world = World(probe_s=4.0, unreachable_grace_s=PATIENCE_S)
    edge = world.policy = Edge(world, 480)
    talk(world)
    edge.away = True
    world.run(4 + PATIENCE_S - 1)
    assert not world.house.all(Ended)
    world.run(4)
    assert world.house.only(Ended).cause == "lost"


def test_planted_without_the_patience_five_seconds_end_the_talk() -> None:
    """The test above can fail: this is what it guards against."""
    world = World(probe_s=4.0)
    edge = world.policy = Edge(world, 480)
    talk(world)
    world.run(3)
    edge.away = True
    world.run(5)
    assert world.house.only(Ended).cause == "lost"


def test_a_station_that_says_that_it_forgot_the_call_is_believed_at_once() -> None:
    world = World(probe_s=4.0, unreachable_grace_s=PATIENCE_S)
    edge = world.policy = Edge(world, 481)
    talk(world)
    edge.away = True
    world.run(6)
    assert world.house.only(Ended).cause == "lost"
