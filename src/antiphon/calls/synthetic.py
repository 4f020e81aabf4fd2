"""Owns the receiver of test calls: it lets stations call, answers, listens whether sound comes, and keeps what came of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

from antiphon import devices, events, limits, log
from antiphon.bus import Bus
from antiphon.calls import station_tests as store
from antiphon.calls.ports import LegId, MediaPort, SipPort, StationInvite
from antiphon.calls.station_tests import Outcome, StationTest
from antiphon.clock import Clock, new_id
from antiphon.database import Database, Scope, Tx
from antiphon.devices import Commander, StationUnreachable
from antiphon.errors import AntiphonError
from antiphon.wire.station import TEST_HEARD_DIGIT, test_of_target

_log = log.get("calls")
_REFUSALS: dict[str, Outcome] = {
    "busy": "station_busy",
    "not_connected": "no_call",
    "unknown_command": "not_supported",
}


@dataclass(frozen=True, slots=True)
class Waits:
    """Waits of a test call, in seconds."""

    arrives_s: float = limits.TEST_CALL_ARRIVES_MAX_S
    sound_s: float = limits.TEST_CALL_SOUND_S


@dataclass(slots=True)
class _Expected:
    """A test call that is on its way or there."""

    device_id: str
    arrived: asyncio.Future[StationInvite]
    heard: bool = False
    gone: asyncio.Event = field(default_factory=asyncio.Event)


class SyntheticReceiver:
    """Runs test calls: rings nobody, and is no part of the calls of people. Everything on one event loop."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        commander: Commander,
        sip: SipPort,
        media: MediaPort,
        bus: Bus,
        waits: Waits | None = None,
    ) -> None:
        self._database, self._clock, self._commander = database, clock, commander
        self._sip, self._media = sip, media
        self._waits = waits or Waits()
        self._expected: dict[str, _Expected] = {}
        self._by_leg: dict[LegId, _Expected] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        bus.subscribe(events.StationTestAsked, self._asked)

    # -- when ---------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Begin what is due, until cancelled."""
        while True:
            try:
                await self.look()
            except AntiphonError as error:
                _log.error("test calls not looked at", code=error.code)
            await asyncio.sleep(limits.TEST_CALL_LOOK_S)

    async def look(self) -> None:
        """Begin the test calls whose time has come; give up those that a process left unfinished."""
        now = self._clock.now()

        def begin(tx: Tx) -> list[StationTest]:
            for left in store.left_over(tx, now):
                store.finish(tx, left, now)
            begun = (self._begin_due(tx, scope, station_id) for scope, station_id in store.due(tx, now))
            return [test for test in begun if test is not None]

        for test in await self._database.run(begin):
            self._start(test)

    def _begin_due(self, tx: Tx, scope: Scope, station_id: str) -> StationTest | None:
        now = self._clock.now()
        try:
            station = devices.station(tx, scope, station_id)
        except devices.StationNotFound:
            store.forget(tx, scope, station_id)
            return None
        store.set_schedule(tx, scope, station_id, store.schedule(tx, scope, station_id), station.time_zone, now)
        if station.status != "claimed" or store.running(tx, scope, station_id) is not None:
            return None
        return store.begin(tx, scope, station_id, now)

    def _asked(self, fact: events.StationTestAsked) -> None:
        self._spawn(self._take(fact))

    async def _take(self, fact: events.StationTestAsked) -> None:
        test = await self._database.read(lambda tx: store.get(tx, Scope(fact.company_id), fact.test_id))
        if test is not None and test.outcome is None and test.id not in self._expected:
            await self._carry_out(test)

    def _start(self, test: StationTest) -> None:
        self._spawn(self._carry_out(test))

    def _spawn(self, doing: object) -> None:
        task = asyncio.ensure_future(self._guarded(doing))  # type: ignore[arg-type]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, doing: asyncio.Future[None]) -> None:
        try:
            await doing
        except AntiphonError as error:
            _log.error("test call not kept", code=error.code)
        except Exception:  # noqa: BLE001  # one fault must not end the service; it is logged
            _log.exception("test call failed")

    async def drain(self) -> None:
        """Until no test call is under way."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    # -- one test call ------------------------------------------------------------------------------------------------

    async def _carry_out(self, test: StationTest) -> None:
        expected = _Expected(test.station_id, asyncio.get_running_loop().create_future())
        self._expected[test.id] = expected
        try:
            done = await self._tried(test, expected)
        except Exception:
            await self._keep(replace(test, outcome="not_finished"))
            raise
        finally:
            del self._expected[test.id]
        await self._keep(done)

    async def _keep(self, done: StationTest) -> None:
        now = self._clock.now()
        await self._database.run(lambda tx: store.finish(tx, done, now))
        _log.info("test call over", outcome=done.outcome, packets=done.packets, device_id=done.station_id)

    async def _tried(self, test: StationTest, expected: _Expected) -> StationTest:
        scope = Scope(test.company_id)
        station = await self._database.read(lambda tx: devices.station(tx, scope, test.station_id))
        began = self._clock.monotonic()
        try:
            ack = await self._commander.place_test_call(test.station_id, test.id, new_id("command"))
        except StationUnreachable:
            return replace(test, outcome="no_acknowledgement" if station.online else "station_offline")
        if not ack.ok:
            return replace(test, outcome=_REFUSALS.get(ack.error or "", "not_supported"))
        try:
            async with asyncio.timeout(self._waits.arrives_s):
                invite = await expected.arrived
        except TimeoutError:
            return replace(test, outcome="no_call")
        arrived = replace(test, set_up_ms=round((self._clock.monotonic() - began) * 1000))
        self._by_leg[invite.leg] = expected
        try:
            return await self._listened(arrived, invite, expected)
        finally:
            del self._by_leg[invite.leg]

    async def _listened(self, test: StationTest, invite: StationInvite, expected: _Expected) -> StationTest:
        """Answer it and count what comes; whatever happens, the call and its media are given up at the end."""
        packets, failed = 0, False
        self._sip.name(invite.leg, test.id)
        try:
            self._sip.accept(invite.leg, await self._media.open_test(test.id, invite.leg, invite.sdp))
            await self._media.play(test.id, invite.leg, "hold", "en")
            try:
                async with asyncio.timeout(self._waits.sound_s):
                    await expected.gone.wait()
            except TimeoutError:
                pass  # it stayed, as it should
            packets = await self._media.sound_packets(test.id, invite.leg)
        except AntiphonError as error:
            _log.warning("media of a test call failed", code=error.code, device_id=test.station_id)
            failed = True
        finally:
            if not expected.gone.is_set():
                self._sip.end(invite.leg, "hung_up")
            await self._close(test)
        return replace(test, packets=packets, heard=expected.heard, outcome=_outcome(packets, expected, failed=failed))

    async def _close(self, test: StationTest) -> None:
        try:
            await self._media.close(test.id)
        except AntiphonError as error:
            _log.warning("media of a test call not closed", code=error.code)

    # -- SipEvents of its legs, each False for a leg that is none of these ----------------------------------------------

    def invited(self, invite: StationInvite) -> bool:
        """A station calls; True when it is a test call, also one that nobody waits for any more: that is refused."""
        test_id = test_of_target(invite.target)
        if test_id is None or invite.device_id is None:
            return False
        expected = self._expected.get(test_id)
        if expected is None or expected.device_id != invite.device_id or expected.arrived.done():
            self._sip.refuse(invite.leg, 404, "unknown_button")
        else:
            expected.arrived.set_result(invite)
        return True

    def digit(self, leg: LegId, digit: str) -> bool:
        """The station says that it hears us."""
        expected = self._by_leg.get(leg)
        if expected is not None and digit == TEST_HEARD_DIGIT:
            expected.heard = True
        return expected is not None

    def ended(self, leg: LegId) -> bool:
        """It hung up: somebody pressed a button meanwhile, or the connection went."""
        expected = self._by_leg.get(leg)
        if expected is not None:
            expected.gone.set()
        return expected is not None


def _outcome(packets: int, expected: _Expected, *, failed: bool) -> Outcome:
    if expected.gone.is_set():
        return "hung_up"
    if failed:
        return "no_media"
    if packets < limits.TEST_CALL_PACKETS_MIN:
        return "no_sound"
    return "passed" if expected.heard else "not_heard"
