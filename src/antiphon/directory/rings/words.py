"""Rules and answers in sentences, in the language of whoever reads. The facts are the planner's; here is only how they are said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Protocol
from zoneinfo import ZoneInfo

from antiphon.directory.rings.answer import Decision, Leg, Silence
from antiphon.directory.rings.checking import Fault
from antiphon.directory.rings.english import English
from antiphon.directory.rings.german import German
from antiphon.directory.rings.model import HolidayCalendar, Member, Rule, Steps


class Words(Protocol):
    """One language. Sentences about a receiver have no subject: it stands before them."""

    def rule(self, rule: Rule, owner: Member, calendar: HolidayCalendar | None = None, *, seconds: bool = False) -> str:
        """The rule as a sentence; `seconds`: with the length of its steps."""

    def steps(self, steps: Steps, *, seconds: bool = True) -> str:
        """Who rings, then who: without a full stop."""

    def leg(self, leg: Leg) -> str: ...
    def silence(self, silence: Silence, *, past: bool = False) -> str:
        """`past`: of a call that is told afterwards."""

    def decision(self, decision: Decision) -> str: ...
    def fault(self, fault: Fault) -> str: ...


_LANGUAGES: dict[str, Callable[[Mapping[Member, str], tzinfo], Words]] = {"de": German, "en": English}


def words(language: str, names: Mapping[Member, str], zone: str = "UTC") -> Words:
    """Of "de" or "en" (also for every other). Times that are not a plan's own are told in `zone`."""
    place: tzinfo = ZoneInfo(zone)
    return _LANGUAGES.get(language, English)(names, place)
