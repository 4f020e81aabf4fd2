"""rtpengine 10.5 as far as its crashes go, after its source: who is known, who hears whom, what is half-made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from antiphon.wire.ng import (
    Answer,
    Command,
    Decoded,
    Delete,
    Offer,
    Publish,
    Query,
    SubscribeAnswer,
    SubscribeRequest,
    Unsubscribe,
)

# How a command fares: carried out; refused untouched; refused half-way; unanswered, with or without effect.
Fate = Literal["done", "refused", "half_made", "unparsed", "silent_done", "silent_undone", "restarted"]
FATES: tuple[Fate, ...] = ("done", "refused", "half_made", "unparsed", "silent_done", "silent_undone", "restarted")


class EngineCrash(AssertionError):
    """SIGSEGV: every call on the engine is lost."""


@dataclass
class _Call:
    tags: set[str] = field(default_factory=set)
    hears: dict[str, dict[str, bool]] = field(default_factory=dict)  # subscriber -> source -> by offer/answer
    half_made: set[str] = field(default_factory=set)


class ModelEngine:
    """`take` gives the reply, or None when nobody answers; raises EngineCrash where the real one dies."""

    def __init__(self) -> None:
        self.calls: dict[str, _Call] = {}

    def take(self, command: Command, fate: Fate) -> dict[str, Decoded] | None:
        if fate == "restarted":
            self.calls.clear()
            return None
        if fate == "refused":
            return {"result": b"error", "error-reason": b"no"}
        if fate == "unparsed":
            return {"result": b"error", "error-reason": b"Failed to parse SDP"}
        if fate == "silent_undone":
            return None
        reply = self._carry_out(command, half=fate == "half_made")
        return None if fate == "silent_done" else reply

    def _carry_out(self, command: Command, *, half: bool) -> dict[str, Decoded]:
        failed: dict[str, Decoded] = {"result": b"error", "error-reason": b"Failed"}
        call = self.calls.get(command.call_id)
        match command:
            case Delete():
                self.calls.pop(command.call_id, None)
                return {"result": b"ok"}
            case Publish():
                call = self.calls.setdefault(command.call_id, _Call())
                call.tags.add(command.from_tag)
                return failed if half else {"result": b"ok"}
            case Offer():
                call = self.calls.setdefault(command.call_id, _Call())
                self._dialogue(call, command.from_tag, command.to_tag)
                return failed if half else {"result": b"ok"}
        if call is None:
            return {"result": b"error", "error-reason": b"Unknown call-id"}
        match command:
            case Answer():
                self._dialogue(call, command.to_tag, command.from_tag)
            case Query():
                return {"result": b"ok", "tags": {tag: {} for tag in call.tags}}
            case SubscribeRequest():
                if command.from_tag not in call.tags:
                    return failed
                call.tags.add(command.to_tag)
                if half:
                    call.half_made.add(command.to_tag)
                else:
                    call.hears[command.to_tag] = {command.from_tag: False}
            case SubscribeAnswer():
                if command.to_tag not in call.tags:
                    return failed
                if half:
                    call.half_made.add(command.to_tag)
            case Unsubscribe():
                call.tags.add(command.to_tag)
                call.hears.pop(command.to_tag, None)
        return failed if half else {"result": b"ok"}

    def _dialogue(self, call: _Call, one: str, other: str) -> None:
        """call_get_mono_dialogue: `one` spoke, `other` is spoken to."""
        if {one, other} & call.half_made:
            raise EngineCrash("a half-made party in an offer/answer")
        if other not in call.tags and one in call.tags:
            heard_by_answer = any(sources.get(one) for sources in call.hears.values())
            if not heard_by_answer:
                raise EngineCrash("no dialogue between a known party and a stranger")
        call.tags |= {one, other}
        for source in (one, other):
            for sources in call.hears.values():
                if sources.get(source):
                    del sources[source]
        for subscriber, source in ((one, other), (other, one)):
            call.hears.setdefault(subscriber, {}).setdefault(source, True)
