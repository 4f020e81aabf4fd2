"""Peers that are not ours: forks, strict routes, no 100rel, no UPDATE, offerless re-INVITE, requests we do not know."""

from __future__ import annotations

import re

import sipmessage
from sip_world import ANSWER, ANSWER_2, OFFER, OFFER_2, World

from antiphon.wire.sip import (
    Answered,
    Ended,
    Invited,
    OfferAnswered,
    Offered,
    OfferRefused,
    Progressed,
    Refused,
    UserAgentConfig,
)


def answer_to(
    request: bytes, status: int, *, tag: str = "", extra: str = "", sdp: str = "", contact: str = "<sip:p@192.0.2.9>"
) -> bytes:
    """A peer's response to a request of ours, written by hand."""
    head = request.decode().partition("\r\n\r\n")[0].split("\r\n")[1:]
    kept = [line for line in head if line.split(":")[0] in ("Via", "From", "To", "Call-ID", "CSeq")]
    if tag:
        kept = [f"{line};tag={tag}" if line.startswith("To:") and ";tag=" not in line else line for line in kept]
    if contact:
        extra += f"Contact: {contact}\r\n"
    if sdp:
        extra += "Content-Type: application/sdp\r\n"
    return (
        f"SIP/2.0 {status} Whatever\r\n" + "\r\n".join(kept) + f"\r\n{extra}Content-Length: {len(sdp)}\r\n\r\n{sdp}"
    ).encode()


def request_from_peer(
    method: str,
    *,
    branch: str = "z9hG4bKpeer1",
    to_tag: str = "",
    from_tag: str = "p1",
    cseq: int = 1,
    extra: str = "",
    body: str = "",
    uri: str = "sip:main@antiphon.local",
    call_id: str = "c1",
) -> bytes:
    """A request of a peer, written by hand."""
    if body:
        extra += "Content-Type: application/sdp\r\n"
    return (
        f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch={branch}\r\nMax-Forwards: 70\r\n"
        f"From: <sip:peer@192.0.2.1>;tag={from_tag}\r\nTo: <sip:main@antiphon.local>{';tag=' + to_tag if to_tag else ''}\r\n"
        f"Call-ID: {call_id}\r\nCSeq: {cseq} {method}\r\nContact: <sip:peer@192.0.2.1>\r\n{extra}"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def said(world: World) -> list[str]:
    """What the house sent, first lines."""
    return [packet.start for packet in world.line if packet.sender == "house"]


def alone() -> World:
    """A station whose peer is this test."""
    return World(policy=lambda packet: [])


def test_the_first_of_two_forks_wins_and_the_other_is_hung_up() -> None:
    world = alone()
    world.call()
    invite = world.on_line("INVITE")[0].data
    for tag in ("a", "b"):
        world.put(world.station, answer_to(invite, 180, tag=tag, contact=f"<sip:{tag}@192.0.2.9>"))
        world.run(0.01)
    world.put(world.station, answer_to(invite, 200, tag="b", sdp=ANSWER, contact="<sip:b@192.0.2.9>"))
    world.run(0.01)
    world.put(world.station, answer_to(invite, 200, tag="a", sdp=ANSWER_2, contact="<sip:a@192.0.2.9>"))
    world.run(0.01)
    assert world.station.only(Answered).sdp == ANSWER
    acks = [packet.start for packet in world.on_line("ACK")]
    assert acks == ["ACK sip:b@192.0.2.9 SIP/2.0", "ACK sip:a@192.0.2.9 SIP/2.0"]
    assert [packet.start for packet in world.on_line("BYE")] == ["BYE sip:a@192.0.2.9 SIP/2.0"]
    assert len(world.station.all(Progressed)) == 2
    world.put(world.station, answer_to(invite, 200, tag="a", sdp=ANSWER_2))
    world.run(0.01)
    assert len(world.on_line("ACK")) == 3
    assert len([p for p in world.on_line("BYE") if p.data == world.on_line("BYE")[0].data]) == len(world.on_line("BYE"))


def test_each_fork_has_its_own_reliable_answers() -> None:
    world = alone()
    world.call()
    invite = world.on_line("INVITE")[0].data
    for tag, rseq in (("a", 7), ("b", 9001), ("a", 7), ("a", 8), ("b", 9003)):
        extra = f"Require: 100rel\r\nRSeq: {rseq}\r\n"
        world.put(world.station, answer_to(invite, 183, tag=tag, extra=extra, sdp=ANSWER))
        world.run(0.01)
    racks = [re.search(r"RAck: (.*)\r\n", packet.data.decode()).group(1) for packet in world.on_line("PRACK")]  # type: ignore[union-attr]
    assert racks == ["7 1 INVITE", "9001 1 INVITE", "8 1 INVITE"]


def test_requests_follow_the_route_set_loose_and_strict() -> None:
    for route, expected in (
        ("<sip:edge.test;lr>", ["sip:b@192.0.2.9", ["sip:edge.test;lr", "sip:far.test;lr"]]),
        ("<sip:edge.test>", ["sip:edge.test", ["sip:far.test;lr", "sip:b@192.0.2.9"]]),
    ):
        world = alone()
        world.call()
        invite = world.on_line("INVITE")[0].data
        extra = f"Record-Route: <sip:far.test;lr>\r\nRecord-Route: {route}\r\n"
        world.put(world.station, answer_to(invite, 200, tag="b", sdp=ANSWER, extra=extra, contact="<sip:b@192.0.2.9>"))
        world.run(0.01)
        ack = sipmessage.Message.parse(world.on_line("ACK")[0].data)
        assert isinstance(ack, sipmessage.Request)
        assert [str(ack.uri), [str(route.uri) for route in ack.route]] == expected


def test_without_100rel_the_preview_goes_unreliably_and_the_200_repeats_it() -> None:
    world = alone()
    world.put(world.house, request_from_peer("INVITE", body=OFFER))
    world.run(0.01)
    leg = world.house.only(Invited).leg
    world.order(world.house, "progress", leg, 183, ANSWER)
    world.order(world.house, "accept", leg, ANSWER)
    bodies = [packet.data.partition(b"\r\n\r\n")[2].decode() for packet in world.line]
    assert bodies == ["", ANSWER, ANSWER]
    assert all(b"RSeq" not in packet.data for packet in world.line)


def test_a_peer_without_update_gets_a_re_invite_once_it_has_answered() -> None:
    world = alone()
    world.put(world.house, request_from_peer("INVITE", body=OFFER, extra="Allow: INVITE, ACK, BYE\r\n"))
    world.run(0.01)
    leg = world.house.only(Invited).leg
    world.order(world.house, "accept", leg, ANSWER)
    world.order(world.house, "offer", leg, OFFER_2)
    assert not world.on_line("INVITE")
    to_tag = re.search(rb"To: .*;tag=(\w+)", world.line[-1].data).group(1).decode()  # type: ignore[union-attr]
    world.put(world.house, request_from_peer("ACK", branch="z9hG4bKack", to_tag=to_tag))
    world.run(0.01)
    (reinvite,) = world.on_line("INVITE")
    world.put(world.house, answer_to(reinvite.data, 200, sdp=ANSWER_2))
    world.run(0.01)
    assert world.house.only(OfferAnswered).sdp == ANSWER_2
    assert len(world.on_line("ACK")) == 1
    world.put(world.house, answer_to(reinvite.data, 200, sdp=ANSWER_2))
    world.run(0.01)
    assert len(world.on_line("ACK")) == 2
    assert world.house.only(OfferAnswered)


def test_a_peer_that_refuses_update_with_405_gets_a_re_invite() -> None:
    world = alone()
    world.call()
    invite = world.on_line("INVITE")[0].data
    world.put(world.station, answer_to(invite, 200, tag="b", sdp=ANSWER, extra="Allow: INVITE, UPDATE\r\n"))
    world.run(0.01)
    world.order(world.station, "offer", "door", OFFER_2)
    world.put(world.station, answer_to(world.on_line("UPDATE")[0].data, 405))
    world.run(0.01)
    assert len(world.on_line("INVITE")) == 2
    assert not world.station.all(OfferRefused)


def test_an_update_to_a_dialog_the_peer_forgot_ends_the_leg() -> None:
    world = alone()
    world.call()
    invite = world.on_line("INVITE")[0].data
    world.put(world.station, answer_to(invite, 200, tag="b", sdp=ANSWER, extra="Allow: UPDATE\r\n"))
    world.run(0.01)
    world.order(world.station, "offer", "door", OFFER_2)
    world.put(world.station, answer_to(world.on_line("UPDATE")[0].data, 481))
    world.run(0.01)
    assert world.station.only(Ended).cause == "lost"
    assert len(world.on_line("BYE")) == 1


def test_a_200_without_any_sdp_cannot_become_a_call() -> None:
    world = alone()
    world.call()
    world.put(world.station, answer_to(world.on_line("INVITE")[0].data, 200, tag="b"))
    world.run(0.01)
    assert world.station.only(Refused).status == 488
    assert [packet.start.split()[0] for packet in world.line] == ["INVITE", "ACK", "BYE"]


def talking() -> tuple[World, str]:
    """A house in a conversation with a hand-written peer; returns the house's tag."""
    world = alone()
    world.put(world.house, request_from_peer("INVITE", body=OFFER, extra="Allow: UPDATE\r\n"))
    world.run(0.01)
    world.order(world.house, "accept", world.house.only(Invited).leg, ANSWER)
    to_tag = re.search(rb"To: .*;tag=(\w+)", world.line[-1].data).group(1).decode()  # type: ignore[union-attr]
    world.put(world.house, request_from_peer("ACK", branch="z9hG4bKack", to_tag=to_tag))
    world.run(0.01)
    world.line.clear()
    return world, to_tag


def test_a_re_invite_with_an_offer_is_passed_on_and_answered() -> None:
    world, tag = talking()
    world.put(world.house, request_from_peer("INVITE", branch="z9hG4bK2", to_tag=tag, cseq=2, body=OFFER_2))
    world.run(0.01)
    offered = world.house.only(Offered)
    assert offered.sdp == OFFER_2
    world.order(world.house, "answer_offer", offered.leg, ANSWER_2)
    assert said(world) == ["SIP/2.0 100 Trying", "SIP/2.0 200 OK"]
    world.put(world.house, request_from_peer("ACK", branch="z9hG4bK3", to_tag=tag, cseq=2))
    world.run(60)
    assert not world.house.all(Ended)
    assert said(world) == ["SIP/2.0 100 Trying", "SIP/2.0 200 OK"]


def test_a_re_invite_without_an_offer_leaves_the_session_as_it_was() -> None:
    world, tag = talking()
    world.put(world.house, request_from_peer("INVITE", branch="z9hG4bK2", to_tag=tag, cseq=2))
    world.run(0.01)
    assert said(world) == ["SIP/2.0 488 Not Acceptable Here"]
    assert not world.house.all(Ended)


def test_a_second_offer_while_the_first_is_open_is_put_off() -> None:
    world, tag = talking()
    world.put(world.house, request_from_peer("UPDATE", branch="z9hG4bK2", to_tag=tag, cseq=2, body=OFFER_2))
    world.put(world.house, request_from_peer("UPDATE", branch="z9hG4bK3", to_tag=tag, cseq=3, body=OFFER))
    world.run(0.01)
    assert said(world) == ["SIP/2.0 500 Server Internal Error"]
    assert re.search(rb"Retry-After: ([1-9]|10)\r\n", world.line[-1].data)
    assert world.house.only(Offered).sdp == OFFER_2


def test_hanging_up_answers_the_offer_that_was_open() -> None:
    world, tag = talking()
    world.put(world.house, request_from_peer("UPDATE", branch="z9hG4bK2", to_tag=tag, cseq=2, body=OFFER_2))
    world.put(world.house, request_from_peer("BYE", branch="z9hG4bK3", to_tag=tag, cseq=3))
    world.run(0.01)
    assert sorted(said(world)) == ["SIP/2.0 200 OK", "SIP/2.0 487 Request Terminated"]
    assert world.house.only(Ended).cause == "hung_up"


def test_glare_that_never_ends_is_told_after_five_tries() -> None:
    world, _ = talking()
    world.order(world.house, "offer", world.house.only(Invited).leg, OFFER_2)
    for _ in range(6):
        assert not world.house.all(OfferRefused)
        world.put(world.house, answer_to(world.on_line("UPDATE")[-1].data, 491))
        world.run(2.1)
    assert world.house.only(OfferRefused).status == 491
    assert (
        len({packet.start + str(sipmessage.Message.parse(packet.data).cseq) for packet in world.on_line("UPDATE")}) == 6
    )


def test_an_empty_update_only_refreshes_where_we_send_to() -> None:
    world, tag = talking()
    moved = request_from_peer("UPDATE", branch="z9hG4bK2", to_tag=tag, cseq=2).replace(
        b"Contact: <sip:peer@192.0.2.1>", b"Contact: <sip:peer@192.0.2.77>"
    )
    world.put(world.house, moved)
    world.run(0.01)
    assert said(world) == ["SIP/2.0 200 OK"]
    world.order(world.house, "end", world.house.only(Invited).leg, "hung_up")
    assert world.on_line("BYE")[0].start == "BYE sip:peer@192.0.2.77 SIP/2.0"


def test_a_station_whose_connection_to_the_edge_is_gone_is_noticed_by_the_probe() -> None:
    world = World("tls", probe_s=30)
    leg = world.call()
    world.order(world.house, "accept", leg, ANSWER)
    world.run(1)
    world.policy = lambda packet: []
    world.run(30)
    options = next(packet for packet in world.on_line("OPTIONS") if packet.sender == "house")
    world.put(world.house, answer_to(options.data, 480))
    world.run(1.1)
    assert world.house.only(Ended) == Ended(leg, "lost", "the peer is not connected any more")


def test_an_old_sequence_number_is_refused() -> None:
    world, tag = talking()
    world.put(world.house, request_from_peer("INFO", branch="z9hG4bK2", to_tag=tag, cseq=5))
    world.put(world.house, request_from_peer("INFO", branch="z9hG4bK3", to_tag=tag, cseq=4))
    world.run(0.01)
    assert said(world) == ["SIP/2.0 200 OK", "SIP/2.0 500 Server Internal Error"]


def test_a_prack_for_nothing_and_a_dialog_for_nobody_get_481() -> None:
    world, tag = talking()
    world.put(
        world.house, request_from_peer("PRACK", branch="z9hG4bK2", to_tag=tag, cseq=2, extra="RAck: 1 1 INVITE\r\n")
    )
    world.put(world.house, request_from_peer("BYE", branch="z9hG4bK3", to_tag="nobody", cseq=3))
    world.put(world.house, request_from_peer("CANCEL", branch="z9hG4bK4", cseq=4))
    world.put(world.house, request_from_peer("BYE", branch="z9hG4bK5", cseq=5))
    world.put(world.house, request_from_peer("ACK", branch="z9hG4bK6", to_tag="nobody", cseq=6))
    world.run(0.01)
    assert [line.split()[1] for line in said(world)] == ["481", "481", "481", "481"]


def test_unknown_and_unwanted_methods_are_told_apart() -> None:
    world = alone()
    for number, method in enumerate(("OPTIONS", "SUBSCRIBE", "REGISTER", "TEAPOT")):
        world.put(world.house, request_from_peer(method, branch=f"z9hG4bK{number}", call_id=f"c{number}"))
        world.run(0.01)
    assert [line.split()[1] for line in said(world)] == ["200", "405", "405", "501"]
    assert all(b"\r\nAllow: INVITE, ACK" in packet.data for packet in world.line)


def test_what_an_invite_must_not_be() -> None:
    world = alone()
    for number, (change, to) in enumerate(
        (
            (b"Content-Type: application/sdp", b"Content-Type: text/plain"),
            (b"INVITE sip:main@antiphon.local", b"INVITE nobodyKnows:this"),
            (b"Max-Forwards", b"Require: teleport\r\nMax-Forwards"),
            (b"Contact: <sip:peer@192.0.2.1>\r\n", b""),
        )
    ):
        invite = request_from_peer("INVITE", branch=f"z9hG4bK{number}", call_id=f"c{number}", body=OFFER)
        assert change in invite
        world.put(world.house, invite.replace(change, to))
        world.run(0.01)
    assert [line.split()[1] for line in said(world)][:4] == ["415", "416", "420", "400"]
    assert b"Unsupported: teleport" in world.line[2].data
    assert not world.house.all(Invited)


def test_the_same_request_over_two_ways_is_taken_once() -> None:
    world = alone()
    world.put(world.house, request_from_peer("INVITE", branch="z9hG4bKone", body=OFFER))
    world.put(world.house, request_from_peer("INVITE", branch="z9hG4bKtwo", body=OFFER))
    world.run(0.01)
    assert world.house.only(Invited)
    assert said(world) == ["SIP/2.0 100 Trying", "SIP/2.0 482 Loop Detected"]


def test_a_caller_that_hangs_up_by_bye_before_the_answer() -> None:
    world = alone()
    world.put(world.house, request_from_peer("INVITE", body=OFFER))
    world.run(0.01)
    world.order(world.house, "progress", world.house.only(Invited).leg, 180, None)
    to_tag = re.search(rb"To: .*;tag=(\w+)", world.line[-1].data).group(1).decode()  # type: ignore[union-attr]
    world.put(world.house, request_from_peer("BYE", branch="z9hG4bK2", to_tag=to_tag, cseq=2))
    world.run(0.01)
    assert [line.split()[1] for line in said(world)] == ["100", "180", "200", "487"]
    assert world.house.only(Ended).cause == "hung_up"


def test_a_device_of_the_old_school_without_magic_cookie_is_served() -> None:
    world = alone()
    invite = request_from_peer("INVITE", branch="1", body=OFFER)
    world.put(world.house, invite)
    world.put(world.house, invite)
    world.run(0.01)
    assert world.house.only(Invited)
    world.order(world.house, "refuse", world.house.only(Invited).leg, 486, "busy")
    to_tag = re.search(rb"To: .*;tag=(\w+)", world.line[-1].data).group(1).decode()  # type: ignore[union-attr]
    world.put(world.house, request_from_peer("ACK", branch="1", to_tag=to_tag))
    world.run(60)
    assert len([line for line in said(world) if "486" in line]) == 1


def test_an_invite_without_an_offer_is_answered_with_one() -> None:
    world = alone()
    world.put(world.house, request_from_peer("INVITE"))
    world.run(0.01)
    invited = world.house.only(Invited)
    assert invited.sdp == ""
    world.order(world.house, "accept", invited.leg, OFFER)
    to_tag = re.search(rb"To: .*;tag=(\w+)", world.line[-1].data).group(1).decode()  # type: ignore[union-attr]
    world.put(world.house, request_from_peer("ACK", branch="z9hG4bKack", to_tag=to_tag, body=ANSWER))
    world.run(0.01)
    assert world.house.only(OfferAnswered).sdp == ANSWER


def test_defaults_of_the_agent_come_from_the_limits() -> None:
    config = UserAgentConfig()
    assert (config.t1_s, config.t2_s, config.t4_s) == (0.5, 4.0, 5.0)
