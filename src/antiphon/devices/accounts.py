"""SIP accounts, the stations of other makers: made with a password that is shown once, found by number, removed."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from antiphon import directory, events, log
from antiphon.clock import new_id
from antiphon.database import PLATFORM, Scope, Tx, outbox
from antiphon.devices import store, tables
from antiphon.devices.model import AccountNotFound, Station
from antiphon.identity import new_password
from antiphon.limits import ACCOUNT_NUMBER_DIGITS

_log = log.get("devices")


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account and its password, which exists here once and then only as HA1."""

    station: Station
    password: str


def create_account(
    tx: Tx,
    scope: Scope,
    *,
    name: str,
    place_id: str,
    spot: str = "",
    early_video: bool = False,
    opens_doors: bool = True,
    realm: str,
    now: datetime,
) -> NewAccount:
    """A station of another maker: a number, a password, and the button `main` that rings everybody (+14)."""
    device_id = store.add_station(tx, scope, name=name, place_id=place_id, spot=spot, now=now, kind="account")
    number, password = _free_number(tx), _new_password()
    tx.insert(
        scope,
        tables.account_rows,
        {
            "device_id": device_id,
            "number": number,
            "realm": realm,
            "ha1": _ha1(number, realm, password),
            "early_video": early_video,
            "opens_doors": opens_doors,
        },
    )
    directory.set_buttons(tx, scope, device_id, (directory.Button("main"),))
    _log.info("account made", company_id=scope.company_id, device_id=device_id)
    return NewAccount(store.station(tx, scope, device_id), password)


def accounts_of(tx: Tx, scope: Scope) -> tuple[Station, ...]:
    """The company's accounts by name."""
    return store.stations(tx, scope, "account")


def accounts_named(tx: Tx, scope: Scope, device_ids: Sequence[str]) -> dict[str, Station]:
    """Those of these accounts that are the company's, by id."""
    if len(device_ids) > 2:  # all of them in as many questions as one
        return {found.id: found for found in accounts_of(tx, scope) if found.id in device_ids}
    found = (store.account_of(tx, scope, device_id) for device_id in device_ids)
    return {account.id: account for account in found if account is not None}


def stations_named(tx: Tx, scope: Scope, device_ids: Sequence[str]) -> dict[str, Station]:
    """Those of these stations that are the company's and in service, by id."""
    return {one.id: one for one in store.stations_named(tx, scope, device_ids) if one.status == "claimed"}


def account(tx: Tx, scope: Scope, device_id: str) -> Station:
    """One account of the company; raises `AccountNotFound`."""
    row = tx.first(scope, tables.account_rows, tables.account_rows.c.device_id == device_id)
    if row is None:
        raise AccountNotFound(device_id=device_id[:64])
    return store.station(tx, scope, device_id)


def account_by_number(tx: Tx, number: str) -> Station:
    """The account of that number, whichever company's; raises `AccountNotFound`."""
    found = store.account_numbered(tx, number)
    if found is None:
        raise AccountNotFound
    return found


def change_account(
    tx: Tx,
    scope: Scope,
    device_id: str,
    *,
    name: str | None = None,
    spot: str | None = None,
    place_id: str | None = None,
    early_video: bool | None = None,
    opens_doors: bool | None = None,
) -> Station:
    """Change what is given; in force for the next call. Raises `AccountNotFound`."""
    account(tx, scope, device_id)
    if name is not None or place_id is not None or spot is not None:
        store.change_station(tx, scope, device_id, name=name, spot=spot, place_id=place_id)
    given = {"early_video": early_video, "opens_doors": opens_doors}
    values = {column: value for column, value in given.items() if value is not None}
    if values:
        tx.update(scope, tables.account_rows, tables.account_rows.c.device_id == device_id, values=values)
    return store.station(tx, scope, device_id)


def new_account_password(tx: Tx, scope: Scope, device_id: str) -> NewAccount:
    """The account's only password from now on. Raises `AccountNotFound`."""
    found = account(tx, scope, device_id)
    row = tx.first(scope, tables.account_rows, tables.account_rows.c.device_id == device_id)
    password = _new_password()
    realm = row["realm"] if row else ""
    values = {"ha1": _ha1(found.number, realm, password)}
    tx.update(scope, tables.account_rows, tables.account_rows.c.device_id == device_id, values=values)
    _log.info("account password made", company_id=scope.company_id, device_id=device_id)
    return NewAccount(found, password)


def remove_account(tx: Tx, scope: Scope, device_id: str, now: datetime) -> Station:
    """Forget the account: refused from this transaction on, its calls end by the fact. Its doors have to be gone already.

    Raises `AccountNotFound`. Records of its calls stay.
    """
    found = account(tx, scope, device_id)
    directory.set_buttons(tx, scope, device_id, ())
    directory.forget_device(tx, scope, "account", device_id)
    tx.delete(scope, tables.account_rows, tables.account_rows.c.device_id == device_id)
    store.forget_station(tx, scope, device_id)
    fact = events.AccountRemoved(new_id("fact"), scope.company_id, now, device_id, found.number)
    outbox.append(tx, scope, fact)
    _log.info("account removed", company_id=scope.company_id, device_id=device_id)
    return found


def _free_number(tx: Tx) -> str:
    """Digits alone, so that a telephone can dial it; too many to be found by trying."""
    while True:
        lowest = 10 ** (ACCOUNT_NUMBER_DIGITS - 1)
        number = str(lowest + secrets.randbelow(9 * lowest))
        if tx.first(PLATFORM, tables.account_rows, tables.account_rows.c.number == number) is None:
            return number


def _new_password() -> str:
    """100 bits of letters and digits alone: the web pages of stations refuse many other characters."""
    return new_password().replace("-", "")


def _ha1(number: str, realm: str, password: str) -> str:
    """RFC 2617 3.2.2.2; MD5 because nearly every station knows only that, over TLS alone."""
    return hashlib.md5(f"{number}:{realm}:{password}".encode(), usedforsecurity=False).hexdigest()
