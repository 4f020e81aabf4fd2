"""Ids are ordered by the time of their making, also those of one millisecond: histories are read in their order."""

from __future__ import annotations

from antiphon.clock import new_id


def test_ids_made_one_after_another_are_in_order_and_never_twice_the_same() -> None:
    made = [new_id("call") for _ in range(20_000)]
    # the random part of a millisecond may overflow once in 2**40 ids
    assert made == sorted(made)
    assert len(set(made)) == len(made)
