"""When a mail is tried again and when it is given up, in virtual time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.limits import MAIL_GIVEN_UP_AFTER_S, MAIL_RETRY_MAX_S, MAIL_RETRY_MIN_S, PASSWORD_LINK_VALID_S
from antiphon.notify import machine
from antiphon.notify.model import Kind, Mail

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def asked(kind: Kind = "invitation") -> Mail:
    return Mail("mail_1", "company_1", "fact_1", kind, "invitation_1", AT, AT)


def tries_of(mail: Mail) -> list[float]:
    """After how many seconds each try comes, when none succeeds."""
    tried = []
    while mail.next_at is not None and not machine.is_too_late(mail, mail.next_at):
        tried.append((mail.next_at - AT).total_seconds())
        mail = machine.trying(mail, mail.next_at)
    return tried


def test_the_first_try_is_at_once_and_each_wait_is_twice_the_one_before_up_to_the_longest() -> None:
    tried = tries_of(asked())
    waits = [after - before for before, after in pairwise(tried)]
    assert tried[0] == 0
    assert waits[:6] == [MAIL_RETRY_MIN_S * 2**step for step in range(6)]
    assert set(waits[6:]) == {MAIL_RETRY_MAX_S}


@pytest.mark.parametrize(
    ("kind", "life_s"), [("invitation", MAIL_GIVEN_UP_AFTER_S), ("password_link", PASSWORD_LINK_VALID_S)]
)
def test_it_is_given_up_after_a_day_or_when_its_link_ends(kind: Kind, life_s: float) -> None:
    tried = tries_of(asked(kind))
    assert life_s - MAIL_RETRY_MAX_S <= tried[-1] < life_s
    late = AT + timedelta(seconds=life_s)
    assert machine.is_too_late(asked(kind), late)
    assert not machine.is_too_late(asked(kind), late - timedelta(seconds=1))


@given(st.lists(st.floats(min_value=0, max_value=7_200), max_size=40))
def test_however_late_somebody_looks_a_waiting_mail_always_has_a_next_moment_in_time(delays_s: list[float]) -> None:
    mail = asked()
    for delay_s in delays_s:
        assert mail.next_at is not None
        now = mail.next_at + timedelta(seconds=delay_s)
        if machine.is_too_late(mail, now):
            mail = machine.ended(mail, now, "given_up", "too_late")
            break
        before = mail
        mail = machine.trying(mail, now)
        assert mail.tries == before.tries + 1
        assert mail.next_at is not None
        assert now < mail.next_at <= machine.given_up_at(mail)
    assert (mail.next_at is None) == (mail.state != "waiting") == (mail.ended_at is not None)
