"""Pictures and logos of contacts (D11): what the database knows of them, and their files."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from antiphon import limits, pictures
from antiphon.clock import new_id
from antiphon.database import Scope, Tx
from antiphon.directory.tables import portrait_rows
from antiphon.errors import BadInput, NotFound

PortraitKind = Literal["picture", "logo"]
PortraitSize = Literal["large", "small"]
_SIZES: tuple[PortraitSize, ...] = ("large", "small")
_TOO_LARGE = 3  # the decoder's exit status for it
_DECODER = Path(__file__).with_name("decode_portrait.py")


class PictureInvalid(BadInput):
    """No JPEG, PNG or WebP, or a damaged or hostile one."""

    code = "picture_invalid"
    title = "This is no picture that can be shown. A JPEG, PNG or WebP that is whole can."


class PictureTooLarge(BadInput):
    """It has more pixels than are looked at."""

    code = "picture_too_large"
    title = f"The picture is too large: {limits.PORTRAIT_SOURCE_PIXELS_MAX // 1_000_000} megapixels at most."


class PictureNotFound(NotFound):
    """The contact has none."""

    code = "picture_not_found"
    title = "This contact has no such picture."


@dataclass(frozen=True, slots=True)
class Portrait:
    """A picture or logo. Its files never change; `content_hash` is of what was uploaded and how it is shown."""

    id: str
    contact_id: str
    kind: PortraitKind
    content_hash: str


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture that may be shown, in both sizes, as WebP."""

    large: bytes
    small: bytes

    @property
    def content_hash(self) -> str:
        return hashlib.sha256(self.large).hexdigest()[:24]


async def decode(encoded: str, kind: PortraitKind) -> Decoded:
    """A contact's picture is cut to a square, a logo is shown whole. Raises `PictureInvalid`, `PictureTooLarge`."""
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise PictureInvalid from error
    if not data or len(data) >= limits.PORTRAIT_MAX_BYTES:
        raise PictureInvalid
    letter = b"s" if kind == "picture" else b"w"
    try:
        out = await pictures.run_caged(_DECODER, letter + data, max_s=limits.SNAPSHOT_DECODE_MAX_S)
    except pictures.NotDecoded as error:
        raise (PictureTooLarge if error.status == _TOO_LARGE else PictureInvalid)() from error
    large, rest = _taken(out)
    small, rest = _taken(rest)
    if rest:
        raise PictureInvalid
    return Decoded(large, small)


def _taken(out: bytes) -> tuple[bytes, bytes]:
    """Believe the decoder only as far as it keeps to its contract."""
    length = int.from_bytes(out[:4])
    made = out[4 : 4 + length]
    if not made.startswith(b"RIFF") or len(made) != length or length > limits.SNAPSHOT_PICTURE_MAX_BYTES:
        raise PictureInvalid
    return made, out[4 + length :]


def path(folder: Path, portrait_id: str, size: PortraitSize) -> Path:
    """Where its file is; the id comes from the database, never from a request."""
    return folder / f"{portrait_id}-{size}.webp"


async def write(folder: Path, portrait_id: str, decoded: Decoded) -> None:
    """Both sizes, before the database knows of them."""
    for size in _SIZES:
        data = decoded.large if size == "large" else decoded.small
        await asyncio.to_thread(pictures.write_whole, path(folder, portrait_id, size), data)


async def discard(folder: Path, portraits: Iterable[str]) -> None:
    """Their files go, after the database has forgotten them."""
    for portrait_id in portraits:
        for size in _SIZES:
            await asyncio.to_thread(path(folder, portrait_id, size).unlink, missing_ok=True)


# -- in the database -------------------------------------------------------------------------------------------------


def of_contacts(tx: Tx, scope: Scope, contact_ids: Iterable[str]) -> dict[tuple[str, PortraitKind], Portrait]:
    """Those of these contacts, by one question."""
    rows = tx.all(scope, portrait_rows, portrait_rows.c.contact_id.in_(list(contact_ids)))
    return {
        (row["contact_id"], row["kind"]): Portrait(row["id"], row["contact_id"], row["kind"], row["content_hash"])
        for row in rows
    }


def get(tx: Tx, scope: Scope, contact_id: str, kind: PortraitKind) -> Portrait:
    """Raises `PictureNotFound`."""
    found = of_contacts(tx, scope, [contact_id]).get((contact_id, kind))
    if found is None:
        raise PictureNotFound
    return found


def put(tx: Tx, scope: Scope, portrait: Portrait, now: datetime) -> list[str]:
    """In place of the one that there was, whose id is given back: its files go."""
    gone = forget(tx, scope, portrait.contact_id, portrait.kind)
    values = {"id": portrait.id, "contact_id": portrait.contact_id, "kind": portrait.kind, "created_at": now}
    tx.insert(scope, portrait_rows, values | {"content_hash": portrait.content_hash})
    return gone


def forget(tx: Tx, scope: Scope, contact_id: str, *kinds: PortraitKind) -> list[str]:
    """Those kinds (none named: all) are gone from the contact; the ids of those whose files go."""
    found = of_contacts(tx, scope, [contact_id]).values()
    gone = [one.id for one in found if not kinds or one.kind in kinds]
    for portrait_id in gone:
        tx.delete(scope, portrait_rows, id=portrait_id)
    return gone


def new_portrait(contact_id: str, kind: PortraitKind, decoded: Decoded) -> Portrait:
    return Portrait(new_id("portrait"), contact_id, kind, decoded.content_hash)
