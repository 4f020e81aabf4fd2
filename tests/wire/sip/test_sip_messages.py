"""Reading and writing: what devices send, what RFC 4475 tortures with, and round trips of anything."""

from __future__ import annotations

import pytest
import sipmessage
from hypothesis import given
from hypothesis import strategies as st
from sip_world import ANSWER, OFFER, World

from antiphon.limits import SIP_HEADERS_MAX, SIP_MESSAGE_MAX_BYTES
from antiphon.wire.sip import Discarded, Flow, Invited, Send, SipSyntaxError, StreamFramer, UserAgent, UserAgentConfig
from antiphon.wire.sip.headers import cseq_of
from antiphon.wire.sip.info import DTMF, DTMF_RELAY, MEDIA_CONTROL, PICTURE_FAST_UPDATE, dtmf_digit, wants_key_frame
from antiphon.wire.sip.message import parse

FLOW = Flow("f", "udp", ("192.0.2.2", 5060), ("192.0.2.1", 5060))
INVITE = (
    b"INVITE sip:main@antiphon.local SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n"
    b"From: <sip:dev_1@antiphon.local>;tag=1\r\nTo: <sip:main@antiphon.local>\r\nCall-ID: c1\r\nCSeq: 1 INVITE\r\n"
    b"Contact: <sip:dev_1@192.0.2.1>\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s"
    % (len(OFFER), OFFER.encode())
)


def house() -> UserAgent:
    numbers = iter(range(10**6))
    return UserAgent(UserAgentConfig(), lambda: f"t{next(numbers)}")


def taken(data: bytes) -> tuple[list[Invited], list[str]]:
    """Who calls after these bytes, and the first lines of what is answered."""
    effects = house().receive(FLOW, data, 0.0)
    sent = [effect.data for effect in effects if isinstance(effect, Send)]
    for message in sent:
        sipmessage.Message.parse(message)
    return (
        [effect for effect in effects if isinstance(effect, Invited)],
        [message.split(b"\r\n")[0].decode() for message in sent],
    )


# -- what real devices send --------------------------------------------------------------------------------------------


def test_compact_folded_and_spaced_headers_are_understood() -> None:
    data = (
        b"INVITE sip:main@antiphon.local SIP/2.0\r\nv: SIP/2.0/UDP 192.0.2.1:5060;\r\n branch=z9hG4bK1\r\n"
        b'f : "J\xc3\xb6rg"\r\n\t<sip:dev_1@antiphon.local>;tag=1\r\nt:<sip:main@antiphon.local>\r\ni:  c1  \r\nCSeq:1 INVITE\r\n'
        b"m:<sip:dev_1@192.0.2.1>\r\nc:application/sdp;charset=utf-8\r\nl:%d\r\n\r\n%s" % (len(OFFER), OFFER.encode())
    )
    invited, _ = taken(data)
    assert invited[0].from_user == "dev_1"
    assert invited[0].call_id == "c1"
    assert invited[0].sdp == OFFER


def test_bytes_that_are_not_utf_8_are_echoed_exactly_and_read_without_harm() -> None:
    agent = house()
    data = INVITE.replace(b"From: <sip:dev_1@", b'From: "J\xf6rg" <sip:d\xf6r@')
    effects = agent.receive(FLOW, data, 0.0)
    sent = next(effect for effect in effects if isinstance(effect, Send))
    assert b'From: "J\xf6rg" <sip:d\xf6r@antiphon.local>;tag=1\r\n' in sent.data
    invited = next(effect for effect in effects if isinstance(effect, Invited))
    assert invited.from_user == "d\N{REPLACEMENT CHARACTER}r"


def test_a_telephone_number_calls_and_is_called() -> None:
    data = INVITE.replace(b"INVITE sip:main@antiphon.local", b"INVITE tel:+49-30-1;phone-context=de").replace(
        b"From: <sip:dev_1@antiphon.local>", b"From: <tel:+4930123>"
    )
    invited, _ = taken(data)
    assert (invited[0].target_user, invited[0].from_user) == ("+49-30-1", "+4930123")


def test_an_odd_scheme_in_from_and_contact_does_not_hurt() -> None:
    data = INVITE.replace(b"From: <sip:dev_1@antiphon.local>", b"From: <x-door+1://ost>").replace(
        b"Contact: <sip:dev_1@192.0.2.1>", b"Contact: <urn:uuid:1>"
    )
    invited, _ = taken(data)
    assert invited[0].from_user == "//ost"


def test_a_status_line_without_a_phrase_or_its_space_is_taken() -> None:
    for line in (b"SIP/2.0 180", b"SIP/2.0 180 ", b"SIP/2.0 180 Klingelt sch\xf6n"):
        message = parse(line + b"\r\nVia: x\r\n\r\n")
        assert message.status == 180


def test_lines_that_end_in_lf_alone_are_taken() -> None:
    invited, _ = taken(INVITE.replace(b"\r\n", b"\n").replace(b"Content-Length: %d\n" % len(OFFER), b""))
    assert invited[0].target_user == "main"


def test_what_follows_the_content_length_in_a_datagram_is_ignored() -> None:
    invited, _ = taken(INVITE + b"rubbish")
    assert invited[0].sdp == OFFER


@pytest.mark.parametrize(
    "smuggled",
    [
        b"X: a\nX-Antiphon-Device: dev_9\r\n\r\n",
        b"\rX-Antiphon-Device: dev_9\r\n\r\n",
        b"X: a\r\n X-Antiphon-Device: dev_9\r\n\r\n",
        b"X: a\rX-Antiphon-Device: dev_9\r\n\r\n",
        b"\nX-Antiphon-Device: dev_9\r\n\r\n",
        b"X: a\0\r\nX: \r\n\r\n",
    ],
)
def test_no_line_end_smuggles_a_header_past_the_edge(smuggled: bytes) -> None:
    """What another reader takes for one line, or for the body, must never be a device header here."""
    head, _, _ = INVITE.partition(b"\r\n\r\n")
    bare = b"\r\n".join(line for line in head.split(b"\r\n") if not line.startswith(b"Content"))
    try:
        message = parse(bare + b"\r\n" + smuggled)
    except SipSyntaxError:
        return
    if smuggled.startswith(b"X: a\nX-"):
        # LF ends a line for the edge too: it sees this header and removes it
        assert message.headers("x-antiphon-device") == ["dev_9"]
    else:
        assert message.headers("x-antiphon-device") == []


# -- malformed: answered where it can be, thrown away otherwise ----------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "to", "status"),
    [
        (b"CSeq: 1 INVITE", b"CSeq: 1 BYE", "400"),
        (b"CSeq: 1 INVITE", b"CSeq: many INVITE", "400"),
        (b"CSeq: 1 INVITE", b"CSeq: 36893488147419103232 INVITE", "400"),
        (b"Content-Length: %d" % len(OFFER), b"Content-Length: 9999", "400"),
        (b"Content-Length: %d" % len(OFFER), b"Content-Length: -999", "400"),
        (b"Content-Length: %d" % len(OFFER), b"Content-Length: \xb2", "400"),
        (b"Content-Length: %d" % len(OFFER), b"Content-Length: 1\r\nContent-Length: 2", "400"),
        (b"Max-Forwards: 70", b"Max-Forwards 70", "400"),
        (b"Max-Forwards: 70", b": 70", "400"),
        (b"Max-Forwards: 70", b"From: <sip:other@x>;tag=2", "400"),
        (b"Max-Forwards: 70", b"\r\n".join([b"X: y"] * 200), "400"),
        (b"v=0", b"x" * SIP_MESSAGE_MAX_BYTES, "513"),
        (b"INVITE sip:main@antiphon.local SIP/2.0", b"INVITE sip:main@antiphon.local  and more SIP/2.0", "400"),
    ],
)
def test_a_malformed_invite_is_refused_with_a_reason_in_the_log(change: bytes, to: bytes, status: str) -> None:
    assert change in INVITE
    invited, sent = taken(INVITE.replace(change, to, 1))
    assert not invited
    assert [line.split()[1] for line in sent] == [status]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        b"\0\0\0\0",
        b"hello",
        b"INVITE",
        b"INVITE sip:main@antiphon.local SIP/7.0\r\n\r\n",
        b"SIP/2.0 999999 Huge\r\n\r\n",
        b"SIP/2.0 200 OK\r\n\r\n",
        b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a;branch=1\r\nVia: SIP/2.0/UDP b;branch=2\r\nCSeq: 1 INVITE\r\n\r\n",
        b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a;branch=1\r\n\r\n",
        b"INVITE sip:main@antiphon.local SIP/2.0\r\n\r\n",
        INVITE.replace(b"Via: SIP/2.0/UDP", b"Via: HTTP/1.1 "),
        INVITE.replace(b"Call-ID: c1\r\n", b""),
        INVITE.replace(b"INVITE", b"ACK").replace(b"CSeq: 1 ACK", b"CSeq: x ACK"),
        b"\xff" * 70000,
    ],
)
def test_what_cannot_be_answered_is_thrown_away(data: bytes) -> None:
    effects = house().receive(FLOW, data, 0.0)
    assert all(isinstance(effect, Discarded) for effect in effects)


def test_a_malformed_message_does_not_hurt_the_call_beside_it() -> None:
    world = World()
    leg = world.call()
    for data in (b"\0", INVITE[:200], INVITE.replace(b"Max-Forwards:", b"Max"), b"\r\n".join([b"a"] * 300)):
        world.put(world.house, data)
    world.run()
    world.order(world.house, "accept", leg, ANSWER)
    world.run()
    assert world.station.told
    assert not [effect for effect in world.station.told if isinstance(effect, Discarded)]


@given(st.binary(max_size=400))
def test_no_bytes_make_the_agent_raise(data: bytes) -> None:
    house().receive(FLOW, data, 0.0)


@given(st.integers(0, len(INVITE) - 1), st.binary(max_size=6), st.integers(0, 40))
def test_no_damage_to_an_invite_makes_the_agent_raise(at: int, inserted: bytes, removed: int) -> None:
    agent = house()
    for effect in agent.receive(FLOW, INVITE[:at] + inserted + INVITE[at + removed :], 0.0):
        if isinstance(effect, Send):
            assert effect.data.startswith(b"SIP/2.0 ")
            assert b"\n\r\n" not in effect.data.partition(b"\r\n\r\n")[0]
        if isinstance(effect, Invited):
            effect.target_user.encode()
            effect.from_user.encode()
            agent.accept(effect.leg, ANSWER, 0.1)
            agent.end(effect.leg, "hung_up", 0.2)
    agent.tick(1000.0)


@given(
    st.sampled_from(["INVITE", "BYE", "INFO"]),
    st.lists(
        st.tuples(
            st.from_regex(r"X-[A-Za-z0-9]{1,12}", fullmatch=True),
            st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=40),
        ),
        max_size=10,
    ),
    st.binary(max_size=200),
)
def test_headers_and_body_come_back_as_written(method: str, headers: list[tuple[str, str]], body: bytes) -> None:
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    data = f"{method} sip:a@b SIP/2.0\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    message = parse(data)
    assert message.fault is None
    assert (message.method, message.uri, message.body) == (method, "sip:a@b", body)
    for name in {name.lower() for name, _ in headers}:
        assert message.headers(name) == [value.strip(" \t") for key, value in headers if key.lower() == name]


def test_an_answered_request_keeps_what_is_still_asked_of_it_and_no_more() -> None:
    spent = parse(INVITE).spent()
    assert (spent.method, cseq_of(spent)) == ("INVITE", (1, "INVITE"))
    assert not any(name in spent for name in ("via", "from", "to", "call-id", "contact"))
    assert spent.body == b""


# -- INFO ----------------------------------------------------------------------------------------------------------------


def test_digits_as_devices_send_them() -> None:
    assert dtmf_digit(DTMF_RELAY, b"Signal=5\r\nDuration=160\r\n") == "5"
    assert dtmf_digit(DTMF_RELAY, b"Signal= *\nDuration= 250") == "*"
    assert dtmf_digit(DTMF_RELAY, b"signal=11\r\n") == "#"
    assert dtmf_digit(DTMF_RELAY, b"Duration=160\r\n") is None
    assert dtmf_digit(DTMF, b"#") == "#"
    assert dtmf_digit(DTMF, b"a\r\n") == "A"
    assert dtmf_digit(DTMF, b"open sesame") is None
    assert dtmf_digit("text/plain", b"5") is None


def test_a_key_frame_request_is_recognised() -> None:
    assert wants_key_frame(MEDIA_CONTROL, PICTURE_FAST_UPDATE)
    assert not wants_key_frame(MEDIA_CONTROL, b"<media_control/>")
    assert not wants_key_frame(DTMF, PICTURE_FAST_UPDATE)


# -- streams -------------------------------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from([INVITE, INVITE.replace(b"c1", b"c2"), b"\r\n\r\n", b"\r\n"]), max_size=6), st.data())
def test_a_stream_cut_anywhere_gives_the_same_messages(parts: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    framer = StreamFramer()
    messages = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        messages += framer.feed(stream[start:end])
    assert messages == [part for part in parts if len(part) > 4]
    assert framer.keep_alives == sum(len(part) // 2 for part in parts if len(part) <= 4)


@pytest.mark.parametrize(
    "stream",
    [
        b"\x16\x03\x01\x02\x00",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        INVITE.replace(b"Content-Length", b"X-Length"),
        INVITE.replace(b"Content-Length: ", b"Content-Length: x"),
        INVITE.replace(b"Content-Type", b"l: 5\r\nContent-Type"),
        INVITE.replace(b"Content-Length: %d" % len(OFFER), b"Content-Length: %d" % SIP_MESSAGE_MAX_BYTES),
        b"A" * (SIP_MESSAGE_MAX_BYTES + 1),
    ],
)
def test_a_stream_that_is_not_sip_or_too_large_is_given_up(stream: bytes) -> None:
    framer = StreamFramer()
    with pytest.raises(SipSyntaxError):
        framer.feed(stream)


def test_a_message_with_as_many_headers_as_allowed_is_taken() -> None:
    spare = SIP_HEADERS_MAX - INVITE.partition(b"\r\n\r\n")[0].count(b"\r\n")
    invited, _ = taken(INVITE.replace(b"Max-Forwards: 70", b"Max-Forwards: 70" + b"\r\nX: y" * spare))
    assert invited
