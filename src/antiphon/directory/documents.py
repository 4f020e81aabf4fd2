"""What ring plans look like when they are sent, shown and stored, and how they become the planner's types and back."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from antiphon.directory.rings import (
    AsWeekday,
    HolidayCalendar,
    Holidays,
    Member,
    Plan,
    Rule,
    Span,
    Step,
    Steps,
    Times,
    When,
)
from antiphon.limits import RING_DOCUMENT_ITEMS_MAX
from antiphon.tenancy.asking import Body

_MINUTES_PER_HOUR = 60
_SECONDS_MAX = 86_400
MemberKind = Literal["user", "station", "account", "number", "group", "contact"]
TimeOfDay = Annotated[
    str, StringConstraints(pattern=r"^(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"), Field(examples=["08:00"])
]
Weekday = Annotated[int, Field(ge=1, le=7)]
Items = RING_DOCUMENT_ITEMS_MAX


class MemberDocument(Body):
    """Who stands in a step: a person, a station, an account, a telephone number (its id is the number), a ring group or a contact."""

    kind: MemberKind = Field(examples=["user"])
    id: str = Field(
        max_length=40, pattern=r"^(?:[A-Za-z0-9_]+|\+[1-9][0-9]{4,14})$", examples=["user_01k2x3y4z5a6b7c8d9e0f1g2h3"]
    )

    @model_validator(mode="after")
    def _numbers_are_numbers(self) -> MemberDocument:
        if (self.kind == "number") != self.id.startswith("+"):
            raise ValueError("a telephone number begins with + and its country's code; nothing else does")
        return self

    def member(self) -> Member:
        return Member(self.kind, self.id)


class StepDocument(Body):
    """Who rings together, and how long; without `seconds` as long as there is time, which only the last step may."""

    members: list[MemberDocument] = Field(max_length=Items)
    seconds: int | None = Field(default=None, ge=0, le=_SECONDS_MAX, examples=[20])


class StepsDocument(Body):
    """One step after another, then again from the first: `rounds` times in all."""

    steps: list[StepDocument] = Field(max_length=Items)
    rounds: int = Field(default=1, ge=1, le=1000, examples=[1])


class SpanDocument(Body):
    """From a time of day until just before another. One that ends before it begins goes over midnight, and belongs to the
    day on which it began."""

    start: TimeOfDay
    end: TimeOfDay


class TimesDocument(Body):
    """When a rule applies. No weekdays: every day; no dates: always; no spans: all day."""

    weekdays: list[Weekday] = Field(
        default_factory=list, max_length=7, description="1 is Monday, 7 Sunday.", examples=[[1, 2, 3, 4, 5]]
    )
    from_date: date | None = None
    to_date: date | None = Field(default=None, description="The last day.")
    spans: list[SpanDocument] = Field(default_factory=list, max_length=Items)
    holidays: Holidays = Field(
        default="as_any_day", description="Whether public holidays are meant too, or they alone."
    )


class CalendarDocument(Body):
    """Whose public holidays: a country (ISO 3166-1), and a region of it (ISO 3166-2 without the country; empty: all of it)."""

    country: str = Field(pattern=r"^[A-Z]{2}$", examples=["AT"])
    region: str = Field(default="", pattern=r"^[A-Z0-9]{0,6}$", examples=["5"])

    def calendar(self) -> HolidayCalendar:
        return HolidayCalendar(self.country, self.region)


class RuleDocument(Body):
    """A forwarding rule: when it applies, and who rings then; or, with `as_weekday`, as which weekday the rules below it see
    that day: such a rule rings nobody, and its `then` is left out."""

    when: When = "always"
    after_s: int | None = Field(default=None, ge=0, le=_SECONDS_MAX, description="With `no_answer`.", examples=[15])
    whose: MemberDocument | None = Field(default=None, description="Who is in that state; null: whose plan it is.")
    times: TimesDocument = Field(default_factory=TimesDocument)
    then: StepsDocument | None = None
    as_weekday: Weekday | None = Field(default=None, examples=[7])
    enabled: bool = True
    draft: bool = Field(default=False, description="Not yet meant: passed over.")

    @model_validator(mode="after")
    def _one_of_both(self) -> RuleDocument:
        if self.as_weekday is not None:
            self.then = None
        return self


class PlanDocument(Body):
    """A ring plan: rules in their order, of which the first that matches wins; else `otherwise`.

    A person's plan without `otherwise` rings the person.
    """

    rules: list[RuleDocument] = Field(default_factory=list, max_length=Items)
    otherwise: StepsDocument | None = None
    last_resort: StepsDocument | None = Field(default=None, description="Who rings when the plan finds nobody.")
    zone: str | None = Field(
        default=None, max_length=64, description="What its times are in; null: the zone where its owner is.",
        examples=["Europe/Vienna"],
    )  # fmt: skip
    holidays: CalendarDocument | None = Field(default=None, description="null: the company's.")


def plan_of(document: PlanDocument, owner: Member, zone: str, calendar: HolidayCalendar | None) -> Plan:
    """The plan; `zone` and `calendar` where the document names none."""
    return Plan(
        owner,
        steps_of(document.otherwise),
        tuple(_rule(number, rule) for number, rule in enumerate(document.rules, 1)),
        steps_of(document.last_resort),
        document.zone or zone,
        document.holidays.calendar() if document.holidays else calendar,
    )


def steps_of(document: StepsDocument | None) -> Steps | None:
    """The steps, where there are any."""
    if document is None:
        return None
    steps = (Step(tuple(one.member() for one in step.members), step.seconds) for step in document.steps)
    return Steps(tuple(steps), document.rounds)


def times_of(document: TimesDocument) -> Times:
    """When that is."""
    return Times(
        frozenset(document.weekdays),
        document.from_date,
        document.to_date,
        tuple(Span(_minute(span.start), _minute(span.end)) for span in document.spans),
        document.holidays,
    )


def members_of(document: PlanDocument) -> dict[str, Member]:
    """Everybody named in it, each with the first field that names them."""
    parts = [("otherwise", document.otherwise), ("last_resort", document.last_resort)]
    parts += [(f"rules/{at}/then", rule.then) for at, rule in enumerate(document.rules)]
    found = {field: member for part, steps in parts for field, member in members_of_steps(part, steps).items()}
    for at, rule in enumerate(document.rules):
        if rule.whose is not None:
            found[f"rules/{at}/whose"] = rule.whose.member()
    first: dict[Member, str] = {}
    for field, member in found.items():
        first.setdefault(member, field)
    return {field: member for member, field in first.items()}


def members_of_steps(field: str, steps: StepsDocument | None) -> dict[str, Member]:
    """Everybody named in these steps, with the field of each."""
    if steps is None:
        return {}
    return {
        f"{field}/steps/{at}/members/{place}": member.member()
        for at, step in enumerate(steps.steps)
        for place, member in enumerate(step.members)
    }


def _rule(number: int, rule: RuleDocument) -> Rule:
    return Rule(
        str(number),
        AsWeekday(rule.as_weekday) if rule.as_weekday is not None else steps_of(rule.then) or Steps(()),
        times_of(rule.times),
        rule.when,
        rule.after_s,
        rule.whose.member() if rule.whose else None,
        rule.enabled,
        rule.draft,
    )


def _minute(time: str) -> int:
    hours, minutes = time.split(":")
    return int(hours) * _MINUTES_PER_HOUR + int(minutes)
