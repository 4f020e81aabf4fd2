"""The benchmark `api`: lists, search and tree of a very large company, asked for through the front, on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import httpx

from antiphon.assembly.bench import big_company, ground, postgresql
from antiphon.assembly.bench.big_company import Reader, Size
from antiphon.assembly.bench.report import Aim, Result, Spread, Value
from antiphon.clock import SystemClock
from antiphon.database import open_database
from antiphon.identity.tokens import issue_access_token
from antiphon.settings import Settings

_RATE = 20  # requests a second
_FULL, _QUICK = Size(projects=50, sites=10_000), Size(projects=5, sites=200)
_ROUNDS, _QUICK_ROUNDS = 12, 1
_DEEP = 30  # pages that are turned before the one that is measured
_AIM = Aim(at_most=50)
_GROUPS = {
    "lists": "Lists of places, stations, people, grants, changes: a page",
    "search": "Search over everything",
    "tree": "A level of the tree with its counts; the overview's counts",
}
_NOTES = (
    "Asked for by the owner, a project's administrator, a user manager of forty sites and one of a single site, at 20 requests",
    "  a second in turn, through HAProxy; from the moment at which a request is due until its answer is read. Twice before",
    "  without counting. PostgreSQL has counted its rows by then, as it does by itself within some minutes. The service, the",
    "  front and who asks share the machine.",
)


Get = Callable[[Reader, str], Awaitable[httpx.Response]]


@dataclass(frozen=True, slots=True)
class Question:
    """One request: who asks for what."""

    group: str
    name: str
    reader: Reader
    path: str


def run(*, quick: bool) -> Result:
    """Measure on one database after the other; installs itself beside everything else and goes away again."""
    size, rounds = (_QUICK, _QUICK_ROUNDS) if quick else (_FULL, _ROUNDS)
    result = Result("api", notes=[f"A company with {size.words()}.", *_NOTES])
    with ground.folder() as data, ground.installed(data) as settings:
        _measure(settings, "sqlite", "SQLite", size, rounds, result)
    with postgresql.started({"shared_buffers": "256MB"}) as server, ground.folder() as data:
        url = postgresql.over_tcp(server.url(postgresql.DATABASE))
        with ground.installed(data, database_url=url) as settings:
            _measure(settings, "postgresql", "PostgreSQL", size, rounds, result, counted=server.count)
    return result


def _measure(
    settings: Settings,
    key: str,
    words: str,
    size: Size,
    rounds: int,
    result: Result,
    *,
    counted: Callable[[], None] = lambda: None,
) -> None:
    database = open_database(settings)
    try:
        began = time.monotonic()
        readers = big_company.fill(database, size, SystemClock().now())
        result.add(f"{key}_filled", Value("s", time.monotonic() - began), f"{words}: the company written")
    finally:
        database.close()
    counted()
    took = asyncio.run(_ask(settings, readers, rounds))
    for group, said in _GROUPS.items():
        all_ms = [ms for question, each in took.items() if question.group == group for ms in each]
        result.add(f"{key}_{group}", Spread.of("ms", all_ms), f"{words}: {said}", _AIM)
    slowest = sorted(took, key=lambda question: sorted(took[question])[len(took[question]) // 2], reverse=True)
    for question in slowest[:3]:
        spread = Spread.of("ms", took[question])
        result.notes.append(f"{words}, slow: {question.name}, {question.reader.name}: p50 {spread.p50:.0f} ms.")


async def _ask(settings: Settings, readers: Sequence[Reader], rounds: int) -> dict[Question, list[float]]:
    """Milliseconds of every answer to each question."""
    trusted = ssl.create_default_context(cafile=str(settings.pki / "root.crt"))
    base = f"https://127.0.0.1:{settings.ports.https}/api/v1"
    limits = httpx.Limits(max_connections=50, max_keepalive_connections=50)
    key, now = (settings.secrets / "jwt.key").read_text(), SystemClock().now()
    signed = {
        one.name: {"Authorization": f"Bearer {issue_access_token(one.principal, key, now)[0]}"} for one in readers
    }
    async with httpx.AsyncClient(base_url=base, verify=trusted, limits=limits, timeout=60) as client:

        async def get(reader: Reader, path: str) -> httpx.Response:
            return await client.get(path, headers=signed[reader.name])

        async def ask(question: Question, due: float) -> tuple[Question, float]:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            (await get(question.reader, question.path)).raise_for_status()
            return question, (time.perf_counter() - due) * 1000

        async def get_slowly(reader: Reader, path: str) -> httpx.Response:
            await asyncio.sleep(1 / _RATE)  # as often as one person may ask
            return await get(reader, path)

        questions = [question for reader in readers for question in await questions_of(reader, get_slowly)]
        # neighbours in time come from different readers
        order = [questions[at] for first in range(len(readers)) for at in range(first, len(questions), len(readers))]
        took: dict[Question, list[float]] = {question: [] for question in questions}
        for number in range(2 + rounds):
            start = time.perf_counter() + 0.05
            asked = (ask(question, start + at / _RATE) for at, question in enumerate(order))
            for question, ms in await asyncio.gather(*asked):
                if number >= 2:
                    took[question].append(ms)
    return took


async def questions_of(reader: Reader, get: Get) -> list[Question]:
    """What that person asks for: those of the questions that are theirs, each list at its beginning and deep inside."""
    site, project = reader.site_id, reader.project
    questions: tuple[tuple[str, str, str, dict[str, str]], ...] = (
        ("lists", "places", "/places", {}),
        ("lists", "sites", "/places", {"kind": "site"}),
        ("lists", "stations", "/stations", {}),
        ("lists", "unclaimed stations", "/stations", {"status": "unclaimed"}),
        ("lists", "stations of a project", "/stations", {"place_id": project.id}),
        ("lists", "stations of a site", "/stations", {"place_id": site}),
        ("lists", "people", "/users", {}),
        ("lists", "deactivated people", "/users", {"active": "false"}),
        ("lists", "owners", "/users", {"role_id": "role_owner"}),
        ("lists", "operators", "/users", {"role_id": "role_operator"}),
        ("lists", "grants", "/grants", {}),
        ("lists", "grants at a site", "/grants", {"place_id": site}),
        ("lists", "changes", "/audit", {}),
        ("search", "search of two letters", "/search", {"q": "ha"}),
        ("search", "search of a word", "/search", {"q": "haupteingang"}),
        ("search", "search of a name", "/search", {"q": "anna gruber"}),
        ("search", "search of two beginnings", "/search", {"q": "li 17"}),
        ("search", "search of a number", "/search", {"q": "98765"}),
        ("search", "search of nothing there", "/search", {"q": "xylophon"}),
        ("tree", "the tree's beginning", "/tree", {}),
        ("tree", "the tree's projects", "/tree", {"parent_id": reader.principal.company_id}),
        ("tree", "a project in the tree", "/tree", {"parent_id": project.id}),
        ("tree", "a site in the tree", "/tree", {"parent_id": site}),
        ("tree", "counts of people", "/people/counts", {}),
        ("tree", "companies with their projects", "/me/companies", {}),
    )
    made = []
    for group, name, path, asked in questions:
        whole = f"{path}?{urlencode(asked)}"
        answer = await get(reader, whole)
        if answer.status_code in (403, 404):  # not theirs to see
            continue
        made.append(Question(group, name, reader, whole))
        deep = await _turned(reader, get, answer, whole) if group == "lists" else None
        if deep is not None:
            made.append(Question(group, f"{name}, deep inside", reader, deep))
    return made


async def _turned(reader: Reader, get: Get, answer: httpx.Response, whole: str) -> str | None:
    """The page after so many others; the last one of a shorter list, None where there is one alone."""
    page = None
    for _ in range(_DEEP):
        answer.raise_for_status()
        cursor = answer.json()["next_cursor"]
        if not cursor:
            break
        page = f"{whole}&cursor={cursor}"
        answer = await get(reader, page)
    return page
