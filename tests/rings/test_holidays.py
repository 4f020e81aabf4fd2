"""Public holidays of countries and regions, in German and in English, and which calendars there are to choose from."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from antiphon import settings as settings_room
from antiphon.directory import rings
from antiphon.directory.rings import Holiday, HolidayCalendar, calendars

SOURCES = Path(__file__).resolve().parents[2] / "src"


@pytest.mark.parametrize(
    ("calendar", "day", "expected"),
    [
        (("AT", "5"), date(2026, 12, 8), Holiday("Mariä Empfängnis", "Immaculate Conception")),
        (("AT", ""), date(2026, 10, 26), Holiday("Nationalfeiertag", "National Day")),
        (("AT", "5"), date(2026, 12, 9), None),
        (("DE", "SN"), date(2026, 11, 18), Holiday("Buß- und Bettag", "Repentance and Prayer Day")),
        (("DE", "BY"), date(2026, 11, 18), None),
        (("CH", "ZH"), date(2026, 8, 1), Holiday("Nationalfeiertag", "National Day")),
        (("US", ""), date(2026, 11, 26), Holiday("Thanksgiving Day", "Thanksgiving Day")),
        (("GB", "SCT"), date(2026, 11, 30), Holiday("Saint Andrew's Day", "Saint Andrew's Day")),
        (("AT", ""), date(2028, 2, 29), None),
        (("AT", "99"), date(2026, 12, 25), None),
        (("XX", ""), date(2026, 12, 25), None),
        (("AT", ""), date(9999, 12, 25), None),
        (("AT", ""), date(1, 12, 25), None),
    ],
)
def test_a_day_has_its_name(calendar: tuple[str, str], day: date, expected: Holiday | None) -> None:
    assert rings.holiday(HolidayCalendar(*calendar), day) == expected


def test_a_year_is_looked_up_once() -> None:
    calendars._year.cache_clear()
    for day in range(1, 31):
        rings.holiday(HolidayCalendar("AT", "5"), date(2026, 11, day))
    assert calendars._year.cache_info().misses == 1


def test_whoever_warms_the_calendars_waits_for_none_of_them_later() -> None:
    calendars._year.cache_clear()
    rings.warm([HolidayCalendar("AT", "5"), HolidayCalendar("XX")], date(2026, 12, 31))
    before = calendars._year.cache_info().misses
    for day in (date(2025, 12, 31), date(2026, 1, 1), date(2027, 12, 31)):
        rings.holiday(HolidayCalendar("AT", "5"), day)
        rings.holiday(HolidayCalendar("XX"), day)
    assert calendars._year.cache_info().misses == before


def test_the_library_is_not_read_before_somebody_asks_for_a_holiday() -> None:
    script = "import sys, antiphon.directory.rings; print('holidays' in sys.modules)"
    environment = settings_room.everything() | {"PYTHONPATH": str(SOURCES)}
    told = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert told.stdout == "False\n"


def test_countries_and_their_regions_can_be_chosen() -> None:
    by_code = {country.code: country for country in rings.countries()}
    assert len(by_code) > 200
    assert all(len(code) == 2 for code in by_code)
    assert ("5", "Salzburg") in [(region.code, region.name) for region in by_code["AT"].regions]
    assert ("BY", "Bayern") in [(region.code, region.name) for region in by_code["DE"].regions]
    assert by_code["LI"].regions == ()


def test_a_calendar_that_can_be_chosen_exists_and_no_other() -> None:
    assert calendars.exists(HolidayCalendar("AT", "5"))
    assert calendars.exists(HolidayCalendar("AT"))
    for strange in (("AT", "Salzburg"), ("AUT", ""), ("", ""), ("at", ""), ("../AT", "")):
        assert not calendars.exists(HolidayCalendar(*strange)), strange
