"""The calls of the house, told between two user agents."""

from __future__ import annotations

import pytest
from sip_world import ANSWER, ANSWER_2, OFFER, OFFER_2, World

from antiphon.wire.sip import (
    Answered,
    Ended,
    InfoReceived,
    Invited,
    OfferAnswered,
    Offered,
    OfferRefused,
    Progressed,
    Refused,
    UserAgent,
    UserAgentConfig,
)
from antiphon.wire.sip.info import DTMF_RELAY, dtmf_digit, dtmf_relay


@pytest.fixture(params=["udp", "tls"])
def world(request: pytest.FixtureRequest) -> World:
    return World(request.param)


def test_a_door_call_with_preview_update_answer_and_hang_up(world: World) -> None:
    leg = world.call()
    invited = world.house.only(Invited)
    assert (invited.target_user, invited.from_user, invited.sdp) == ("main", "dev_1", OFFER)

    world.order(world.house, "progress", leg, 183, ANSWER)
    world.run()
    assert world.station.only(Progressed) == Progressed("door", 183, ANSWER)

    world.order(world.house, "offer", leg, OFFER_2)
    world.run()
    assert world.station.only(Offered) == Offered("door", OFFER_2)
    world.order(world.station, "answer_offer", "door", ANSWER_2)
    world.run()
    assert world.house.only(OfferAnswered) == OfferAnswered(leg, ANSWER_2)

    world.order(world.house, "accept", leg, OFFER_2)
    world.run()
    assert world.station.only(Answered) == Answered("door", OFFER_2)

    world.order(world.house, "end", leg, "time_limit")
    world.run(60)
    assert world.station.only(Ended) == Ended("door", "hung_up", "time_limit")
    assert not world.house.all(Ended)
    assert world.starts() == [
        "INVITE",
        "100 INVITE",
        "183 INVITE",
        "PRACK",
        "200 PRACK",
        "UPDATE",
        "200 UPDATE",
        "200 INVITE",
        "ACK",
        "BYE",
        "200 BYE",
    ]
    assert world.station.agent.next_deadline() is None
    assert world.house.agent.next_deadline() is None


def test_an_accept_waits_for_the_prack_and_carries_no_second_answer(world: World) -> None:
    leg = world.call()
    world.order(world.house, "progress", leg, 183, ANSWER)
    world.order(world.house, "accept", leg, ANSWER)
    world.run()
    starts = world.starts()
    assert starts.index("200 PRACK") < starts.index("200 INVITE")
    ok = next(packet for packet in world.line if packet.is_status(200, "INVITE"))
    assert ok.data.endswith(b"\r\n\r\n")
    assert world.station.only(Answered).sdp == ANSWER


def test_a_plain_call_is_answered_with_its_sdp_and_hung_up_by_the_station(world: World) -> None:
    leg = world.call()
    world.order(world.house, "progress", leg, 180, None)
    world.order(world.house, "accept", leg, ANSWER)
    world.run()
    assert world.station.only(Answered).sdp == ANSWER
    world.order(world.station, "end", "door", "hung_up")
    world.run(60)
    assert world.house.only(Ended) == Ended(leg, "hung_up", "hung_up")
    assert world.station.agent.next_deadline() is None


def test_a_refusal_carries_the_cause_in_words_the_station_knows(world: World) -> None:
    leg = world.call()
    world.order(world.house, "refuse", leg, 480, "no_answer")
    world.run(60)
    assert world.station.only(Refused) == Refused("door", 480, "no_answer")
    assert b'Reason: Antiphon;cause=0;text="no_answer"' in world.line[-2].data
    assert world.house.agent.next_deadline() is None


def test_the_visitor_walks_away_and_the_call_is_cancelled(world: World) -> None:
    leg = world.call()
    world.order(world.house, "progress", leg, 180, None)
    world.run()
    world.order(world.station, "end", "door", "cancelled")
    world.run(60)
    assert world.house.only(Ended) == Ended(leg, "cancelled", "cancelled")
    assert "200 CANCEL" in world.starts()
    assert "487 INVITE" in world.starts()
    assert not world.station.all(Refused)
    assert world.station.agent.next_deadline() is None
    assert world.house.agent.next_deadline() is None


def test_cancel_waits_for_the_first_provisional_answer() -> None:
    world = World("tls", policy=lambda packet: [0.5] if packet.is_status(100) else [0.01])
    world.call()
    world.order(world.station, "end", "door", "cancelled")
    world.run(0.3)
    assert not world.on_line("CANCEL")
    world.run(1)
    assert len(world.on_line("CANCEL")) == 1
    assert world.house.only(Ended).cause == "cancelled"


def test_an_answer_that_crosses_the_cancel_is_acknowledged_and_hung_up(world: World) -> None:
    leg = world.call()
    world.order(world.house, "progress", leg, 180, None)
    world.run()
    world.order(world.house, "accept", leg, ANSWER)
    world.order(world.station, "end", "door", "cancelled")
    world.run(60)
    assert not world.station.all(Answered)
    assert "ACK" in world.starts()
    assert "BYE" in world.starts()
    assert world.house.only(Ended).cause == "hung_up"


def test_the_house_hangs_up_before_the_ack_and_the_bye_follows_the_ack() -> None:
    world = World("udp", policy=lambda packet: [0.3] if packet.is_request("ACK") else [0.01])
    leg = world.call()
    world.order(world.house, "accept", leg, ANSWER)
    world.order(world.house, "end", leg, "platform_error")
    world.run(0.1)
    assert not world.on_line("BYE")
    world.run(60)
    assert len(world.on_line("BYE")) == 1
    assert world.station.only(Ended).reason == "platform_error"


def test_an_offer_that_overtakes_the_ack_is_taken_at_once() -> None:
    world = World("udp", policy=lambda packet: [0.3] if packet.is_request("ACK") else [0.01])
    leg = world.call()
    world.order(world.house, "accept", leg, ANSWER)
    world.run(0.05)
    world.order(world.station, "offer", "door", OFFER_2)
    world.run(0.05)
    assert not any(packet.is_status(500) for packet in world.line)
    assert world.house.only(Offered).sdp == OFFER_2
    world.order(world.house, "answer_offer", leg, ANSWER_2)
    world.run(60)
    assert world.station.only(OfferAnswered).sdp == ANSWER_2
    assert not world.house.all(Ended)


def test_digits_go_by_info(world: World) -> None:
    leg = world.call()
    world.order(world.house, "accept", leg, ANSWER)
    world.run()
    world.order(world.station, "info", "door", DTMF_RELAY, dtmf_relay("5"))
    world.run()
    info = world.house.only(InfoReceived)
    assert dtmf_digit(info.content_type, info.body) == "5"


def test_a_digit_before_the_ack_waits_for_it() -> None:
    world = World("udp", policy=lambda packet: [0.3] if packet.is_request("ACK") else [0.01])
    leg = world.call()
    world.order(world.house, "accept", leg, ANSWER)
    world.run(0.05)
    for digit in "12":
        world.order(world.house, "info", leg, DTMF_RELAY, dtmf_relay(digit))
    world.run(0.1)
    assert not world.station.all(InfoReceived)
    world.run(1)
    told = [dtmf_digit(info.content_type, info.body) for info in world.station.all(InfoReceived)]
    assert told == ["1", "2"]


def test_an_offer_in_the_conversation_can_be_refused(world: World) -> None:
    leg = world.call()
    world.order(world.house, "accept", leg, ANSWER)
    world.run()
    world.order(world.station, "offer", "door", OFFER_2)
    world.run()
    assert world.house.only(Offered).sdp == OFFER_2
    world.order(world.house, "refuse_offer", leg, 488)
    world.run()
    assert world.station.only(OfferRefused).status == 488


def test_two_offers_at_once_are_both_carried_out_in_the_end(world: World) -> None:
    leg = world.call()
    world.order(world.house, "accept", leg, ANSWER)
    world.run()
    world.order(world.station, "offer", "door", OFFER_2)
    world.order(world.house, "offer", leg, ANSWER_2)
    for _ in range(60):
        world.run(0.1)
        if world.house.all(Offered) and not world.station.all(OfferAnswered):
            world.order(world.house, "answer_offer", leg, ANSWER)
        if world.station.all(Offered) and not world.house.all(OfferAnswered):
            world.order(world.station, "answer_offer", "door", OFFER)
    assert "491 UPDATE" in world.starts()
    assert world.station.only(OfferAnswered).sdp == ANSWER
    assert world.house.only(OfferAnswered).sdp == OFFER


def test_an_offer_made_before_the_prack_waits_for_it(world: World) -> None:
    leg = world.call()
    world.order(world.house, "progress", leg, 183, ANSWER)
    world.order(world.house, "offer", leg, ANSWER_2)
    world.run()
    starts = world.starts()
    assert starts.index("200 PRACK") < starts.index("UPDATE")
    assert world.station.only(Offered).sdp == ANSWER_2


def test_a_lost_connection_ends_its_legs_and_nothing_else() -> None:
    world = World("tls")
    leg = world.call()
    world.order(world.house, "accept", leg, ANSWER)
    world.run()
    world.do(world.station, world.station.agent.flow_lost(world.station.flow, world.now))
    assert world.station.only(Ended) == Ended("door", "lost", "flow lost")
    assert not world.station.agent.has("door")
    assert world.station.agent.next_deadline() is None


def test_a_call_whose_connection_is_lost_while_it_rings_is_refused_503() -> None:
    world = World("tls")
    world.call()
    world.do(world.station, world.station.agent.flow_lost(world.station.flow, world.now))
    assert world.station.only(Refused) == Refused("door", 503, "")


def test_orders_to_an_unknown_leg_do_nothing() -> None:
    agent = World().house.agent
    assert agent.progress("x", 180, None, 0) == []
    assert agent.accept("x", ANSWER, 0) == []
    assert agent.refuse("x", 486, "busy", 0) == []
    assert agent.offer("x", OFFER, 0) == []
    assert agent.answer_offer("x", ANSWER, 0) == []
    assert agent.info("x", DTMF_RELAY, b"", 0) == []
    assert agent.end("x", "hung_up", 0) == []


def test_a_vanished_peer_is_noticed_by_the_probe() -> None:
    world = World("tls", probe_s=30)
    leg = world.call()
    world.order(world.house, "accept", leg, ANSWER)
    world.run(100)
    assert world.house.agent.has(leg)
    assert "200 OPTIONS" in world.starts()
    world.policy = lambda packet: []
    world.run(70)
    assert world.house.only(Ended).cause == "lost"
    assert world.station.only(Ended).cause == "lost"


def test_a_platform_that_died_while_it_rang_is_noticed_by_the_caller() -> None:
    world = World("tls", ringing_probe_s=3)
    leg = world.call()
    world.order(world.house, "progress", leg, 183, ANSWER)
    world.run(20)
    assert world.starts().count("200 OPTIONS") == 12, "each side asks every 3 s"
    assert world.station.all(Refused) == []
    world.house.agent = UserAgent(UserAgentConfig(), lambda: "fresh")  # it was started anew and knows nothing
    world.run(3.1)
    assert world.station.only(Refused).status == 408
    assert not world.station.agent.has("door")


def test_a_caller_that_the_edge_lost_while_it_rang_is_noticed_by_the_platform() -> None:
    world = World("tls", ringing_probe_s=2)
    leg = world.call()
    world.order(world.house, "progress", leg, 183, ANSWER)
    world.run(9)
    assert world.house.all(Ended) == []
    world.station.agent = UserAgent(UserAgentConfig(), lambda: "fresh")  # connected anew: the old call is gone
    world.run(3.1)  # the next question, and the second in which the caller's own end might still arrive
    assert world.house.only(Ended).cause == "lost"
    assert not world.house.agent.has(leg)


def test_an_end_that_crosses_with_a_question_is_not_taken_for_a_lost_call() -> None:
    world = World("tls", ringing_probe_s=2)
    leg = world.call()
    world.order(world.house, "progress", leg, 183, ANSWER)
    world.run(1.9)
    kept = world.policy
    world.policy = lambda packet: [0.5] if packet.data.startswith(b"SIP/2.0 480") else kept(packet)
    world.order(world.house, "refuse", leg, 480, "nobody_available")
    world.run(2)
    assert world.station.all(Ended) == []
    assert world.station.only(Refused).reason == "nobody_available"


def test_a_ring_that_is_answered_is_asked_after_all_the_same() -> None:
    world = World("tls", probe_s=4, ringing_probe_s=2)
    leg = world.call()
    world.order(world.house, "progress", leg, 183, ANSWER)
    world.run(5)
    world.order(world.house, "accept", leg, ANSWER)
    world.run(20)
    before = len(world.on_line("OPTIONS"))
    world.run(40)
    assert len(world.on_line("OPTIONS")) - before == pytest.approx(20, abs=2), "each side asks every 4 s, once"
    world.house.agent = UserAgent(UserAgentConfig(), lambda: "fresh")
    world.run(5.2)
    assert world.station.only(Ended).cause == "lost"


def test_a_ring_without_a_dialog_that_both_know_is_not_probed() -> None:
    world = World("tls", ringing_probe_s=3)
    leg = world.call()
    world.order(world.house, "progress", leg, 180, None)
    world.run(20)
    assert world.on_line("OPTIONS") == []
    assert world.station.agent.has("door")
