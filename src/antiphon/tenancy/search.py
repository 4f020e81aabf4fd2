"""Search over everything that has a name: the words of a name, kept beside the thing, found by their beginnings.

One plain table serves both databases; a question costs a walk along the matching words and no scan of names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import sqlalchemy as sa
from fastapi import Query

from antiphon.clock import new_id
from antiphon.database import Scope, Tx, beginning, binary_text, explain, folded, has_row, in_rows, tenant_table
from antiphon.limits import SEARCH_RESULTS_MAX, SEARCH_WORD_MAX_CHARS, SEARCH_WORDS_MAX
from antiphon.tenancy.rights import Reach
from antiphon.tenancy.store import place_rows, within

Kind = Literal["place", "station", "account", "user", "door", "contact", "group"]
# A person's address leads to them too, for whoever may see it: its words have a kind of their own.
WordKind = Literal["place", "station", "account", "user", "door", "contact", "group", "email"]
Text = Annotated[
    str | None,
    Query(
        min_length=1, max_length=120, description="Only those whose names have words that begin so.", examples=["lech"]
    ),
]

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
    kind="place, station, account, user, door, contact, group, or email: of a person's address.",
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


def put(
    tx: Tx, scope: Scope, kind: Kind, thing_id: str, place_id: str, title: str, *, email: str | None = None
) -> None:
    """The thing is found by the words of its title from now on, and by no others; a person by their address too."""
    tx.delete(scope, search_words, thing_id=thing_id)
    of_kind: list[tuple[WordKind, set[str]]] = [(kind, words(title))]
    if email is not None:
        of_kind.append(("email", words_of_email(email)))
    for its_kind, found in of_kind:
        for word in sorted(found)[:SEARCH_WORDS_MAX]:
            values = {"id": new_id("word"), "word": word, "kind": its_kind, "thing_id": thing_id}
            tx.insert(scope, search_words, values | {"place_id": place_id, "title": title[:250]})


def move(tx: Tx, scope: Scope, thing_ids: Sequence[str], place_id: str) -> None:
    """These things are at another place from now on."""
    tx.update(scope, search_words, search_words.c.thing_id.in_(tuple(thing_ids)), values={"place_id": place_id})


def drop(tx: Tx, scope: Scope, thing_id: str) -> None:
    """The thing is found no more."""
    tx.delete(scope, search_words, thing_id=thing_id)


def find(tx: Tx, scope: Scope, asked: str, reaches: Mapping[WordKind, Reach]) -> tuple[Found, ...]:
    """Things with words that begin like every word asked for, within what the person may see of each kind."""
    wanted = sorted(asked_words(asked), key=len, reverse=True)[:SEARCH_WORDS_MAX]
    alike: dict[Reach, list[WordKind]] = {}
    for kind, reach in reaches.items():
        if reach:
            alike.setdefault(reach, []).append(kind)
    if not wanted or not alike:
        return ()

    def seen(table: sa.FromClause) -> sa.ColumnElement[bool]:
        by_kind = (
            sa.and_(table.c.kind.in_(kinds), within(tx, scope, table.c.place_id, reach))
            for reach, kinds in alike.items()
        )
        return sa.or_(*by_kind)

    where = [beginning(search_words.c.word, wanted[0]), seen(search_words)]
    if len(wanted) > 1:
        also = search_words.alias("also")
        # Every word has to be one that they may see: else an address could be guessed word by word.
        same = (also.c.company_id == search_words.c.company_id, also.c.thing_id == search_words.c.thing_id, seen(also))
        where += [has_row(also, *same, beginning(also.c.word, word)) for word in wanted[1:]]
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
        Found(
            "user" if row["kind"] == "email" else row["kind"],
            row["thing_id"],
            row["title"],
            row["place_id"],
            its_place["trail"],
        )
        for row, its_place in reversed(found.values())
    ]
    paths = {its_place["id"]: its_place["path"] for _, its_place in found.values()}
    return _from_projects(tx, scope, made[:SEARCH_RESULTS_MAX], paths, reaches.get("place", Reach()))


def matching(
    tx: Tx, scope: Scope, thing_id: sa.Column[Any], asked: str, reaches: Mapping[WordKind, Reach]
) -> tuple[sa.ColumnElement[bool], ...]:
    """The conditions that filter a list of things by text: what `find` finds, in the list's own order."""
    wanted = sorted(asked_words(asked), key=len, reverse=True)[:SEARCH_WORDS_MAX]
    if not wanted:
        return (sa.false(),)
    kinds = (
        sa.and_(search_words.c.kind == kind, within(tx, scope, search_words.c.place_id, reach))
        for kind, reach in reaches.items()
        if reach
    )
    seen = sa.and_(search_words.c.company_id == scope.company_id, sa.or_(sa.false(), *kinds))
    return tuple(
        in_rows(thing_id, search_words.c.thing_id, seen, beginning(search_words.c.word, word)) for word in wanted
    )


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


def fits(asked: str, *names: str) -> bool:
    """Whether every word asked for is the beginning of a word of these names (addresses are names too): `find` for the few
    things that no rows are kept of."""
    there = {word for name in names for word in (words_of_email(name) if "@" in name else words(name))}
    wanted = asked_words(asked)
    return bool(wanted) and all(any(word.startswith(one) for word in there) for one in wanted)


def asked_words(asked: str) -> set[str]:
    """What somebody looks for: words, and beginnings of addresses, which are left whole."""
    addresses = {one for one in folded(asked).split() if "@" in one}
    plain = " ".join(one for one in asked.split() if "@" not in one)
    return words(plain) | {one[:SEARCH_WORD_MAX_CHARS] for one in addresses}


def words_of_email(email: str) -> set[str]:
    """What an address is found by: its beginning, the words before the @, and what follows from the @ on.

    Not by the words of the domain alone, which all people of a company have.
    """
    address = folded(email)
    own, _, domain = address.partition("@")
    return words(own) | {address[:SEARCH_WORD_MAX_CHARS], f"@{domain}"[:SEARCH_WORD_MAX_CHARS]}


def words(text: str) -> set[str]:
    """The words of a text as they are looked up: without case, accents and signs."""
    letters = "".join(letter if letter.isalnum() else " " for letter in folded(text))
    return {word[:SEARCH_WORD_MAX_CHARS] for word in letters.split()}
