"""What the line may do: lose, double, reorder; and the time-outs when nobody answers any more."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from sip_world import ANSWER, ANSWER_2, OFFER, OFFER_2, Packet, World

from antiphon.wire.sip import (
    Answered,
    Ended,
    Invited,
    OfferAnswered,
    Offered,
    Progressed,
    Refused,
)


def losing_first(matches: Callable[[Packet], bool], count: int = 1) -> Callable[[Packet], list[float]]:
    """Lose the first `count` packets that match."""
    lost = itertools.count()

    def policy(packet: Packet) -> list[float]:
        return [] if matches(packet) and next(lost) < count else [0.01]

    return policy


def losing_all(matches: Callable[[Packet], bool]) -> Callable[[Packet], list[float]]:
    return lambda packet: [] if matches(packet) else [0.01]


def corridor(world: World) -> None:
    """Ring, preview, answer, hang up, with patience for a bad line."""
    world.call()
    world.run(10)
    leg = world.house.only(Invited).leg
    world.order(world.house, "progress", leg, 183, ANSWER)
    world.run(10)
    world.order(world.house, "offer", leg, OFFER_2)
    world.run(10)
    world.order(world.station, "answer_offer", "door", ANSWER_2)
    world.run(10)
    world.order(world.house, "accept", leg, OFFER_2)
    world.run(10)
    world.order(world.house, "end", leg, "hung_up")
    world.run(100)


@pytest.mark.parametrize(
    "lost",
    [
        lambda p: p.is_request("INVITE"),
        lambda p: p.is_status(183),
        lambda p: p.is_request("PRACK"),
        lambda p: p.is_status(200, "PRACK"),
        lambda p: p.is_request("UPDATE"),
        lambda p: p.is_status(200, "UPDATE"),
        lambda p: p.is_status(200, "INVITE"),
        lambda p: p.is_request("ACK"),
        lambda p: p.is_request("BYE"),
        lambda p: p.is_status(200, "BYE"),
    ],
    ids=["INVITE", "183", "PRACK", "200 PRACK", "UPDATE", "200 UPDATE", "200", "ACK", "BYE", "200 BYE"],
)
def test_a_packet_lost_twice_changes_nothing_that_people_notice(lost: Callable[[Packet], bool]) -> None:
    world = World(policy=losing_first(lost, 2))
    corridor(world)
    assert world.house.only(Invited)
    assert [(p.status, p.sdp) for p in world.station.all(Progressed)] == [(183, ANSWER)]
    assert world.station.only(Offered).sdp == OFFER_2
    assert world.house.only(OfferAnswered).sdp == ANSWER_2
    assert world.station.only(Answered).sdp == OFFER_2
    assert world.station.only(Ended).cause == "hung_up"
    assert not world.house.all(Ended)
    assert world.station.agent.next_deadline() is None
    assert world.house.agent.next_deadline() is None


def test_every_packet_twice_changes_nothing_that_people_notice() -> None:
    world = World(policy=lambda packet: [0.01, 0.015])
    corridor(world)
    assert len(world.station.told) == len(world.station.all(Progressed)) + 3  # offered, answered, ended
    assert world.station.only(Progressed)
    assert [type(effect) for effect in world.house.told] == [Invited, OfferAnswered]


def test_an_unreliable_ringing_sent_twice_is_told_once() -> None:
    world = World(policy=lambda packet: [0.01, 0.02, 0.03] if packet.is_status(180) else [0.01])
    leg = world.call()
    world.order(world.house, "progress", leg, 180, None)
    world.run()
    assert world.station.all(Progressed) == [Progressed("door", 180, None)]


def test_nobody_answers_the_invite_at_all() -> None:
    world = World(policy=lambda packet: [])
    world.call()
    world.run(31)
    assert not world.station.told
    world.run(2)
    assert world.station.only(Refused) == Refused("door", 408, "")
    assert len(world.on_line("INVITE")) == 7  # RFC 3261 17.1.1.2
    assert world.station.agent.next_deadline() is None


def test_over_tls_nothing_is_repeated_but_the_time_out_stands() -> None:
    world = World("tls", policy=lambda packet: [])
    world.call()
    world.run(33)
    assert len(world.on_line("INVITE")) == 1
    assert world.station.only(Refused).status == 408


def test_a_refusal_whose_ack_never_comes_is_repeated_and_then_forgotten() -> None:
    world = World(policy=losing_all(lambda p: p.is_request("ACK")))
    leg = world.call()
    world.order(world.house, "refuse", leg, 486, "busy")
    world.run(100)
    assert world.station.only(Refused).status == 486
    assert len([p for p in world.line if p.is_status(486)]) > 5
    assert world.house.agent.next_deadline() is None


def test_a_200_whose_ack_never_comes_ends_the_leg() -> None:
    world = World(policy=losing_all(lambda p: p.is_request("ACK")))
    leg = world.call()
    world.order(world.house, "accept", leg, ANSWER)
    world.run(100)
    assert world.house.only(Ended) == Ended(leg, "lost", "no ACK")
    assert world.station.only(Ended).cause == "hung_up"
    assert world.house.agent.next_deadline() is None


def test_a_lost_ack_is_repeated_for_every_copy_of_the_200() -> None:
    world = World(policy=losing_first(lambda p: p.is_request("ACK"), 2))
    leg = world.call()
    world.order(world.house, "accept", leg, ANSWER)
    world.run(100)
    assert len(world.on_line("ACK")) == 3
    assert len([p for p in world.line if p.is_status(200, "INVITE")]) == 3
    assert not world.house.all(Ended)


def test_a_183_whose_prack_never_comes_ends_the_leg() -> None:
    world = World(policy=losing_all(lambda p: p.is_request("PRACK")))
    leg = world.call()
    world.order(world.house, "progress", leg, 183, ANSWER)
    world.run(100)
    assert world.house.only(Ended) == Ended(leg, "lost", "no PRACK")
    assert world.station.only(Refused).status in (408, 504)
    assert world.station.agent.next_deadline() is None
    assert world.house.agent.next_deadline() is None


def test_a_peer_that_vanishes_is_noticed_when_it_owes_an_answer() -> None:
    world = World()
    leg = world.call()
    world.order(world.house, "accept", leg, ANSWER)
    world.run()
    world.policy = lambda packet: []
    world.order(world.house, "offer", leg, OFFER_2)
    world.run(100)
    assert world.house.only(Ended).cause == "lost"
    assert world.house.agent.next_deadline() is None


def test_a_bye_that_nobody_answers_is_given_up() -> None:
    world = World()
    leg = world.call()
    world.order(world.house, "accept", leg, ANSWER)
    world.run()
    world.policy = lambda packet: []
    world.order(world.house, "end", leg, "hung_up")
    world.run(100)
    assert not world.house.all(Ended)
    assert world.house.agent.next_deadline() is None


def test_a_cancelled_call_that_never_gets_its_487_is_forgotten() -> None:
    world = World()
    leg = world.call()
    world.order(world.house, "progress", leg, 180, None)
    world.run()
    world.policy = lambda packet: []
    world.order(world.station, "end", "door", "cancelled")
    world.run(100)
    assert not world.station.all(Refused)
    assert world.station.agent.next_deadline() is None


def test_both_hang_up_at_once() -> None:
    world = World()
    leg = world.call()
    world.order(world.house, "accept", leg, ANSWER)
    world.run()
    world.order(world.house, "end", leg, "hung_up")
    world.order(world.station, "end", "door", "hung_up")
    world.run(100)
    assert not world.house.all(Ended)
    assert not world.station.all(Ended)
    assert world.house.agent.next_deadline() is None
    assert world.station.agent.next_deadline() is None


def test_reordered_180_and_200_still_make_a_call() -> None:
    world = World(policy=lambda packet: [0.1] if packet.is_status(180) else [0.01])
    leg = world.call()
    world.order(world.house, "progress", leg, 180, None)
    world.order(world.house, "accept", leg, ANSWER)
    world.run(1)
    assert [type(effect) for effect in world.station.told] == [Answered]
    assert OFFER in world.house.only(Invited).sdp
