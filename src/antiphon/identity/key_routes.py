"""HTTP of API keys: a program's role at a place, for a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any  # Any: columns of every type

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from antiphon import tenancy
from antiphon.clock import new_id
from antiphon.database import Tx
from antiphon.errors import BadInput, Conflict
from antiphon.identity import store
from antiphon.identity.model import ApiKey, ApiKeyNotFound
from antiphon.identity.tokens import new_api_key
from antiphon.limits import API_KEY_MAX_DAYS, API_KEYS_PER_COMPANY_MAX
from antiphon.tenancy import MoreThanYourself, Name, PlaceNotFound, RoleNotFound, paging
from antiphon.tenancy.asking import Asker, Body, Needs, Refuses, Route, database_of, now_of
from antiphon.tenancy.paging import Cursor, IdempotencyKey, Limit
from antiphon.tenancy.views import Id, Moment, PlaceItem, RoleItem, place_item, role_item

router = APIRouter(route_class=Route, prefix="/keys", tags=["keys"])

KeyMakers = Annotated[Asker, Depends(Needs("keys.manage"))]


class NewKey(Body):
    """What the program is called, what it may do where, and until when."""

    name: Name = Field(examples=["Parking guidance"])
    role_id: Id = Field(examples=["role_viewer"])
    place_id: Id | None = Field(default=None, description="Where the role holds; null: the whole company.")
    expires_at: Moment


class KeyItem(BaseModel):
    """A program's key. `last_used_at` to the minute."""

    id: str
    name: str
    role: RoleItem
    place: PlaceItem
    created_at: datetime
    created_by: str | None
    expires_at: datetime
    last_used_at: datetime | None


class KeyItems(BaseModel):
    """A page, the newest first; `next_cursor` null: there is nothing more."""

    items: list[KeyItem]
    next_cursor: str | None


class CreatedKey(KeyItem):
    """`key` is sent as bearer token. Shown this once: the platform keeps only a hash."""

    key: str = Field(examples=["key_01k2x3y4z5a6b7c8d9e0f1g2h3.c2VjcmV0"])


@router.get("", summary="API keys of the company")
async def list_keys(request: Request, asker: KeyMakers, limit: Limit = 100, cursor: Cursor = None) -> KeyItems:
    """Those at places whose keys you manage, the newest first; those that ran out included."""
    beginning, reach = paging.after("keys", cursor, str), asker.reach("keys.manage")
    found = await database_of(request).read(
        lambda tx: store.api_keys_within(tx, asker.scope, reach, after=beginning, limit=limit + 1)
    )
    items, following = paging.cut("keys", found, limit, lambda key: (key.id,))
    return KeyItems(items=[_item(key) for key in items], next_cursor=following)


@router.post("", summary="Make an API key", status_code=201)
@Refuses(PlaceNotFound, RoleNotFound, MoreThanYourself, Conflict)
async def add_key(
    body: NewKey, request: Request, response: Response, asker: KeyMakers, wish: IdempotencyKey = None
) -> CreatedKey:
    """It may do what the role gives at that place, and nothing that you may not do there yourself."""
    response.headers["Cache-Control"] = "no-store"
    now = now_of(request)
    if not now < body.expires_at <= now + timedelta(days=API_KEY_MAX_DAYS):
        raise BadInput(f"A key ends at some time in the future, in at most {API_KEY_MAX_DAYS} days.")

    def work(tx: Tx) -> CreatedKey:
        def make() -> CreatedKey:
            place = tenancy.place(tx, asker.scope, body.place_id or asker.scope.company_id)
            asker.admit(place.path, "places.read", "keys.manage", missing=PlaceNotFound)
            role = tenancy.role(tx, asker.scope, body.role_id)
            if not role.permissions <= asker.rights.permissions_at(place.path):
                raise MoreThanYourself
            if tx.count(asker.scope, store.api_keys) >= API_KEYS_PER_COMPANY_MAX:
                raise Conflict(f"A company has at most {API_KEYS_PER_COMPANY_MAX} keys. Remove one first.")
            key_id = new_id("key")
            token, hashed = new_api_key(key_id)
            values: dict[str, Any] = {
                "id": key_id,
                "name": body.name,
                "secret_hash": hashed,
                "role_id": role.id,
                "place_id": place.id,
            }
            values |= {"created_at": now, "created_by": asker.principal.user_id, "expires_at": body.expires_at}
            tx.insert(asker.scope, store.api_keys, values)
            asker.record(tx, now, "key.added", key_id, name=body.name, role_id=role.id, place_id=place.id)
            return CreatedKey(**_item(store.api_key(tx, asker.scope, key_id)).model_dump(), key=token)

        return paging.once(tx, asker, request, wish, body, now, make, None)

    return await database_of(request).run(work)


@router.delete("/{key_id}", summary="Revoke an API key", status_code=204)
@Refuses(ApiKeyNotFound)
async def revoke_key(key_id: Id, request: Request, asker: KeyMakers) -> None:
    """It is refused from the next request on. Making a new one is the way back."""
    now = now_of(request)

    def work(tx: Tx) -> None:
        key = store.api_key(tx, asker.scope, key_id)
        asker.admit(key.place.path, "keys.manage", missing=ApiKeyNotFound)
        tx.delete(asker.scope, store.api_keys, id=key.id)
        asker.record(tx, now, "key.revoked", key.id, name=key.name)

    await database_of(request).run(work)


def _item(key: ApiKey) -> KeyItem:
    return KeyItem(
        id=key.id,
        name=key.name,
        role=role_item(key.role),
        place=place_item(key.place),
        created_at=key.created_at,
        created_by=key.created_by,
        expires_at=key.expires_at,
        last_used_at=key.last_used_at,
    )
