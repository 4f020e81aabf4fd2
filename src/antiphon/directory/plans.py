"""Ring plans in the database: what is in force, what is drafted, what was before, and who is named in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from antiphon.clock import new_id
from antiphon.database import Scope, Tx, among
from antiphon.directory import ring_settings
from antiphon.directory.documents import PlanDocument, members_of
from antiphon.directory.model import NothingDrafted, NothingToUndo, StillNamed
from antiphon.directory.rings import Kind, Member
from antiphon.directory.tables import button_members, button_rows, plan_members, plan_rows

Version = Literal["in_force", "draft"]


@dataclass(frozen=True, slots=True)
class Versions:
    """All that is kept of somebody's plan; names are those of who did it, as they were then."""

    owner: Member
    in_force: PlanDocument | None = None
    in_force_at: datetime | None = None
    in_force_by: str | None = None
    draft: PlanDocument | None = None
    draft_at: datetime | None = None
    draft_by: str | None = None
    before: PlanDocument | None = None
    undoable: bool = False


@dataclass(frozen=True, slots=True)
class Naming:
    """Where somebody or something is named. `owner` is whose plan, or None: at a button, or as the last resort of all."""

    owner: Member | None = None
    version: Version | None = None
    station_id: str | None = None
    button: str | None = None


def versions(tx: Tx, scope: Scope, owner: Member) -> Versions:
    """What there is of that plan, maybe nothing."""
    row = tx.first(scope, plan_rows, owner_id=owner.id)
    if row is None:
        return Versions(owner)
    return Versions(
        owner,
        _read(row["in_force"]),
        row["in_force_at"],
        row["in_force_by"],
        _read(row["draft"]),
        row["draft_at"],
        row["draft_by"],
        _read(row["before"]),
        row["undoable"],
    )


def in_force(tx: Tx, scope: Scope, owners: Iterable[Member]) -> dict[Member, PlanDocument]:
    """The plans in force of these people, groups and contacts, by one question."""
    wanted = {owner.id: owner for owner in owners}
    rows = tx.all(scope, plan_rows, *among(plan_rows.c.owner_id, wanted), plan_rows.c.in_force.is_not(None))
    return {
        wanted[row["owner_id"]]: PlanDocument.model_validate_json(row["in_force"])
        for row in rows
        if row["owner_id"] in wanted
    }


def draft(tx: Tx, scope: Scope, owner: Member, document: PlanDocument | None, now: datetime, by: str) -> None:
    """Keep a draft, or throw it away. Calls go on to ring by what is in force."""
    said = {"draft_at": now, "draft_by": by} if document is not None else {"draft_at": None, "draft_by": None}
    _write(tx, scope, owner, {"draft": _written(document), **said})
    _name(tx, scope, owner, "draft", document)


def put_in_force(tx: Tx, scope: Scope, owner: Member, now: datetime, by: str) -> None:
    """The draft is what calls ring by, from the next press on. Raises `NothingDrafted`."""
    there = versions(tx, scope, owner)
    if there.draft is None:
        raise NothingDrafted
    values = {"in_force": _written(there.draft), "in_force_at": now, "in_force_by": by}
    values |= {"draft": None, "draft_at": None, "draft_by": None}
    _write(tx, scope, owner, values | {"before": _written(there.in_force), "undoable": True})
    _name(tx, scope, owner, "draft", None)
    _name(tx, scope, owner, "in_force", there.draft)


def undo(tx: Tx, scope: Scope, owner: Member, now: datetime, by: str) -> None:
    """What was in force before is in force again; doing so again takes that back. Raises `NothingToUndo`."""
    there = versions(tx, scope, owner)
    if not there.undoable:
        raise NothingToUndo
    values = {"in_force": _written(there.before), "in_force_at": now, "in_force_by": by}
    _write(tx, scope, owner, values | {"before": _written(there.in_force)})
    _name(tx, scope, owner, "in_force", there.before)


def forget(tx: Tx, scope: Scope, owner: Member) -> None:
    """The owner goes, and the plan with them."""
    row = tx.first(scope, plan_rows, owner_id=owner.id)
    if row is not None:
        tx.delete(scope, plan_members, plan_id=row["id"])
        tx.delete(scope, plan_rows, id=row["id"])


def namers(tx: Tx, scope: Scope, members: Iterable[Member]) -> dict[Member, PlanDocument]:
    """The plans in force in which any of these is named, by two questions."""
    ids = {member.id for member in members}
    rows = tx.all(scope, plan_members, *among(plan_members.c.member_id, ids), version="in_force")
    plan_ids = {row["plan_id"] for row in rows if row["member_id"] in ids}
    found = tx.all(scope, plan_rows, *among(plan_rows.c.id, plan_ids), plan_rows.c.in_force.is_not(None))
    return {_owner(row): PlanDocument.model_validate_json(row["in_force"]) for row in found if row["id"] in plan_ids}


def where_named(tx: Tx, scope: Scope, member: Member) -> tuple[Naming, ...]:
    """Every place in which it is named: plans in force, drafts, buttons, the company's last resort."""
    rows = tx.all(scope, plan_members, member_id=member.id)
    plan_ids = {row["plan_id"] for row in rows}
    owners = {row["id"]: _owner(row) for row in tx.all(scope, plan_rows, *among(plan_rows.c.id, plan_ids))}
    found = [
        Naming(owners[row["plan_id"]], row["version"])
        for row in rows
        if owners[row["plan_id"]] != member  # in one's own plan, which goes along
    ]
    bound = {row["button_id"] for row in tx.all(scope, button_members, member_id=member.id)}
    buttons = tx.all(scope, button_rows, button_rows.c.id.in_(bound), order_by=(button_rows.c.station_id,))
    found += [Naming(station_id=row["station_id"], button=row["name"]) for row in buttons]
    if member in ring_settings.get(tx, scope).members:
        found.append(Naming())
    return tuple(dict.fromkeys(found))


def refuse_named(tx: Tx, scope: Scope, member: Member) -> None:
    """Raises `StillNamed` where anything names it."""
    if where_named(tx, scope, member):
        raise StillNamed


def _owner(row: Any) -> Member:  # Any: a row
    return Member(cast(Kind, row["owner_kind"]), row["owner_id"])


def _read(text: str | None) -> PlanDocument | None:
    return None if text is None else PlanDocument.model_validate_json(text)


def _written(document: PlanDocument | None) -> str | None:
    return None if document is None else document.model_dump_json(exclude_defaults=True)


def _write(tx: Tx, scope: Scope, owner: Member, values: dict[str, Any]) -> None:  # Any: of every column
    if not tx.update(scope, plan_rows, values=values, owner_id=owner.id):
        made = {"id": new_id("plan"), "owner_kind": owner.kind, "owner_id": owner.id, "undoable": False}
        tx.insert(scope, plan_rows, made | values)


def _name(tx: Tx, scope: Scope, owner: Member, version: Version, document: PlanDocument | None) -> None:
    """Write down who is named in that version."""
    row = tx.first(scope, plan_rows, owner_id=owner.id)
    if row is None:
        return
    tx.delete(scope, plan_members, plan_id=row["id"], version=version)
    named = members_of(document).values() if document is not None else ()
    rows = [
        {
            "id": new_id("named"),
            "plan_id": row["id"],
            "version": version,
            "member_kind": member.kind,
            "member_id": member.id,
        }
        for member in named
        if member.kind != "number"
    ]
    if rows:
        tx.insert_many(scope, plan_members, rows)
