"""Calls between the SIP gateway and a station, through the real edge: Kamailio, mutual TLS, one connection."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from threading import Event
from typing import Any

import pytest

from antiphon.calls.ports import StationInvite
from antiphon.clock import SystemClock
from antiphon.gateways.sip import SipGateway
from antiphon.settings import Settings
from antiphon.wire.sip import (
    Answered,
    Effect,
    Ended,
    Flow,
    InfoReceived,
    Invited,
    OfferAnswered,
    Offered,
    Progressed,
    Refused,
    Registered,
    Send,
    StreamFramer,
    UserAgent,
    UserAgentConfig,
)
from antiphon.wire.sip.info import DTMF_RELAY, dtmf_relay
from gateways.sip.sip_edge import ANSWER, OFFER, Owner, Waiting
from ops import engines

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("engines")]


class TlsStation(Waiting):
    """A station's user agent on its one TLS connection to the edge."""

    def __init__(self, settings: Settings, who: engines.Station) -> None:
        super().__init__()
        self._settings = settings
        self._who = who
        self.agent = UserAgent(UserAgentConfig(contact_user=who.device_id), lambda: secrets.token_hex(8))
        self.told: list[Effect] = []
        self.received: list[bytes] = []
        self.flow = Flow("", "tls", ("", 0), ("", 0))
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    async def connect(self) -> None:
        port = self._settings.ports.sips
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=engines.tls(self._settings, self._who), server_hostname="127.0.0.1"
        )
        self._writer = writer
        self.flow = Flow("tls", "tls", writer.get_extra_info("sockname")[:2], ("127.0.0.1", port))
        self._reading = asyncio.create_task(self._read(reader))
        contact = f"sip:{self._who.device_id}@127.0.0.1:{self.flow.local[1]};transport=tls"
        aor = f"sip:{self._who.device_id}@{self._settings.realm}"
        self.order(
            "register",
            self.flow,
            registrar_uri=f"sip:{self._settings.realm}",
            aor=aor,
            contact_uri=contact,
            expires_s=120,
        )
        await self.hears(Registered)

    async def close(self) -> None:
        assert self._writer is not None
        assert self._reading is not None
        self._writer.close()
        self._reading.cancel()
        await asyncio.gather(self._reading, self._writer.wait_closed(), return_exceptions=True)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        framer = StreamFramer()
        while data := await reader.read(65536):
            for message in framer.feed(data):
                self.received.append(message)
                self.do(self.agent.receive(self.flow, message, self.now()))

    def do(self, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Send):
                assert self._writer is not None
                self._writer.write(effect.data)
            else:
                self.told.append(effect)
        self.changed()

    def order(self, name: str, *arguments: Any, **named: Any) -> None:
        self.do(getattr(self.agent, name)(*arguments, now=self.now(), **named))

    def ring(self, button: str = "main") -> None:
        realm = self._settings.realm
        self.order(
            "invite",
            "ring",
            self.flow,
            target_uri=f"sip:{button}@{realm}",
            from_uri=f"sip:{self._who.device_id}@{realm}",
            to_uri=f"sip:{button}@{realm}",
            sdp=OFFER,
        )

    async def hears(self, kind: type[Effect], holds: Callable[[Any], bool] = lambda effect: True) -> Any:
        await self.until(lambda: any(isinstance(effect, kind) and holds(effect) for effect in self.told))
        return next(effect for effect in self.told if isinstance(effect, kind) and holds(effect))


@pytest.fixture
def owner() -> Owner:
    return Owner()


@pytest.fixture
async def gateway(running: Settings, owner: Owner) -> AsyncIterator[SipGateway]:
    gateway = SipGateway(owner, running, SystemClock())
    await gateway.start()
    yield gateway
    await gateway.close()


@pytest.fixture
async def station(running: Settings, door: engines.Station, gateway: SipGateway) -> AsyncIterator[TlsStation]:
    station = TlsStation(running, door)
    await station.connect()
    yield station
    await station.close()


async def rung(owner: Owner, station: TlsStation) -> StationInvite:
    station.ring()
    await owner.until(lambda: any(each[0] == "invited" for each in owner.heard))
    invite = owner.heard[0][1]
    assert isinstance(invite, StationInvite)
    return invite


async def test_a_door_call_with_preview_and_everything_in_the_dialog(
    station: TlsStation, gateway: SipGateway, owner: Owner
) -> None:
    invite = await rung(owner, station)
    assert (invite.device_id, invite.account, invite.target) == ("dev_door1", None, "main")
    gateway.progress(invite.leg, 180)
    gateway.progress(invite.leg, 183, ANSWER)
    await station.hears(Progressed, lambda effect: effect.sdp == ANSWER)
    gateway.offer(invite.leg, OFFER)
    await station.hears(Offered)
    station.order("answer_offer", "ring", ANSWER)
    await owner.hears("offer_answered", invite.leg)
    gateway.accept(invite.leg, OFFER)
    await station.hears(Answered)
    station.order("info", "ring", DTMF_RELAY, dtmf_relay("3"))
    await owner.hears("dtmf", invite.leg, "3")
    gateway.request_key_frame(invite.leg)
    await station.hears(InfoReceived)
    station.order("offer", "ring", OFFER)
    await owner.hears("offered", invite.leg)
    gateway.answer_offer(invite.leg, ANSWER)
    await station.hears(OfferAnswered)
    gateway.end(invite.leg, "time_limit")
    assert (await station.hears(Ended)).reason == "time_limit"


async def test_the_station_hangs_up(station: TlsStation, gateway: SipGateway, owner: Owner) -> None:
    invite = await rung(owner, station)
    gateway.accept(invite.leg, ANSWER)
    await station.hears(Answered)
    station.order("end", "ring", "hung_up")
    await owner.hears("ended", invite.leg, "hung_up", "hung_up")


async def test_the_visitor_walks_away(station: TlsStation, gateway: SipGateway, owner: Owner) -> None:
    invite = await rung(owner, station)
    gateway.progress(invite.leg, 183, ANSWER)
    await station.hears(Progressed)
    station.order("end", "ring", "cancelled")
    await owner.hears("ended", invite.leg, "cancelled")


async def test_a_refusal_reaches_the_station_with_its_cause(
    station: TlsStation, gateway: SipGateway, owner: Owner
) -> None:
    invite = await rung(owner, station)
    gateway.refuse(invite.leg, 480, "no_answer")
    assert await station.hears(Refused) == Refused("ring", 480, "no_answer")


async def test_the_house_calls_the_station_down_its_own_connection(
    station: TlsStation, gateway: SipGateway, owner: Owner
) -> None:
    gateway.invite("out", "dev_door1", sdp=OFFER, display_name="Ada", call_id="call_1")
    invited = await station.hears(Invited)
    station.order("progress", invited.leg, 180, None)
    await owner.hears("progressed", "out", 180)
    station.order("accept", invited.leg, ANSWER)
    await owner.hears("answered", "out", ANSWER)
    gateway.offer("out", OFFER)
    await station.hears(Offered)
    station.order("answer_offer", invited.leg, ANSWER)
    await owner.hears("offer_answered", "out")
    station.order("info", invited.leg, DTMF_RELAY, dtmf_relay("#"))
    await owner.hears("dtmf", "out", "#")
    station.order("end", invited.leg, "hung_up")
    await owner.hears("ended", "out", "hung_up", "hung_up")


async def test_the_house_gives_up_calling(station: TlsStation, gateway: SipGateway, owner: Owner) -> None:
    gateway.invite("out", "dev_door1", sdp=OFFER, display_name="Ada", call_id="call_1")
    invited = await station.hears(Invited)
    station.order("progress", invited.leg, 180, None)
    await owner.hears("progressed", "out")
    gateway.end("out", "cancelled")
    assert (await station.hears(Ended)).cause == "cancelled"


async def test_a_station_that_is_not_registered_cannot_be_called(gateway: SipGateway, owner: Owner) -> None:
    gateway.invite("out", "dev_nowhere", sdp=OFFER, display_name="Ada", call_id="call_1")
    await owner.hears("refused", "out", 480)


async def written(settings: Settings, words: str) -> list[str]:
    """The edge's lines once one with these words is among them: the keeper writes them a moment after they were said."""
    async with asyncio.timeout(5):
        while words not in (told := (settings.logs / "kamailio.log").read_text()):
            await asyncio.to_thread(Event().wait, 0.02)
    return told.splitlines()


async def test_the_edge_knows_the_calls_own_id_and_keeps_it_to_itself(
    station: TlsStation, gateway: SipGateway, owner: Owner, running: Settings
) -> None:
    invite = await rung(owner, station)
    gateway.name(invite.leg, "call_incoming")
    gateway.progress(invite.leg, 183, ANSWER)
    await station.hears(Progressed)
    gateway.accept(invite.leg, ANSWER)
    await station.hears(Answered)
    gateway.end(invite.leg, "time_limit")
    await station.hears(Ended)
    gateway.invite("out", "dev_door1", sdp=OFFER, display_name="Ada", call_id="call_outgoing")
    await station.hears(Invited)
    assert station.received
    assert [message for message in station.received if b"X-Antiphon" in message] == []
    told = await written(running, "call_id=call_outgoing")  # the newest of them
    incoming = [line for line in told if f"sip_call_id={invite.sip_call_id}" in line]
    assert "call let in device=dev_door1" in incoming[0]
    assert "call service says status=200" in incoming[2]
    assert "hung up" in incoming[3]
    assert all(line.endswith("call_id=call_incoming") for line in incoming[1:]), incoming
    assert any("station called device=dev_door1" in line and line.endswith("call_id=call_outgoing") for line in told)
    gateway.end("out", "cancelled")
