"""HTTP of contacts' pictures and company logos (D11): show, upload, remove."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from antiphon.database import Tx
from antiphon.directory import parties, portraits
from antiphon.directory.model import ContactNotFound
from antiphon.directory.portraits import (
    PictureInvalid,
    PictureNotFound,
    PictureTooLarge,
    PortraitKind,
    PortraitSize,
)
from antiphon.settings import Settings
from antiphon.tenancy.asking import Asker, Body, Needs, Refuses, Route, Tagged, database_of, now_of
from antiphon.tenancy.views import Id

router = APIRouter(route_class=Route, prefix="/api/v1/contacts/{contact_id}", tags=["contacts"])

Readers = Annotated[Asker, Depends(Needs("ring_plans.read"))]
Writers = Annotated[Asker, Depends(Needs("ring_plans.configure"))]
Size = Annotated[PortraitSize, Query(description="large: within 512 pixels each way; small: within 96.")]
_WEBP = {"response_class": Response, "responses": {200: {"content": {"image/webp": {}}, "description": "The picture"}}}
_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


class NewPicture(Body):
    """A picture as a file has it: JPEG, PNG or WebP."""

    data: str = Field(
        description="The file, base64 (RFC 4648 4). What it says about camera and place is dropped.",
        min_length=1,
        examples=[_PIXEL],
    )


@router.get("/picture", summary="A contact's picture", **_WEBP)  # type: ignore[arg-type]  # as FastAPI takes them
@Refuses(ContactNotFound, PictureNotFound)
async def get_picture(
    contact_id: Id, request: Request, response: Tagged, asker: Readers, size: Size = "large"
) -> Response:
    """A square. Only this person's browser may keep it."""
    return await _shown(request, asker, contact_id, "picture", size)


@router.put("/picture", summary="Set a contact's picture", status_code=204)
@Refuses(ContactNotFound, PictureInvalid, PictureTooLarge)
async def put_picture(contact_id: Id, body: NewPicture, request: Request, asker: Writers) -> Response:
    """In place of the one that there was: the middle of it, in a square."""
    return await _set(request, asker, contact_id, "picture", body)


@router.delete("/picture", summary="Remove a contact's picture", status_code=204)
@Refuses(ContactNotFound, PictureNotFound)
async def remove_picture(contact_id: Id, request: Request, asker: Writers) -> Response:
    """In both sizes; the contact shows its initials again."""
    return await _remove(request, asker, contact_id, "picture")


@router.get("/logo", summary="A contact's company logo", **_WEBP)  # type: ignore[arg-type]  # as FastAPI takes them
@Refuses(ContactNotFound, PictureNotFound)
async def get_logo(
    contact_id: Id, request: Request, response: Tagged, asker: Readers, size: Size = "large"
) -> Response:
    """The whole of it. Only this person's browser may keep it."""
    return await _shown(request, asker, contact_id, "logo", size)


@router.put("/logo", summary="Set a contact's company logo", status_code=204)
@Refuses(ContactNotFound, PictureInvalid, PictureTooLarge)
async def put_logo(contact_id: Id, body: NewPicture, request: Request, asker: Writers) -> Response:
    """In place of the one that there was; what is transparent stays so."""
    return await _set(request, asker, contact_id, "logo", body)


@router.delete("/logo", summary="Remove a contact's company logo", status_code=204)
@Refuses(ContactNotFound, PictureNotFound)
async def remove_logo(contact_id: Id, request: Request, asker: Writers) -> Response:
    """In both sizes; the contact shows no logo any more."""
    return await _remove(request, asker, contact_id, "logo")


async def _shown(request: Request, asker: Asker, contact_id: str, kind: PortraitKind, size: PortraitSize) -> Response:
    def look(tx: Tx) -> portraits.Portrait:
        _admit(tx, asker, contact_id)
        return portraits.get(tx, asker.scope, contact_id, kind)

    found = await database_of(request).read(look)
    try:
        data = await asyncio.to_thread(portraits.path(_folder(request), found.id, size).read_bytes)
    except FileNotFoundError:
        raise PictureNotFound from None
    headers = {
        "ETag": f'"{found.content_hash}-{size}"',
        "Cache-Control": "private, no-cache",  # kept, and asked about each time: another may stand here
        "X-Content-Type-Options": "nosniff",
    }
    return Response(data, media_type="image/webp", headers=headers)


async def _set(request: Request, asker: Asker, contact_id: str, kind: PortraitKind, body: NewPicture) -> Response:
    database, folder, now = database_of(request), _folder(request), now_of(request)
    # Whoever may not do it gets nothing decoded.
    await database.read(lambda tx: _admit(tx, asker, contact_id, writes=True))
    decoded = await portraits.decode(body.data, kind)
    made = portraits.new_portrait(contact_id, kind, decoded)
    await portraits.write(folder, made.id, decoded)

    def work(tx: Tx) -> list[str]:
        _admit(tx, asker, contact_id, writes=True)
        gone = portraits.put(tx, asker.scope, made, now)
        asker.record(tx, now, f"contact.{kind}_set", contact_id)  # type: ignore[arg-type]  # both are actions
        return gone

    try:
        gone = await database.run(work)
    except BaseException:
        await portraits.discard(folder, [made.id])
        raise
    await portraits.discard(folder, gone)
    return Response(status_code=204)


async def _remove(request: Request, asker: Asker, contact_id: str, kind: PortraitKind) -> Response:
    now = now_of(request)

    def work(tx: Tx) -> list[str]:
        _admit(tx, asker, contact_id, writes=True)
        gone = portraits.forget(tx, asker.scope, contact_id, kind)
        if not gone:
            raise PictureNotFound
        asker.record(tx, now, f"contact.{kind}_removed", contact_id)  # type: ignore[arg-type]  # both are actions
        return gone

    await portraits.discard(_folder(request), await database_of(request).run(work))
    return Response(status_code=204)


def _admit(tx: Tx, asker: Asker, contact_id: str, *, writes: bool = False) -> None:
    contact = parties.get(tx, asker.scope, "contact", contact_id)
    asker.admit(contact.place.path, "ring_plans.read", missing=ContactNotFound)
    if writes:
        asker.admit(contact.place.path, "ring_plans.configure", missing=ContactNotFound)


def _folder(request: Request) -> Path:
    settings: Settings = request.app.state.settings
    return settings.portraits
