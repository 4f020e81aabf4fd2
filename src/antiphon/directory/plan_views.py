"""What the API says of ring plans, of who would ring and why, of do not disturb and of a company's ring settings."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, Field

from antiphon.directory.documents import CalendarDocument, MemberKind, PlanDocument, StepsDocument, TimesDocument
from antiphon.directory.model import PriorityName
from antiphon.directory.rings import Cause, Code, FaultCode, Why
from antiphon.limits import (
    FORWARDING_RULES_PER_PLAN_MAX,
    QUIETS_PER_PERSON_MAX,
    RING_MAX_S,
    RING_ROUNDS_MAX,
    RING_STEP_MAX_S,
    RING_STEP_MIN_S,
    RING_STEPS_MAX,
    SPANS_PER_RULE_MAX,
)
from antiphon.tenancy import Language
from antiphon.tenancy.asking import Body
from antiphon.tenancy.views import Id

_OWNER = Field(examples=["group_01k2x3y4z5a6b7c8d9e0f1g2h3"])
_NAME = Field(examples=["Empfang"], description="null: gone, or a telephone number")
Sentence = Annotated[str, Field(examples=["Läutet nicht: Ruhe bis 15:00 Uhr, gesetzt von S. Lechner um 13:58."])]


class MemberItem(BaseModel):
    """Who or what is named, and what it is called."""

    kind: MemberKind
    id: str = Field(examples=["user_01k2x3y4z5a6b7c8d9e0f1g2h3"])
    name: str | None = _NAME


class SlotItem(BaseModel):
    """From minute `from_minute` until before `to_minute` of the clock on the wall, that rule (counted from 1) wins; null: none."""

    from_minute: int
    to_minute: int = Field(examples=[1440])
    rule: int | None = Field(examples=[3])


class DayItem(BaseModel):
    """One day of a ring plan, without gaps. `weekday`: 1 is Monday."""

    date: date
    weekday: int
    holiday: str | None = Field(examples=["Nationalfeiertag"])
    slots: list[SlotItem]


class VersionItem(BaseModel):
    """One version of a ring plan: since when, by whom (by name as it was then), its rules as sentences, and this week as they
    make it, as far as that depends on nobody's state."""

    plan: PlanDocument
    zone: str = Field(description="What its times are in.", examples=["Europe/Vienna"])
    week: list[DayItem] = Field(description="Monday to Sunday.")
    at: datetime
    by: str = Field(examples=["Anna Auer"])
    sentences: list[str] = Field(examples=[["On Mondays to Fridays from 8:00 to 17:00, ring Empfang, then H. Aigner."]])


class FaultItem(BaseModel):
    """What is wrong with a draft. `field` is its place in the plan, counted from 0; `limit` the number that was passed.

    Not `refuses`: it may be put in force all the same, and is meant as a hint.
    """

    code: FaultCode
    field: str = Field(examples=["rules/2/then/steps/0/seconds"])
    limit: int | None = Field(examples=[32])
    refuses: bool
    sentence: str = Field(examples=["A step lasts at least 5 s."])


class PlanLimits(BaseModel):
    """What a plan may have at most; a call rings for `ring_max_s`."""

    rules: int = Field(examples=[FORWARDING_RULES_PER_PLAN_MAX])
    steps: int
    rounds: int
    spans: int = Field(description="Times of day of one rule.")
    step_min_s: int
    step_max_s: int
    ring_max_s: int


LIMITS = PlanLimits(
    rules=FORWARDING_RULES_PER_PLAN_MAX,
    steps=RING_STEPS_MAX,
    rounds=RING_ROUNDS_MAX,
    spans=SPANS_PER_RULE_MAX,
    step_min_s=RING_STEP_MIN_S,
    step_max_s=RING_STEP_MAX_S,
    ring_max_s=RING_MAX_S,
)


class RingPlanView(BaseModel):
    """Whose plan, what calls ring by, what is drafted and what is wrong with that, and what everybody in it is called."""

    owner: MemberItem
    place_id: str
    place: str = Field(description="Where the owner is.", examples=["Rainerstraße 12, Stiege 2"])
    place_path: str = Field(description="What rights are held against.")
    zone: str = Field(description="The zone there; a plan without one of its own takes it.", examples=["Europe/Vienna"])
    in_force: VersionItem | None
    draft: VersionItem | None
    undoable: bool = Field(description="Whether what was in force before can be put in force again.")
    faults: list[FaultItem]
    members: list[MemberItem]
    limits: PlanLimits


class NamedInPlan(BaseModel):
    """A plan that names it."""

    owner: MemberItem
    version: Literal["in_force", "draft"]


class NamedAtButton(BaseModel):
    """A button that it is bound to."""

    station_id: str
    station_name: str = Field(examples=["Haupteingang"])
    button: str = Field(examples=["main"])


class UsedBy(BaseModel):
    """Where it is named, as far as you may see it; `elsewhere` is in how many more places."""

    in_plans: list[NamedInPlan]
    at_buttons: list[NamedAtButton]
    last_resort: bool = Field(description="It is the company's last resort, or part of it.")
    elsewhere: int


class DraftBody(Body):
    """A plan that nobody has to have saved, as if it were in force."""

    owner_id: Id = _OWNER
    plan: PlanDocument


class AskBody(Body):
    """Who would ring for this button of this station: now without a `moment`, or at any moment, past or future."""

    station_id: Id
    button: str = Field(pattern=r"^[a-z0-9-]{1,32}$", examples=["main"])
    moment: AwareDatetime | None = None
    draft: DraftBody | None = None
    language: Language = "en"


class ViaItem(BaseModel):
    """One step of the way from the button: somebody's plan, a rule of it (counted from 1), or a last resort."""

    kind: Literal["member", "rule", "last_resort"]
    owner: MemberItem | None = Field(description="null: the company")
    rule: int | None = Field(examples=[3])


class LegItem(BaseModel):
    """Who rings, from second `from_s` until before second `to_s`. `presence` unknown: it is tried."""

    member: MemberItem
    from_s: int
    to_s: int
    rings_busy: bool
    presence: Literal["online", "offline", "unknown"]
    via: list[ViaItem]
    sentence: Sentence


class SilenceItem(BaseModel):
    """Who does not ring, and why. `joins_until_s`: rings as soon as it is back, before this second."""

    member: MemberItem
    at_s: int
    cause: Cause
    joins_until_s: int | None
    rule: int | None = Field(examples=[3])
    rule_of: MemberItem | None
    limit: int | None = Field(examples=[32])
    via: list[ViaItem]
    sentence: Sentence


class DecisionItem(BaseModel):
    """Which rule applied, and why others did not. `owner` null: about the whole call."""

    code: Code
    owner: MemberItem | None
    rule: int | None = Field(examples=[3])
    step: int | None = Field(examples=[1])
    why: Why | None
    weekday: int = Field(description="As the rules see the day: 1 is Monday.")
    holiday: str | None = Field(examples=["Nationalfeiertag"])
    sentence: Sentence


class AskAnswer(BaseModel):
    """Who would ring and who would not, each with the reason, as data and in words."""

    moment: datetime
    zone: str = Field(examples=["Europe/Vienna"])
    button_label: str = Field(examples=["Hausverwaltung"])
    priority: PriorityName
    ends_at_s: int
    finds_nobody: bool
    last_resort: Literal["used", "none", "not_needed"]
    legs: list[LegItem]
    silences: list[SilenceItem]
    decisions: list[DecisionItem]


class QuietBody(Body):
    """Do not disturb: from now without `starts_at`; until it is taken away without `ends_at`; with `times` only then."""

    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    times: TimesDocument | None = Field(default=None, description="A schedule; it knows no holidays.")
    zone: str | None = Field(
        default=None,
        max_length=64,
        description="What the schedule is in; null: the person's.",
        examples=["Europe/Vienna"],
    )
    place_id: Id | None = Field(default=None, description="Only for calls of stations there; null: everywhere.")


class QuietsBody(Body):
    """All of somebody's do not disturb; none: they ring."""

    items: list[QuietBody] = Field(max_length=QUIETS_PER_PERSON_MAX)


class QuietItem(BaseModel):
    """One part of somebody's do not disturb, and who asked for it, by name as it was then."""

    starts_at: datetime
    ends_at: datetime | None
    times: TimesDocument | None
    zone: str = Field(examples=["Europe/Vienna"])
    place_id: str | None
    set_by: str = Field(examples=["Anna Auer"])
    set_at: datetime


class Quiets(BaseModel):
    """All of somebody's do not disturb, what is over as well until it is set anew."""

    items: list[QuietItem]


class RingSettingsBody(Body):
    """What holds for all ring plans of the company."""

    last_resort: StepsDocument | None = Field(
        default=None, description="Who rings when a call finds nobody; null: nobody does."
    )
    alarm_breaks_quiet: bool = Field(default=True, description="Alarms ring people who do not want to be disturbed.")
    holidays: CalendarDocument | None = Field(default=None, description="Where a plan names no calendar of its own.")


class RingSettingsView(BaseModel):
    """What holds for all ring plans of the company, and what those named as last resort are called."""

    last_resort: StepsDocument | None
    alarm_breaks_quiet: bool
    holidays: CalendarDocument | None
    members: list[MemberItem]


class RegionItem(BaseModel):
    """A region with public holidays of its own, as it is called there."""

    code: str = Field(examples=["5"])
    name: str = Field(examples=["Salzburg"])


class CountryItem(BaseModel):
    """A country (ISO 3166-1) whose public holidays are known."""

    code: str = Field(examples=["AT"])
    regions: list[RegionItem]


class HolidayCalendars(BaseModel):
    """All that can be chosen, by code."""

    items: list[CountryItem]
