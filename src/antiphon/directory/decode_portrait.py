"""Owns the decoding of one uploaded picture or logo (D11): JPEG, PNG or WebP on stdin, WebP in two sizes on stdout.

Out comes each size as its length (32 bits, big endian) and a WebP without any metadata; any failure is an exit status, `TOO_LARGE`
for too many pixels. Runs in a cage of its own and imports nothing of the house but its limits and the cage.
"""

from __future__ import annotations

import sys
from fractions import Fraction
from typing import TYPE_CHECKING

from antiphon import limits
from antiphon.pictures import cage

if TYPE_CHECKING:
    import av

TOO_LARGE = 3
_ORIENTATION = 0x0112  # TIFF 6.0, Exif 2.32 4.6.4
_FORMATS = ((b"\xff\xd8\xff", 0, "mjpeg"), (b"\x89PNG\r\n\x1a\n", 0, "png"), (b"WEBP", 8, "webp"))
_EXIF = {"mjpeg": b"Exif\0\0", "png": b"eXIf", "webp": b"EXIF"}
_QUALITY = "85"
# What brings a picture upright, by how the camera was held (Exif 2.32 4.6.4, Orientation).
_UPRIGHT: dict[int, tuple[tuple[str, str], ...]] = {
    1: (),
    2: (("hflip", ""),),
    3: (("hflip", ""), ("vflip", "")),
    4: (("vflip", ""),),
    5: (("transpose", "cclock_flip"),),
    6: (("transpose", "clock"),),
    7: (("transpose", "clock_flip"),),
    8: (("transpose", "cclock"),),
}


class TooLarge(ValueError):
    """More pixels than anybody needs."""


def codec_of(data: bytes) -> str:
    """Which of the three it is, by its first bytes."""
    for mark, at, codec in _FORMATS:
        if data[at : at + len(mark)] == mark:
            return codec
    raise ValueError("neither JPEG nor PNG nor WebP")


def size_of(data: bytes, codec: str) -> tuple[int, int] | None:
    """Width and height as the file's head says, before anything is unpacked; None: it says so deeper inside."""
    if codec == "png":
        return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    if codec == "webp" and data[12:16] == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    return None


def orientation_of(data: bytes, codec: str) -> int:
    """How the camera was held (1 to 8); 1 where the file does not say, or says nonsense."""
    at = data.find(_EXIF[codec])
    if at < 0:
        return 1
    tiff = data[at + len(_EXIF[codec]) + (4 if codec == "webp" else 0) :]
    tiff = tiff.removeprefix(b"Exif\0\0")
    if tiff[:2] not in (b"II", b"MM"):
        return 1
    order = "little" if tiff[:2] == b"II" else "big"

    def number(start: int, length: int) -> int:
        return int.from_bytes(tiff[start : start + length], order)  # type: ignore[arg-type]  # one of the two

    first = number(4, 4)
    for entry in range(min(number(first, 2), 64)):
        place = first + 2 + 12 * entry
        if number(place, 2) == _ORIENTATION:
            held = number(place + 8, 2)
            return held if 1 <= held <= 8 else 1
    return 1


def frame_of(data: bytes) -> av.VideoFrame:
    """The picture as it is in the file; raises `TooLarge`, and whatever the decoder raises."""
    import av  # after the cage stands; its libraries are what is caged

    codec = codec_of(data)
    _check(size_of(data, codec))
    decoder = av.CodecContext.create(codec, "r")
    assert isinstance(decoder, av.VideoCodecContext)
    decoder.thread_count = 1
    decoder.options = {"err_detect": "explode", "max_pixels": str(2 * limits.PORTRAIT_SOURCE_PIXELS_MAX)}
    frames = [*decoder.decode(av.Packet(data)), *decoder.decode(None)]
    if not frames:
        raise ValueError("no picture in it")
    _check((frames[0].width, frames[0].height))
    return frames[0]


def _check(size: tuple[int, int] | None) -> None:
    if size is not None and size[0] * size[1] > limits.PORTRAIT_SOURCE_PIXELS_MAX:
        raise TooLarge


def webp(frame: av.VideoFrame, held: int, edge: int, *, square: bool) -> bytes:
    """The picture, upright, within that many pixels each way; in a square its middle, else all of it."""
    import av

    width, height = (frame.height, frame.width) if held > 4 else (frame.width, frame.height)
    steps = [*_UPRIGHT[held]]
    if square:
        side = width = height = min(width, height)
        steps.append(("crop", f"{side}:{side}:exact=1"))
    scale = min(1.0, edge / max(width, height))
    wide, high = (max(1, round(one * scale)) for one in (width, height))
    # By filters, whose frames have room at the end of a line for what the scaler writes at once; `reformat` gives none.
    steps += [("format", "rgba"), ("scale", f"{wide}:{high}:flags=area"), ("format", "bgra"), ("buffersink", "")]
    graph = av.filter.Graph()
    whole = Fraction(1, 25)
    nodes = [graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=whole)]
    nodes += [graph.add(name, said) if said else graph.add(name) for name, said in steps]
    graph.link_nodes(*nodes).configure()
    frame.pts, frame.time_base = 0, whole
    graph.push(frame)
    small = graph.pull()
    assert isinstance(small, av.VideoFrame)
    encoder = av.CodecContext.create("libwebp", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = wide, high, "bgra", whole
    encoder.options = {"lossless": "0", "quality": _QUALITY}
    small.pts = 0
    return b"".join(bytes(packet) for packet in (*encoder.encode(small), *encoder.encode(None)))


def main() -> None:
    cage()
    data = sys.stdin.buffer.read(limits.PORTRAIT_MAX_BYTES + 1)
    if not data or len(data) > limits.PORTRAIT_MAX_BYTES:
        sys.exit(2)
    square, data = data[:1] == b"s", data[1:]  # the first letter says what it is for
    try:
        frame, held = frame_of(data), orientation_of(data, codec_of(data))
    except TooLarge:
        sys.exit(TOO_LARGE)
    for edge in (limits.PORTRAIT_EDGE_PX, limits.PORTRAIT_SMALL_EDGE_PX):
        made = webp(frame, held, edge, square=square)
        sys.stdout.buffer.write(len(made).to_bytes(4) + made)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
