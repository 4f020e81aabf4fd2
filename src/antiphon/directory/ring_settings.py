"""What a company says about all its ring plans: the last resort, alarms and do not disturb, its public holidays."""

from __future__ import annotations

from dataclasses import dataclass

from antiphon.database import PLATFORM, Scope, Tx
from antiphon.directory.documents import CalendarDocument, StepsDocument, members_of_steps
from antiphon.directory.rings import HolidayCalendar, Member
from antiphon.directory.tables import settings_rows


@dataclass(frozen=True, slots=True)
class RingSettings:
    """Without a last resort, a call that finds nobody finds nobody."""

    last_resort: StepsDocument | None = None
    alarm_breaks_quiet: bool = True
    calendar: HolidayCalendar | None = None

    @property
    def members(self) -> frozenset[Member]:
        """Who is named as last resort."""
        return frozenset(members_of_steps("last_resort", self.last_resort).values())

    @property
    def holidays(self) -> CalendarDocument | None:
        """The calendar as it is shown."""
        calendar = self.calendar
        return CalendarDocument(country=calendar.country, region=calendar.subdivision) if calendar else None


def get(tx: Tx, scope: Scope) -> RingSettings:
    """What the company has said."""
    row = tx.first(scope, settings_rows, id=scope.company_id)
    if row is None:
        return RingSettings()
    calendar = HolidayCalendar(row["holiday_country"], row["holiday_region"] or "") if row["holiday_country"] else None
    last = StepsDocument.model_validate_json(row["last_resort"]) if row["last_resort"] else None
    return RingSettings(last, row["alarm_breaks_quiet"], calendar)


def every_calendar(tx: Tx) -> frozenset[HolidayCalendar]:
    """Whose holidays the companies of this platform have chosen: for a process that reads them before somebody rings."""
    rows = tx.all(PLATFORM, settings_rows, settings_rows.c.holiday_country.is_not(None))
    return frozenset(HolidayCalendar(row["holiday_country"], row["holiday_region"] or "") for row in rows)


def put(tx: Tx, scope: Scope, said: RingSettings) -> None:
    """In force for the next press."""
    values = {
        "last_resort": said.last_resort.model_dump_json(exclude_defaults=True) if said.last_resort else None,
        "alarm_breaks_quiet": said.alarm_breaks_quiet,
        "holiday_country": said.calendar.country if said.calendar else None,
        "holiday_region": said.calendar.subdivision if said.calendar else None,
    }
    if not tx.update(scope, settings_rows, values=values, id=scope.company_id):
        tx.insert(scope, settings_rows, {"id": scope.company_id, **values})
