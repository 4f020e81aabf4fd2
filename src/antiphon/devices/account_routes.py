"""HTTP of SIP accounts: stations of other makers, which sign on with a number and a password."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from antiphon.clock import Clock
from antiphon.database import Database, Tx
from antiphon.devices import accounts
from antiphon.devices.accounts import NewAccount
from antiphon.devices.model import Station
from antiphon.settings import Settings
from antiphon.tenancy import Label, Name
from antiphon.tenancy.routes import CurrentAdministrator, CurrentPrincipal

router = APIRouter(prefix="/api/v1/accounts", tags=["accounts"])


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class NewAccountBody(Body):
    """A station of another maker, an indoor station or a telephone. Its button `main` rings everybody."""

    name: Name = Field(examples=["Empfang"])
    site_id: str = Field(max_length=64)
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
    early_video: StrictBool | None = None
    opens_doors: StrictBool | None = None


class AccountItem(BaseModel):
    id: str = Field(examples=["account_01k2x3y4z5a6b7c8d9e0f1g2h3"])
    name: str = Field(examples=["Empfang"])
    number: str = Field(description="SIP user name; other accounts dial it.", examples=["48213905"])
    site_id: str
    place: str = Field(examples=["Rainerstraße 12, Stiege 2"])
    early_video: bool
    opens_doors: bool
    online: bool = Field(description="It is registered.")
    since: datetime | None


class AccountItems(BaseModel):
    items: list[AccountItem]


class Credentials(BaseModel):
    """What is typed at the station. The password is shown this once: the platform keeps only a hash."""

    server: str = Field(examples=["intercom.example.org"])
    port: int = Field(description="SIP over TLS; sound and picture as SRTP with SDES keys.", examples=[5062])
    user: str = Field(examples=["48213905"])
    password: str


class CreatedAccount(AccountItem):
    credentials: Credentials


@router.get("", summary="SIP accounts of the company")
async def list_accounts(request: Request, principal: CurrentPrincipal) -> AccountItems:
    """All of them by name."""
    found = await _database(request).read(lambda tx: accounts.accounts_of(tx, principal.scope))
    return AccountItems(items=[_item(account) for account in found])


@router.get("/{account_id}", summary="One SIP account")
async def get_account(account_id: str, request: Request, principal: CurrentPrincipal) -> AccountItem:
    return _item(await _database(request).read(lambda tx: accounts.account(tx, principal.scope, account_id)))


@router.post("", summary="Add a SIP account", status_code=201)
async def add_account(
    body: NewAccountBody, request: Request, response: Response, principal: CurrentAdministrator
) -> CreatedAccount:
    """Number and password are generated; type them at the station with the server's name and port."""
    response.headers["Cache-Control"] = "no-store"
    settings, now = _settings(request), _now(request)
    made = await _database(request).run(
        lambda tx: accounts.create_account(
            tx,
            principal.scope,
            name=body.name,
            site_id=body.site_id,
            spot=body.spot,
            early_video=body.early_video,
            opens_doors=body.opens_doors,
            realm=settings.realm,
            now=now,
        )
    )
    return CreatedAccount(**_item(made.station).model_dump(), credentials=_credentials(request, made))


@router.patch("/{account_id}", summary="Change a SIP account")
async def change_account(
    account_id: str, body: AccountChange, request: Request, principal: CurrentAdministrator
) -> AccountItem:
    """In force for the next call."""
    changed = await _database(request).run(
        lambda tx: accounts.change_account(
            tx,
            principal.scope,
            account_id,
            name=body.name,
            early_video=body.early_video,
            opens_doors=body.opens_doors,
        )
    )
    return _item(changed)


@router.post("/{account_id}/password", summary="Make a new password", status_code=201)
async def new_password(
    account_id: str, request: Request, response: Response, principal: CurrentAdministrator
) -> Credentials:
    """The old one is refused from now on."""
    response.headers["Cache-Control"] = "no-store"
    made = await _database(request).run(lambda tx: accounts.new_account_password(tx, principal.scope, account_id))
    return _credentials(request, made)


@router.delete("/{account_id}", summary="Remove a SIP account", status_code=204)
async def remove_account(account_id: str, request: Request, principal: CurrentAdministrator) -> Response:
    """It is refused from now on, its call ends, its doors are gone; the history keeps its calls."""
    now = _now(request)

    def work(tx: Tx) -> None:
        accounts.account(tx, principal.scope, account_id)
        request.app.state.account_leaves(tx, principal.scope, account_id)
        accounts.remove_account(tx, principal.scope, account_id, now)

    await _database(request).run(work)
    return Response(status_code=204)


def _item(account: Station) -> AccountItem:
    return AccountItem(
        id=account.id,
        name=account.name,
        number=account.number,
        site_id=account.site_id,
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


def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


def _now(request: Request) -> datetime:
    clock: Clock = request.app.state.clock
    return clock.now()
