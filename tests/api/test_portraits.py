"""Pictures and company logos of contacts (D11): what is shown, what is refused, and what is left of them."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import av
import httpx
import numpy as np
import pytest

from antiphon import limits
from antiphon.settings import Settings
from browsers import Browser
from residents import Tenant

Browsers = Callable[..., Browser]
Json = Any  # Any: a JSON document
Pixels = np.ndarray[Any, Any]  # Any: rows of RGB or RGBA
CODECS = {"mjpeg": "yuvj420p", "png": "rgb24", "libwebp": "yuv420p"}
RED, BLUE = (255, 0, 0), (0, 0, 255)


@pytest.fixture
async def anna(browser: Browsers, tenant: Tenant) -> Browser:
    one = browser()
    await one.sign_in(tenant.owner)
    return one


@pytest.fixture
async def contact(anna: Browser, tenant: Tenant) -> str:
    made = await anna.post("/api/v1/contacts", json={"name": "Ordination", "place_id": tenant.site.id})
    return str(made.json()["id"])


def two_colours(width: int = 448, height: int = 192) -> Pixels:
    """Red at the left, blue at the right."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, : width // 2], pixels[:, width // 2 :] = RED, BLUE
    return pixels


def encoded(pixels: Pixels, codec: str = "mjpeg", shape: str | None = None) -> bytes:
    shape = shape or CODECS[codec]
    frame = av.VideoFrame.from_ndarray(pixels, format="rgba" if pixels.shape[2] == 4 else "rgb24")
    encoder = av.CodecContext.create(codec, "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, shape
    encoder.time_base = Fraction(1, 25)
    frame = frame.reformat(format=shape)
    frame.pts = 0
    return b"".join(bytes(packet) for packet in (*encoder.encode(frame), *encoder.encode(None)))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def exif(held: int) -> bytes:
    return b"II*\0" + struct.pack("<IH", 8, 1) + struct.pack("<HHIHH", 0x0112, 3, 1, held, 0) + struct.pack("<I", 0)


def jpeg_held(held: int, data: bytes, more: bytes = b"") -> bytes:
    said = b"Exif\0\0" + exif(held) + more
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(said) + 2) + said + data[2:]


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says to be that large."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = chunk(b"IDAT", zlib.compress(bytes(50_000), 9))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + rows + chunk(b"IEND", b"")


async def upload(who: Browser, contact: str, data: bytes, kind: str = "picture") -> httpx.Response:
    sent = {"data": base64.b64encode(data).decode()}
    return await who.put(f"/api/v1/contacts/{contact}/{kind}", json=sent)


async def shown(who: Browser, contact: str, kind: str = "picture", size: str = "large") -> Pixels:
    answer = await who.get(f"/api/v1/contacts/{contact}/{kind}", params={"size": size})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp"), answer.text
    decoder = av.CodecContext.create("webp", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    (frame,) = [*decoder.decode(av.Packet(answer.content)), *decoder.decode(None)]
    return frame.reformat(format="rgba").to_ndarray()


def reddish(pixel: Any) -> bool:  # Any: RGBA
    return bool(pixel[0] > 180 and pixel[2] < 70)


@pytest.mark.parametrize("codec", CODECS)
async def test_a_picture_is_cut_to_a_square_of_its_middle(anna: Browser, contact: str, codec: str) -> None:
    assert (await upload(anna, contact, encoded(two_colours(1600, 800), codec))).status_code == 204
    large, small = await shown(anna, contact), await shown(anna, contact, size="small")
    assert large.shape[:2] == (limits.PORTRAIT_EDGE_PX, limits.PORTRAIT_EDGE_PX)
    assert small.shape[:2] == (limits.PORTRAIT_SMALL_EDGE_PX, limits.PORTRAIT_SMALL_EDGE_PX)
    assert reddish(large[256, 10])
    assert not reddish(large[256, 500])


async def test_a_logo_is_shown_whole_and_stays_transparent(anna: Browser, contact: str) -> None:
    half = np.dstack([two_colours(800, 200), np.full((200, 800), 0, np.uint8)])
    assert (await upload(anna, contact, encoded(half, "png", "rgba"), "logo")).status_code == 204
    logo = await shown(anna, contact, "logo")
    assert logo.shape[:2] == (128, 512)
    assert logo[60, 60, 3] == 0


async def test_a_small_picture_is_not_blown_up(anna: Browser, contact: str) -> None:
    await upload(anna, contact, encoded(two_colours(128, 64), "png"))
    assert (await shown(anna, contact)).shape[:2] == (64, 64)


@pytest.mark.parametrize(("held", "corner"), [(1, "left"), (3, "right"), (6, "top"), (8, "bottom"), (2, "right")])
async def test_a_picture_stands_as_its_camera_was_held(anna: Browser, contact: str, held: int, corner: str) -> None:
    await upload(anna, contact, jpeg_held(held, encoded(two_colours(256, 256))))
    found = await shown(anna, contact)
    at = {"left": (128, 5), "right": (128, 250), "top": (5, 128), "bottom": (250, 128)}[corner]
    assert reddish(found[at])
    opposite = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}[corner]
    assert not reddish(found[{"left": (128, 5), "right": (128, 250), "top": (5, 128), "bottom": (250, 128)}[opposite]])


async def test_nothing_that_a_file_says_about_itself_is_kept(anna: Browser, contact: str) -> None:
    secret = b"GPS 47.8095 13.0550 Anna"
    data = encoded(two_colours(), "png")
    for told in (
        jpeg_held(1, encoded(two_colours()), secret),
        data[:33] + chunk(b"tEXt", b"Comment\0" + secret) + data[33:],
    ):
        assert (await upload(anna, contact, told + secret)).status_code == 204
        kept = (await anna.get(f"/api/v1/contacts/{contact}/picture")).content
        assert not [mark for mark in (b"GPS", b"Exif", b"EXIF") if mark in kept]


@pytest.mark.parametrize(
    "data",
    [
        b"no picture at all",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"GIF89a" + bytes(100),
        b"\xff\xd8\xff",
        b"RIFF\x00\x00\x00\x00WEBP",
        encoded(two_colours())[:-200],
        encoded(two_colours(), "png")[:-200],
        encoded(two_colours(), "libwebp")[:-100],
        bomb(2000, 2000),
    ],
    ids=["text", "svg", "gif", "head", "empty webp", "cut jpeg", "cut png", "cut webp", "too few rows"],
)
async def test_what_is_no_whole_picture_is_refused(anna: Browser, contact: str, data: bytes) -> None:
    answer = await upload(anna, contact, data)
    assert (answer.status_code, answer.json()["code"]) == (422, "picture_invalid")
    assert (await anna.get(f"/api/v1/contacts/{contact}")).json()["picture"] is None


async def test_what_is_no_base64_is_refused(anna: Browser, contact: str) -> None:
    answer = await anna.put(f"/api/v1/contacts/{contact}/picture", json={"data": "§§§"})
    assert (answer.status_code, answer.json()["code"]) == (422, "picture_invalid")


@pytest.mark.parametrize("size", [(50_000, 50_000), (6000, 4001), (2**31 - 1, 1)])
async def test_a_picture_that_unpacks_to_too_much_is_refused(
    anna: Browser, contact: str, size: tuple[int, int]
) -> None:
    answer = await upload(anna, contact, bomb(*size))
    assert (answer.status_code, answer.json()["code"]) == (422, "picture_too_large")


async def test_a_file_that_is_too_long_is_refused_before_it_is_looked_at(anna: Browser, contact: str) -> None:
    assert (await upload(anna, contact, bytes(limits.HTTP_BODY_MAX_BYTES))).status_code == 413


async def test_another_picture_has_another_mark_and_takes_the_files_of_the_first_along(
    anna: Browser, contact: str, settings: Settings
) -> None:
    url = f"/api/v1/contacts/{contact}"
    await upload(anna, contact, encoded(two_colours()))
    first = (await anna.get(url)).json()["picture"]
    tag = (await anna.get(f"{url}/picture")).headers["etag"]
    assert tag == f'"{first}-large"'
    assert (await anna.get(f"{url}/picture", headers={"If-None-Match": tag})).status_code == 304
    await upload(anna, contact, encoded(two_colours()[:, ::-1]))
    again = await anna.get(f"{url}/picture", headers={"If-None-Match": tag})
    assert again.status_code == 200
    assert again.headers["x-content-type-options"] == "nosniff"
    assert again.headers["cache-control"].startswith("private")
    assert (await anna.get(url)).json()["picture"] != first
    assert len(list(settings.portraits.iterdir())) == 2
    listed = (await anna.get("/api/v1/contacts")).json()["items"]
    assert [one["picture"] is not None for one in listed] == [True]


async def test_a_removed_picture_leaves_no_file(anna: Browser, contact: str, settings: Settings) -> None:
    url = f"/api/v1/contacts/{contact}/logo"
    await upload(anna, contact, encoded(two_colours()), "logo")
    assert (await anna.delete(url)).status_code == 204
    assert list(settings.portraits.iterdir()) == []
    for answer in (await anna.get(url), await anna.delete(url)):
        assert (answer.status_code, answer.json()["code"]) == (404, "picture_not_found")


async def test_a_removed_contact_leaves_no_file(anna: Browser, contact: str, settings: Settings) -> None:
    for kind in ("picture", "logo"):
        await upload(anna, contact, encoded(two_colours()), kind)
    assert (await anna.delete(f"/api/v1/contacts/{contact}")).status_code == 204
    assert list(settings.portraits.iterdir()) == []


async def test_another_company_neither_sees_nor_changes_it(
    anna: Browser, browser: Browsers, contact: str, other: Tenant
) -> None:
    await upload(anna, contact, encoded(two_colours()))
    olga = browser()
    await olga.sign_in(other.owner)
    url = f"/api/v1/contacts/{contact}/picture"
    for answer in (await olga.get(url), await upload(olga, contact, encoded(two_colours())), await olga.delete(url)):
        assert (answer.status_code, answer.json()["code"]) == (404, "contact_not_found")


async def test_whoever_only_answers_sets_none(browser: Browsers, tenant: Tenant, contact: str) -> None:
    bernd = browser()
    await bernd.sign_in(tenant.operator)
    assert (await upload(bernd, contact, encoded(two_colours()))).status_code == 403
