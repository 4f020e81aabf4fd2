"""HTTP of contacts and ring groups: list, look, add, change, move, remove."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from antiphon import tenancy
from antiphon.database import Tx, sort_key
from antiphon.directory import parties, portraits
from antiphon.directory.model import ContactNotFound, Party, PartyKind, RingGroupNotFound, StillNamed
from antiphon.tenancy import Label, Name, Permission, PlaceNotFound, paging, search
from antiphon.tenancy.asking import Asker, Body, Needs, Refuses, Route, Tagged, database_of, now_of
from antiphon.tenancy.paging import Cursor, IdempotencyKey, IfMatch, Limit
from antiphon.tenancy.views import Id

router = APIRouter(route_class=Route, prefix="/api/v1")

Readers = Annotated[Asker, Depends(Needs("ring_plans.read"))]
Writers = Annotated[Asker, Depends(Needs("ring_plans.configure"))]
Direct = Annotated[bool, Query(description="With `place_id`: without those in places below it.")]
InPlace = Annotated[Id | None, Query(description="Only those in this place and below it.")]


class ContactItem(BaseModel):
    """Whom visitors look for: a household, an office. Who rings for it is in its ring plan."""

    id: str = Field(examples=["contact_01k2x3y4z5a6b7c8d9e0f1g2h3"])
    name: str = Field(examples=["Ordination Dr. Lechner"])
    company_name: str = Field(examples=["Lechner & Partner"], description="May be empty.")
    place_id: str
    place: str = Field(examples=["Rainerstraße 12, Stiege 2"])
    picture: str | None = Field(
        examples=["1f0c2d3e4a5b6c7d8e9f0a1b"],
        description="Changes with its picture, which is at `/contacts/{contact_id}/picture`; null: it has none.",
    )
    logo: str | None = Field(examples=[None], description="The same of the logo.")


class Contacts(BaseModel):
    """A page by name; `next_cursor` null: there is nothing more."""

    items: list[ContactItem]
    next_cursor: str | None


class NewContact(Body):
    """A contact at a place. It rings nobody before its ring plan is in force."""

    name: Name = Field(examples=["Ordination Dr. Lechner"])
    company_name: Label = Field(default="", examples=["Lechner & Partner"])
    place_id: Id


class ContactChange(Body):
    """Only what is given changes. A `place_id` moves the contact."""

    name: Name | None = Field(default=None, examples=["Ordination Dr. Lechner"])
    company_name: Label | None = Field(default=None, examples=["Lechner & Partner"])
    place_id: Id | None = None


class RingGroupItem(BaseModel):
    """People and telephones that ring together or after one another: by its ring plan."""

    id: str = Field(examples=["group_01k2x3y4z5a6b7c8d9e0f1g2h3"])
    name: str = Field(examples=["Empfang"])
    place_id: str
    place: str = Field(examples=["Rainerstraße 12"])


class RingGroups(BaseModel):
    """A page by name; `next_cursor` null: there is nothing more."""

    items: list[RingGroupItem]
    next_cursor: str | None


class NewRingGroup(Body):
    """A ring group at a place. It rings nobody before its ring plan is in force."""

    name: Name = Field(examples=["Empfang"])
    place_id: Id


class RingGroupChange(Body):
    """Only what is given changes. A `place_id` moves the group."""

    name: Name | None = Field(default=None, examples=["Empfang"])
    place_id: Id | None = None


# -- contacts --------------------------------------------------------------------------------------------------------


@router.get("/contacts", tags=["contacts"], summary="Contacts by name")
@Refuses(PlaceNotFound)
async def list_contacts(
    request: Request,
    asker: Readers,
    q: search.Text = None,
    place_id: InPlace = None,
    direct: Direct = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Contacts:
    """Those whose ring plans you may read."""
    found, following = await _page(request, asker, "contact", (q, place_id, direct), limit, cursor)
    return Contacts(items=[_contact(one) for one in found], next_cursor=following)


@router.get("/contacts/{contact_id}", tags=["contacts"], summary="One contact")
@Refuses(ContactNotFound)
async def get_contact(contact_id: Id, request: Request, response: Tagged, asker: Readers) -> ContactItem:
    """With the place where it is."""
    found = await database_of(request).read(lambda tx: _admitted(tx, asker, "contact", contact_id))
    return paging.tagged(response, _contact(found))


@router.post("/contacts", tags=["contacts"], summary="Add a contact", status_code=201)
@Refuses(PlaceNotFound)
async def add_contact(body: NewContact, request: Request, asker: Writers, key: IdempotencyKey = None) -> ContactItem:
    """Write its ring plan next, and bind it to a button."""
    now = now_of(request)

    def work(tx: Tx) -> ContactItem:
        def make() -> ContactItem:
            _admit_place(tx, asker, body.place_id)
            made = parties.add(tx, asker.scope, "contact", **body.model_dump(), now=now)
            asker.record(tx, now, "contact.added", made.id, **body.model_dump())
            return _contact(made)

        return paging.once(tx, asker, request, key, body, now, make, ContactItem)

    return await database_of(request).run(work)


@router.patch("/contacts/{contact_id}", tags=["contacts"], summary="Change a contact")
@Refuses(ContactNotFound, PlaceNotFound)
async def change_contact(
    contact_id: Id, body: ContactChange, request: Request, response: Tagged, asker: Writers, if_match: IfMatch = None
) -> ContactItem:
    """Its ring plan and the buttons that it is bound to stay."""
    now = now_of(request)

    def work(tx: Tx) -> ContactItem:
        before = _admitted(tx, asker, "contact", contact_id, "ring_plans.configure")
        paging.check_match(if_match, lambda: _contact(before))
        given = body.model_dump(exclude_none=True)
        if body.place_id is not None:
            _admit_place(tx, asker, body.place_id)
        changed = parties.change(tx, asker.scope, "contact", contact_id, **given)
        asker.record(tx, now, "contact.changed", contact_id, **given)
        return _contact(changed)

    return paging.tagged(response, await database_of(request).run(work))


@router.delete("/contacts/{contact_id}", tags=["contacts"], summary="Remove a contact", status_code=204)
@Refuses(ContactNotFound, StillNamed)
async def remove_contact(contact_id: Id, request: Request, asker: Writers, if_match: IfMatch = None) -> Response:
    """With its ring plan, picture and logo. Refused while a button or a ring plan names it."""
    now = now_of(request)

    def work(tx: Tx) -> list[str]:
        leaving = _admitted(tx, asker, "contact", contact_id, "ring_plans.configure")
        paging.check_match(if_match, lambda: _contact(leaving))
        gone = parties.remove(tx, asker.scope, "contact", contact_id)
        asker.record(tx, now, "contact.removed", contact_id, name=leaving.name)
        return gone

    gone = await database_of(request).run(work)
    await portraits.discard(request.app.state.settings.portraits, gone)
    return Response(status_code=204)


# -- ring groups -----------------------------------------------------------------------------------------------------


@router.get("/ring-groups", tags=["ring groups"], summary="Ring groups by name")
@Refuses(PlaceNotFound)
async def list_ring_groups(
    request: Request,
    asker: Readers,
    q: search.Text = None,
    place_id: InPlace = None,
    direct: Direct = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> RingGroups:
    """Those whose ring plans you may read."""
    found, following = await _page(request, asker, "group", (q, place_id, direct), limit, cursor)
    return RingGroups(items=[_group(one) for one in found], next_cursor=following)


@router.get("/ring-groups/{group_id}", tags=["ring groups"], summary="One ring group")
@Refuses(RingGroupNotFound)
async def get_ring_group(group_id: Id, request: Request, response: Tagged, asker: Readers) -> RingGroupItem:
    """With the place where it is."""
    found = await database_of(request).read(lambda tx: _admitted(tx, asker, "group", group_id))
    return paging.tagged(response, _group(found))


@router.post("/ring-groups", tags=["ring groups"], summary="Add a ring group", status_code=201)
@Refuses(PlaceNotFound)
async def add_ring_group(
    body: NewRingGroup, request: Request, asker: Writers, key: IdempotencyKey = None
) -> RingGroupItem:
    """Say in its ring plan next who is in it."""
    now = now_of(request)

    def work(tx: Tx) -> RingGroupItem:
        def make() -> RingGroupItem:
            _admit_place(tx, asker, body.place_id)
            made = parties.add(tx, asker.scope, "group", **body.model_dump(), now=now)
            asker.record(tx, now, "ring_group.added", made.id, **body.model_dump())
            return _group(made)

        return paging.once(tx, asker, request, key, body, now, make, RingGroupItem)

    return await database_of(request).run(work)


@router.patch("/ring-groups/{group_id}", tags=["ring groups"], summary="Change a ring group")
@Refuses(RingGroupNotFound, PlaceNotFound)
async def change_ring_group(
    group_id: Id, body: RingGroupChange, request: Request, response: Tagged, asker: Writers, if_match: IfMatch = None
) -> RingGroupItem:
    """Its ring plan and the buttons that it is bound to stay."""
    now = now_of(request)

    def work(tx: Tx) -> RingGroupItem:
        before = _admitted(tx, asker, "group", group_id, "ring_plans.configure")
        paging.check_match(if_match, lambda: _group(before))
        given = body.model_dump(exclude_none=True)
        if body.place_id is not None:
            _admit_place(tx, asker, body.place_id)
        changed = parties.change(tx, asker.scope, "group", group_id, **given)
        asker.record(tx, now, "ring_group.changed", group_id, **given)
        return _group(changed)

    return paging.tagged(response, await database_of(request).run(work))


@router.delete("/ring-groups/{group_id}", tags=["ring groups"], summary="Remove a ring group", status_code=204)
@Refuses(RingGroupNotFound, StillNamed)
async def remove_ring_group(group_id: Id, request: Request, asker: Writers, if_match: IfMatch = None) -> Response:
    """With its ring plan. Refused while a button or another ring plan names it."""
    now = now_of(request)

    def work(tx: Tx) -> None:
        leaving = _admitted(tx, asker, "group", group_id, "ring_plans.configure")
        paging.check_match(if_match, lambda: _group(leaving))
        parties.remove(tx, asker.scope, "group", group_id)
        asker.record(tx, now, "ring_group.removed", group_id, name=leaving.name)

    await database_of(request).run(work)
    return Response(status_code=204)


# -- both ------------------------------------------------------------------------------------------------------------


async def _page(
    request: Request,
    asker: Asker,
    kind: PartyKind,
    wanted: tuple[str | None, str | None, bool],
    limit: int,
    cursor: str | None,
) -> tuple[list[Party], str | None]:
    beginning, reach = paging.after(f"{kind}s", cursor, str, str), asker.reach("ring_plans.read")
    asked, place_id, direct = wanted

    def look(tx: Tx) -> tuple[Party, ...]:
        place = tenancy.place(tx, asker.scope, place_id) if place_id is not None else None
        narrowed = {"asked": asked, "within": place.path if place else None, "at": place_id if direct else None}
        return parties.by_name(tx, asker.scope, kind, reach, **narrowed, after=beginning, limit=limit + 1)

    return paging.cut(
        f"{kind}s", await database_of(request).read(look), limit, lambda one: (sort_key(one.name), one.id)
    )


def _admitted(tx: Tx, asker: Asker, kind: PartyKind, party_id: str, *needed: Permission) -> Party:
    party = parties.get(tx, asker.scope, kind, party_id)
    asker.admit(party.place.path, "ring_plans.read", *needed, missing=parties.MISSING[kind])
    return party


def _admit_place(tx: Tx, asker: Asker, place_id: str) -> None:
    place = tenancy.place(tx, asker.scope, place_id)
    asker.admit(place.path, "places.read", "ring_plans.configure", missing=PlaceNotFound)


def _contact(one: Party) -> ContactItem:
    return ContactItem(
        id=one.id,
        name=one.name,
        company_name=one.company_name,
        place_id=one.place.id,
        place=one.place.trail,
        picture=one.picture,
        logo=one.logo,
    )


def _group(one: Party) -> RingGroupItem:
    return RingGroupItem(id=one.id, name=one.name, place_id=one.place.id, place=one.place.trail)
