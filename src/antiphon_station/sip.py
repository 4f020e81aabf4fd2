"""The station's SIP connection: TLS with its own certificate, registered, kept alive, built up again after every loss."""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
import ssl
from collections.abc import Callable, Sequence
from typing import Literal

from antiphon.limits import (
    REGISTER_EXPIRES_S,
    SIP_FLOW_GRACE_S,
    SIP_KEEPALIVE_S,
    SIP_PROBE_S,
    SIP_RINGING_PROBE_S,
)
from antiphon.wire.sip import (
    PING,
    Discarded,
    Effect,
    Flow,
    Registered,
    RegistrationFailed,
    Send,
    SipSyntaxError,
    StreamFramer,
    UserAgent,
    UserAgentConfig,
)
from antiphon.wire.station import ANSWER_OPTION
from antiphon_station import SOFTWARE
from antiphon_station.backoff import BackOff
from antiphon_station.config import Identity

_log = logging.getLogger("station.sip")
LinkState = Literal["offline", "connecting", "registered", "refused"]
CONNECT_MAX_S = 8.0
PONG_MAX_S = 10.0  # RFC 5626 4.4.1
REFUSED_RETRY_S = 30.0
_UNSENT_MAX_BYTES = 256 * 1024
_READ_BYTES = 64 * 1024


class SipLink:
    """Owns the user agent. `run` until cancelled; effects other than sending go to `on_effect`, in order."""

    def __init__(
        self, identity: Identity, on_effect: Callable[[Effect], None], on_state: Callable[[LinkState], None]
    ) -> None:
        self._identity = identity
        self._on_effect = on_effect
        self._on_state = on_state
        self.state: LinkState = "offline"
        device_id = identity.device_id
        config = UserAgentConfig(
            product=SOFTWARE.replace(" ", "/"),
            contact_user=device_id,
            probe_s=SIP_PROBE_S,
            ringing_probe_s=SIP_RINGING_PROBE_S,
            flow_grace_s=SIP_FLOW_GRACE_S,
            extensions=(ANSWER_OPTION,),
        )
        self.agent = UserAgent(config, lambda: secrets.token_hex(8))
        self._flow: Flow | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._again = asyncio.Event()
        self._back_off = BackOff(random.SystemRandom().random)
        self._loop = asyncio.get_running_loop()

    @property
    def local_address(self) -> str | None:
        """This machine's address towards the platform: media is received there."""
        return None if self._flow is None else self._flow.local[0]

    def now(self) -> float:
        return self._loop.time()

    # -- orders ------------------------------------------------------------------------------------------------------

    def retry_now(self) -> None:
        """Do not wait for the back-off."""
        self._again.set()

    def invite(self, leg: str, button: str, sdp: str) -> bool:
        """Ring the platform's button; False without a connection."""
        if self._flow is None:
            return False
        domain = self._identity.platform.sip_domain
        target = f"sip:{button}@{domain}"
        self.carry_out(
            self.agent.invite(
                leg,
                self._flow,
                target_uri=target,
                from_uri=f"sip:{self._identity.device_id}@{domain}",
                to_uri=target,
                sdp=sdp,
                now=self.now(),
            )
        )
        return True

    def carry_out(self, effects: Sequence[Effect]) -> None:
        """Carry the agent's effects out and set its timer anew."""
        for effect in effects:
            match effect:
                case Send(flow, data):
                    self._send(flow, data)
                case Registered(expires_s):
                    self._set_state("registered" if expires_s else "offline")
                    self._back_off.succeeded()
                case RegistrationFailed(status):
                    _log.warning("The registration failed", extra={"status": status})
                    if status in (401, 403, 404):
                        self._set_state("refused")
                    if self._writer is not None and status != 503:
                        self._writer.close()  # the run loop connects and registers again
                case Discarded(_, why):
                    _log.warning("A SIP message was discarded", extra={"why": why})
                case _:
                    self._on_effect(effect)
        self._arm()

    async def unregister(self) -> None:
        """Give the registration up before the station stops; waits for nothing but the sending."""
        if self._writer is not None and self.state == "registered":
            self.carry_out(self.agent.unregister(self.now()))
            try:
                await asyncio.wait_for(self._writer.drain(), 1.0)
            except (OSError, TimeoutError):
                _log.debug("The connection went before the goodbye")

    # -- the connection ----------------------------------------------------------------------------------------------

    async def run(self) -> None:
        while True:
            refused = False
            try:
                await self._connection()
            except (OSError, ssl.SSLError, TimeoutError, asyncio.IncompleteReadError, SipSyntaxError) as error:
                _log.warning("No SIP connection", extra={"reason": type(error).__name__})
                refused = isinstance(error, ssl.SSLError) and "ALERT" in str(error.reason)
            finally:
                self._lost()
            refused = refused or self.state == "refused"
            self._set_state("refused" if refused else "offline")
            wait_s = REFUSED_RETRY_S * (0.5 + random.SystemRandom().random()) if refused else self._back_off.next_s()
            try:
                await asyncio.wait_for(self._again.wait(), wait_s)
            except TimeoutError:
                _log.debug("Trying again")
            self._again.clear()

    async def _connection(self) -> None:
        platform = self._identity.platform
        if self.state != "refused":
            self._set_state("connecting")
        async with asyncio.timeout(CONNECT_MAX_S):
            reader, writer = await asyncio.open_connection(
                platform.sip_host, platform.sip_port, ssl=self._identity.tls(), server_hostname=platform.sip_host
            )
        self._writer = writer
        local, remote = writer.get_extra_info("sockname"), writer.get_extra_info("peername")
        flow = Flow(secrets.token_hex(4), "tls", (str(local[0]), int(local[1])), (str(remote[0]), int(remote[1])))
        self._flow = flow
        self._register(flow)
        self.carry_out(self.agent.flow_found(flow, self.now()))  # a talk goes on over the new connection
        framer = StreamFramer()
        keep_alive = asyncio.create_task(self._keep_alive(writer, framer))
        try:
            while data := await reader.read(_READ_BYTES):
                for message in framer.feed(data):
                    self.carry_out(self.agent.receive(flow, message, self.now()))
        finally:
            keep_alive.cancel()
            writer.close()

    def _register(self, flow: Flow) -> None:
        device_id, domain = self._identity.device_id, self._identity.platform.sip_domain
        host = f"[{flow.local[0]}]" if ":" in flow.local[0] else flow.local[0]
        self.carry_out(
            self.agent.register(
                flow,
                registrar_uri=f"sip:{domain}",
                aor=f"sip:{device_id}@{domain}",
                contact_uri=f"sip:{device_id}@{host}:{flow.local[1]};transport=tls",
                expires_s=REGISTER_EXPIRES_S,
                now=self.now(),
            )
        )

    async def _keep_alive(self, writer: asyncio.StreamWriter, framer: StreamFramer) -> None:
        """A double CRLF now and then; without the answer the connection is dead (RFC 5626 3.5.1)."""
        while not writer.is_closing():
            await asyncio.sleep(SIP_KEEPALIVE_S * (0.8 + 0.2 * random.SystemRandom().random()))
            before = framer.keep_alives
            writer.write(PING)
            await asyncio.sleep(PONG_MAX_S)
            if framer.keep_alives == before:
                _log.warning("The SIP connection is dead")
                writer.transport.abort()
                return

    def _send(self, flow: Flow, data: bytes) -> None:
        if flow is not self._flow or self._writer is None or self._writer.is_closing():
            return  # its connection is gone, and flow_lost tells the agent
        if self._writer.transport.get_write_buffer_size() > _UNSENT_MAX_BYTES:
            self._writer.transport.abort()
            return
        self._writer.write(data)

    def _lost(self) -> None:
        flow, self._flow, self._writer = self._flow, None, None
        if flow is not None:
            self.carry_out(self.agent.flow_lost(flow, self.now()))

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadline = self.agent.next_deadline()
        if deadline is not None:
            self._timer = self._loop.call_at(deadline, self._tick)

    def _tick(self) -> None:
        self.carry_out(self.agent.tick(self.now()))

    def _set_state(self, state: LinkState) -> None:
        if state != self.state:
            self.state = state
            self._on_state(state)
