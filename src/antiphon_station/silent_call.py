"""A test call: the station calls the platform without a sound at the door, sends a tone and says whether it hears one."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from antiphon.limits import TEST_CALL_MAX_S
from antiphon.wire import sip
from antiphon.wire.sip.info import DTMF_RELAY, dtmf_relay
from antiphon.wire.station import TEST_HEARD_DIGIT, target_of_test
from antiphon_station.errors import NoCodec
from antiphon_station.media.tones import FRAME_SAMPLES, RATE_HZ, Samples

if TYPE_CHECKING:
    from antiphon_station.media import MediaSession
    from antiphon_station.sip import SipLink

_log = logging.getLogger("station.test_call")
_TONE_HZ = 1000
_FRAME_S = 0.02
_LOUD = 100.0  # of 32,767: a tone, not the noise of a codec
_HEARD_FRAMES = 10


def tone(number: int) -> Samples:
    """Frame `number` of a quiet tone without clicks between frames."""
    at = (np.arange(FRAME_SAMPLES) + number * FRAME_SAMPLES) / RATE_HZ
    return np.asarray(3000 * np.sin(2 * np.pi * _TONE_HZ * at), dtype=np.int16)


class SilentCall:
    """One test call from its INVITE to its end. Neither loudspeaker nor microphone take part; `ended` is called once."""

    def __init__(self, link: SipLink, media: MediaSession, test_id: str, ended: Callable[[], None]) -> None:
        self._link, self._media, self._ended = link, media, ended
        self.leg = secrets.token_hex(6)
        self._agreed = False
        self._sounding: asyncio.Task[None] | None = None
        self._over = False
        self._latest = asyncio.get_running_loop().call_later(TEST_CALL_MAX_S, self.abandon)
        link.invite(self.leg, target_of_test(test_id), media.offer())

    def take(self, effect: sip.Effect) -> bool:
        """What the SIP user agent reports of this call; False when it is of another."""
        if getattr(effect, "leg", None) != self.leg:
            return False
        match effect:
            case sip.Answered(_, sdp):
                self._answered(sdp)
            case sip.Refused(_, status, reason):
                _log.warning("The test call was refused", extra={"status": status, "reason": reason})
                self._close()
            case sip.Ended():
                self._close()
            case sip.Offered(leg, _):
                self._link.carry_out(self._link.agent.refuse_offer(leg, 488, self._link.now()))
            case _:
                _log.debug("A SIP effect changes nothing here", extra={"kind": type(effect).__name__})
        return True

    def abandon(self) -> None:
        """Somebody needs the station: end it now."""
        if not self._over:
            self._link.carry_out(self._link.agent.end(self.leg, "cancelled", self._link.now()))
            self._close()

    def _answered(self, sdp: str) -> None:
        if self._agreed:
            return
        try:
            self._media.take_answer(sdp)
        except NoCodec:
            self.abandon()
            return
        self._agreed = True
        self._media.talk()
        self._sounding = asyncio.create_task(self._sound())

    async def _sound(self) -> None:
        """A tone out, and what comes in listened to: both in the beat of the sound card that takes no part here."""
        loop = asyncio.get_running_loop()
        begun, number, heard, told = loop.time(), 0, 0, False
        while True:
            self._media.captured(tone(number))
            came = self._media.received()
            if came is not None and float(np.abs(came.astype(np.int32)).mean()) > _LOUD:
                heard += 1
            if heard >= _HEARD_FRAMES and not told:
                told = True
                body = dtmf_relay(TEST_HEARD_DIGIT)
                self._link.carry_out(self._link.agent.info(self.leg, DTMF_RELAY, body, self._link.now()))
            number += 1
            await asyncio.sleep(max(0.0, begun + number * _FRAME_S - loop.time()))

    def _close(self) -> None:
        if self._over:
            return
        self._over = True
        self._latest.cancel()
        if self._sounding is not None:
            self._sounding.cancel()
        self._media.close()
        self._ended()
