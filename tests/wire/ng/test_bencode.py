"""Bencode: what goes out comes back, and nothing malformed gets in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.limits import NG_DEPTH_MAX, NG_MESSAGE_MAX_BYTES
from antiphon.wire.ng import BencodeError, decode, encode

_VALUES = st.recursive(
    st.binary(max_size=60) | st.integers(-(2**62), 2**62),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=12), inner, max_size=5),
    max_leaves=20,
)


@given(_VALUES)
def test_what_is_written_is_read_back(value: object) -> None:
    assert decode(encode(value)) == value  # type: ignore[arg-type]


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_refused(data: bytes) -> None:
    try:
        value = decode(data)
    except BencodeError:
        return
    assert decode(encode(value)) == value


def test_keys_are_sorted_when_written_and_in_any_order_when_read() -> None:
    assert encode({"b": 1, "a": "x"}) == b"d1:a1:x1:bi1ee"
    assert decode(b"d1:bi1e1:a1:xe") == {"a": b"x", "b": 1}


@pytest.mark.parametrize(
    "data",
    [b"", b"i-0e", b"i01e", b"ie", b"i1", b"5:abc", b"01:a", b"-1:a", b"d1:ai1e1:ai2ee", b"di1ei2ee", b"l", b"i1ei2e",
     b"d1:\xffi1ee", b"x", b"i" + b"9" * 40 + b"e"],
)  # fmt: skip
def test_malformed_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(BencodeError):
        decode(data)


def test_deep_and_large_values_are_refused() -> None:
    with pytest.raises(BencodeError):
        decode(b"l" * (NG_DEPTH_MAX + 2) + b"e" * (NG_DEPTH_MAX + 2))
    with pytest.raises(BencodeError):
        decode(b"%d:" % NG_MESSAGE_MAX_BYTES + b"x" * NG_MESSAGE_MAX_BYTES)
