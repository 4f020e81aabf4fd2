"""Opening a door: decided, carried out once, logged, whoever asks and by whichever way (D4, W7)."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Protocol

from antiphon import devices, events, limits, log, metrics, tenancy
from antiphon.access import store
from antiphon.access.model import (
    Actor,
    Door,
    DoorNeedsCall,
    DoorNotAllowed,
    DoorNotFound,
    Opening,
    Outcome,
    RequestReused,
)
from antiphon.clock import Clock, new_id
from antiphon.database import AlreadyThere, Database, Scope, Tx, outbox
from antiphon.devices import Commander, DoorRefused, StationUnreachable
from antiphon.errors import AntiphonError, NotFound

_log = log.get("access")


def may_open(tx: Tx, scope: Scope, actor: Actor, path: str, now: datetime) -> bool:
    """Whether they may open doors of stations at that place: active people with the right there, API keys and accounts with it.

    The assistant has no right of its own yet.
    """
    if actor.kind == "assistant" or actor.user_id is None:
        return False
    if actor.kind == "account":
        try:
            return devices.account(tx, scope, actor.user_id).opens_doors
        except NotFound:
            return False
    if actor.kind == "key":
        return actor.opens is not None and actor.opens.covers(path)
    return actor.user_id in tenancy.holders(tx, scope, "doors.open", path, now, among=(actor.user_id,))


class CallDigits(Protocol):
    """Digits to another maker's station, which opens its own relay by them."""

    async def send_digits(self, device_id: str, digits: str) -> None:
        """Send them in the conversation with that station; raises `DoorNeedsCall` when there is none.

        Raises `StationUnreachable` when they did not reach it, `DoorRefused` when it would not take them.
        """


class Doors:
    """The one way to open a door. One per process; several processes share the requests through the database.

    Without `call_digits` (a process that holds no calls) doors of other makers' stations say that they need a call.
    """

    def __init__(
        self, database: Database, commander: Commander, clock: Clock, call_digits: CallDigits | None = None
    ) -> None:
        self._database, self._commander, self._clock = database, commander, clock
        self._call_digits = call_digits
        self._under_way: dict[tuple[str, str], asyncio.Task[Opening]] = {}

    async def open(self, scope: Scope, actor: Actor, door_id: str, request_id: str, call_id: str | None) -> Opening:
        """Open `door_id` once for this `request_id`; a second tap with the same id waits for the first and pulses nothing.

        Another request of the same actor for the same door within `DOOR_TAP_AGAIN_S`, or while the first is under way, is
        a second tap too.

        Every attempt is in the door log. Raises `door_not_found`, `door_not_allowed`, `station_unreachable`,
        `door_refused` or `request_reused`.
        """
        key = scope.company_id, request_id
        if key not in self._under_way:
            task = asyncio.create_task(self._open(scope, actor, door_id, request_id, call_id))
            self._under_way[key] = task
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
            # Whoever tapped may go away meanwhile: the opening still ends in the log.
            return await asyncio.shield(task)
        await asyncio.wait([self._under_way[key]])
        return await self._open(scope, actor, door_id, request_id, call_id)

    async def _open(self, scope: Scope, actor: Actor, door_id: str, request_id: str, call_id: str | None) -> Opening:
        attempt = _AttemptToOpen(scope, actor, door_id, request_id, call_id, self._clock.now())
        decision = await self._decided(attempt)
        while decision is None:  # another process has sent the same request and waits for the station
            await asyncio.sleep(limits.DOOR_REQUEST_POLL_S)
            decision = await self._decided(attempt)
        if isinstance(decision, AntiphonError):
            metrics.DOORS.labels(actor.kind, decision.code).inc()
            _log.info("door not opened", company_id=scope.company_id, door_id=door_id[:64], code=decision.code)
            raise decision
        if isinstance(decision, Opening):
            return decision
        return await self._carry_out(attempt, decision)

    async def _decided(self, attempt: _AttemptToOpen) -> Door | Opening | AntiphonError | None:
        try:
            return await self._database.run(lambda tx: self._decide(tx, attempt))
        except AlreadyThere:  # another process took the request id in the same moment
            return None

    async def _carry_out(self, attempt: _AttemptToOpen, door: Door) -> Opening:
        failure: AntiphonError | None = None
        outcome: Outcome = "failed"
        error: str | None = None
        try:
            if attempt.by_digits:
                if self._call_digits is None:
                    raise DoorNeedsCall(door_id=door.id)
                await self._call_digits.send_digits(door.station_id, door.output)
            else:
                await self._commander.open_door(
                    door.station_id, door.output, door.pulse_s, new_id("command"), attempt.call_id
                )
            outcome = "opened"
        except DoorNeedsCall as needs_call:
            failure, outcome = needs_call, "door_needs_call"
        except DoorRefused as refused:
            failure, outcome, error = refused, "door_refused", refused.error
        except StationUnreachable as unreachable:
            failure, outcome = unreachable, "station_unreachable"
        finally:
            # Also when something unforeseen is on its way up: the log has no gaps.
            await self._write_end(attempt, door, outcome, error)
        metrics.DOORS.labels(attempt.actor.kind, outcome).inc()
        _log.info(
            "door opened" if failure is None else "door not opened",
            company_id=door.company_id,
            door_id=door.id,
            device_id=door.station_id,
            call_id=attempt.call_id,
            outcome=outcome,
        )
        if failure is not None:
            raise failure
        return _opening(door, by_digits=attempt.by_digits, repeated=False)

    async def _write_end(self, attempt: _AttemptToOpen, door: Door, outcome: Outcome, error: str | None) -> None:
        """The door is open or not whatever the disk says: a log that can't be written does not change the answer."""
        try:
            await self._database.run(lambda tx: self._end(tx, attempt, door, outcome, error))
        except AntiphonError as failed:
            _log.error(
                "door log not written",
                code=failed.code,
                company_id=door.company_id,
                door_id=door.id,
                device_id=door.station_id,
                actor_kind=attempt.actor.kind,
                user_id=attempt.actor.user_id,
                call_id=attempt.call_id,
                outcome=outcome,
            )

    def _decide(self, tx: Tx, attempt: _AttemptToOpen) -> Door | Opening | AntiphonError | None:
        """The door to open; or how the same request ended; or a refusal; or None while the request is under way."""
        now = self._clock.now()
        known = store.request(
            tx, attempt.scope, attempt.request_id, now - timedelta(seconds=limits.DOOR_REQUEST_LIFE_S)
        )
        if known is not None and (known["door_id"], known["actor"]) != (attempt.door_id, attempt.who):
            attempt.log(tx, self._clock, "request_reused")
            return RequestReused()
        if known is not None:
            outcome: Outcome | None = known["outcome"]
            if outcome is None:
                patience = timedelta(seconds=limits.DOOR_ACK_MAX_S + limits.DOOR_REQUEST_GRACE_S)
                if now - known["started_at"] < patience:
                    return None
                outcome = "station_unreachable"  # the process that waited for the station died
                store.end_request(tx, attempt.scope, attempt.request_id, outcome, None)
            attempt.log(tx, self._clock, outcome, known["error"], repeated=True)
            return _repeat(tx, attempt, outcome, known["error"])
        try:
            door = store.door(tx, attempt.scope, attempt.door_id)
        except DoorNotFound as error:
            attempt.log(tx, self._clock, "door_not_found")
            return error
        station = devices.station(tx, attempt.scope, door.station_id)
        attempt.by_digits = station.kind == "account"
        sees = attempt.actor.sees
        if sees is not None and not sees.covers(station.path):
            attempt.log(tx, self._clock, "door_not_found")
            return DoorNotFound(door_id=door.id)
        if not may_open(tx, attempt.scope, attempt.actor, station.path, now):
            attempt.log(tx, self._clock, "door_not_allowed", station_id=door.station_id)
            return DoorNotAllowed(door_id=door.id)
        before = self._tapped_before(tx, attempt, door, now)
        if before is not None and before["outcome"] is None:
            attempt.waited = True
            return None
        if before is not None and (before["outcome"] == "opened" or attempt.waited):
            shared: Outcome = before["outcome"]
            # Counts from the first tap, or a hand that goes on tapping would keep the door shut.
            store.start_request(tx, attempt.scope, attempt.request_id, door.id, attempt.who, before["started_at"])
            store.end_request(tx, attempt.scope, attempt.request_id, shared, before["error"])
            attempt.log(tx, self._clock, shared, before["error"], station_id=door.station_id, repeated=True)
            return _repeat(tx, attempt, shared, before["error"])
        store.start_request(tx, attempt.scope, attempt.request_id, door.id, attempt.who, now)
        return door

    def _tapped_before(self, tx: Tx, attempt: _AttemptToOpen, door: Door, now: datetime) -> store.Row | None:
        """The same hand's earlier tap on this door: one that the station has not answered yet, or of just now."""
        patience = timedelta(seconds=limits.DOOR_ACK_MAX_S + limits.DOOR_REQUEST_GRACE_S)
        found = store.last_request(tx, attempt.scope, door.id, attempt.who, now - patience)
        just_now = attempt.at - timedelta(seconds=limits.DOOR_TAP_AGAIN_S)
        if found is None or (found["outcome"] is not None and not attempt.waited and found["started_at"] <= just_now):
            return None
        return found

    def _end(self, tx: Tx, attempt: _AttemptToOpen, door: Door, outcome: Outcome, error: str | None) -> None:
        now = self._clock.now()
        store.end_request(tx, attempt.scope, attempt.request_id, outcome, error)
        attempt.log(tx, self._clock, outcome, error, station_id=door.station_id)
        if outcome == "opened":
            fact = events.DoorOpened(
                new_id("fact"), door.company_id, now, door.id, door.station_id, attempt.actor.kind, attempt.call_id
            )
            outbox.append(tx, attempt.scope, fact)


class _AttemptToOpen:
    """One try to open a door, and how it is written down."""

    def __init__(
        self, scope: Scope, actor: Actor, door_id: str, request_id: str, call_id: str | None, at: datetime
    ) -> None:
        self.scope, self.actor, self.door_id = scope, actor, door_id
        self.request_id, self.call_id = request_id, call_id
        self.at = at
        self.by_digits = False
        self.waited = False  # for an earlier tap of the same hand: its outcome is this one's too
        self.who = f"{actor.kind}:{actor.user_id or ''}"

    def log(
        self,
        tx: Tx,
        clock: Clock,
        outcome: Outcome,
        error: str | None = None,
        *,
        station_id: str | None = None,
        repeated: bool = False,
    ) -> None:
        store.log_attempt(
            tx,
            self.scope,
            now=clock.now(),
            actor=self.actor,
            door_id=self.door_id,
            station_id=station_id,
            request_id=self.request_id,
            call_id=self.call_id,
            outcome=outcome,
            error=error,
            repeated=repeated,
        )


def _opening(door: Door, *, by_digits: bool, repeated: bool) -> Opening:
    return Opening(door.id, None if by_digits else door.pulse_s, repeated)


def _repeat(tx: Tx, attempt: _AttemptToOpen, outcome: Outcome, error: str | None) -> Opening | AntiphonError:
    """What the same request came to before."""
    if outcome == "opened":
        door = store.door(tx, attempt.scope, attempt.door_id)
        by_digits = devices.station(tx, attempt.scope, door.station_id).kind == "account"
        return _opening(door, by_digits=by_digits, repeated=True)
    if outcome == "door_refused":
        return DoorRefused(error or "relay_failed")
    if outcome == "door_needs_call":
        return DoorNeedsCall(door_id=attempt.door_id)
    return StationUnreachable(door_id=attempt.door_id)
