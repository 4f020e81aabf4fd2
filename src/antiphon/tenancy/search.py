"""Search over everything that has a name: the words of a name, kept beside the thing, found by their beginnings.

One plain table serves both databases; a question costs a walk along the matching words and no scan of names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import sqlalchemy as sa

from antiphon.clock import new_id
from antiphon.database import Scope, Tx, beginning, binary_text, explain, folded, has_row, tenant_table
from antiphon.limits import SEARCH_RESULTS_MAX, SEARCH_WORD_MAX_CHARS, SEARCH_WORDS_MAX
from antiphon.tenancy.rights import Reach
from antiphon.tenancy.store import place_rows, within

Kind = Literal["place", "station", "account", "user", "door"]

search_words = tenant_table(
    "search_words",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("word", binary_text(SEARCH_WORD_MAX_CHARS), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("thing_id", sa.String(40), nullable=False),
    sa.Column("place_id", sa.String(40), sa.ForeignKey("places.id"), nullable=False, index=True),
    sa.Column("title", sa.String(250), nullable=False),
    sa.Index("ix_search_words_word", "company_id", "word", "thing_id"),
    sa.Index("ix_search_words_thing", "company_id", "thing_id", "word"),
)
explain(
    search_words,
    "What names are found by: a row for each word of each thing's name.",
    word="One word, folded.",
    kind="place, station, account, user or door.",
    thing_id="What it leads to.",
    title="The whole name.",
)


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that the words lead to."""

    kind: Kind
    id: str
    title: str
    place_id: str
    trail: str  # from the project on


def put(tx: Tx, scope: Scope, kind: Kind, thing_id: str, place_id: str, title: str) -> None:
    """The thing is found by the words of its title from now on, and by no others."""
    tx.delete(scope, search_words, thing_id=thing_id)
    for word in sorted(words(title))[:SEARCH_WORDS_MAX]:
        values = {"id": new_id("word"), "word": word, "kind": kind, "thing_id": thing_id}
        tx.insert(scope, search_words, values | {"place_id": place_id, "title": title[:250]})


def drop(tx: Tx, scope: Scope, thing_id: str) -> None:
    """The thing is found no more."""
    tx.delete(scope, search_words, thing_id=thing_id)


def find(tx: Tx, scope: Scope, asked: str, reaches: Mapping[Kind, Reach]) -> tuple[Found, ...]:
    """Things with words that begin like every word asked for, within what the person may see of each kind."""
    wanted = sorted(words(asked), key=len, reverse=True)[:SEARCH_WORDS_MAX]
    alike: dict[Reach, list[Kind]] = {}
    for kind, reach in reaches.items():
        alike.setdefault(reach, []).append(kind)
    seen = [
        sa.and_(search_words.c.kind.in_(kinds), within(tx, scope, search_words.c.place_id, reach))
        for reach, kinds in alike.items()
        if reach
    ]
    if not wanted or not seen:
        return ()
    also = search_words.alias("also")
    where = [beginning(search_words.c.word, wanted[0]), sa.or_(*seen)]
    for word in wanted[1:]:
        same = (also.c.company_id == search_words.c.company_id, also.c.thing_id == search_words.c.thing_id)
        where.append(has_row(also, *same, beginning(also.c.word, word)))
    rows = tx.page(
        scope,
        search_words,
        (place_rows.c.id, search_words.c.place_id),
        where=where,
        order_by=(search_words.c.word, search_words.c.thing_id),
        limit=2 * SEARCH_RESULTS_MAX,
    )
    found = {row["thing_id"]: (row, its_place) for row, its_place in reversed(rows)}
    made = [
        Found(row["kind"], row["thing_id"], row["title"], row["place_id"], its_place["trail"])
        for row, its_place in reversed(found.values())
    ]
    paths = {its_place["id"]: its_place["path"] for _, its_place in found.values()}
    return _from_projects(tx, scope, made[:SEARCH_RESULTS_MAX], paths, reaches.get("place", Reach()))


def _from_projects(
    tx: Tx, scope: Scope, found: Sequence[Found], paths: Mapping[str, str], reach: Reach
) -> tuple[Found, ...]:
    """With trails from the project on, as far as that may be seen: sites of different projects may be called alike."""
    outermost = {paths[one.place_id].split("/")[1] for one in found} - {""}
    rows = tx.all(scope, place_rows, place_rows.c.id.in_(outermost), kind="project")
    projects = {row["id"]: row["name"] for row in rows if reach.covers(row["path"])}

    def way(one: Found) -> str:
        outer = projects.get(paths[one.place_id].split("/")[1])
        return one.trail if outer is None or one.place_id in projects else f"{outer}, {one.trail}"

    return tuple(replace(one, trail=way(one)) for one in found)


def words(text: str) -> set[str]:
    """The words of a text as they are looked up: without case, accents and signs."""
    letters = "".join(letter if letter.isalnum() else " " for letter in folded(text))
    return {word[:SEARCH_WORD_MAX_CHARS] for word in letters.split()}
