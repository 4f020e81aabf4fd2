"""The SIP gateway on a real loopback socket, with the edge played by a user agent."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sip_edge import ANSWER, OFFER, Edge, Owner, settings

from antiphon.calls.ports import SipEvents, SipPort, StationInvite
from antiphon.clock import SystemClock
from antiphon.gateways.sip import SipGateway
from antiphon.settings import Settings
from antiphon.wire.sip import (
    Answered,
    Ended,
    InfoReceived,
    Invited,
    Offered,
    Progressed,
    Refused,
    UserAgent,
    UserAgentConfig,
)
from antiphon.wire.sip.info import DTMF_RELAY, dtmf_relay, wants_key_frame
from antiphon.wire.station import ACCOUNT_HEADER, DEVICE_HEADER

DEVICE = ((DEVICE_HEADER, "dev_1"),)


@pytest.fixture
def config(tmp_path: Path) -> Settings:
    return settings(tmp_path)


@pytest.fixture
def owner() -> Owner:
    return Owner()


@pytest.fixture
async def gateway(config: Settings, owner: Owner) -> AsyncIterator[SipGateway]:
    events: SipEvents = owner
    gateway = SipGateway(events, config, SystemClock())
    await gateway.start()
    yield gateway
    await gateway.close()


@pytest.fixture
async def edge(config: Settings, gateway: SipGateway) -> AsyncIterator[Edge]:
    edge = Edge(config)
    await edge.start()
    yield edge
    edge.close()


async def invited(owner: Owner) -> StationInvite:
    await owner.until(lambda: any(each[0] == "invited" for each in owner.heard))
    invite = next(each[1] for each in owner.heard if each[0] == "invited")
    assert isinstance(invite, StationInvite)
    return invite


async def test_a_door_call_from_ring_to_hang_up(gateway: SipGateway, edge: Edge, owner: Owner) -> None:
    port: SipPort = gateway
    edge.ring(headers=DEVICE)
    invite = await invited(owner)
    assert (invite.device_id, invite.account, invite.target, invite.sdp) == ("dev_1", None, "main", OFFER)
    port.progress(invite.leg, 183, ANSWER)
    assert (await edge.hears(Progressed)).sdp == ANSWER
    port.offer(invite.leg, OFFER)
    await edge.hears(Offered)
    edge.order("answer_offer", "ring", ANSWER)
    await owner.hears("offer_answered", invite.leg, ANSWER)
    port.accept(invite.leg, OFFER)
    await edge.hears(Answered)
    edge.order("info", "ring", DTMF_RELAY, dtmf_relay("#"))
    await owner.hears("dtmf", invite.leg, "#")
    port.request_key_frame(invite.leg)
    info = await edge.hears(InfoReceived)
    assert wants_key_frame(info.content_type, info.body)
    port.send_digit(invite.leg, "5")
    await edge.until(lambda: edge.told[-1] == InfoReceived("ring", DTMF_RELAY, dtmf_relay("5")))
    port.end(invite.leg, "time_limit")
    assert (await edge.hears(Ended)).reason == "time_limit"


async def test_an_account_of_another_maker_calls(gateway: SipGateway, edge: Edge, owner: Owner) -> None:
    edge.ring(headers=((ACCOUNT_HEADER, "phone-7"),))
    invite = await invited(owner)
    assert (invite.device_id, invite.account) == (None, "phone-7")


@pytest.mark.parametrize(
    "headers",
    [
        (),
        ((DEVICE_HEADER, ""),),
        ((DEVICE_HEADER, "dev_1"), (DEVICE_HEADER, "dev_2")),
        ((DEVICE_HEADER, "dev_1"), (ACCOUNT_HEADER, "phone-7")),
    ],
)
async def test_a_caller_whose_identity_the_edge_does_not_prove_is_refused(
    gateway: SipGateway, edge: Edge, owner: Owner, headers: tuple[tuple[str, str], ...]
) -> None:
    edge.ring(headers=headers)
    assert (await edge.hears(Refused)).status == 403
    assert not owner.heard


async def test_a_call_to_a_station_from_offer_to_its_hang_up(gateway: SipGateway, edge: Edge, owner: Owner) -> None:
    gateway.invite("out", "dev_9", sdp=OFFER, display_name='Ada "A"\r\nX: y', call_id="call_1")
    invite = await edge.hears(Invited)
    assert (invite.target_user, invite.sdp) == ("dev_9", OFFER)
    assert invite.request.header("x") is None
    edge.order("progress", invite.leg, 180, None)
    await owner.hears("progressed", "out", 180, None)
    edge.order("accept", invite.leg, ANSWER)
    await owner.hears("answered", "out", ANSWER)
    edge.order("offer", invite.leg, OFFER)
    await owner.hears("offered", "out", OFFER)
    gateway.answer_offer("out", ANSWER)
    edge.order("end", invite.leg, "hung_up")
    await owner.hears("ended", "out", "hung_up", "hung_up")


async def test_a_station_that_is_not_there_refuses(gateway: SipGateway, edge: Edge, owner: Owner) -> None:
    gateway.invite("out", "dev_9", sdp=OFFER, display_name="Ada", call_id="call_1")
    invite = await edge.hears(Invited)
    edge.order("refuse", invite.leg, 480, "")
    await owner.hears("refused", "out", 480, "")


async def test_a_ring_is_refused_by_software_that_would_answer_it_by_itself(
    gateway: SipGateway, edge: Edge, owner: Owner
) -> None:
    gateway.invite("out", "dev_9", sdp=OFFER, display_name="Ada", call_id="call_1", rings=True)
    await owner.hears("refused", "out", 420)
    assert b"Answer-Mode: Manual\r\n" in edge.seen[0]
    assert b"Require: answermode\r\n" in edge.seen[0]


async def test_a_call_to_a_station_is_cancelled(gateway: SipGateway, edge: Edge, owner: Owner) -> None:
    gateway.invite("out", "dev_9", sdp=OFFER, display_name="Ada", call_id="call_1")
    invite = await edge.hears(Invited)
    edge.order("progress", invite.leg, 180, None)
    await owner.hears("progressed", "out")
    gateway.end("out", "cancelled")
    assert (await edge.hears(Ended)).cause == "cancelled"


@pytest.mark.parametrize(
    ("cause", "status"), [("no_answer", 480), ("declined", 603), ("unknown_button", 404), ("no_codec", 488), ("?", 480)]
)
async def test_ending_an_unanswered_ring_tells_the_visitor_why(
    gateway: SipGateway, edge: Edge, owner: Owner, cause: str, status: int
) -> None:
    edge.ring(headers=DEVICE)
    gateway.end((await invited(owner)).leg, cause)
    refused = await edge.hears(Refused)
    assert (refused.status, refused.reason) == (status, cause)


async def test_a_stranger_on_the_same_machine_is_not_heard(
    gateway: SipGateway, edge: Edge, owner: Owner, config: Settings
) -> None:
    edge.ring(headers=DEVICE)
    first = await invited(owner)
    forged = edge.seen and b"INVITE sip:main@antiphon.local SIP/2.0\r\nVia: SIP/2.0/UDP x;branch=z9hG4bKf\r\n"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(
            (forged or b"")
            + b"From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: f\r\nCSeq: 1 INVITE\r\nContact: <sip:a@b>\r\n"
            + b"X-Antiphon-Device: dev_1\r\nContent-Type: application/sdp\r\n\r\n"
            + OFFER.encode(),
            ("127.0.0.1", config.ports.sip_calls),
        )
    edge.ring("second", headers=DEVICE)
    await owner.until(lambda: len(owner.heard) == 2)
    assert owner.heard[0][1].leg == first.leg
    assert owner.heard[1][1].sip_call_id != "f"


async def test_malformed_messages_and_a_failing_owner_do_not_hurt_the_next_call(
    gateway: SipGateway, edge: Edge, owner: Owner
) -> None:
    def fail(invite: StationInvite) -> None:
        raise RuntimeError("planted")

    owner.on_invite = fail
    for data in (b"\0", b"INVITE\r\n\r\n", b"SIP/2.0 200 OK\r\n\r\n", b"\xff" * 2000):
        edge.send(data)
    edge.ring(headers=DEVICE)
    refused = await edge.hears(Refused)
    assert (refused.status, refused.reason) == (500, "platform_error")
    owner.on_invite = lambda invite: None
    edge.ring("next", headers=DEVICE)
    await owner.until(lambda: len(owner.heard) == 2)


async def test_whether_a_digit_arrived_is_known(
    gateway: SipGateway, edge: Edge, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await gateway.reach("gone"), await gateway.deliver_digit("gone", "5")) == (481, 481)
    edge.ring(headers=DEVICE)
    leg = (await invited(owner)).leg
    gateway.accept(leg, ANSWER)
    await edge.hears(Answered)
    edge.order("info", "ring", DTMF_RELAY, dtmf_relay("1"))
    await owner.hears("dtmf", leg, "1")  # so its ACK has come too
    assert await gateway.reach(leg) == 200
    assert await gateway.deliver_digit(leg, "5") == 200
    assert (await edge.hears(InfoReceived)).body == dtmf_relay("5")
    edge.agent = UserAgent(UserAgentConfig(contact_user="dev_1"), lambda: "other")  # it restarted: the call is unknown
    assert await gateway.deliver_digit(leg, "5") == 481
    edge.close()
    monkeypatch.setattr("antiphon.gateways.sip.DOOR_ACK_MAX_S", 0.05)
    assert await gateway.reach(leg) == 408


async def test_orders_to_a_leg_that_is_gone_are_ignored(gateway: SipGateway, edge: Edge) -> None:
    gateway.progress("gone", 180)
    gateway.accept("gone", ANSWER)
    gateway.refuse("gone", 486, "busy")
    gateway.offer("gone", OFFER)
    gateway.answer_offer("gone", ANSWER)
    gateway.refuse_offer("gone", 488)
    gateway.request_key_frame("gone")
    gateway.send_digit("gone", "1")
    gateway.end("gone", "hung_up")
    edge.ring(headers=DEVICE)
    await edge.until(lambda: len(edge.seen) > 0)
    assert edge.seen[0].startswith(b"SIP/2.0 100")


async def test_the_edge_away_for_a_moment_is_asked_again(gateway: SipGateway, config: Settings, owner: Owner) -> None:
    gateway.invite("out", "dev_9", sdp=OFFER, display_name="", call_id="call_1")
    edge = Edge(config)
    await edge.start()
    try:
        invite = await edge.hears(Invited)  # by the repetition after half a second
        edge.order("accept", invite.leg, ANSWER)
        await owner.hears("answered", "out", ANSWER)
    finally:
        edge.close()


SIPP_UAC = """<?xml version="1.0" encoding="ISO-8859-1"?>
<scenario name="ring">
  <send retrans="500"><![CDATA[

    INVITE sip:main@[remote_ip]:[remote_port] SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
    From: <sip:dev_1@antiphon.local>;tag=[pid]SIPp[call_number]
    To: <sip:main@antiphon.local>
    Call-ID: [call_id]
    CSeq: 1 INVITE
    Contact: <sip:dev_1@[local_ip]:[local_port]>
    Max-Forwards: 70
    X-Antiphon-Device: dev_1
    Content-Type: application/sdp
    Content-Length: [len]

    v=0
    o=- 1 1 IN IP4 [local_ip]
    s=-
    c=IN IP4 [local_ip]
    t=0 0
    m=audio 6000 RTP/AVP 0

  ]]></send>
  <recv response="100" optional="true"/>
  <recv response="180" optional="true"/>
  <recv response="200" rrs="true"/>
  <send><![CDATA[

    ACK [next_url] SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
    From: <sip:dev_1@antiphon.local>;tag=[pid]SIPp[call_number]
    To: <sip:main@antiphon.local>[peer_tag_param]
    Call-ID: [call_id]
    CSeq: 1 ACK
    Max-Forwards: 70
    Content-Length: 0

  ]]></send>
  <send retrans="500"><![CDATA[

    BYE [next_url] SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
    From: <sip:dev_1@antiphon.local>;tag=[pid]SIPp[call_number]
    To: <sip:main@antiphon.local>[peer_tag_param]
    Call-ID: [call_id]
    CSeq: 2 BYE
    Max-Forwards: 70
    Content-Length: 0

  ]]></send>
  <recv response="200"/>
</scenario>
"""


@pytest.mark.system
async def test_sipp_rings_a_hundred_times(gateway: SipGateway, owner: Owner, config: Settings, tmp_path: Path) -> None:
    sipp = shutil.which("sipp")
    assert sipp, "Debian package sip-tester"

    def answer(invite: StationInvite) -> None:
        gateway.progress(invite.leg, 180)
        gateway.accept(invite.leg, ANSWER)

    owner.on_invite = answer
    scenario = tmp_path / "ring.xml"
    scenario.write_text(SIPP_UAC)
    process = await asyncio.create_subprocess_exec(
        sipp,
        *("-sf", str(scenario), "-i", "127.0.0.1", "-p", str(config.ports.sip_edge)),
        *("-m", "100", "-r", "50", "-timeout", "30s", "-nostdin", f"127.0.0.1:{config.ports.sip_calls}"),
        cwd=tmp_path,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    async with asyncio.timeout(60):
        assert await process.wait() == 0
    await owner.until(lambda: sum(each[0] == "ended" for each in owner.heard) == 100)
    assert {each[2] for each in owner.heard if each[0] == "ended"} == {"hung_up"}
