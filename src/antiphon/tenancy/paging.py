"""What every list, change and creation over HTTP has in common: cursors, ETags against lost updates, idempotency keys."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Protocol, Self, TypeVar

import sqlalchemy as sa
from fastapi import Header, Query, Request, Response
from pydantic import BaseModel, ValidationError

from antiphon.clock import new_id
from antiphon.database import PLATFORM, Tx, UtcTime, explain, tenant_table
from antiphon.errors import AntiphonError, BadInput, Conflict
from antiphon.limits import IDEMPOTENCY_LIFE_S, PAGE_MAX
from antiphon.tenancy.asking import Asker, Refuses

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")
A = TypeVar("A", bound="Made")


class ChangedMeanwhile(AntiphonError):
    """The thing is no longer what the writer read."""

    code = "changed_meanwhile"
    http_status = 412
    sip_status = 409
    title = "Somebody changed this meanwhile. Look at it again, then repeat your change."


class KeyReused(AntiphonError):
    """The key came with another request before."""

    code = "key_reused"
    http_status = 422
    sip_status = 409
    title = "This Idempotency-Key was used for another request. Make a new one."


class AlreadyDone(Conflict):
    """The request was carried out before, and its answer held a secret that is shown once; `made_id` says what it made."""

    code = "already_done"
    title = "This was done already, and what it showed is shown only once."

    def __init__(self, made_id: str) -> None:
        super().__init__(made_id=made_id)
        self.members = {"made_id": made_id}


Limit = Annotated[int, Query(ge=1, le=PAGE_MAX, description="How many at most.")]
Cursor = Annotated[
    str | None, Query(max_length=400, description="`next_cursor` of the page before.", pattern=r"^[A-Za-z0-9_-]+$")
]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=100,
        description="The `ETag` you read: refused when somebody changed the thing since (RFC 9110 13.1.1).",
    ),
    Refuses(ChangedMeanwhile),
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[A-Za-z0-9_-]{8,64}$",
        description="Made anew for each wish. The same request sent again within "
        f"{IDEMPOTENCY_LIFE_S // 3600} hours makes nothing more and gets the answer that the first one got, whatever "
        "became of what it made; where that held a secret, it is refused with `already_done`.",
    ),
    Refuses(KeyReused, AlreadyDone),
]

idempotency_keys = tenant_table(
    "idempotency_keys",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("holder_id", sa.String(40), nullable=False),
    sa.Column("key", sa.String(64), nullable=False),
    sa.Column("request_hash", sa.String(64), nullable=False),
    sa.Column("made_id", sa.String(40), nullable=False),
    sa.Column("answer", sa.Text, nullable=True),
    sa.Column("created_at", UtcTime, nullable=False, index=True),
    sa.UniqueConstraint("company_id", "holder_id", "key"),
)
explain(
    idempotency_keys,
    "Requests that made something, so that one sent again makes nothing more.",
    holder_id="Which person or API key sent it.",
    key="Its Idempotency-Key.",
    request_hash="SHA-256 of the request: another one under the same key is refused.",
    made_id="What was made.",
    answer="What was answered, as JSON; null: it held a secret, which is kept nowhere.",
)


# -- pages -----------------------------------------------------------------------------------------------------------


def after(of: str, cursor: str | None, *kinds: type) -> tuple[Any, ...] | None:
    """The values a cursor of the list `of` stands for; raises `BadInput` for another list's, and for one that nobody made."""
    if cursor is None:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error) as error:
        raise BadInput("This cursor is not one of ours. Begin with the first page.") from error
    fits = isinstance(values, list) and len(values) == 1 + len(kinds)
    if not fits or any(type(value) is not kind for value, kind in zip(values, (str, *kinds), strict=True)):
        raise BadInput("This cursor is not one of ours. Begin with the first page.")
    if values[0] != of:
        raise BadInput("This cursor is another list's. Begin with the first page.")
    return tuple(values[1:])


def cut(of: str, found: Sequence[T], limit: int, key: Callable[[T], Sequence[Any]]) -> tuple[list[T], str | None]:
    """A page of `limit` of these, one more of which was asked for, and the cursor of the next page of the list `of`."""
    items = list(found[:limit])
    if len(found) <= limit:
        return items, None
    return items, base64.urlsafe_b64encode(json.dumps([of, *key(items[-1])]).encode()).decode().rstrip("=")


# -- lost updates ----------------------------------------------------------------------------------------------------


def etag(view: BaseModel) -> str:
    """A strong validator of what a reader sees (RFC 9110 8.8.3)."""
    return '"' + hashlib.sha256(view.model_dump_json().encode()).hexdigest()[:24] + '"'


def tagged(response: Response, view: M) -> M:
    """The view, its ETag in the answer."""
    response.headers["ETag"] = etag(view)
    return view


def check_match(given: str | None, current: Callable[[], BaseModel]) -> None:
    """Raise `ChangedMeanwhile` when the writer read something else than what is there now."""
    if given is None or given.strip() == "*":
        return
    if etag(current()) not in [tag.strip() for tag in given.split(",")]:
        raise ChangedMeanwhile


# -- the same wish twice ---------------------------------------------------------------------------------------------


class Made(Protocol):
    """An answer that says what was made."""

    @property
    def id(self) -> str: ...
    def model_dump_json(self) -> str: ...
    @classmethod
    def model_validate_json(cls, json_data: str) -> Self: ...


def once(
    tx: Tx,
    asker: Asker,
    request: Request,
    key: str | None,
    body: BaseModel,
    now: datetime,
    make: Callable[[], A],
    kept: type[A] | None,
) -> A:
    """What `make` makes; for a repeated request what the first one answered, also when the thing is gone meanwhile.

    The answer is kept as `kept` for as long as the key lives; None: it holds a secret, and a repeated request raises
    `AlreadyDone`. Two at the same time wait for each other: one makes, both answer the same. Whatever was refused made
    nothing, and is asked anew. Raises `KeyReused` when the key came with another request before.
    """
    if key is None:
        return make()
    said = f"{request.method} {request.url.path}\n{body.model_dump_json()}"
    hashed = hashlib.sha256(said.encode()).hexdigest()
    theirs = {"holder_id": asker.principal.user_id, "key": key}
    row = tx.first(asker.scope, idempotency_keys, **theirs)
    if row is not None and now - row["created_at"] < timedelta(seconds=IDEMPOTENCY_LIFE_S):
        if row["request_hash"] != hashed:
            raise KeyReused
        if kept is None or row["answer"] is None:
            raise AlreadyDone(row["made_id"])
        try:
            return kept.model_validate_json(row["answer"])
        except ValidationError as error:  # an earlier release answered otherwise
            raise AlreadyDone(row["made_id"]) from error
    if row is not None:
        tx.delete(asker.scope, idempotency_keys, **theirs)
    made = make()
    answer = made.model_dump_json() if kept is not None else None
    values = {"id": new_id("wish"), "request_hash": hashed, "made_id": made.id, "answer": answer, "created_at": now}
    tx.insert(asker.scope, idempotency_keys, theirs | values)
    return made


def forget_old_keys(tx: Tx, now: datetime) -> int:
    """Remove idempotency keys whose life is over; returns how many."""
    before = now - timedelta(seconds=IDEMPOTENCY_LIFE_S)
    return tx.delete(PLATFORM, idempotency_keys, idempotency_keys.c.created_at < before)
