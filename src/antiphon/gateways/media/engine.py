"""Media of every call of this process: one order after another per call, on rtpengine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from antiphon import log
from antiphon.calls.ports import CallId, KeyFrame, LegId, MediaEvents, MediaPort, Prompt
from antiphon.clock import Clock
from antiphon.errors import AntiphonError, BadInput
from antiphon.gateways.media import offers, options, sdp
from antiphon.gateways.media.anchor import Anchor
from antiphon.gateways.media.call import CallOnEngine, MediaFailed, NoPreview
from antiphon.gateways.media.digits import DIGITS, DigitReports
from antiphon.gateways.media.ng_client import MediaUnavailable, NgClient
from antiphon.gateways.media.prompts import ensure_prompts, prompt_file, seconds
from antiphon.gateways.media.watch import EngineWatch, missing
from antiphon.limits import KEY_FRAMES_FOR_JOINER_S
from antiphon.settings import Settings
from antiphon.wire import ng

_log = log.get("media")
T = TypeVar("T")
_ANCHOR = "anchor"
_CALLEE = "station"
_HOLD_REPEATS = 100


class MediaEngine(MediaPort):
    """The `MediaPort` on the rtpengine at `settings.ports.ng`. `start` before use, `stop` at the end."""

    def __init__(self, events: MediaEvents, settings: Settings, clock: Clock) -> None:
        self._events = events
        self._settings = settings
        self._clock = clock
        self._ng = NgClient(settings.ports.ng, clock, lambda since: self._watch.is_back(since))
        self._anchor = Anchor(clock, self._key_frame)
        self._digits = DigitReports(settings.ports.dtmf_log, self._digit)
        self._calls: dict[CallId, CallOnEngine] = {}
        self._lost_calls: dict[CallId, CallOnEngine] = {}  # until they are set up anew, or closed
        self._tasks: set[asyncio.Task[object]] = set()
        self._watch = EngineWatch(self._ng, clock, self._calls, self._lost, self._spawn)

    async def start(self) -> None:
        """Open the sockets, render missing prompts, watch the engine."""
        await asyncio.to_thread(ensure_prompts, self._settings.prompts)
        await self._ng.start()
        await self._anchor.start()
        await self._digits.start()
        self._spawn(self._watch.run())

    async def stop(self) -> None:
        """Delete every call and close the sockets."""
        await asyncio.gather(*(self.close(call) for call in list(self._calls)), return_exceptions=True)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._digits.close()
        self._anchor.close()
        self._ng.close()

    async def ready(self) -> bool:
        """Whether rtpengine answers a ping now."""
        try:
            return (await self._ng.request(ng.PING)).get("result") == b"pong"
        except MediaUnavailable:
            return False

    # -- the calling station -------------------------------------------------------------------------------------

    async def open_caller(
        self, call: CallId, leg: LegId, offer: str, *, reliable_preview: bool, early: bool = False
    ) -> str | None:
        description = sdp.usable(offer)
        if call in self._calls:
            raise MediaFailed("This call has media already.")
        held = self._begin(call)
        held.offer = description
        held.caller = held.called_from = held.tags[leg] = leg
        if early:
            held.offer = sdp.decided(description)
            held.takes_digits = True
            return await self._opened(held, lambda: self._publish_caller(held))
        if not reliable_preview:
            held.takes_digits = held.opened = True
            return None
        return await self._opened(held, lambda: self._anchor_caller(held))

    def _begin(self, call: CallId) -> CallOnEngine:
        held = self._calls[call] = CallOnEngine(call, self._ng)
        lost = self._lost_calls.pop(call, None)
        if lost is not None:
            held.follow(lost)
        return held

    async def _publish_caller(self, held: CallOnEngine) -> str:
        text = await offers.publish(held)
        await self._look_in(held, options.MIRRORED_SUBSCRIPTION)
        return text

    async def _opened(self, held: CallOnEngine, order: Callable[[], Awaitable[str]]) -> str:
        """The first order of a call: when it fails, nothing is left."""
        try:
            text = await self._ordered(held, order)
        except AntiphonError:
            await self.close(held.call)
            raise
        held.opened = True
        return text

    async def open_test(self, call: CallId, leg: LegId, offer: str) -> str:
        held = self._begin(call)
        held.offer = sdp.usable(offer)
        held.caller = held.called_from = held.tags[leg] = leg
        return await self._opened(held, lambda: self._anchor_caller(held, hears=True))

    async def sound_packets(self, call: CallId, leg: LegId) -> int:
        held = self._held(call)
        return await self._ordered(held, lambda: held.sound_packets(leg))

    async def _anchor_caller(self, held: CallOnEngine, *, hears: bool = False) -> str:
        """Offer/answer station <-> anchor: picture to us, feedback from us, prompts to the station."""
        offer = ng.Offer(held.call, held.caller, _ANCHOR, held.station_offer.text, options.TO_ANCHOR)
        offered = await held.run(offer)
        to_anchor = held.text(offered)
        answer = sdp.anchor_answer(to_anchor, self._anchor.port, hears=hears)
        answered = await held.run(ng.Answer(held.call, held.caller, _ANCHOR, answer, options.ANSWER_TO_STATION))
        if not hears:
            self._watch_picture(held.call, to_anchor)
        return sdp.for_station(held.text(answered), held.number, held.version(held.caller))

    def _watch_picture(self, call: CallId, to_anchor: str) -> None:
        video = sdp.parse(to_anchor).first("video")
        if video is not None:
            # Snapshots are made of H.264 alone.
            payloads = (payload for payload in video.formats if video.codec(payload) == sdp.H264)
            types = frozenset(int(payload) for payload in payloads if payload.isdigit())
            self._anchor.watch(call, video.port, sdp.rtcp_port(video), types)

    # -- receivers -----------------------------------------------------------------------------------------------

    async def preview_offer(self, call: CallId, leg: LegId) -> str:
        held = self._held(call)

        async def order() -> str:
            shown = held.tag(held.caller) is ng.Tag.SOURCE or held.tag(_ANCHOR) is ng.Tag.PARTY
            if held.station_offer.first("video") is None or not shown:
                raise NoPreview()
            tag = held.new_tag(leg)
            reply = await held.run(ng.SubscribeRequest(call, held.caller, tag, options.PREVIEW))
            return sdp.for_browser(held.text(reply), held.number, held.version(tag), picture_only=True)

        return await self._ordered(held, order)

    async def preview_answer(self, call: CallId, leg: LegId, answer: str) -> None:
        held = self._held(call)

        async def order() -> None:
            checked = sdp.browser_answer(answer, len(held.station_offer.media))
            await held.run(ng.SubscribeAnswer(call, held.tag_of(leg), checked, options.PREVIEW_ANSWER))

        await self._ordered(held, order)
        # The browser's own requests reach nobody, and its ICE and DTLS end at a moment that nobody tells us.
        loop = asyncio.get_running_loop()
        for wait_s in KEY_FRAMES_FOR_JOINER_S:
            loop.call_later(wait_s, self._anchor.ask, call)

    def holds(self, call: CallId, leg: LegId) -> bool:
        held = self._calls.get(call)
        return held is not None and leg in held.tags and leg != held.caller

    async def drop_preview(self, call: CallId, leg: LegId) -> None:
        if self.holds(call, leg):
            held = self._calls[call]
            await self._ordered(held, lambda: self._drop(held, leg))

    async def _drop(self, held: CallOnEngine, leg: LegId) -> None:
        alone = held.alone(leg)
        tag = held.tags.pop(leg, "")
        if (
            alone
            and held.machine.phase is ng.Phase.OPEN
            and held.tag(tag) in (ng.Tag.REQUESTED, ng.Tag.SUBSCRIBED, ng.Tag.PARTY)
        ):
            await held.run(ng.Unsubscribe(held.call, tag))

    async def receiver_offer(self, call: CallId, leg: LegId) -> str:
        held = self._held(call)

        if held.ringing is not None:  # nothing to ask the engine
            return await offers.ring_receiver(held, leg)
        return await self._ordered(held, lambda: offers.ring_receiver(held, leg))

    async def receiver_answer(self, call: CallId, leg: LegId, answer: str) -> None:
        held = self._held(call)
        await self._ordered(held, lambda: offers.receiver_answered(held, leg, answer))

    async def connect_offer(self, call: CallId, leg: LegId) -> str:
        held = self._held(call)
        if offers.stands(held, leg):
            return held.receivers[leg]

        async def order() -> str:
            if leg in held.receivers:
                return await offers.to_winner(held, leg)
            tag = held.tags.get(leg, "")
            if held.tag(tag) not in (ng.Tag.SUBSCRIBED, ng.Tag.PARTY):
                # No preview at this receiver: it is a stranger, and only an anchored caller may offer to one.
                tag = held.new_tag(leg)
                if held.machine.phase is ng.Phase.OPEN and not held.machine.anchored(held.caller):
                    await self._anchor_caller(held)
            return await offers.to_browser(held, tag)

        return await self._ordered(held, order)

    async def connect_answer(self, call: CallId, leg: LegId, answer: str) -> str:
        held = self._held(call)

        async def order() -> str:
            held.keep_to(leg)
            checked = sdp.browser_answer(answer, len(held.station_offer.media))
            command = ng.Answer(call, held.caller, held.tag_of(leg), checked, options.ANSWER_TO_STATION)
            reply = await held.run(command)
            text = sdp.for_station(held.text(reply), held.number, held.version(held.caller))
            held.hears_digits = held.takes_digits and leg not in held.receivers and sdp.hears_digits(text)
            return text

        text = await self._ordered(held, order)
        if not held.pictured and held.station_offer.first("video") is not None:
            self._spawn(self._quietly(self._ordered(held, lambda: self._look_in(held))))
        for other in [other for other in held.tags if other not in (leg, held.caller)]:
            self._spawn(self._quietly(self.drop_preview(call, other)))
        return text

    async def renew(self, call: CallId, leg: LegId, station_leg: LegId, session: str, *, account: bool) -> str:
        description = sdp.usable(session)
        if call in self._calls:
            raise MediaFailed("This call has media already.")
        held = self._begin(call)
        held.offer = description
        held.caller = held.called_from = held.tags[station_leg] = station_leg
        offer = offers.to_receiver if account else offers.to_browser
        return await self._opened(held, lambda: offer(held, held.new_tag(leg)))

    async def _look_in(self, held: CallOnEngine, subscription: ng.Options = options.ANCHOR_SUBSCRIPTION) -> None:
        """Watch for the caller's picture: it has no anchor, or answered faster than the first key frame came."""
        if held.station_offer.first("video") is None or held.machine.phase is not ng.Phase.OPEN:
            return
        tag = held.fresh(_ANCHOR)
        reply = await held.run(ng.SubscribeRequest(held.call, held.caller, tag, subscription))
        to_anchor = held.text(reply)
        answer = sdp.anchor_answer(to_anchor, self._anchor.port)
        await held.run(ng.SubscribeAnswer(held.call, tag, answer, options.ANSWER))
        self._watch_picture(held.call, to_anchor)

    # -- a client calls a station --------------------------------------------------------------------------------

    async def open_client(self, call: CallId, leg: LegId, offer: str, *, account: bool) -> str:
        text = sdp.browser_offer(offer, account=account)
        if call in self._calls:
            raise MediaFailed("This call has media already.")
        held = self._calls[call] = CallOnEngine(call, self._ng)
        held.caller = held.tags[leg] = leg
        held.takes_digits = account
        towards = options.TO_ACCOUNT if account else options.TO_STATION

        async def order() -> str:
            reply = await held.run(ng.Offer(call, leg, _CALLEE, text, towards))
            return sdp.for_station(held.text(reply), held.number, held.version(_CALLEE))

        return await self._opened(held, order)

    async def client_answer(self, call: CallId, station_leg: LegId, answer: str) -> str:
        held = self._held(call)

        async def order() -> str:
            checked = sdp.usable(answer).text
            held.tags[station_leg] = _CALLEE
            held.hears_digits = held.takes_digits and sdp.hears_digits(checked)
            reply = await held.run(ng.Answer(call, held.caller, _CALLEE, checked, options.ANSWER))
            return held.text(reply)

        return await self._ordered(held, order)

    # -- during the call -----------------------------------------------------------------------------------------

    async def request_key_frame(self, call: CallId) -> None:
        self._anchor.ask(call)

    async def play(self, call: CallId, leg: LegId, prompt: Prompt, language: str) -> float:
        held = self._held(call)
        file = prompt_file(self._settings.prompts, prompt, language)
        length_s = seconds(file)
        repeat = _HOLD_REPEATS if prompt == "hold" else 1

        async def order() -> None:
            tag = held.tag_of(leg)
            peer = held.machine.peer(tag)
            alone = peer is not None and peer != _ANCHOR and prompt != "hold" and tag in (held.called_from, _CALLEE)
            if alone and peer is not None:
                # A station has one jitter buffer: prompt and voice at the same time would garble each other.
                await held.run(ng.BlockMedia(call, peer))
                asyncio.get_running_loop().call_later(length_s, self._let_through, held, peer)
            await held.run(ng.PlayMedia(call, tag, str(file), repeat))

        await self._ordered(held, order)
        return length_s

    def _let_through(self, held: CallOnEngine, tag: str) -> None:
        async def order() -> None:
            if held.machine.phase is ng.Phase.OPEN:
                await held.run(ng.UnblockMedia(held.call, tag))

        self._spawn(self._quietly(self._ordered(held, order)))

    async def send_dtmf(self, call: CallId, leg: LegId, digit: str) -> bool:
        held = self._held(call)
        if len(digit) != 1 or digit not in DIGITS:
            raise BadInput("That is not a digit of a telephone.")

        async def order() -> bool:
            if not held.hears_digits:
                return False
            peer = held.peer_of(held.tag_of(leg))
            held.injected.append((peer, digit))  # before the command: its report may be faster than its reply
            try:
                await held.run(ng.PlayDtmf(call, peer, digit))
            except MediaFailed:
                held.injected.remove((peer, digit))
                raise
            return True

        return await self._ordered(held, order)

    async def close(self, call: CallId) -> None:
        held = self._calls.pop(call, None)
        self._lost_calls.pop(call, None)
        self._anchor.forget(call)
        if held is not None:
            await self._quietly(self._ordered(held, held.delete))
            self._anchor.forget(call)  # an order before this one may have begun to watch

    def clear(self, calls: tuple[CallId, ...]) -> None:
        for call in calls:
            self._spawn(self._quietly(self._ng.request(ng.Delete(call).body())))

    # -- orders, one at a time per call --------------------------------------------------------------------------

    def _held(self, call: CallId) -> CallOnEngine:
        held = self._calls.get(call)
        if held is None:
            raise MediaFailed("This call has no media.")
        return held

    async def _ordered(self, held: CallOnEngine, order: Callable[[], Awaitable[T]]) -> T:
        """Run after the orders before it; a caller that gives up does not cut a command in two."""

        async def run() -> T:
            async with held.lock:
                return await order()

        try:
            return await asyncio.shield(self._spawn(run()))
        except MediaFailed:
            if held.lost:
                self._lost([held], self._clock.monotonic())
            raise

    async def _quietly(self, order: Awaitable[object]) -> None:
        try:
            await order
        except AntiphonError as error:
            _log.warning("media order failed", code=error.code, **error.fields)

    def _spawn(self, work: Awaitable[T]) -> asyncio.Task[T]:
        task: asyncio.Task[T] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[T]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.debug("media task failed", error=type(task.exception()).__name__)

    # -- the engine's life ---------------------------------------------------------------------------------------

    def _lost(self, lost: list[CallOnEngine], since: float) -> None:
        known = tuple(held.call for held in lost if self._calls.get(held.call) is held)
        for call in known:
            self._lost_calls[call] = self._calls.pop(call)
            self._anchor.forget(call)
        opened = tuple(held.call for held in lost if held.call in known and held.opened)
        if opened:
            _log.error("media engine lost calls", calls=len(opened))
            self._events.media_lost(opened, since)

    @property
    def away(self) -> bool:
        """Nobody listens at the engine's port."""
        return self._ng.away_since is not None

    async def missing(self, calls: list[CallId]) -> list[CallId]:
        """Which of these calls the engine no longer knows; asks it."""
        gone = {held.call for held in await missing([self._calls[call] for call in calls if call in self._calls])}
        return [call for call in calls if call in gone or call not in self._calls]

    # -- what comes back -----------------------------------------------------------------------------------------

    def _key_frame(self, call: CallId, data: bytes) -> None:
        held = self._calls.get(call)
        if held is None or held.pictured:
            return
        held.pictured = True
        _log.info("key frame received", call_id=call, size=len(data))
        self._events.key_frame(call, KeyFrame(data))

    def _digit(self, call: CallId, tag: str, digit: str) -> None:
        held = self._calls.get(call)
        leg = held.leg_of(tag) if held is not None else None
        if held is None or leg is None:
            return
        if (tag, digit) in held.injected:
            # The engine reports what we injected ourselves as if that party had pressed it.
            held.injected.remove((tag, digit))
        else:
            self._events.dtmf(call, leg, digit)
