"""Rules and answers in sentences that a property manager would say, in both languages."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import get_args

import pytest

from antiphon.directory import rings
from antiphon.directory.rings import (
    Ask,
    AsWeekday,
    Book,
    HolidayCalendar,
    Member,
    Plan,
    Presence,
    Quiet,
    Rule,
    Span,
    Step,
    Steps,
    Times,
)

RECEPTION, DESK = Member("station", "reception"), Member("account", "desk")
LECHNER, AIGNER = Member("user", "lechner"), Member("user", "aigner")
ORDINATION = Member("contact", "ordination")
NAMES = {RECEPTION: "Reception", DESK: "Desk", LECHNER: "S. Lechner", AIGNER: "H. Aigner", ORDINATION: "Ordination"}
SALZBURG = HolidayCalendar("AT", "5")
TWO = Steps((Step((RECEPTION, LECHNER), 20), Step((AIGNER,), 20)))
ONE = Steps((Step((AIGNER,)),))
OFFICE = Times(frozenset({1, 2, 3, 4, 5}), spans=(Span(480, 1020),))


@pytest.mark.parametrize(
    ("rule", "english", "german"),
    [
        (
            Rule("r", TWO, OFFICE),
            "On Mondays to Fridays from 8:00 to 17:00, ring Reception and S. Lechner, then H. Aigner.",
            "Montag bis Freitag von 8:00 bis 17:00 Uhr läuten Reception und S. Lechner, dann H. Aigner.",
        ),
        (
            Rule("r", AsWeekday(7), Times(holidays="only")),
            "On public holidays in Salzburg, ring as on Sundays.",
            "An Feiertagen in Salzburg läutet es wie am Sonntag.",
        ),
        (
            Rule("r", ONE, Times(from_date=date(2026, 12, 7), to_date=date(2026, 12, 8))),
            "From 7 Dec 2026 to 8 Dec 2026, ring H. Aigner.",
            "Vom 7. Dezember 2026 bis 8. Dezember 2026 läutet H. Aigner.",
        ),
        (
            Rule("r", ONE, Times(to_date=date(2026, 1, 8), weekdays=frozenset({1, 4}))),
            "On Mondays and Thursdays until 8 Jan 2026, ring H. Aigner.",
            "Montags und donnerstags bis 8. Jänner 2026 läutet H. Aigner.",
        ),
        (
            Rule("r", ONE, when="busy", whose=LECHNER),
            "When S. Lechner is in another call, ring H. Aigner instead.",
            "Wenn S. Lechner in einem anderen Gespräch ist, läutet stattdessen H. Aigner.",
        ),
        (
            Rule("r", TWO, OFFICE, when="offline", whose=LECHNER),
            "On Mondays to Fridays from 8:00 to 17:00, when S. Lechner is offline, instead ring Reception and S. Lechner, then H. Aigner.",
            "Montag bis Freitag von 8:00 bis 17:00 Uhr, wenn S. Lechner nicht erreichbar ist, läuten stattdessen Reception und S. Lechner, dann H. Aigner.",
        ),
        (
            Rule("r", ONE, when="no_answer", after_s=20),
            "When nobody answers within 20 s, also ring H. Aigner.",
            "Wenn nach 20 s niemand abgehoben hat, läutet zusätzlich H. Aigner.",
        ),
        (
            Rule("r", ONE, when="no_answer", after_s=20, whose=LECHNER),
            "When S. Lechner does not answer within 20 s, also ring H. Aigner.",
            "Wenn S. Lechner nach 20 s nicht abgehoben hat, läutet zusätzlich H. Aigner.",
        ),
        (
            Rule("r", ONE, Times(OFFICE.weekdays, spans=OFFICE.spans, holidays="never")),
            "On Mondays to Fridays from 8:00 to 17:00, except on public holidays, ring H. Aigner.",
            "Montag bis Freitag von 8:00 bis 17:00 Uhr, außer an Feiertagen, läutet H. Aigner.",
        ),
        (
            Rule("r", ONE, Times(holidays="never")),
            "Except on public holidays, ring H. Aigner.",
            "Außer an Feiertagen läutet H. Aigner.",
        ),
        (Rule("r", ONE), "Always, ring H. Aigner.", "Immer läutet H. Aigner."),
    ],
)
def test_a_rule_is_a_sentence(rule: Rule, english: str, german: str) -> None:
    assert rings.words("en", NAMES).rule(rule, ORDINATION, SALZBURG) == english
    assert rings.words("de", NAMES).rule(rule, ORDINATION, SALZBURG) == german


def test_steps_say_how_long_and_how_often() -> None:
    steps = Steps(TWO.steps, rounds=3)
    assert (
        rings.words("en", NAMES).steps(steps)
        == "Reception and S. Lechner for 20 s, then H. Aigner for 20 s, 3 times round"
    )
    assert (
        rings.words("de", NAMES).steps(steps)
        == "Reception und S. Lechner 20 s lang, dann H. Aigner 20 s lang, 3-mal reihum"
    )


def at(day: int, hour: int, minute: int) -> datetime:
    """November 2026, in UTC; in Vienna it is an hour later."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("quiet", "english", "german"),
    [
        (
            Quiet("lechner", at(23, 12, 58), "S. Lechner", at(23, 12, 58), at(23, 14, 0)),
            "Does not ring: do not disturb until 15:00, set by S. Lechner at 13:58.",
            "Läutet nicht: Ruhe bis 15:00 Uhr, gesetzt von S. Lechner um 13:58.",
        ),
        (
            Quiet("lechner", at(22, 19, 0), "A. Koller", at(22, 19, 0), at(24, 7, 0)),
            "Does not ring: do not disturb until 8:00 on 24 Nov 2026, set by A. Koller at 20:00 on 22 Nov 2026.",
            "Läutet nicht: Ruhe bis 24. November 2026, 8:00 Uhr, gesetzt von A. Koller am 22. November 2026, 20:00 Uhr.",
        ),
        (
            Quiet("lechner", at(1, 0, 0), "S. Lechner", at(1, 0, 0), times=OFFICE, zone="Europe/Vienna"),
            "Does not ring: do not disturb on Mondays to Fridays from 8:00 to 17:00, set by S. Lechner.",
            "Läutet nicht: Ruhe Montag bis Freitag von 8:00 bis 17:00 Uhr, gesetzt von S. Lechner.",
        ),
    ],
)
def test_quiet_says_until_when_and_by_whom(quiet: Quiet, english: str, german: str) -> None:
    book = Book(NAMES, {}, {}, {"lechner": (quiet,)}, {})
    (silence,) = rings.plan(book, Ask((LECHNER,), at(23, 13, 32), zone="Europe/Vienna")).silences
    assert rings.words("en", NAMES, "Europe/Vienna").silence(silence) == english
    assert rings.words("de", NAMES, "Europe/Vienna").silence(silence) == german


def test_an_offline_receiver_says_since_when_and_until_when_it_may_still_join() -> None:
    plan = Plan(ORDINATION, Steps((Step((RECEPTION,), 20), Step((LECHNER, DESK), 20))))
    book = Book(NAMES, {ORDINATION: plan}, {LECHNER: Presence("offline", since=at(23, 10, 20))}, {}, {})
    (silence,) = rings.plan(book, Ask((ORDINATION,), at(23, 13, 32))).silences
    assert (silence.at_s, silence.joins_until_s) == (20, 40)
    said = rings.words("en", NAMES, "Europe/Vienna").silence(silence)
    assert said == "Does not ring: offline since 11:20 on 23 Nov 2026. Joins if it is back between 20 and 40 s."
    said = rings.words("de", NAMES, "Europe/Vienna").silence(silence)
    assert said == (
        "Läutet nicht: nicht erreichbar seit 23. November 2026, 11:20 Uhr. "
        "Läutet mit, wenn die Verbindung zwischen 20 und 40 s zurückkommt."
    )


def test_a_language_that_is_not_there_is_english() -> None:
    assert rings.words("fr", NAMES).rule(Rule("r", ONE), ORDINATION) == "Always, ring H. Aigner."


def test_every_fault_has_words_in_both_languages() -> None:
    for code in get_args(rings.FaultCode):
        fault = rings.Fault(code, "field", limit=7, members=(LECHNER, AIGNER, LECHNER), in_plan=ORDINATION)
        for language in ("de", "en"):
            said = rings.words(language, NAMES).fault(fault)
            assert said.endswith(".")
            assert "{" not in said
