"""Carries out what the call machine decides: SIP legs, media, tones and announcements. At most one call."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from antiphon.wire import sip
from antiphon.wire.sip.info import DTMF_RELAY, dtmf_digit, dtmf_relay, wants_key_frame
from antiphon.wire.station import ANSWER_HEADER, ANSWER_MANUAL, AckError, VisitorCause
from antiphon_station import machine
from antiphon_station.errors import NoCall, NoCodec
from antiphon_station.machine import StationMachine
from antiphon_station.prompts import Language, Prompts
from antiphon_station.silent_call import SilentCall

if TYPE_CHECKING:
    from antiphon_station.media import MediaSession, SoundSystem
    from antiphon_station.sip import SipLink

_log = logging.getLogger("station.call")
_REFUSAL_STATUS: dict[VisitorCause, int] = {"no_codec": 488, "declined": 603, "busy": 486}


def is_rung(request: sip.SipMessage) -> bool:
    """Whether this INVITE rings until a person answers, instead of being put through at once (RFC 5373)."""
    modes = [value.partition(";")[0].strip().lower() for value in request.headers(ANSWER_HEADER.lower())]
    return ANSWER_MANUAL.lower() in modes


class Announce(Protocol):
    def __call__(self, name: str, **fields: object) -> None:
        """Put one event into the journal."""


class Calls:
    """The station's calls. Everything on the event loop."""

    def __init__(
        self,
        sound: SoundSystem,
        prompts: Prompts,
        open_media: Callable[[str, Callable[[str], None], Callable[[int, int], None]], MediaSession],
        announce: Announce,
    ) -> None:
        self._sound = sound
        self._prompts = prompts
        self._open_media = open_media
        self._announce = announce
        self._loop = asyncio.get_running_loop()
        self.machine = StationMachine()
        self.link: SipLink | None = None
        self.language: Language = "en"
        self.auto_answer = True
        self.media: MediaSession | None = None  # of the current call
        self.last_media: MediaSession | None = None  # of the current or the last one, for the status
        self.saying: VisitorCause | None = None
        self._offered: tuple[str, str] | None = None  # leg and SDP of a call that has not been accepted
        self._agreed = False
        self._timer: asyncio.TimerHandle | None = None
        self._prompt_number = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._silent: SilentCall | None = None

    # -- inputs ------------------------------------------------------------------------------------------------------

    def place_test(self, test_id: str) -> AckError | None:
        """Place a test call that nobody at the door notices; or why not."""
        if self.machine.state != "idle" or self._silent is not None:
            return "busy"
        address = None if self.link is None else self.link.local_address
        if self.link is None or address is None or self.machine.link != "up":
            return "not_connected"
        try:
            media = self._open_media(address, lambda _: None, lambda _width, _height: None)
        except OSError:
            _log.exception("No media for a test call")
            return "not_connected"
        self._silent = SilentCall(self.link, media, test_id, self._test_ended)
        self._announce("test_call", test_id=test_id, state="calling")
        return None

    def _test_ended(self) -> None:
        self._silent = None
        self._announce("test_call", test_id=None, state="over")

    def _make_way(self) -> None:
        """A visitor or a caller comes before a test."""
        if self._silent is not None:
            self._silent.abandon()

    def press(self, button: str) -> None:
        self._make_way()
        self._take(machine.Pressed(button, secrets.token_hex(6)))

    def answer(self) -> None:
        """Take the call that rings. Raises NoCall when none does."""
        if self.machine.state != "being_called":
            raise NoCall("Nobody calls this station now.")
        self._take(machine.AnswerPressed())

    def hang_up(self) -> None:
        """Raises NoCall when there is nothing to end."""
        if self.machine.state == "idle":
            raise NoCall
        self._take(machine.HangUpPressed())

    def send_digit(self, digit: str) -> None:
        """In the sound where the far end takes that, else by SIP INFO. Raises NoCall."""
        if self.media is None or self.machine.state != "talking" or self.machine.leg is None:
            raise NoCall("A digit can be sent while somebody talks to the station.")
        if not self.media.send_digit(digit) and self.link is not None:
            body = dtmf_relay(digit)
            self.link.carry_out(self.link.agent.info(self.machine.leg, DTMF_RELAY, body, self.link.now()))

    def link_changed(self, state: machine.Link) -> None:
        self._take(machine.LinkChanged(state))

    async def wait_idle(self) -> None:
        """Until no call is under way."""
        await self._idle.wait()

    def sip_effect(self, effect: sip.Effect) -> None:
        """Take what the SIP user agent reports."""
        if self._silent is not None and self._silent.take(effect):
            return
        match effect:
            case sip.Invited(leg, _, _, _, request, sdp):
                if not sdp:
                    self._refuse(leg, 488, "no_codec")
                    return
                self._make_way()
                if self.machine.state in ("idle", "announcing"):
                    self._offered = (leg, sdp)
                self._take(machine.Invited(leg, self.auto_answer, rings=is_rung(request)))
            case sip.Progressed(leg, status, sdp):
                if self._is_current(leg) and sdp and not self._take_answer(leg, sdp):
                    return
                self._take(machine.Progressed(leg, status))
            case sip.Answered(leg, sdp):
                # After a preview the session in force may be newer than the first answer: UPDATE changed it.
                if self._is_current(leg) and not self._agreed and not self._take_answer(leg, sdp):
                    return
                self._take(machine.Answered(leg))
            case sip.Refused(leg, status, reason):
                self._take(machine.Refused(leg, status, reason))
            case sip.Offered(leg, sdp):
                self._answer_offer(leg, sdp)
            case sip.InfoReceived(leg, content_type, body):
                self._info(leg, content_type, body)
            case sip.Ended(leg, cause, reason):
                self._take(machine.Ended(leg, cause, reason))
            case _:
                _log.debug("A SIP effect changes nothing here", extra={"kind": type(effect).__name__})

    def _is_current(self, leg: str) -> bool:
        return self.media is not None and leg == self.machine.leg

    def _take_answer(self, leg: str, sdp: str) -> bool:
        assert self.media is not None  # asked before
        try:
            self.media.take_answer(sdp)
        except NoCodec:
            self._take(machine.MediaFailed(leg, "no_codec"))
            return False
        self._agreed = True
        self._announce("media", **self.media.quality())
        return True

    def _answer_offer(self, leg: str, sdp: str) -> None:
        if self.link is None:
            return
        agent, now = self.link.agent, self.link.now()
        if self.media is None or leg != self.machine.leg:
            self.link.carry_out(agent.refuse_offer(leg, 481, now))
            return
        try:
            answer = self.media.answer(sdp)
        except NoCodec:
            self.link.carry_out(agent.refuse_offer(leg, 488, now))
            return
        self._agreed = True
        self.link.carry_out(agent.answer_offer(leg, answer, now))
        self._announce("media", **self.media.quality())

    def _info(self, leg: str, content_type: str, body: bytes) -> None:
        if self.media is None or leg != self.machine.leg:
            return
        if wants_key_frame(content_type, body):
            self.media.key_frame()
        elif (digit := dtmf_digit(content_type, body)) is not None:
            self.media.counts.digits.append(digit)
            self._digit(digit)

    def _digit(self, digit: str) -> None:
        self._announce("dtmf", digit=digit)

    # -- the machine -------------------------------------------------------------------------------------------------

    def _take(self, event: machine.Input) -> None:
        before = (self.machine.state, self.machine.leg)
        effects = self.machine.handle(event, self._loop.time())
        self._carry_out(effects, before)

    def _tick(self) -> None:
        before = (self.machine.state, self.machine.leg)
        self._carry_out(self.machine.tick(self._loop.time()), before)

    def _carry_out(self, effects: list[machine.Effect], before: tuple[machine.State, str | None]) -> None:
        state, leg = self.machine.state, self.machine.leg
        if (state, leg) != before:
            fields = {"state": state, "leg": leg, "button": self.machine.button, "direction": self.machine.direction}
            self._announce("call", **fields, cause=self.machine.cause)
        if state == "idle":
            self._idle.set()
        else:
            self._idle.clear()
        for effect in effects:
            self._carry_out_one(effect)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadline = self.machine.next_deadline()
        if deadline is not None:
            self._timer = self._loop.call_at(deadline, self._tick)

    def _carry_out_one(self, effect: machine.Effect) -> None:
        match effect:
            case machine.Reconnect():
                if self.link is not None:
                    self.link.retry_now()
            case machine.PlaceCall(leg, button):
                self._place(leg, button)
            case machine.AcceptCall(leg):
                self._accept(leg)
            case machine.AlertCaller(leg):
                if self.link is not None:
                    self.link.carry_out(self.link.agent.progress(leg, 180, None, self.link.now()))
            case machine.RefuseCall(leg, status, cause):
                self._refuse(leg, status, cause)
            case machine.EndCall(leg, cause):
                self._offered = None
                if self.link is not None:
                    status = _REFUSAL_STATUS.get(cause, 480)
                    self.link.carry_out(self.link.agent.end(leg, cause, self.link.now(), status=status))
            case machine.Talk(leg):
                if self.media is not None:
                    self.media.talk()
                    self._announce("answered", leg=leg)
            case machine.CloseMedia(leg):
                self._close_media(leg)
            case machine.PlayTone(tone):
                self._sound.play_tone(tone)
            case machine.Say(cause):
                self._say(cause)
            case machine.StopSaying():
                self._prompt_number += 1
                self.saying = None
                self._sound.stop_saying()

    def _place(self, leg: str, button: str) -> None:
        address = None if self.link is None else self.link.local_address
        if self.link is None or address is None:
            self._loop.call_soon(self._take, machine.Refused(leg, 0, "platform_unreachable"))
            return
        try:
            media = self._start_media(address)
        except OSError:
            _log.exception("No media for a call")
            self._loop.call_soon(self._take, machine.Refused(leg, 0, "platform_error"))
            return
        self.link.invite(leg, button, media.offer())

    def _accept(self, leg: str) -> None:
        address = None if self.link is None else self.link.local_address
        if self.link is None or address is None or self._offered is None or self._offered[0] != leg:
            return
        sdp, self._offered = self._offered[1], None
        try:
            answer = self._start_media(address).answer(sdp)
        except NoCodec:
            self._loop.call_soon(self._take, machine.MediaFailed(leg, "no_codec"))
            return
        self._agreed = True
        self.link.carry_out(self.link.agent.accept(leg, answer, self.link.now()))

    def _refuse(self, leg: str, status: int, cause: VisitorCause) -> None:
        if self.link is not None:
            self.link.carry_out(self.link.agent.refuse(leg, status, cause, self.link.now()))

    def _start_media(self, address: str) -> MediaSession:
        self._agreed = False
        media = self._open_media(address, self._digit, self._picture)
        self.media = self.last_media = media
        self._sound.connect(media)
        return media

    def _picture(self, width: int, height: int) -> None:
        self._announce("picture", width=width, height=height)

    def _close_media(self, leg: str) -> None:
        if self.media is None:
            return
        self._sound.connect(None)
        self._announce("ended", leg=leg, cause=self.machine.cause, **self.media.quality())
        self.media.close()
        self.media = None

    def _say(self, cause: VisitorCause) -> None:
        self._prompt_number += 1
        number = self._prompt_number
        self.saying = cause
        self._announce("prompt", cause=cause, language=self.language)

        def ended() -> None:
            if number == self._prompt_number:
                self.saying = None
                self._take(machine.PromptEnded())

        def ended_on_thread() -> None:
            self._loop.call_soon_threadsafe(ended)

        self._sound.say(self._prompts.sound(cause, self.language), ended_on_thread)

    def close(self) -> None:
        """End a call that is under way, without an announcement."""
        self._make_way()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        leg = self.machine.leg
        if leg is not None and self.link is not None:
            self.link.carry_out(self.link.agent.end(leg, "cancelled", self.link.now()))
        if self.media is not None:
            self._sound.connect(None)
            self.media.close()
            self.media = None
