"""Public holidays of countries and their regions (the library `holidays`): their names, and which calendars there are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from antiphon.directory.rings.model import Holiday, HolidayCalendar
from antiphon.limits import HOLIDAY_YEARS_KEPT

# The library is imported where it is needed first: it takes 0.15 s, and 0.25 s more for its first country.
_LANGUAGES = {"de": ("de", "de_AT", "de_CH"), "en": ("en_US", "en_GB", "en_CA", "en_AU")}


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a country with holidays of its own; `name` as it is called there."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Country:
    """A country of the picker. Its name is for the reader's language to say: `code` is ISO 3166-1."""

    code: str
    regions: tuple[Region, ...]


def holiday(calendar: HolidayCalendar, day: date) -> Holiday | None:
    """The public holiday on that day; None also for a calendar that does not exist and for years that the library does not know."""
    return _year(calendar, day.year).get(day)


def warm(calendars: Iterable[HolidayCalendar], today: date) -> None:
    """Reads the holidays of this year and its neighbours, so that no ring waits for that; takes some 0.4 s of a process's life once."""
    for calendar in calendars:
        for year in (today.year - 1, today.year, today.year + 1):
            _year(calendar, year)


def exists(calendar: HolidayCalendar) -> bool:
    """Whether holidays are known for it."""
    import holidays

    try:
        found = holidays.country_holidays(calendar.country)
    except NotImplementedError:
        return False
    known = found.country == calendar.country  # the library also takes other spellings
    return known and (not calendar.subdivision or calendar.subdivision in found.subdivisions)


@lru_cache(maxsize=1)
def countries() -> tuple[Country, ...]:
    """All of them, by code. The first call takes a second: every country's module is read."""
    import holidays

    known = holidays.list_supported_countries(include_aliases=False)
    return tuple(Country(code, tuple(_region(code, part) for part in parts)) for code, parts in sorted(known.items()))


def region_name(calendar: HolidayCalendar | None) -> str:
    """What the region is called there; "" for a whole country."""
    if calendar is None or not calendar.subdivision or not exists(calendar):
        return ""
    return _region(calendar.country, calendar.subdivision).name


def _region(country: str, code: str) -> Region:
    import holidays

    aliases = holidays.country_holidays(country).get_subdivision_aliases().get(code, [])
    return Region(code, aliases[0] if aliases else code)


@lru_cache(maxsize=HOLIDAY_YEARS_KEPT)
def _year(calendar: HolidayCalendar, year: int) -> dict[date, Holiday]:
    """The holidays of a year, in the order of the days."""
    german, english = _names(calendar, year, "de"), _names(calendar, year, "en")
    return {day: Holiday(german.get(day, name), name) for day, name in sorted(english.items())}


def _names(calendar: HolidayCalendar, year: int, language: str) -> dict[date, str]:
    import holidays
    from holidays.constants import PUBLIC

    try:
        known = holidays.country_holidays(calendar.country).supported_languages
        spoken = next((name for name in _LANGUAGES[language] if name in known), None)
        found = holidays.country_holidays(
            calendar.country,
            subdiv=calendar.subdivision or None,
            years=year,
            expand=False,
            language=spoken,
            categories=(PUBLIC,),
        )
    except NotImplementedError:  # no such country or region
        return {}
    return dict(found)
