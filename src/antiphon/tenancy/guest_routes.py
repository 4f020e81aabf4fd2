"""HTTP of guests: people of another company who have rights in this one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from antiphon.database import Tx, sort_key
from antiphon.tenancy import paging
from antiphon.tenancy.asking import Asker, Needs, Refuses, Route, Tagged, database_of
from antiphon.tenancy.guests import Guest, guests
from antiphon.tenancy.model import UserNotFound
from antiphon.tenancy.paging import Cursor, Limit
from antiphon.tenancy.views import GuestItem, Guests, Id, grant_item

router = APIRouter(route_class=Route, tags=["people"])

Readers = Annotated[Asker, Depends(Needs("people.read"))]


@router.get("/guests", summary="People of other companies with rights here")
async def list_guests(request: Request, asker: Readers, limit: Limit = 100, cursor: Cursor = None) -> Guests:
    """By name, each with the rights at places whose people you may see."""
    beginning = paging.after("guests", cursor, str, str)
    after = None if beginning is None else (beginning[0], beginning[1])

    def look(tx: Tx) -> Guests:
        found = guests(tx, asker.scope, asker.reach("people.read"), after=after)
        items, following = paging.cut("guests", found, limit, lambda one: (sort_key(one.user.name), one.user.id))
        return Guests(items=[_item(asker, one) for one in items], next_cursor=following)

    return await database_of(request).read(look)


@router.get("/guests/{guest_id}", summary="One guest")
@Refuses(UserNotFound)
async def get_guest(guest_id: Id, request: Request, response: Tagged, asker: Readers) -> GuestItem:
    """Their account is their own company's to change; their rights here are this one's."""

    def look(tx: Tx) -> GuestItem:
        for found in guests(tx, asker.scope, asker.reach("people.read"), user_id=guest_id):
            return _item(asker, found)
        raise UserNotFound

    return paging.tagged(response, await database_of(request).read(look))


def _item(asker: Asker, guest: Guest) -> GuestItem:
    personal = asker.reach("people.personal")
    return GuestItem(
        id=guest.user.id,
        name=guest.user.name,
        email=guest.user.email if any(personal.covers(grant.place.path) for grant in guest.grants) else None,
        company_name=guest.company,
        grants=[grant_item(grant) for grant in guest.grants],
    )
