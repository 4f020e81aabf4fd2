"""Bencoding as rtpengine speaks it: byte strings, integers, lists and dictionaries; hostile input is refused early."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from antiphon.errors import BadInput
from antiphon.limits import NG_DEPTH_MAX, NG_MESSAGE_MAX_BYTES

# What can be sent: text goes out as UTF-8.
Encodable = bytes | str | int | Sequence["Encodable"] | Mapping[str, "Encodable"]
# What comes in: byte strings stay bytes, keys are text.
Decoded = bytes | int | list["Decoded"] | dict[str, "Decoded"]

_DIGITS = frozenset(b"0123456789")
_INTEGER_DIGITS_MAX = 20


class BencodeError(BadInput):
    """The bytes are not one bencoded value within the limits."""

    code = "ng_malformed"
    title = "The media engine sent something that is not understood."


def encode(value: Encodable) -> bytes:
    """`value` as bencode; dictionary keys sorted as the format asks."""
    parts: list[bytes] = []
    _write(value, parts)
    return b"".join(parts)


def _write(value: Encodable, parts: list[bytes]) -> None:
    if isinstance(value, bytes):
        parts += (b"%d:" % len(value), value)
    elif isinstance(value, str):
        _write(value.encode(), parts)
    elif isinstance(value, int):
        parts.append(b"i%de" % value)
    elif isinstance(value, Mapping):
        parts.append(b"d")
        for key in sorted(value, key=str.encode):
            _write(key, parts)
            _write(value[key], parts)
        parts.append(b"e")
    else:
        parts.append(b"l")
        for item in value:
            _write(item, parts)
        parts.append(b"e")


def decode(data: bytes) -> Decoded:
    """The one value that `data` holds; raises BencodeError for anything else, too large or too deep included."""
    if len(data) > NG_MESSAGE_MAX_BYTES:
        raise BencodeError("larger than a message may be", size=len(data))
    value, end = _read(data, 0, 0)
    if end != len(data):
        raise BencodeError("bytes after the value", offset=end)
    return value


def _read(data: bytes, at: int, depth: int) -> tuple[Decoded, int]:
    if depth > NG_DEPTH_MAX:
        raise BencodeError("nested too deeply", offset=at)
    kind = data[at : at + 1]
    if kind in (b"0", b"1", b"2", b"3", b"4", b"5", b"6", b"7", b"8", b"9"):
        return _read_string(data, at)
    if kind == b"i":
        return _read_integer(data, at + 1, b"e")
    if kind == b"l":
        items: list[Decoded] = []
        at += 1
        while data[at : at + 1] != b"e":
            item, at = _read(data, at, depth + 1)
            items.append(item)
        return items, at + 1
    if kind == b"d":
        return _read_dictionary(data, at + 1, depth)
    raise BencodeError("no value here", offset=at)


def _read_dictionary(data: bytes, at: int, depth: int) -> tuple[Decoded, int]:
    table: dict[str, Decoded] = {}
    while data[at : at + 1] != b"e":
        raw, after = _read_string(data, at)
        try:
            key = raw.decode()
        except UnicodeDecodeError as error:
            raise BencodeError("a key is not text", offset=at) from error
        if key in table:
            raise BencodeError("a key stands twice", offset=at)
        # rtpengine does not sort its keys, so their order is not held against it.
        table[key], at = _read(data, after, depth + 1)
    return table, at + 1


def _read_string(data: bytes, at: int) -> tuple[bytes, int]:
    length, start = _read_integer(data, at, b":")
    end = start + length
    if length < 0 or end > len(data):
        raise BencodeError("a string is cut short", offset=at)
    return data[start:end], end


def _read_integer(data: bytes, at: int, closing: bytes) -> tuple[int, int]:
    end = data.find(closing, at, at + _INTEGER_DIGITS_MAX + 2)
    if end < 0:
        raise BencodeError("a number without end", offset=at)
    text = data[at:end]
    digits = text.removeprefix(b"-") if closing == b"e" else text
    if not digits or not _DIGITS.issuperset(digits) or text == b"-0" or (digits[:1] == b"0" and len(digits) > 1):
        raise BencodeError("not a number", offset=at)
    return int(text), end + 1
