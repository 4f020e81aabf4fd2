"""Owns the decoding of one hostile key frame: H.264 (Annex B) on stdin, size and JPEG on stdout, in a cage of its own.

`python -m antiphon.calls.decode_picture`: out comes width and height (16 bits each, big endian) and a JPEG; any failure is
an exit status. Imports nothing of the house but its limits and the cage.
"""

from __future__ import annotations

import sys
from fractions import Fraction

from antiphon import limits
from antiphon.pictures import cage


def picture(data: bytes) -> tuple[int, int, bytes]:
    """Decode the first frame of an H.264 byte stream and encode it anew as a JPEG within the house's limits."""
    import av  # after the cage stands; its libraries are what is caged

    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    decoder.thread_count = 1
    frames = []
    for packet in (*decoder.parse(data), *decoder.parse(None)):
        frames.extend(decoder.decode(packet))
        if frames:
            break
    frames = frames or decoder.decode(None)
    if not frames:
        raise ValueError("no picture in it")
    frame = frames[0]
    if max(frame.width, frame.height) > limits.SNAPSHOT_SOURCE_EDGE_MAX_PX:
        raise ValueError("picture too large")
    scale = min(1.0, limits.SNAPSHOT_EDGE_MAX_PX / max(frame.width, frame.height))
    width, height = (max(2, int(edge * scale) // 2 * 2) for edge in (frame.width, frame.height))
    encoder = av.CodecContext.create("mjpeg", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
    encoder.options = {"qscale": "4"}
    encoder.time_base = Fraction(1, 25)
    small = frame.reformat(width=width, height=height, format="yuvj420p")
    small.pts = 0
    jpeg = b"".join(bytes(packet) for packet in (*encoder.encode(small), *encoder.encode(None)))
    if not jpeg or len(jpeg) > limits.SNAPSHOT_PICTURE_MAX_BYTES:
        raise ValueError("no JPEG within the limits")
    return width, height, jpeg


def main() -> None:
    cage()
    data = sys.stdin.buffer.read(limits.SNAPSHOT_MAX_BYTES + 1)
    if not data or len(data) > limits.SNAPSHOT_MAX_BYTES:
        sys.exit(2)
    width, height, jpeg = picture(data)
    sys.stdout.buffer.write(width.to_bytes(2) + height.to_bytes(2) + jpeg)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
