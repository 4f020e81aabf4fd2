"""Owns what is counted of calls: each moment that somebody waits for is observed once a call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from antiphon import metrics
from antiphon.calls.live import LiveCall
from antiphon.calls.model import CallRecord


def rang(call: LiveCall, now: float) -> None:
    """A ring was handed to a client; the first one of a door call counts."""
    if call.rang_mono is None:
        call.rang_mono = now
        if call.invite is not None:
            metrics.PRESS_TO_RING.observe(now - call.started_mono)


def previewed(call: LiveCall, now: float) -> None:
    """A receiver's preview is set up; the first one counts."""
    if call.rang_mono is not None and not call.previewed:
        call.previewed = True
        metrics.RING_TO_PREVIEW.observe(now - call.rang_mono)


def tapped(call: LiveCall, now: float) -> None:
    """Somebody answers; the first tap counts."""
    if call.tapped_mono is None:
        call.tapped_mono = now


def connected(call: LiveCall, now: float) -> None:
    """The conversation stands; once a call."""
    if call.tapped_mono is not None and not call.connected:
        metrics.ANSWER_TO_CONNECTED.observe(now - call.tapped_mono)
    call.connected = True


def ended(record: CallRecord) -> None:
    metrics.CALLS_ENDED.labels(record.direction, record.cause).inc()


def look(calls: Iterable[LiveCall]) -> None:
    """What goes on now, by state."""
    states: Counter[tuple[str, ...]] = Counter()
    legs: Counter[tuple[str, ...]] = Counter()
    for call in calls:
        machine = call.machine
        state = "talking" if machine.in_call else "ringing" if machine.ringing else "starting_or_ending"
        states[machine.direction, state] += 1
        for leg in (machine.station, *machine.clients):
            if leg.ended_at is None:
                legs[leg.kind, leg.state.value] += 1
    for direction in ("from_station", "to_station"):
        for state in ("ringing", "talking"):
            states.setdefault((direction, state), 0)
    metrics.CALLS.put(states)
    metrics.LEGS.put(legs)
