"""Requests and replies by cookie, in virtual time."""

from __future__ import annotations

import pytest

from antiphon.limits import NG_PENDING_MAX, NG_WAITS_S
from antiphon.wire.ng import PING, Datagram, Exchange, Ignored, Replied, TimedOut, TooManyPending


def exchange() -> Exchange:
    return Exchange(lambda: "tok")


def test_a_reply_finds_its_request_whatever_the_order() -> None:
    ng = exchange()
    first, _ = ng.request(PING, 0.0)
    second, _ = ng.request(PING, 0.0)
    assert ng.receive(b"tok_2 d6:result4:ponge", 0.1) == [Replied(second, {"result": b"pong"})]
    assert ng.receive(b"tok_1 d6:result4:ponge", 0.1) == [Replied(first, {"result": b"pong"})]
    assert ng.next_deadline() is None


def test_an_unanswered_request_is_repeated_with_the_same_cookie_and_then_given_up() -> None:
    ng = exchange()
    key, sent = ng.request(PING, 0.0)
    now, repeats = 0.0, []
    for wait_s in NG_WAITS_S[:-1]:
        now += wait_s
        assert ng.tick(now - 0.001) == []
        repeats += ng.tick(now)
    assert repeats == sent * (len(NG_WAITS_S) - 1)
    assert ng.tick(now + NG_WAITS_S[-1]) == [TimedOut(key)]
    assert ng.next_deadline() is None


@pytest.mark.parametrize("data", [b"", b"tok_1", b"other_1 d6:result2:oke", b"tok_1 rubbish", b"tok_1 i1e"])
def test_a_datagram_that_is_no_reply_changes_nothing(data: bytes) -> None:
    ng = exchange()
    key, _ = ng.request(PING, 0.0)
    assert isinstance(ng.receive(data, 0.1)[0], Ignored)
    assert ng.receive(b"tok_1 d6:result4:ponge", 0.2) == [Replied(key, {"result": b"pong"})]


def test_a_second_reply_is_ignored() -> None:
    ng = exchange()
    ng.request(PING, 0.0)
    ng.receive(b"tok_1 d6:result4:ponge", 0.1)
    assert isinstance(ng.receive(b"tok_1 d6:result4:ponge", 0.2)[0], Ignored)


def test_a_forgotten_request_is_not_repeated() -> None:
    ng = exchange()
    key, _ = ng.request(PING, 0.0)
    ng.forget(key)
    assert ng.tick(10.0) == []


def test_requests_do_not_pile_up_without_end() -> None:
    ng = exchange()
    for _ in range(NG_PENDING_MAX):
        assert isinstance(ng.request(PING, 0.0)[1][0], Datagram)
    with pytest.raises(TooManyPending):
        ng.request(PING, 0.0)
