"""Owns that those whom a call does not ring (the portal) hear what has changed in it, once that is on the disk."""

from __future__ import annotations

from functools import partial

from antiphon import events
from antiphon.bus import Bus
from antiphon.calls.live import LiveCall
from antiphon.calls.records import Records
from antiphon.calls.traces.facts import Facts
from antiphon.clock import Clock, new_id
from antiphon.database import Scope


class House:
    """Tells by facts that are not kept; what ends a call is told with its record."""

    def __init__(self, records: Records, bus: Bus, clock: Clock) -> None:
        self._records, self._bus, self._clock = records, bus, clock

    def tell(self, call: LiveCall) -> None:
        """The call rings, or, once its record says so, somebody talks."""
        if call.station is None:
            return
        answered = call.answered()
        if answered is None or call.told_answered:
            self._publish(call)
            return
        call.told_answered = True
        self._records.answer(Scope(call.station.company_id), answered, partial(self._publish, call))

    def news(self, call: LiveCall) -> None:
        """The trace of a call that goes on has more to say."""
        if call.station is not None:
            scope, facts = Scope(call.station.company_id), partial(self._facts, call)
            self._records.traces.changed(scope, call.call_id, facts, partial(self._publish, call))

    def _facts(self, call: LiveCall) -> Facts:
        return call.trace(self._clock.monotonic())

    def _publish(self, call: LiveCall) -> None:
        if call.station is not None:
            company, station = call.station.company_id, call.station.id
            self._bus.publish(events.CallChanged(new_id("fact"), company, self._clock.now(), call.call_id, station))
