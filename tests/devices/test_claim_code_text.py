"""Claim codes as people type them: a typo is found before anybody is asked (S6)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.wire.station import CLAIM_CODE_BITS, ClaimCodeMalformed, read_claim_code, write_claim_code

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
numbers = st.integers(0, 2**CLAIM_CODE_BITS - 1)


@given(numbers)
def test_what_is_written_is_read_again(number: int) -> None:
    code = write_claim_code(number)
    assert read_claim_code(code) == code
    assert len(code) == 14


@given(numbers, numbers)
def test_different_numbers_have_different_codes(one: int, two: int) -> None:
    assert (write_claim_code(one) == write_claim_code(two)) == (one == two)


@given(numbers, st.integers(0, 11), st.sampled_from(ALPHABET))
def test_every_single_wrong_character_is_found(number: int, place: int, wrong: str) -> None:
    code = write_claim_code(number).replace("-", "")
    typed = code[:place] + wrong + code[place + 1 :]
    if typed == code:
        assert read_claim_code(typed).replace("-", "") == code
        return
    with pytest.raises(ClaimCodeMalformed):
        read_claim_code(typed)


@given(numbers, st.integers(0, 10))
def test_every_swap_of_two_neighbours_is_found(number: int, place: int) -> None:
    code = write_claim_code(number).replace("-", "")
    typed = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    if typed == code:
        assert read_claim_code(typed).replace("-", "") == code
        return
    with pytest.raises(ClaimCodeMalformed):
        read_claim_code(typed)


@given(numbers, st.sampled_from([str.lower, str.upper, lambda text: text.replace("-", " "), lambda text: f" {text} "]))
def test_case_spaces_and_hyphens_do_not_matter(number: int, typed: object) -> None:
    code = write_claim_code(number)
    assert callable(typed)
    assert read_claim_code(typed(code)) == code


def test_letters_that_look_like_digits_are_read_as_digits() -> None:
    code = next(code for code in map(write_claim_code, range(10_000)) if "0" in code and "1" in code)
    assert read_claim_code(code.replace("0", "o").replace("1", "l")) == code
    assert read_claim_code(code.replace("0", "O").replace("1", "I")) == code


@given(st.text(max_size=40))
def test_whatever_is_typed_is_a_code_or_malformed(text: str) -> None:
    try:
        code = read_claim_code(text)
    except ClaimCodeMalformed:
        return
    assert read_claim_code(code) == code


@pytest.mark.parametrize("text", ["", "7K3M-9QXA", "U" * 12, "7K3M-9QXA-PT2D-7K3M", "0000-0000-000\u0660", "ß" * 12])
def test_what_is_no_code_at_all_is_malformed(text: str) -> None:
    with pytest.raises(ClaimCodeMalformed):
        read_claim_code(text)
