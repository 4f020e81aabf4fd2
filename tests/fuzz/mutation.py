"""Ways to change a message so that most of it still makes sense: header lines, session descriptions, JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any

# What parsers stumble over, whatever they parse.
SPECIALS = (
    b"", b" ", b"\t", b"\r\n", b"\n", b"\r", b"\0", b",", b";", b":", b"=", b"<", b">", b'"', b"\\", b"<>", b"@", b"[::1]",
    b"%00", b"-1", b"0", b"00", b"1e9", b"4294967296", b"2147483647", b"2147483648", b"18446744073709551616", b"9" * 40, b"9" * 5000,
    "ä".encode(), "²".encode(), "٣".encode(), b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xe2\x80\xa8", b"\x85", b"A" * 300,
)  # fmt: skip


def change_lines(text: bytes, random: Random, words: Sequence[bytes], lines: Sequence[bytes]) -> bytes:
    """One change to a text of lines: whole lines, values, tokens and numbers in them."""
    newline = b"\r\n" if b"\r\n" in text else b"\n"
    rows = text.split(newline)
    at = random.randrange(len(rows))
    row = rows[at]
    what = random.randrange(12)
    if what == 0:
        del rows[at]
    elif what == 1:
        rows.insert(random.randint(0, len(rows)), row)
    elif what == 2:
        rows.insert(random.randint(0, len(rows)), random.choice(lines))
    elif what == 3:
        other = random.randrange(len(rows))
        rows[at], rows[other] = rows[other], rows[at]
    elif what == 4:
        name, colon, _ = row.partition(b":" if b":" in row else b"=")
        rows[at] = name + colon + b" " + random.choice(words)
    elif what == 5:
        rows[at] = _with_number(row, random)
    elif what == 6:
        place = random.randint(0, len(row))
        rows[at] = row[:place] + random.choice(SPECIALS) + row[place:]
    elif what == 7:
        place = random.randint(0, len(row))
        rows[at] = row[:place] + random.choice(words) + row[place:]
    elif what == 8:
        rows[at] = row[: random.randint(0, len(row))]
    elif what == 9:
        rows[at] = (
            row + random.choice((b",", b";", b" ")) + row.partition(b":")[2] * random.choice((1, 1, 1, 2, 2, 3, 40))
        )
    elif what == 10:
        rows[at] = row.swapcase() if random.random() < 0.5 else b" " + row
    else:
        rows[at : at + 1] = [row] * random.choice((2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 140))
    return newline.join(rows)


def _with_number(row: bytes, random: Random) -> bytes:
    starts = [index for index, byte in enumerate(row) if 48 <= byte <= 57]
    if not starts:
        return row
    start = end = random.choice(starts)
    while end < len(row) and 48 <= row[end] <= 57:
        end += 1
    number = int(row[start:end][:30])
    new = random.choice((number + 1, number - 1, 0, 1, number * 10, 2**31 - 1, 2**31, 2**32, 2**64, 10**30, -1, 65536))
    return row[:start] + str(new).encode() + row[end:]


_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63) - 1, 10**30, 1.5, 1e308, -0.0, "", "0", "null", "\0", "\ud800", "ä" * 70,
    "x" * 5000, [], {}, [[]], "2026-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+23:59", "nan", "inf",
    1e400, float("nan"),
)  # fmt: skip


def change_json(data: bytes, random: Random, words: Sequence[object]) -> bytes:
    """One change to a JSON document: a value, a key, a whole part; now and then only to its text."""
    if random.random() < 0.15:
        place = random.randint(0, len(data))
        return data[:place] + random.choice(SPECIALS) + data[place + random.choice((0, 0, 1, 5)) :]
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return data
    document = _changed(document, random, [*_VALUES, *words])
    try:
        text = json.dumps(document, ensure_ascii=random.random() < 0.5)
    except (ValueError, RecursionError):
        return data
    if random.random() < 0.01:
        depth = random.choice((50, 500, 5000))
        text = "[" * depth + text + "]" * depth
    return text.encode("utf-8", "surrogatepass")


def _changed(value: Any, random: Random, pool: Sequence[object]) -> Any:
    if isinstance(value, dict) and value and random.random() < 0.9:
        key = random.choice(sorted(value))
        what = random.random()
        if what < 0.7:
            return value | {key: _changed(value[key], random, pool)}
        if what < 0.8:
            return {name: each for name, each in value.items() if name != key}
        if what < 0.9:
            return value | {random.choice((key + "_", "x", "type", "name", "version")): random.choice(pool)}
        return value | {key: [value[key]] * random.choice((1, 2, 300))}
    if isinstance(value, list) and value and random.random() < 0.8:
        at = random.randrange(len(value))
        return [*value[:at], _changed(value[at], random, pool), *value[at + random.choice((0, 1)) :]]
    if isinstance(value, str) and value and random.random() < 0.4:
        place = random.randint(0, len(value))
        added = random.choice(("\0", "\r\n", " ", "é", "\u2028", "'", '"', "/", "..", "%", "A" * 100))
        return value[:place] + added + value[place + random.choice((0, 1)) :]
    return random.choice(pool)
