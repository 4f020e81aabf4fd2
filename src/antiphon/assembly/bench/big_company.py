"""A company of the size of a large housing association: its tree, stations and people, written in bulk, and who asks for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from random import Random
from typing import Any  # values of every column

import sqlalchemy as sa

from antiphon import tenancy
from antiphon.clock import new_id
from antiphon.database import Database, Scope, Tx, sort_key
from antiphon.devices.tables import device_rows, reported_states
from antiphon.identity import store as identity_store
from antiphon.tenancy import Place, Principal, search
from antiphon.tenancy.store import grant_rows, place_rows, user_rows

_BUNCH = 5_000
_PER_SITE = 10  # stations, and people
_FIRST = [
    "Anna",
    "Bernd",
    "Clara",
    "David",
    "Eva",
    "Franz",
    "Greta",
    "Hasan",
    "Ines",
    "Jonas",
    "Katharina",
    "Leyla",
    "Marko",
    "Nina",
    "Oskar",
    "Petra",
    "Rosa",
    "Stefan",
]
_LAST = [
    "Auer",
    "Berger",
    "Çelik",
    "Dorn",
    "Eder",
    "Fuchs",
    "Gruber",
    "Huber",
    "Issa",
    "Jäger",
    "Koller",
    "Lang",
    "Moser",
    "Novák",
    "Ortner",
    "Pichler",
    "Reiter",
    "Šimić",
]
_STREETS = [
    "Rainer",
    "Linzer",
    "Mozart",
    "Schiller",
    "Garten",
    "Bahnhof",
    "Kirchen",
    "Wiener",
    "Ring",
    "Park",
    "Feld",
    "Berg",
    "Wald",
    "Fluss",
    "Schul",
    "Markt",
]
_SPOTS = [
    "Haupteingang",
    "Tiefgarage",
    "Hintereingang",
    "Lieferanten",
    "Innenhof",
    "Schranke",
    "Lift",
    "Dachterrasse",
    "Keller",
    "Müllraum",
]

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Size:
    """How many projects and sites; each site has ten stations and ten people."""

    projects: int
    sites: int

    def words(self) -> str:
        each = self.sites * _PER_SITE
        return f"{self.sites:,} sites in {self.projects} projects, {each:,} stations, {each:,} people"


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who asks, signed in, and something in their reach to ask for."""

    name: str
    principal: Principal
    project: Place
    site_id: str


def fill(database: Database, size: Size, now: datetime) -> tuple[Reader, ...]:
    """Make the company; returns those who ask: its owner, who has all of it, a project's administrator, a caretaker of forty
    sites in every corner, and one site's operator."""
    random = Random(4)  # noqa: S311 - the same company in every run

    def make(tx: Tx) -> tuple[Reader, ...]:
        company = tenancy.create_company(tx, "Große Wohnbau", now, language="de")
        scope = Scope(company.id)
        projects = [
            tenancy.create_place(tx, scope, "project", company.id, f"Stadtteil {number:02}", now)
            for number in range(size.projects)
        ]
        sites = list(_sites(projects, size, now, random))
        folders = [_place("folder", site, "Stiege 1", now) for site in sites[::2]]
        _add(tx, scope, place_rows, sites + folders, "place", own_place=True)
        homes = [site["id"] for site in sites]
        stations = [_station(homes[at // _PER_SITE], at, now, random) for at in range(len(homes) * _PER_SITE)]
        _add(tx, scope, device_rows, stations, "station")
        _bulk(tx, scope, reported_states, (_report(one["id"], at, now) for at, one in enumerate(stations)))
        people = [_person(homes[at // _PER_SITE], at, now, random) for at in range(len(homes) * _PER_SITE)]
        _add(tx, scope, user_rows, people, "user")
        _bulk(tx, scope, grant_rows, (_operator(one, now) for one in people))

        def reader(name: str, role_id: str, places: list[str], site: Row) -> Reader:
            person = tenancy.create_user(
                tx, scope, name=f"Zita {name}", email=f"{new_id('asks')}@bench.example", password_hash=None, now=now
            )
            for place_id in places:
                tenancy.give(tx, scope, person.id, role_id, place_id, now, given_by=None)
            session = new_id("session")
            identity_store.add_session(tx, scope, session, person.id, now, now + timedelta(hours=2))
            principal = Principal(person.id, company.id, person.name, session)
            return Reader(name, principal, next(one for one in projects if one.id == site["parent_id"]), site["id"])

        middle, some = sites[len(sites) // 2], sites[:: max(1, len(sites) // 40)][:40]
        return (
            reader("owner", "role_owner", [company.id], middle),
            reader("administrator of a project", "role_administrator", [projects[1].id], sites[1]),
            reader("user manager of forty sites", "role_user_manager", [one["id"] for one in some], some[1]),
            reader("user manager of one site", "role_user_manager", [middle["id"]], middle),
        )

    return database.run_sync(make)


def _sites(projects: list[Place], size: Size, now: datetime, random: Random) -> Iterator[Row]:
    for number in range(size.sites):
        project = projects[number % size.projects]
        name = f"{random.choice(_STREETS)}{random.choice(('straße', 'gasse', 'weg', 'platz'))} {number % 180 + 1}"
        outer = {"id": project.id, "path": project.path, "site_id": None, "trail": project.name}
        yield _place("site", outer, name, now)


def _place(kind: str, outer: Mapping[str, Any], name: str, now: datetime) -> Row:
    place_id = new_id(kind)
    return {
        "id": place_id,
        "kind": kind,
        "parent_id": outer["id"],
        "site_id": place_id if kind == "site" else outer["site_id"],
        "name": name,
        "sort_key": sort_key(name),
        "path": f"{outer['path']}{place_id}/",
        "trail": name if kind == "site" else f"{outer['trail']}, {name}",
        "time_zone": "Europe/Vienna",
        "language": "de",
        "own_time_zone": False,
        "own_language": False,
        "created_at": now,
    }


def _station(place_id: str, number: int, now: datetime, random: Random) -> Row:
    name = f"{_SPOTS[number % len(_SPOTS)]} {random.choice(('Nord', 'Süd', 'Ost', 'West'))} {number}"
    return {
        "id": new_id("station"),
        "place_id": place_id,
        "name": name,
        "sort_key": sort_key(name),
        "spot": "",
        "status": "unclaimed" if number % 50 == 7 else "claimed",
        "online": False,  # none is there; the platform would notice
        "since": now,
        "model": "bench",
        "software": "1.0",
        "created_at": now,
        "kind": "station",
    }


def _report(device_id: str, number: int, now: datetime) -> Row:
    error = "the relay's pin is in use" if number % 500 == 1 else None
    return {"device_id": device_id, "version": 1, "error": error, "document": "{}", "at": now}


def _person(place_id: str, number: int, now: datetime, random: Random) -> Row:
    name = f"{random.choice(_FIRST)} {random.choice(_LAST)}"
    return {
        "id": new_id("user"),
        "email": f"person{number}@bench.example",
        "name": name,
        "sort_key": sort_key(name),
        "place_id": place_id,
        "language": None,
        "password_hash": None,
        "active": number % 20 != 0,
        "created_at": now,
    }


def _operator(person: Row, now: datetime) -> Row:
    grant = {"id": new_id("grant"), "user_id": person["id"], "role_id": "role_operator", "place_id": person["place_id"]}
    return grant | {"starts_at": None, "ends_at": None, "created_at": now, "created_by": None, "of_guest": False}


def _add(
    tx: Tx, scope: Scope, table: sa.Table, things: list[Row], kind: search.Kind, *, own_place: bool = False
) -> None:
    """The things, and the words by which they are found."""
    _bulk(tx, scope, table, iter(things))
    words = (
        {
            "id": new_id("word"),
            "word": word,
            "kind": kind,
            "thing_id": one["id"],
            "place_id": one["id"] if own_place else one["place_id"],
            "title": one["name"],
        }
        for one in things
        for word in search.words(one["name"])
    )
    _bulk(tx, scope, search.search_words, words)


def _bulk(tx: Tx, scope: Scope, table: sa.Table, rows: Iterator[Row]) -> None:
    while bunch := list(islice(rows, _BUNCH)):
        tx.insert_many(scope, table, bunch)
