"""Rules and answers in German sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, tzinfo

from antiphon.directory.rings.answer import Decision, Leg, Silence
from antiphon.directory.rings.calendars import region_name
from antiphon.directory.rings.checking import Fault
from antiphon.directory.rings.english import afterwards
from antiphon.directory.rings.model import AsWeekday, HolidayCalendar, Member, Quiet, Rule, Span, Steps, Times, When
from antiphon.limits import RINGING_RECEIVERS_MAX

# Wie eine Begründung beginnt, und wie sie nachher erzählt wird.
_AFTERWARDS = {
    "Läutet nicht: Es läuten schon": "Hat nicht geläutet: Es haben schon geläutet:",
    "Läutet nicht": "Hat nicht geläutet",
    "Läutet bei niemandem: Noch ist": "Hat bei niemandem geläutet: Noch war",
    "Läutet mit, wenn die Verbindung": "Hätte mitgeläutet, wäre die Verbindung",
    "zurückkommt": "zurückgekommen",
    "Läutet von hier aus nicht noch einmal": "Hat von hier aus nicht noch einmal geläutet",
    "wird abgebrochen": "wurde abgebrochen",
    "Wird nicht weiter verfolgt": "Wurde nicht weiter verfolgt",
    "Läutpläne liegen ineinander": "Läutpläne lagen ineinander",
    "Läutpläne nennen": "Läutpläne nannten",
    "Kommt nicht an die Reihe": "Kam nicht an die Reihe",
    "ist die Zeit um": "war die Zeit um",
    "darf Rufe": "durfte Rufe",
    "gibt es nicht mehr": "gab es nicht mehr",
    "Wird nicht angerufen: Es gibt": "Wurde nicht angerufen: Es gab",
}
_DAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")
_MONTHS = (
    "Jänner",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
)
_STATES: dict[When, str] = {
    "busy": "in einem anderen Gespräch ist",
    "offline": "nicht erreichbar ist",
    "do_not_disturb": "Ruhe eingestellt hat",
}
_ARE: dict[When, tuple[str, str]] = {
    "busy": ("ist in einem anderen Gespräch", "ist in keinem anderen Gespräch"),
    "offline": ("ist nicht erreichbar", "ist erreichbar"),
    "do_not_disturb": ("hat Ruhe eingestellt", "hat keine Ruhe eingestellt"),
}
_FAULTS = {
    "nested_too_deep": "Mehr als {limit} Läutpläne lägen ineinander.",
    "too_many_rules": "Ein Läutplan hat höchstens {limit} Regeln.",
    "too_many_steps": "Es gibt höchstens {limit} Schritte.",
    "too_many_rounds": "Die Schritte kommen 1- bis {limit}-mal an die Reihe.",
    "too_many_spans": "Eine Regel hat höchstens {limit} Tageszeiten.",
    "nobody_named": "Geben Sie an, wer läutet.",
    "step_too_short": "Ein Schritt dauert mindestens {limit} s.",
    "step_too_long": "Ein Schritt dauert höchstens {limit} s.",
    "step_without_end": "Nur der letzte Schritt darf läuten, solange Zeit ist, und nur einmal.",
    "steps_too_long": "Die Schritte dauern zusammen länger als {limit} s: Der letzte käme nie an die Reihe.",
    "number_invalid": "{members} ist keine Telefonnummer. Schreiben Sie sie mit + und Landesvorwahl.",
    "span_invalid": "Das ist keine Tageszeit.",
    "dates_reversed": "Der letzte Tag liegt vor dem ersten.",
    "weekday_invalid": "Das ist kein Wochentag.",
    "zone_unknown": "Diese Zeitzone ist nicht bekannt.",
    "calendar_unknown": "Für dieses Land oder diese Region sind keine Feiertage bekannt.",
    "calendar_missing": "Wählen Sie, wessen Feiertage gemeint sind.",
    "member_unknown": "Dieses Mitglied gibt es nicht.",
    "state_of_nobody": "Geben Sie an, wessen Zustand gemeint ist.",
    "state_of_stranger": "{members} kommt in diesem Plan nicht vor.",
    "after_missing": "Geben Sie an, nach wie vielen Sekunden.",
    "after_invalid": "Sekunden gehören zu Regeln für unbeantwortetes Läuten, von 5 bis 179.",
    "day_rule_has_times": "Ein Tag zählt nur als Ganzes wie ein anderer: ohne Tageszeiten und Zustände.",
    "day_rule_is_last": "Diese Regel gilt für die Regeln darunter, und darunter steht keine. Schieben Sie sie nach oben.",
}


class German:
    """See `words.Words`."""

    def __init__(self, names: Mapping[Member, str], zone: tzinfo) -> None:
        self._names, self._zone = names, zone

    def steps(self, steps: Steps, *, seconds: bool = True) -> str:
        parts = [
            self._all(step.members) + (f" {step.seconds} s lang" if seconds and step.seconds else "")
            for step in steps.steps
        ]
        return ", dann ".join(parts) + (f", {steps.rounds}-mal reihum" if steps.rounds > 1 else "")

    def rule(self, rule: Rule, owner: Member, calendar: HolidayCalendar | None = None, *, seconds: bool = False) -> str:
        when = self._times(rule.times, calendar)
        about = self._name(rule.whose or owner)
        state = ""
        if rule.when == "no_answer":
            somebody = rule.whose or owner.kind == "user"
            first = f"{about} nach {rule.after_s} s nicht" if somebody else f"nach {rule.after_s} s niemand"
            state = f"wenn {first} abgehoben hat"
        elif rule.when != "always":
            state = f"wenn {about} {_STATES[rule.when]}"
        if state:
            when = f"{when.removesuffix(',')}, {state}," if when else f"{state},"
        if isinstance(rule.then, AsWeekday):
            return _sentence(f"{when or 'immer'} läutet es wie am {_DAYS[rule.then.weekday - 1]}")
        how = {"always": "", "no_answer": " zusätzlich"}.get(rule.when, " stattdessen")
        many = bool(rule.then.steps) and len(rule.then.steps[0].members) > 1
        rings = "läuten" if many else "läutet"
        return _sentence(f"{when or 'immer'} {rings}{how} {self.steps(rule.then, seconds=seconds)}")

    def leg(self, leg: Leg) -> str:
        busy = ", trotz eines anderen Gesprächs" if leg.rings_busy else ""
        return f"Läutet von {leg.from_s} bis {leg.to_s} s{busy}."

    def silence(self, silence: Silence, *, past: bool = False) -> str:
        rule = silence.rule
        forwards = f" Stattdessen gilt Regel {rule.number} von {self._name(rule.owner)}." if rule else ""
        said = self._silence(silence)
        return (afterwards(silence, said, _AFTERWARDS) if past else said) + forwards

    def _silence(self, silence: Silence) -> str:
        match silence.cause:
            case "do_not_disturb":
                quiet = silence.quiet
                return f"Läutet nicht: Ruhe{self._quiet(quiet) if quiet else ''}."
            case "offline":
                since = silence.presence.since if silence.presence else None
                said = f"Läutet nicht: nicht erreichbar{f' seit {self._moment(since)}' if since else ''}."
                joins = silence.joins_until_s
                if joins is None:
                    return said
                time = f"zwischen {silence.at_s} und {joins} s" if silence.at_s else f"in den ersten {joins} s"
                return f"{said} Läutet mit, wenn die Verbindung {time} zurückkommt."
            case "busy":
                return "Läutet nicht: in einem anderen Gespräch."
            case "forwarded":
                return "Läutet nicht: weitergeleitet."
            case "loop":
                return "Läutet von hier aus nicht noch einmal: Der eigene Läutplan hat hierher geführt, der Kreis wird abgebrochen."
            case "too_deep":
                return f"Wird nicht weiter verfolgt: Schon {silence.limit} Läutpläne liegen ineinander."
            case "too_many":
                if silence.limit == RINGING_RECEIVERS_MAX:
                    return f"Läutet nicht: Es läuten schon {silence.limit}."
                return f"Wird nicht weiter verfolgt: Die Läutpläne nennen mehr als {silence.limit} Mitglieder."
            case "no_time_left":
                return f"Kommt nicht an die Reihe: Nach {silence.at_s} s ist die Zeit um."
            case "may_not_answer":
                return "Läutet nicht: darf Rufe dieser Station nicht annehmen."
            case "not_a_member_any_more":
                return "Läutet nicht: gibt es nicht mehr."
            case "without_a_plan":
                return "Läutet bei niemandem: Noch ist kein Läutplan in Kraft."
            case "number_without_trunk":
                return "Wird nicht angerufen: Es gibt keine Leitung ins Telefonnetz."
            case "disabled":
                return "Läutet nicht: ausgeschaltet."

    def decision(self, decision: Decision) -> str:
        number, owner = decision.rule, self._name(decision.owner) if decision.owner else ""
        match decision.code:
            case "rule_applies":
                return f"Regel {number} gilt: {self._because(decision)}."
            case "rule_adds":
                return f"Regel {number} kommt dazu: {self._text(decision)}"
            case "rule_changes_day":
                day = AsWeekday(1) if decision.text is None else decision.text.then
                weekday = _DAYS[day.weekday - 1] if isinstance(day, AsWeekday) else ""
                return f"Regel {number} gilt: {self._because(decision)}. Für die Regeln darunter ist {weekday}."
            case "rule_passed_over":
                return self._passed_over(decision)
            case "otherwise":
                return f"Keine Regel ersetzt, was bei {owner} sonst läutet."
            case "step_passed_over":
                return f"Schritt {decision.step} von {owner} wird übersprungen: Dort kann niemand läuten."
            case "alarm_breaks_quiet":
                return f"Ein Alarm läutet bei {owner} trotz Ruhe."
            case "last_resort" if owner:
                return f"Bei {owner} kann niemand läuten: Es gilt, was dort für zuletzt festgelegt ist."
            case "last_resort":
                return "Niemand kann läuten: Es gilt, was das Unternehmen für zuletzt festgelegt hat."
            case "no_last_resort":
                return "Niemand kann läuten, und für zuletzt ist nichts festgelegt."

    def fault(self, fault: Fault) -> str:
        way = ", ".join(self._name(member) for member in fault.members)
        where = f" (im Läutplan von {self._name(fault.in_plan)})" if fault.in_plan else ""
        match fault.code:
            case "ring_plan_loops":
                return f"Das geht im Kreis: {way.replace(', ', ', dann ')}."
            case "ring_plan_may_loop":
                return f"Das kann im Kreis gehen: {way.replace(', ', ', dann ')}. Dann läutet niemand ein zweites Mal."
            case "too_many_receivers":
                return f"Höchstens {fault.limit} läuten gleichzeitig{where}. Zu viel: {way}."
        return _FAULTS[fault.code].format(limit=fault.limit, members=way)

    # -- parts -------------------------------------------------------------------------------------------------------

    def _passed_over(self, decision: Decision) -> str:
        number, why = decision.rule, decision.why
        about = self._name(decision.about) if decision.about else ""
        if why == "off":
            return f"Regel {number} ist ausgeschaltet."
        if why == "draft":
            return f"Regel {number} ist ein Entwurf."
        if why == "not_reached":
            return f"Regel {number} würde gelten, aber Regel {decision.before} kommt zuerst."
        when = decision.text.when if decision.text else "always"
        reasons = {
            "date": f"Es ist der {_date(decision.local)}",
            "weekday": _big(self._today(decision)),
            "holiday": f"Es ist {decision.holiday.de}" if decision.holiday else "",
            "no_holiday": "Es ist kein Feiertag",
            "time": f"Es ist {_clock(decision.local)} Uhr",
            "state": f"{about} {_ARE[when][1] if when in _ARE else ''}",
            "alarm": f"Ein Alarm läutet bei {about} trotzdem",
            "not_rung": f"{about} läutet nach diesem Plan jetzt nicht",
        }
        return f"Regel {number} gilt nicht: {reasons[why] if why else ''}."

    def _because(self, decision: Decision) -> str:
        rule = decision.text
        because = []
        if decision.about is not None and rule is not None:
            because.append(f"{self._name(decision.about)} {_ARE[rule.when][0] if rule.when in _ARE else ''}")
        if decision.about is None or (rule is not None and rule.times != Times()):
            day = f"{self._today(decision)}, {_clock(decision.local)} Uhr"
            if rule is not None and (rule.times.from_date or rule.times.to_date):
                day = f"es ist der {_date(decision.local)}, {_clock(decision.local)} Uhr"
            if decision.by_night:
                day += f", noch die Nacht von {_DAYS[decision.local.isoweekday() - 2]}"
            elif decision.holiday is not None:
                day += f", {decision.holiday.de}"
            elif decision.calendar is not None and decision.weekday == decision.local.isoweekday():
                day += ", und kein Feiertag"
            because.append(day)
        return _big(" und ".join(because))

    def _today(self, decision: Decision) -> str:
        day = _DAYS[decision.weekday - 1]
        return f"es ist {day}" if decision.weekday == decision.local.isoweekday() else f"der Tag zählt als {day}"

    def _text(self, decision: Decision) -> str:
        rule, owner = decision.text, decision.owner
        return self.rule(rule, owner, decision.calendar) if rule is not None and owner is not None else ""

    def _quiet(self, quiet: Quiet) -> str:
        by = f", gesetzt von {quiet.set_by_name}"
        if quiet.times is not None:
            return f" {self._times(quiet.times, None).removesuffix(',') or 'immer'}{by}"
        until = f" bis {self._moment(quiet.ends_at, quiet.set_at)}" if quiet.ends_at else " bis auf Weiteres"
        return f"{until}{by} {_at(self._moment(quiet.set_at, quiet.ends_at or quiet.set_at))}"

    def _moment(self, moment: datetime, beside: datetime | None = None) -> str:
        """Its time; with the day where the one beside it is on another."""
        local = moment.astimezone(self._zone)
        clock = f"{_clock(local)} Uhr"
        if beside is not None and beside.astimezone(self._zone).date() == local.date():
            return clock
        return f"{_date(local)}, {clock}"

    def _times(self, times: Times, calendar: HolidayCalendar | None) -> str:
        parts = []
        days = _weekdays(times.weekdays)
        if times.holidays == "only":
            region = region_name(calendar)
            parts.append(f"{f'{days} ' if days else ''}an Feiertagen{f' in {region}' if region else ''}")
        elif days:
            parts.append(days)
        if times.from_date and times.from_date == times.to_date:
            parts.append(f"am {_date(times.from_date)}")
        elif times.from_date and times.to_date:
            parts.append(f"vom {_date(times.from_date)} bis {_date(times.to_date)}")
        elif times.from_date:
            parts.append(f"ab {_date(times.from_date)}")
        elif times.to_date:
            parts.append(f"bis {_date(times.to_date)}")
        if times.spans:
            parts.append(_and(f"von {_span(span)} Uhr" for span in times.spans))
        said = " ".join(parts)
        if times.holidays == "never":
            return f"{said}, außer an Feiertagen," if said else "außer an Feiertagen"
        return said

    def _all(self, members: Sequence[Member]) -> str:
        return _and(self._name(member) for member in members) or "niemand"

    def _name(self, member: Member) -> str:
        return self._names.get(member) or (member.id if member.kind == "number" else "jemand, den es nicht mehr gibt")


def _at(moment: str) -> str:
    return f"am {moment}" if "," in moment else f"um {moment.removesuffix(' Uhr')}"


def _sentence(text: str) -> str:
    return f"{_big(text)}."


def _big(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _and(parts: Iterable[str]) -> str:
    *first, last = [*parts] or [""]
    return f"{', '.join(first)} und {last}" if first else last


def _weekdays(weekdays: frozenset[int]) -> str:
    days = sorted(weekdays)
    if len(days) > 2 and days == list(range(days[0], days[-1] + 1)):
        return f"{_DAYS[days[0] - 1]} bis {_DAYS[days[-1] - 1]}"
    return _and(f"{_DAYS[day - 1].lower()}s" for day in days)


def _span(span: Span) -> str:
    return f"{_minutes(span.start)} bis {_minutes(span.end)}"


def _minutes(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02}"


def _clock(moment: datetime) -> str:
    return f"{moment.hour}:{moment.minute:02}"


def _date(day: date) -> str:
    return f"{day.day}. {_MONTHS[day.month - 1]} {day.year}"
