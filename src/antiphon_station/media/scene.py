"""The test picture: an entrance by evening light, a visitor who moves and blinks, a running clock.

Drawn once with numpy; for every picture only what moves is copied in, so that it costs next to nothing.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 640, 480
Plane = NDArray[np.uint8]
_Drawing = NDArray[np.float64]  # RGB 0..255, shape (rows, columns, 3)
_FINE = 2  # drawn this much larger, then averaged: smooth edges
_PERSON = (400, 340)  # rows, columns

_GLYPHS = {
    "0": "01110 10001 10011 10101 11001 10001 01110",
    "1": "00100 01100 00100 00100 00100 00100 01110",
    "2": "01110 10001 00001 00110 01000 10000 11111",
    "3": "11110 00001 00001 01110 00001 00001 11110",
    "4": "00010 00110 01010 10010 11111 00010 00010",
    "5": "11111 10000 11110 00001 00001 10001 01110",
    "6": "00110 01000 10000 11110 10001 10001 01110",
    "7": "11111 00001 00010 00100 01000 01000 01000",
    "8": "01110 10001 10001 01110 10001 10001 01110",
    "9": "01110 10001 10001 01111 00001 00010 01100",
    ":": "00000 00100 00100 00000 00100 00100 00000",
    "-": "00000 00000 00000 11111 00000 00000 00000",
    " ": "00000 00000 00000 00000 00000 00000 00000",
}
_SCALE = 2
_MASKS = {
    character: np.kron(
        np.array([[bit == "1" for bit in row] for row in rows.split()]), np.ones((_SCALE, _SCALE), dtype=bool)
    )
    for character, rows in _GLYPHS.items()
}


@dataclass(frozen=True, slots=True)
class Picture:
    """One YUV 4:2:0 picture; `packed` is the (HEIGHT * 3 / 2, WIDTH) array that PyAV takes, the planes are views of it."""

    packed: Plane
    y: Plane
    u: Plane
    v: Plane


def _empty() -> Picture:
    flat = np.zeros(WIDTH * HEIGHT * 3 // 2, dtype=np.uint8)
    luma, chroma = WIDTH * HEIGHT, WIDTH * HEIGHT // 4
    return Picture(
        flat.reshape(HEIGHT * 3 // 2, WIDTH),
        flat[:luma].reshape(HEIGHT, WIDTH),
        flat[luma : luma + chroma].reshape(HEIGHT // 2, WIDTH // 2),
        flat[luma + chroma :].reshape(HEIGHT // 2, WIDTH // 2),
    )


class Scene:
    """Makes the pictures; each is a new array."""

    def __init__(self) -> None:
        self._background = _planes(_entrance())
        person, coverage = _visitor()
        self._person = _planes(person)
        alpha = np.rint(coverage * 256).astype(np.uint16)
        self._alpha = alpha
        self._alpha_half = _halve(coverage * 256).astype(np.uint16)

    def picture(self, seconds: float, caption: str) -> Plane:
        """The entrance at a time; `caption` is digits, colons, dashes and spaces."""
        picture = _empty()
        for plane, background in zip((picture.y, picture.u, picture.v), self._background, strict=True):
            plane[:] = background
        # Even places keep luma and chroma aligned.
        left = 172 + 2 * round(14 * math.sin(seconds * 0.9) + 5 * math.sin(seconds * 2.3))
        top = 82 + 2 * round(3 * math.sin(seconds * 1.7))
        self._blend(picture.y, self._person[0], self._alpha, top, left)
        self._blend(picture.u, self._person[1], self._alpha_half, top // 2, left // 2)
        self._blend(picture.v, self._person[2], self._alpha_half, top // 2, left // 2)
        if (seconds + 2.0) % 4.1 < 0.16:  # not in the first picture, which goes on record
            for eye in (128, 186):
                picture.y[top + 122 : top + 134, left + eye : left + eye + 28] = 168
        _write(picture.y, caption)
        return picture.packed

    def nothing(self, caption: str) -> Plane:
        """A dark picture for a camera that gives none."""
        picture = _empty()
        picture.y[:] = 48
        picture.u[:] = picture.v[:] = 128
        _write(picture.y, caption)
        return picture.packed

    @staticmethod
    def _blend(plane: Plane, layer: Plane, alpha: NDArray[np.uint16], top: int, left: int) -> None:
        rows = min(layer.shape[0], plane.shape[0] - top)
        region = plane[top : top + rows, left : left + layer.shape[1]]
        part = alpha[:rows]
        region[:] = (layer[:rows] * part + region * (256 - part)) >> 8


@functools.cache
def scene() -> Scene:
    """The one scene of this process; drawing it takes most of a second."""
    return Scene()


def _write(luma: Plane, caption: str) -> None:
    width = 12 + 6 * _SCALE * len(caption)
    luma[HEIGHT - 26 : HEIGHT - 4, 6 : 6 + width] //= 4
    for index, character in enumerate(caption):
        mask = _MASKS.get(character, _MASKS[" "])
        left = 12 + index * 6 * _SCALE
        luma[HEIGHT - 22 : HEIGHT - 22 + mask.shape[0], left : left + mask.shape[1]][mask] = 225


# -- drawing, once ---------------------------------------------------------------------------------------------------


def _canvas(rows: int, columns: int) -> tuple[_Drawing, NDArray[np.float64], NDArray[np.float64]]:
    y, x = np.mgrid[0 : rows * _FINE, 0 : columns * _FINE] / _FINE
    return np.zeros((rows * _FINE, columns * _FINE, 3)), y, x


def _reduce(drawing: NDArray[np.float64]) -> NDArray[np.float64]:
    rows, columns = drawing.shape[0] // _FINE, drawing.shape[1] // _FINE
    shape = (rows, _FINE, columns, _FINE, *drawing.shape[2:])
    return np.asarray(drawing.reshape(shape).mean(axis=(1, 3)))


def _halve(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(values.reshape(values.shape[0] // 2, 2, values.shape[1] // 2, 2).mean(axis=(1, 3)))


def _planes(drawing: _Drawing) -> tuple[Plane, Plane, Plane]:
    """BT.601, limited range."""
    red, green, blue = drawing[..., 0], drawing[..., 1], drawing[..., 2]
    luma = 16 + 0.257 * red + 0.504 * green + 0.098 * blue
    u = 128 - 0.148 * red - 0.291 * green + 0.439 * blue
    v = 128 + 0.439 * red - 0.368 * green - 0.071 * blue
    y_plane, u_plane, v_plane = (
        np.clip(np.rint(plane), 0, 255).astype(np.uint8) for plane in (luma, _halve(u), _halve(v))
    )
    return y_plane, u_plane, v_plane


def _box(
    y: NDArray[np.float64],
    x: NDArray[np.float64],
    top: float,
    left: float,
    bottom: float,
    right: float,
    round_: float = 0,
) -> NDArray[np.bool_]:
    beside = np.maximum(np.maximum(left + round_ - x, x - right + round_), 0)
    above = np.maximum(np.maximum(top + round_ - y, y - bottom + round_), 0)
    return np.asarray(beside**2 + above**2 <= max(round_, 0.25) ** 2)


def _oval(
    y: NDArray[np.float64], x: NDArray[np.float64], row: float, column: float, high: float, wide: float
) -> NDArray[np.bool_]:
    return np.asarray(((y - row) / high) ** 2 + ((x - column) / wide) ** 2 <= 1)


def _entrance() -> _Drawing:
    drawing, y, x = _canvas(HEIGHT, WIDTH)
    drawing[:] = np.array([196, 178, 152])
    joint = ((y % 34) < 2) | (((x + 34 * ((y // 34) % 2)) % 68) < 2)  # brickwork
    drawing[joint] = (170, 152, 128)
    light = np.exp(-(((x - 560) / 260) ** 2 + ((y - 70) / 200) ** 2))  # the lamp beside the door
    drawing *= (0.55 + 0.6 * light)[..., None]
    drawing[_box(y, x, 30, 66, 480, 316)] = (74, 58, 48)  # door frame
    drawing[_box(y, x, 44, 80, 480, 302)] = (52, 84, 92)  # door
    for top in (64, 214):
        panel = _box(y, x, top, 104, top + 124, 278, 6)
        drawing[panel] = (64, 102, 112)
    glass = _box(y, x, 72, 112, 180, 270, 4)
    drawing[glass] = np.array([236, 208, 142]) - 0.35 * (y[glass] - 72)[:, None]
    drawing[glass & (((x - 112) % 40) < 3)] = (64, 102, 112)
    drawing[_box(y, x, 300, 276, 352, 286, 5)] = (212, 200, 176)  # handle
    drawing[_box(y, x, 44, 538, 108, 574, 10)] = (250, 236, 196)  # lamp
    drawing[_box(y, x, 36, 532, 46, 580, 4)] = (60, 54, 50)
    drawing[_box(y, x, 190, 520, 226, 596, 5)] = (232, 228, 216)  # house number
    for left in (540, 564):
        drawing[_box(y, x, 198, left, 218, left + 6)] = (58, 62, 70)
    pot = _box(y, x, 392, 470, 470, 560, 8)
    drawing[pot] = (134, 82, 58)
    for row, column, size in ((350, 515, 52), (326, 484, 34), (318, 548, 36), (372, 470, 30), (368, 560, 30)):
        leaf = _oval(y, x, row, column, size, size * 0.8)
        drawing[leaf] = (58, 92, 62)
        drawing[_oval(y, x, row - 8, column - 8, size * 0.6, size * 0.45)] = (76, 116, 76)
    floor = y > 462
    drawing[floor] = (112, 104, 98)
    return np.clip(_reduce(drawing), 0, 255)


def _visitor() -> tuple[_Drawing, NDArray[np.float64]]:
    rows, columns = _PERSON
    drawing, y, x = _canvas(rows, columns)
    middle = columns / 2
    coat = _oval(y, x, 420, middle, 190, 158)
    neck = _box(y, x, 200, middle - 30, 280, middle + 30, 20)
    scarf = _oval(y, x, 262, middle, 30, 66)
    face = _oval(y, x, 132, middle, 96, 74)
    ears = _oval(y, x, 138, middle - 76, 20, 11) | _oval(y, x, 138, middle + 76, 20, 11)
    hair = _oval(y, x, 96, middle, 84, 86) & ~_oval(y, x, 166, middle, 108, 66)
    whole = coat | neck | scarf | face | ears | hair
    drawing[:] = (54, 66, 96)
    drawing[coat & (np.abs(x - middle) < 3)] = (36, 44, 66)
    drawing[neck | ears] = (198, 148, 120)
    drawing[scarf & coat | scarf] = (178, 66, 58)
    drawing[face] = (222, 174, 144)
    shade = face & (x > middle)
    drawing[shade] -= ((x[shade] - middle) * 0.45)[:, None]
    for side in (-1, 1):
        eye = middle + side * 29
        drawing[_oval(y, x, 128, eye, 8, 14)] = (248, 246, 240)
        drawing[_oval(y, x, 128, eye + 1, 7, 7)] = (66, 48, 36)
        drawing[_oval(y, x, 126, eye + 3, 2, 2)] = (255, 255, 255)
        drawing[_oval(y, x, 108, eye, 4, 18)] = (84, 56, 40)
        drawing[_oval(y, x, 164, eye + side * 12, 10, 14)] = (226, 160, 136)
    drawing[_oval(y, x, 152, middle, 20, 7)] = (204, 152, 124)
    smile = _oval(y, x, 184, middle, 13, 28) & ~_oval(y, x, 176, middle, 13, 32)
    drawing[smile] = (156, 72, 68)
    drawing[hair & (y < 132)] = (92, 62, 42)
    drawing[~whole] = (54, 66, 96)
    return np.clip(_reduce(drawing), 0, 255), _reduce((whole & ~(hair & ~face & ~ears & (y >= 132))).astype(np.float64))
