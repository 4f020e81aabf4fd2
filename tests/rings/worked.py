"""The worked examples of ring plans: read from `examples.toml`, asked of the planner, and written as `docs/ring-plans.md`.

python -m tests.rings.worked > docs/ring-plans.md
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

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
    Ringing,
    Rule,
    Span,
    Step,
    Steps,
    Times,
)

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "ring-plans.md"
Json = Any  # Any: what stands in the file
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_FILE = tomllib.loads((HERE / "examples.toml").read_text())
_ONE_OF = {"people": "user", "stations": "station", "telephones": "account", "groups": "group", "contacts": "contact"}
CAST: dict[str, Member] = {
    name: Member(kind, f"{kind}_{at}")  # type: ignore[arg-type]
    for word, kind in _ONE_OF.items()
    for at, name in enumerate(_FILE["cast"][word])
} | {f"Desk {at}": Member("station", f"desk_{at}") for at in range(1, 61)}
NAMES = {member: name for name, member in CAST.items()}


@dataclass(frozen=True, slots=True)
class Example:
    """One of them: what is asked, and what has to come out."""

    number: int
    section: str
    told: str
    data: Json
    book: Book
    ask: Ask

    def answer(self) -> Ringing:
        return rings.plan(self.book, self.ask)

    def answers(self) -> tuple[list[str], list[str]]:
        """Who rings from when to when, and who does not for which cause: as the planner says."""
        answer = self.answer()
        return (
            sorted(f"{name(leg.receiver)} {leg.from_s}-{leg.to_s}" for leg in answer.legs),
            sorted(f"{name(silence.member)} {silence.cause}" for silence in answer.silences),
        )

    def expected(self) -> tuple[list[str], list[str]]:
        """The same as the file says."""
        rung = [line.rsplit(" ", 1) for line in self.data["rings"]]
        silent = self.data.get("silent", {}).items()
        return (
            sorted(f"{name(member)} {span}" for who, span in rung for member in members(who)),
            sorted(f"{who} {cause}" for who, causes in silent for cause in _list(causes)),
        )

    def reasons(self) -> list[str]:
        words = rings.words("en", NAMES, self.ask.zone)
        return [words.decision(decision) for decision in self.answer().decisions]


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def name(member: Member) -> str:
    return NAMES.get(member, member.id)


def members(text: str) -> tuple[Member, ...]:
    found: list[Member] = []
    for part in text.split(" + "):
        many = re.fullmatch(r"Desks (\d+) to (\d+)", part)
        if many:
            found += [CAST[f"Desk {at}"] for at in range(int(many[1]), int(many[2]) + 1)]
        else:
            found.append(Member("number", part) if part.startswith("+") else CAST[part])
    return tuple(found)


def steps(text: str) -> Steps:
    text, _, rounds = text.partition("; ")
    found = []
    for part in text.split(", then "):
        who, seconds = re.fullmatch(r"(.*?)(?: (\d+) s)?", part).groups()  # type: ignore[union-attr]
        found.append(Step(members(who), int(seconds) if seconds else None))
    return Steps(tuple(found), int(rounds.split()[0]) if rounds else 1)


def weekdays(text: str) -> frozenset[int]:
    found: set[int] = set()
    for part in filter(None, text.split(", ")):
        first, _, last = part.partition("-")
        found |= set(range(DAYS.index(first) + 1, DAYS.index(last or first) + 2))
    return frozenset(found)


def minutes(text: str) -> int:
    hours, _, rest = text.partition(":")
    return int(hours) * 60 + int(rest)


def times(data: Json) -> Times:
    spans = [part.split("-") for part in data["at"].split(", ")] if "at" in data else []
    return Times(
        weekdays(data.get("on", "")),
        _date(data.get("from")),
        _date(data.get("to")),
        tuple(Span(minutes(first), minutes(last)) for first, last in spans),
        data.get("holidays", "as_any_day"),
    )


def rule(at: int, data: Json) -> Rule:
    return Rule(
        f"rule_{at}",
        AsWeekday(DAYS.index(data["as"]) + 1) if "as" in data else steps(data["ring"]),
        times(data),
        data.get("when", "always"),
        data.get("after"),
        CAST[data["whose"]] if "whose" in data else None,
        enabled=not data.get("off", False),
        draft=data.get("draft", False),
    )


def plan(owner: str, data: Json) -> Plan:
    calendar = data.get("holidays")
    return Plan(
        CAST[owner],
        steps(data["steps"]) if "steps" in data else None,
        tuple(rule(at, one) for at, one in enumerate(data.get("rules", []), 1)),
        steps(data["last"]) if "last" in data else None,
        data.get("zone", "Europe/Vienna"),
        HolidayCalendar(*calendar.split("-")) if calendar else None,
    )


def _date(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def moment(text: str, zone: str) -> datetime:
    wall, again, _ = text.partition(" second time")
    return datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone), fold=int(bool(again))).astimezone(UTC)


def quiets(data: Json, zone: str) -> dict[str, tuple[Quiet, ...]]:
    found: dict[str, tuple[Quiet, ...]] = {}
    for one in data.get("quiet", []):
        user_id = CAST[one["who"]].id
        schedule = {key: one[key] for key in ("on", "at") if key in one}
        since = moment(one.get("since", "2026-01-01 00:00"), zone)
        found[user_id] = (
            *found.get(user_id, ()),
            Quiet(
                user_id,
                since,
                one.get("by", one["who"]),
                since,
                moment(one["until"], zone) if "until" in one else None,
                one.get("path", "/"),
                times(schedule) if schedule else None,
                one.get("zone", zone),
            ),
        )
    return found


def examples() -> Iterator[Example]:
    number = 0
    for section in _FILE["section"]:
        for data in section["example"]:
            number += 1
            zone = data.get("zone", "Europe/Vienna")
            gone = {CAST[one] for one in data.get("gone", [])}
            presence = {CAST[one]: Presence("offline") for one in data.get("offline", [])}
            presence |= {CAST[one]: Presence("online", busy=True) for one in data.get("busy", [])}
            company_last = data.get("company_last")
            book = Book(
                {member: known for member, known in NAMES.items() if member not in gone},
                {CAST[owner]: plan(owner, one) for owner, one in data.get("plans", {}).items()},
                presence,
                quiets(data, zone),
                {members(who)[0]: bar for who, bar in data.get("barred", {}).items()},
                steps(company_last) if company_last else None,
                data.get("alarm_breaks_quiet", True),
                rings.holiday,
            )
            ask = Ask(
                members(data["button"]),
                moment(data.get("pressed", "2026-11-23 14:32"), zone),
                data.get("path", "/"),
                zone,
                Priority[data.get("priority", "normal").upper()],
                data.get("seconds", 60),  # of what has no length of its own
            )
            yield Example(number, section["title"], data["told"], data, book, ask)


# -- the page --------------------------------------------------------------------------------------------------------


def page() -> str:
    lines = [*_FILE["page"]["words"].strip().splitlines(), ""]
    section = ""
    for example in examples():
        if example.section != section:
            section = example.section
            lines += [f"## {section}", ""]
        lines += [*_written(example), ""]
    return "\n".join(lines).rstrip() + "\n"


def _written(example: Example) -> Iterator[str]:
    data, ask = example.data, example.ask
    english, german = (rings.words(language, NAMES, ask.zone) for language in ("en", "de"))
    yield f"### {example.number}. {example.told}"
    yield ""
    local = ask.moment.astimezone(ZoneInfo(ask.zone))
    where = f" at a station in `{ask.station_path}`" if ask.station_path != "/" else ""
    kind = f" This button is of {ask.priority.name.lower()} priority." if ask.priority is not Priority.NORMAL else ""
    when = f"{local:%a} {local.day} {local:%b %Y}, {local.hour}:{local:%M}"
    yield f"The button rings {data['button'].replace(' + ', ' and ')}. Pressed {when} ({ask.zone}){where}.{kind}"
    for owner, known in example.book.plans.items():
        yield ""
        yield from _plan_lines(owner, known, english, german)
    given = [*_given(example)]
    if given:
        yield ""
        yield " ".join(given)
    answer = example.answer()
    yield ""
    yield "| | | |"
    yield "|---|---|---|"
    for leg in answer.legs:
        yield f"| **{name(leg.receiver)}** | {english.leg(leg)} | {german.leg(leg)} |"
    for silence in answer.silences:
        yield f"| {name(silence.member)} | {english.silence(silence)} | {german.silence(silence)} |"
    for decision in answer.decisions:
        yield f"| *why* | {english.decision(decision)} | {german.decision(decision)} |"


def _plan_lines(owner: Member, known: Plan, words: rings.Words, german: rings.Words) -> Iterator[str]:
    holidays = f", holidays of {'-'.join(filter(None, known.holidays))}" if known.holidays else ""
    zone = f", times in {known.zone}" if known.rules else ""
    yield f"Ring plan of **{name(owner)}**{zone}{holidays}:"
    yield ""
    for number, one in enumerate(known.rules, 1):
        state = " *(draft)*" if one.draft else "" if one.enabled else " *(off)*"
        yield f"{number}. {words.rule(one, owner, known.holidays, seconds=True)}{state}"
        yield f"   *{german.rule(one, owner, known.holidays, seconds=True)}*"
    if known.otherwise is not None:
        yield f"- {'Otherwise ring' if known.rules else 'Ring'} {words.steps(known.otherwise)}."
    if known.last_resort is not None:
        yield f"- Last resort: {words.steps(known.last_resort)}."


def _given(example: Example) -> Iterator[str]:
    data, words = example.data, rings.words("en", NAMES, example.ask.zone)
    for word, said in (("offline", "offline"), ("busy", "in another call"), ("gone", "gone from the company")):
        if word in data:
            yield f"{' and '.join(data[word])}: {said}."
    for one in data.get("quiet", []):
        where = f" in `{one['path']}`" if "path" in one else ""
        until = f" until {one['until']}" if "until" in one else ""
        schedule = " ".join(f"{one[key]}" for key in ("on", "at") if key in one)
        yield f"{one['who']}: do not disturb{until}{f' on {schedule}' if schedule else ''}{where}."
    for who, bar in data.get("barred", {}).items():
        yield f"{who}: {bar.replace('_', ' ')}."
    if example.book.last_resort is not None:
        yield f"The company's last resort: {words.steps(example.book.last_resort)}."
    if not example.book.alarm_breaks_quiet:
        yield "In this company alarms do not break through do not disturb."
    if example.ask.open_s != 60:
        yield f"A call rings {example.ask.open_s} s where no plan says how long."


if __name__ == "__main__":
    sys.stdout.write(page())
