"""HTTP of SIP accounts: stations of other makers, which sign on with a number and a password."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from antiphon import directory, tenancy
from antiphon.database import Tx, sort_key
from antiphon.devices import accounts, store
from antiphon.devices.accounts import NewAccount
from antiphon.devices.model import AccountNotFound, Station
from antiphon.devices.routes import Readers, Writers, admit_place
from antiphon.settings import Settings
from antiphon.tenancy import Label, Name, Permission, PlaceMisplaced, PlaceNotFound, paging
from antiphon.tenancy.asking import Asker, Refuses, Route, Tagged, database_of, now_of
from antiphon.tenancy.paging import Cursor, IdempotencyKey, IfMatch, Limit
from antiphon.tenancy.views import Id

router = APIRouter(route_class=Route, prefix="/api/v1/accounts", tags=["accounts"])


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class NewAccountBody(Body):
    """A station of another maker, an indoor station or a telephone. Its button `main` rings everybody."""

    name: Name = Field(examples=["Empfang"])
    place_id: Id = Field(description="A site, or a folder in one.")
    spot: Label = Field(default="", examples=["Stiege 2"])
    early_video: StrictBool = Field(
        default=False,
        description="It sends its picture before the answer and keeps to the session of the 183: then receivers preview it.",
    )
    opens_doors: StrictBool = Field(
        default=True,
        description="Digits pressed there open the doors of a station that rang it: 1 to 9 by order, # the first.",
    )


class AccountChange(Body):
    """What is left out stays as it is."""

    name: Annotated[Name | None, Field(examples=["Empfang"])] = None
    spot: Label | None = None
    place_id: Id | None = None
    early_video: StrictBool | None = None
    opens_doors: StrictBool | None = None


class AccountItem(BaseModel):
    """A SIP account: what another maker's station or telephone signs on with."""

    id: str = Field(examples=["account_01k2x3y4z5a6b7c8d9e0f1g2h3"])
    name: str = Field(examples=["Empfang"])
    number: str = Field(description="SIP user name; other accounts dial it.", examples=["48213905"])
    site_id: str
    place_id: str
    place: str = Field(examples=["Rainerstraße 12, Stiege 2"])
    early_video: bool
    opens_doors: bool
    online: bool = Field(description="It is registered.")
    since: datetime | None


class AccountItems(BaseModel):
    """A page by name; `next_cursor` null: there is nothing more."""

    items: list[AccountItem]
    next_cursor: str | None


class Credentials(BaseModel):
    """What is typed at the station. The password is shown this once: the platform keeps only a hash."""

    server: str = Field(examples=["intercom.example.org"])
    port: int = Field(description="SIP over TLS; sound and picture as SRTP with SDES keys.", examples=[5062])
    user: str = Field(examples=["48213905"])
    password: str


class CreatedAccount(AccountItem):
    """The new account, and what is typed at the station."""

    credentials: Credentials


@router.get("", summary="SIP accounts by name")
@Refuses(PlaceNotFound)
async def list_accounts(
    request: Request,
    asker: Readers,
    place_id: Annotated[Id | None, Query(description="Only those in this place and below it.")] = None,
    direct: Annotated[bool, Query(description="Only those directly in that place.")] = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> AccountItems:
    """Those that you may see."""
    beginning, reach = paging.after("accounts", cursor, str, str), asker.reach("stations.read")

    def look(tx: Tx) -> AccountItems:
        found = store.stations_page(
            tx,
            asker.scope,
            reach,
            kinds=("account",),
            within=tenancy.place(tx, asker.scope, place_id).path if place_id is not None else None,
            place_id=place_id if direct else None,
            after=beginning,
            limit=limit + 1,
        )
        items, following = paging.cut("accounts", found, limit, lambda account: (sort_key(account.name), account.id))
        return AccountItems(items=[_item(account) for account in items], next_cursor=following)

    return await database_of(request).read(look)


@router.get("/{account_id}", summary="One SIP account")
@Refuses(AccountNotFound)
async def get_account(account_id: Id, request: Request, response: Tagged, asker: Readers) -> AccountItem:
    """With its number. The password is shown only when it is made."""
    found = await database_of(request).read(lambda tx: _admitted(tx, asker, account_id))
    return paging.tagged(response, _item(found))


@router.post("", summary="Add a SIP account", status_code=201)
@Refuses(PlaceNotFound, PlaceMisplaced)
async def add_account(
    body: NewAccountBody, request: Request, response: Response, asker: Writers, key: IdempotencyKey = None
) -> CreatedAccount:
    """Number and password are generated; type them at the station with the server's name and port."""
    response.headers["Cache-Control"] = "no-store"
    settings, now = _settings(request), now_of(request)

    def work(tx: Tx) -> CreatedAccount:
        def make() -> CreatedAccount:
            admit_place(tx, asker, body.place_id)
            new = accounts.create_account(
                tx,
                asker.scope,
                name=body.name,
                place_id=body.place_id,
                spot=body.spot,
                early_video=body.early_video,
                opens_doors=body.opens_doors,
                realm=settings.realm,
                now=now,
            )
            asker.record(tx, now, "account.added", new.station.id, name=new.station.name, place_id=body.place_id)
            return CreatedAccount(**_item(new.station).model_dump(), credentials=_credentials(request, new))

        return paging.once(tx, asker, request, key, body, now, make, None)

    return await database_of(request).run(work)


@router.patch("/{account_id}", summary="Change a SIP account")
@Refuses(AccountNotFound, PlaceNotFound, PlaceMisplaced)
async def change_account(
    account_id: Id, body: AccountChange, request: Request, response: Tagged, asker: Writers, if_match: IfMatch = None
) -> AccountItem:
    """In force for the next call. A `place_id` moves it."""
    now = now_of(request)

    def work(tx: Tx) -> Station:
        before = _admitted(tx, asker, account_id, "stations.configure")
        paging.check_match(if_match, lambda: _item(before))
        if body.place_id is not None:
            admit_place(tx, asker, body.place_id)
        given = body.model_dump(exclude_none=True)
        changed = accounts.change_account(tx, asker.scope, account_id, **given)
        if body.place_id is not None:
            request.app.state.station_moved(tx, asker.scope, account_id, body.place_id)
        if changed != before:
            asker.record(tx, now, "account.changed", account_id, **given)
        return changed

    return paging.tagged(response, _item(await database_of(request).run(work)))


@router.post("/{account_id}/password", summary="Make a new password", status_code=201)
@Refuses(AccountNotFound)
async def new_password(account_id: Id, request: Request, response: Response, asker: Writers) -> Credentials:
    """The old one is refused from now on."""
    response.headers["Cache-Control"] = "no-store"
    now = now_of(request)

    def work(tx: Tx) -> NewAccount:
        _admitted(tx, asker, account_id, "stations.configure")
        asker.record(tx, now, "account.password_made", account_id)
        return accounts.new_account_password(tx, asker.scope, account_id)

    made = await database_of(request).run(work)
    return _credentials(request, made)


@router.delete("/{account_id}", summary="Remove a SIP account", status_code=204)
@Refuses(AccountNotFound, directory.StillNamed)
async def remove_account(account_id: Id, request: Request, asker: Writers, if_match: IfMatch = None) -> Response:
    """It is refused from now on, its call ends, its doors are gone; the history keeps its calls. Not while a ring plan names it."""
    now = now_of(request)

    def work(tx: Tx) -> None:
        leaving = _admitted(tx, asker, account_id, "stations.configure")
        paging.check_match(if_match, lambda: _item(leaving))
        request.app.state.station_leaves(tx, asker.scope, account_id)
        accounts.remove_account(tx, asker.scope, account_id, now)
        asker.record(tx, now, "account.removed", account_id, name=leaving.name)

    await database_of(request).run(work)
    return Response(status_code=204)


def _admitted(tx: Tx, asker: Asker, account_id: str, *needed: Permission) -> Station:
    account = accounts.account(tx, asker.scope, account_id)
    asker.admit(account.path, "stations.read", *needed, missing=AccountNotFound)
    return account


def _item(account: Station) -> AccountItem:
    return AccountItem(
        id=account.id,
        name=account.name,
        number=account.number,
        site_id=account.site_id,
        place_id=account.place_id,
        place=account.place,
        early_video=account.early_video,
        opens_doors=account.opens_doors,
        online=account.online,
        since=account.since,
    )


def _credentials(request: Request, made: NewAccount) -> Credentials:
    settings = _settings(request)
    return Credentials(
        server=request.app.state.advertised,
        port=settings.ports.sips_accounts,
        user=made.station.number,
        password=made.password,
    )


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings
