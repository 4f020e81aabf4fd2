"""Who rings now, and why: the pure part. What plans say, who rings by them, what may not be saved, and how it is all said.

`plan(book, ask)` serves a real ring and "what would ring now?" alike, also for drafts and any other moment (record 0026).
"""

from antiphon.directory.rings.answer import (
    Cause,
    Code,
    Decision,
    LastResort,
    Leg,
    Ringing,
    RuleRef,
    Silence,
    Via,
    Why,
)
from antiphon.directory.rings.calendars import Country, Region, countries, holiday, warm
from antiphon.directory.rings.checking import Fault, FaultCode, check, check_start
from antiphon.directory.rings.graph import loops, receivers_at_once
from antiphon.directory.rings.model import (
    ANY_TIME,
    Ask,
    AsWeekday,
    Bar,
    Book,
    Holiday,
    HolidayCalendar,
    Holidays,
    Kind,
    Member,
    Plan,
    Presence,
    Priority,
    Quiet,
    Rule,
    Span,
    Step,
    Steps,
    Times,
    When,
)
from antiphon.directory.rings.planning import plan
from antiphon.directory.rings.week import Slot, week
from antiphon.directory.rings.words import Words, words

__all__ = [
    "ANY_TIME",
    "AsWeekday",
    "Ask",
    "Bar",
    "Book",
    "Cause",
    "Code",
    "Country",
    "Decision",
    "Fault",
    "FaultCode",
    "Holiday",
    "HolidayCalendar",
    "Holidays",
    "Kind",
    "LastResort",
    "Leg",
    "Member",
    "Plan",
    "Presence",
    "Priority",
    "Quiet",
    "Region",
    "Ringing",
    "Rule",
    "RuleRef",
    "Silence",
    "Slot",
    "Span",
    "Step",
    "Steps",
    "Times",
    "Via",
    "When",
    "Why",
    "Words",
    "check",
    "check_start",
    "countries",
    "holiday",
    "loops",
    "plan",
    "receivers_at_once",
    "warm",
    "week",
    "words",
]
