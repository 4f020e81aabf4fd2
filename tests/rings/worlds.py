"""Any company whatever: plans that name each other as they like, people in every state. For hypothesis."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from antiphon.directory import rings
from antiphon.directory.rings import (
    Ask,
    AsWeekday,
    Book,
    HolidayCalendar,
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
)

USERS = [Member("user", f"u{at}") for at in range(12)]
OWNERS = [
    *USERS[:4],
    *(Member("group", f"g{at}") for at in range(6)),
    *(Member("contact", f"c{at}") for at in range(2)),
]
MEMBERS = [
    *USERS,
    *OWNERS[4:],
    *(Member("station", f"s{at}") for at in range(40)),
    *(Member("account", f"a{at}") for at in range(3)),
    Member("number", "+436621"),
]
NAMES = {member: f"{member.kind.title()} {member.id}" for member in MEMBERS if member.kind != "number"}
ZONES = [
    "Europe/Vienna",
    "Australia/Lord_Howe",
    "America/New_York",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "UTC",
    "No/Where",
]
NOON = datetime(2026, 11, 23, 13, 32, tzinfo=UTC)

_MINUTES = 16 * 365 * 24 * 60
moments = st.integers(0, _MINUTES).map(lambda at: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=at)) | st.just(
    NOON
)
spans = st.builds(Span, st.integers(0, 1439), st.integers(0, 1440))
times = st.builds(
    Times,
    st.frozensets(st.integers(1, 7)),
    st.none() | st.dates(date(2026, 1, 1), date(2027, 1, 1)),
    st.none() | st.dates(date(2026, 1, 1), date(2027, 1, 1)),
    st.lists(spans, max_size=2).map(tuple),
    st.sampled_from(["as_any_day", "only", "never"]),
) | st.just(Times())
STATIONS = [member for member in MEMBERS if member.kind == "station"]
some = st.lists(st.sampled_from([*OWNERS, *MEMBERS[:24]]), min_size=1, max_size=5).map(tuple)
crowds = st.integers(1, len(STATIONS)).map(lambda many: tuple(STATIONS[:many]))
step_lists = st.builds(
    Steps,
    st.lists(
        st.builds(Step, st.one_of(some, some, some, crowds), st.none() | st.integers(5, 90)), min_size=1, max_size=3
    ).map(tuple),
    st.integers(1, 3),
)
rules = st.builds(
    Rule,
    st.sampled_from(["r1", "r2", "r3"]),
    st.one_of(step_lists, step_lists, step_lists, st.builds(AsWeekday, st.integers(1, 7))),
    st.one_of(st.just(Times()), st.just(Times()), times),
    st.sampled_from(["always", "busy", "no_answer", "no_answer", "offline", "do_not_disturb"]),
    st.integers(5, 60),
    st.none() | st.sampled_from(USERS[:6]),
    st.one_of(st.just(True), st.just(True), st.just(True), st.booleans()),
    st.one_of(st.just(False), st.just(False), st.just(False), st.booleans()),
)
PRESENCES = st.builds(Presence, st.sampled_from(["online", "offline", "unknown"]), st.booleans())


@st.composite
def plans(draw: st.DrawFn, owner: Member) -> Plan:
    return Plan(
        owner,
        draw(step_lists if owner.kind != "user" else st.none() | step_lists),
        tuple(draw(st.lists(rules, max_size=4))),
        draw(st.none() | step_lists),
        draw(st.sampled_from(ZONES)),
        draw(st.sampled_from([None, HolidayCalendar("AT", "5"), HolidayCalendar("DE", "BY"), HolidayCalendar("XX")])),
    )


@st.composite
def quiets(draw: st.DrawFn, user_id: str) -> Quiet:
    starts = draw(st.one_of(moments, st.just(datetime(2020, 1, 1, tzinfo=UTC)), st.just(NOON - timedelta(hours=1))))
    ends = draw(st.none() | st.just(starts + timedelta(hours=3)))
    where = draw(st.sampled_from(["/", "/site_1/"]))
    return Quiet(
        user_id, starts, "somebody", starts, ends, where, draw(st.none() | times), draw(st.sampled_from(ZONES))
    )


@st.composite
def books(draw: st.DrawFn) -> Book:
    without = draw(st.lists(st.sampled_from(OWNERS), max_size=6, unique=True))
    owners = [owner for owner in OWNERS if owner not in without]
    gone = set(draw(st.lists(st.sampled_from(MEMBERS), max_size=2)))
    quiet = draw(st.lists(st.sampled_from(USERS), max_size=6, unique=True))
    return Book(
        {member: name for member, name in NAMES.items() if member not in gone},
        {owner: draw(plans(owner)) for owner in owners},
        draw(st.dictionaries(st.sampled_from(MEMBERS[:28]), PRESENCES, max_size=12)),
        {user.id: (draw(quiets(user.id)),) for user in quiet},
        draw(st.dictionaries(st.sampled_from(MEMBERS), st.sampled_from(["disabled", "may_not_answer"]), max_size=2)),
        draw(st.none() | step_lists),
        draw(st.booleans()),
        rings.holiday,
    )


asks = st.builds(
    Ask,
    st.lists(st.sampled_from([*OWNERS, *OWNERS, *MEMBERS]), min_size=1, max_size=5).map(tuple) | st.just(()),
    moments,
    st.sampled_from(["/", "/site_1/house_1/"]),
    st.sampled_from(ZONES[:-1]),
    st.sampled_from(list(Priority)),
    st.one_of(st.just(60), st.integers(30, 180), st.integers(0, 400)),
)
