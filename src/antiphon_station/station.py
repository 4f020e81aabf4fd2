"""The running station: builds its parts from settings and identity, and answers the control socket."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import uvloop

from antiphon.errors import BadInput
from antiphon.wire.station import Reported
from antiphon_station import SOFTWARE
from antiphon_station.call import Calls
from antiphon_station.claim import renew
from antiphon_station.config import Folder, Identity, read_identity, read_settings
from antiphon_station.control import ControlServer, Json
from antiphon_station.errors import ClaimFailed, NotClaimed
from antiphon_station.journal import Journal, log_to_stderr
from antiphon_station.machine import Link
from antiphon_station.media import MediaSession, SoundSystem, open_camera, open_microphone, open_speaker
from antiphon_station.media.dtmf import DIGITS
from antiphon_station.mqtt import Messaging
from antiphon_station.orders import Orders
from antiphon_station.prompts import Prompts, find_program
from antiphon_station.relay import Relays, open_buttons
from antiphon_station.sip import LinkState, SipLink
from antiphon_station.tasks import end

_log = logging.getLogger("station")
RENEW_CHECK_S = 3600.0
RENEW_SHARE = 2 / 3  # of a certificate's life, then it is renewed
_BUTTON_MAX_CHARS = 32
_PROMPTS_KEPT = 50
_LINKS: dict[LinkState, Link] = {"offline": "down", "connecting": "down", "registered": "up", "refused": "refused"}


def run(data: Path) -> None:
    """Run the station on this data folder until SIGTERM or SIGINT. Raises for settings or devices that cannot be used."""
    log_to_stderr()
    uvloop.run(_run(data))


async def _run(data: Path) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    station = Station(data)
    await station.start()
    try:
        await stop.wait()
    finally:
        await station.stop()


class Station:
    """One station. `start`, then it lives on the event loop until `stop`."""

    def __init__(self, data: Path) -> None:
        self._folder = Folder(data)
        self._folder.prepare()
        self._settings = read_settings(self._folder)
        self._loop = asyncio.get_running_loop()
        self._control = ControlServer(self._folder.control, self._answer)
        self._journal = Journal(self._folder.events, self._control.tell)
        self._camera = open_camera(self._settings.camera)
        self._sound = SoundSystem(open_microphone(self._settings.microphone), open_speaker(self._settings.speaker))
        self._prompts = Prompts(self._folder.prompts, find_program())
        self._prompts_played: list[Json] = []
        self._relays = Relays(self._settings.relays, self._relay_changed)
        self._orders = Orders(
            self._folder, self._relays, self._renew_soon, lambda test_id: self._calls.place_test(test_id)
        )
        self._calls = Calls(self._sound, self._prompts, self._open_media, self._event)
        self._take_desired()
        self._identity: Identity | None = None
        self._link: SipLink | None = None
        self._messaging: Messaging | None = None
        self._online = False
        self._tasks: list[asyncio.Task[None]] = []
        self._upkeep: asyncio.Task[None] | None = None
        self._renewing: asyncio.Task[None] | None = None
        self._buttons: list[Callable[[], None]] = []

    async def start(self) -> None:
        """Raises AlreadyRunning, or DeviceFailed for buttons that cannot be watched."""
        await self._control.start()
        self._sound.start()
        self._buttons = open_buttons(self._settings.buttons, self._button_pressed)
        self._event("started", software=SOFTWARE, model=self._settings.model)
        preparing = asyncio.to_thread(self._prompts.prepare)
        self._upkeep = asyncio.create_task(self._keep_up())
        await self._take_identity()
        await preparing

    async def stop(self) -> None:
        """End the call, say goodbye, open every relay."""
        self._calls.close()
        for give_back in self._buttons:
            give_back()
        if self._link is not None:
            await self._link.unregister()
        for task in (self._upkeep, self._renewing):
            if task is not None:
                task.cancel()
        await self._disconnect()
        self._relays.close()
        await asyncio.to_thread(self._sound.stop)
        self._event("stopped")
        await asyncio.to_thread(self._journal.close)
        await self._control.stop()

    def _button_pressed(self, name: str) -> None:
        self._loop.call_soon_threadsafe(self._calls.press, name)

    # -- identity ----------------------------------------------------------------------------------------------------

    async def _take_identity(self) -> None:
        """Connect with the identity in the data folder, or wait to be claimed."""
        try:
            identity = read_identity(self._folder)
        except NotClaimed:
            _log.info("This station waits to be claimed")
            self._calls.link_changed("unclaimed")
            return
        if identity == self._identity:
            return
        await self._disconnect()
        self._identity = identity
        self._event("claimed", device_id=identity.device_id, certificate_ends=identity.valid_until.isoformat())
        self._calls.link_changed("down")
        self._link = SipLink(identity, self._calls.sip_effect, self._link_changed)
        self._calls.link = self._link
        self._messaging = Messaging(
            identity,
            self._orders,
            self._reported,
            on_state=self._messaging_changed,
            on_desired=self._desired_changed,
            on_command=lambda command_id, ok, error: self._event("command", command_id=command_id, ok=ok, error=error),
        )
        self._tasks = [asyncio.create_task(self._link.run()), asyncio.create_task(self._messaging.run())]

    async def _disconnect(self) -> None:
        tasks, self._tasks = self._tasks, []
        await end(*tasks)
        self._link = self._calls.link = self._messaging = None

    async def _keep_up(self) -> None:
        """Renew the certificate in good time."""
        while True:
            identity = self._identity
            if identity is not None:
                life = identity.valid_until - identity.valid_from
                if datetime.now(UTC) >= identity.valid_from + life * RENEW_SHARE:
                    self._renew_soon()
            await asyncio.sleep(RENEW_CHECK_S)

    def _renew_soon(self) -> None:
        if self._renewing is None or self._renewing.done():
            self._renewing = asyncio.create_task(self._renew())

    async def _renew(self) -> None:
        if self._identity is None:
            return
        try:
            identity = await asyncio.to_thread(renew, self._folder.data, self._identity)
        except ClaimFailed as error:
            _log.error("The certificate could not be renewed", extra={"reason": error.reason})
            self._event("certificate", renewed=False, reason=error.reason)
            return
        self._event("certificate", renewed=True, certificate_ends=identity.valid_until.isoformat())
        await self._calls.wait_idle()
        await self._take_identity()

    # -- what the parts tell -----------------------------------------------------------------------------------------

    def _event(self, name: str, **fields: object) -> None:
        if name == "prompt":
            at = datetime.now(UTC).isoformat(timespec="milliseconds")
            self._prompts_played = [*self._prompts_played, {**fields, "at": at}][-_PROMPTS_KEPT:]
        self._journal.event(name, **fields)

    def _link_changed(self, state: LinkState) -> None:
        self._event("registration", state=state)
        self._calls.link_changed(_LINKS[state])
        self._report()

    def _messaging_changed(self, online: bool) -> None:
        if online != self._online:
            self._online = online
            self._event("messaging", state="online" if online else "offline")

    def _desired_changed(self) -> None:
        self._take_desired()
        self._event("desired", version=self._orders.version, error=self._orders.error)

    def _take_desired(self) -> None:
        desired = self._orders.desired
        self._calls.language = desired.language if desired else self._settings.language
        self._calls.auto_answer = desired.auto_answer if desired else True

    def _relay_changed(self, output: str, active: bool, command_id: str, pulse_s: float) -> None:
        if active:
            self._event("pulse", output=output, command_id=command_id, pulse_s=pulse_s)
        else:
            self._event("pulse_ended", output=output, command_id=command_id)
        self._report()

    def _report(self) -> None:
        if self._messaging is not None:
            self._messaging.report()

    def _reported(self) -> Reported:
        outputs: dict[str, Literal["idle", "active"]] = {
            name: "active" if active else "idle" for name, active in self._relays.states().items()
        }
        return Reported(
            version=self._orders.version,
            error=self._orders.error,
            software=SOFTWARE,
            model=self._settings.model,
            registered=self._link is not None and self._link.state == "registered",
            outputs=outputs,
        )

    def _open_media(
        self, address: str, on_digit: Callable[[str], None], on_picture: Callable[[int, int], None]
    ) -> MediaSession:
        return MediaSession(
            address, self._camera, encoder=self._settings.encoder, on_digit=on_digit, on_picture=on_picture
        )

    # -- the control socket ------------------------------------------------------------------------------------------

    async def _answer(self, request: Json) -> Json:
        match request["do"]:
            case "press":
                button = request.get("button", "main")
                if not isinstance(button, str) or not _is_button(button):
                    raise BadInput("A button is named by small letters, digits and dashes.")
                self._calls.press(button)
                return {"call": self._calls.machine.state}
            case "answer":
                self._calls.answer()
                return {"call": self._calls.machine.state}
            case "hang_up":
                self._calls.hang_up()
                return {"call": self._calls.machine.state}
            case "dtmf":
                digit = request.get("digit")
                if not isinstance(digit, str) or len(digit) != 1 or digit not in DIGITS:
                    raise BadInput("A digit is one of 0-9, *, #, A-D.")
                self._calls.send_digit(digit)
                return {}
            case "reload":
                await self._take_identity()
                return {}
            case "status":
                return self._status()
            case _:
                return {}

    def _status(self) -> Json:
        calls, machine = self._calls, self._calls.machine
        media = calls.last_media
        level, peak, frames = self._sound.heard()
        tone = self._sound.tone
        identity = self._identity
        return {
            "device_id": identity.device_id if identity else None,
            "software": SOFTWARE,
            "model": self._settings.model,
            "claimed": identity is not None,
            "registration": self._link.state if self._link else "offline",
            "messaging": "online" if self._online else "offline",
            "certificate_ends": identity.valid_until.isoformat() if identity else None,
            "call": {
                "state": machine.state,
                "direction": machine.direction,
                "button": machine.button,
                "leg": machine.leg,
                "since_s": round(self._loop.time() - machine.since, 3),
                "cause": machine.cause,
            },
            "desired_version": self._orders.version,
            "desired_error": self._orders.error,
            "language": calls.language,
            "outputs": self._relays.status(),
            "heard": {
                "level_db": round(level, 1),
                "peak_hz": peak,
                "frames": frames,
                "first_at": self._sound.first_heard_at,
            },
            "playing": f"prompt:{calls.saying}" if calls.saying else tone,
            "screen": {
                "frames": media.screen.frames if media else 0,
                "key_frames": media.screen.key_frames if media else 0,
                "width": media.screen.width if media else 0,
                "height": media.screen.height if media else 0,
            },
            "camera": {
                "frames": media.picture.sent if media else 0,
                "key_frames": media.picture.key_frames if media else 0,
                "key_frames_asked": media.counts.key_frames_asked if media else 0,
            },
            "media": media.quality() if media else {},
            "prompts": self._prompts_played,
            "dtmf": list(media.counts.digits) if media else [],
        }


def _is_button(name: str) -> bool:
    return 0 < len(name) <= _BUTTON_MAX_CHARS and all(
        character in "abcdefghijklmnopqrstuvwxyz0123456789-" for character in name
    )
