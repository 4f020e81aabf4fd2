"""Rules and answers in English sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, tzinfo

from antiphon.directory.rings.answer import Decision, Leg, Silence
from antiphon.directory.rings.calendars import region_name
from antiphon.directory.rings.checking import Fault
from antiphon.directory.rings.model import AsWeekday, HolidayCalendar, Member, Quiet, Rule, Span, Steps, Times, When
from antiphon.limits import RINGING_RECEIVERS_MAX

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_STATES: dict[When, str] = {"busy": "in another call", "offline": "offline", "do_not_disturb": "not to be disturbed"}
# How a silence begins, and how it is told afterwards.
_AFTERWARDS = {
    "Does not ring: does not exist any more": "Did not ring: did not exist any more",
    "Does not ring: may not answer": "Did not ring: was not allowed to answer",
    "Does not ring": "Did not ring",
    "Rings nobody: it has": "Rang nobody: it had",
    "Joins if it is back": "Would have joined if it had been back",
    "Is not rung again": "Was not rung again",
    "Is not followed": "Was not followed",
    "lie within": "lay within",
    "ring already": "rang already",
    "the plans name more": "the plans named more",
    "Its turn does not come: the time is over": "Its turn did not come: the time was over",
    "Is not called: there is no line": "Was not called: there was no line",
    "and the loop is cut": "and the loop was cut",
}
_FAULTS = {
    "nested_too_deep": "More than {limit} ring plans would lie within each other.",
    "too_many_rules": "A ring plan has at most {limit} rules.",
    "too_many_steps": "There are at most {limit} steps.",
    "too_many_rounds": "The steps come round once to {limit} times.",
    "too_many_spans": "A rule has at most {limit} times of day.",
    "nobody_named": "Say who rings.",
    "step_too_short": "A step lasts at least {limit} s.",
    "step_too_long": "A step lasts at most {limit} s.",
    "step_without_end": "Only the last step may ring as long as there is time, and only once.",
    "steps_too_long": "The steps last longer than {limit} s together: the last would never come.",
    "number_invalid": "{members} is no telephone number. Write it with + and the country code.",
    "span_invalid": "This is no time of day.",
    "dates_reversed": "The last day is before the first.",
    "weekday_invalid": "This is no day of the week.",
    "zone_unknown": "This time zone is not known.",
    "calendar_unknown": "Holidays of this country or region are not known.",
    "calendar_missing": "Choose whose public holidays are meant.",
    "member_unknown": "This member does not exist.",
    "state_of_nobody": "Say whose state is meant.",
    "state_of_stranger": "{members} is not in this plan.",
    "after_missing": "Say after how many seconds.",
    "after_invalid": "Seconds belong to rules for no answer, from 5 to 179.",
    "day_rule_has_times": "A day counts as another as a whole: without times of day and states.",
    "day_rule_is_last": "This rule is for those below it, and there are none. Move it up.",
}


class English:
    """See `words.Words`."""

    def __init__(self, names: Mapping[Member, str], zone: tzinfo) -> None:
        self._names, self._zone = names, zone

    def steps(self, steps: Steps, *, seconds: bool = True) -> str:
        parts = [
            self._all(step.members) + (f" for {step.seconds} s" if seconds and step.seconds else "")
            for step in steps.steps
        ]
        return ", then ".join(parts) + (f", {steps.rounds} times round" if steps.rounds > 1 else "")

    def rule(self, rule: Rule, owner: Member, calendar: HolidayCalendar | None = None, *, seconds: bool = False) -> str:
        when = self._times(rule.times, calendar)
        about = self._name(rule.whose or owner)
        if rule.when == "no_answer":
            whom = about if rule.whose or owner.kind == "user" else "nobody"
            answers = "answers" if whom == "nobody" else "does not answer"
            when = _with(when, f"when {whom} {answers} within {rule.after_s} s")
        elif rule.when != "always":
            when = _with(when, f"when {about} is {_STATES[rule.when]}")
        if isinstance(rule.then, AsWeekday):
            return _sentence(f"{when or 'always'}, ring as on {_DAYS[rule.then.weekday - 1]}s")
        whom = self.steps(rule.then, seconds=seconds)
        if rule.when == "no_answer":
            return _sentence(f"{when}, also ring {whom}")
        if rule.when == "always":
            return _sentence(f"{when or 'always'}, ring {whom}")
        return _sentence(f"{when}, instead ring {whom}" if len(rule.then.steps) > 1 else f"{when}, ring {whom} instead")

    def leg(self, leg: Leg) -> str:
        return f"Rings from {leg.from_s} to {leg.to_s} s{', while in another call' if leg.rings_busy else ''}."

    def silence(self, silence: Silence, *, past: bool = False) -> str:
        rule = silence.rule
        forwards = f" Rule {rule.number} of {self._name(rule.owner)} says who rings instead." if rule else ""
        said = self._silence(silence)
        return (afterwards(silence, said, _AFTERWARDS) if past else said) + forwards

    def _silence(self, silence: Silence) -> str:
        match silence.cause:
            case "do_not_disturb":
                quiet = silence.quiet
                return f"Does not ring: do not disturb{self._quiet(quiet) if quiet else ''}."
            case "offline":
                since = silence.presence.since if silence.presence else None
                said = f"Does not ring: offline{f' since {self._moment(since)}' if since else ''}."
                joins = silence.joins_until_s
                if joins is None:
                    return said
                time = f"between {silence.at_s} and {joins} s" if silence.at_s else f"within the first {joins} s"
                return f"{said} Joins if it is back {time}."
            case "busy":
                return "Does not ring: in another call."
            case "forwarded":
                return "Does not ring: forwarded."
            case "loop":
                return "Is not rung again from here: its own plan led here, and the loop is cut."
            case "too_deep":
                return f"Is not followed: {silence.limit} plans lie within each other already."
            case "too_many":
                if silence.limit == RINGING_RECEIVERS_MAX:
                    return f"Does not ring: {silence.limit} ring already."
                return f"Is not followed: the plans name more than {silence.limit} members."
            case "no_time_left":
                return f"Its turn does not come: the time is over after {silence.at_s} s."
            case "may_not_answer":
                return "Does not ring: may not answer calls of this station."
            case "not_a_member_any_more":
                return "Does not ring: does not exist any more."
            case "without_a_plan":
                return "Rings nobody: it has no ring plan in force yet."
            case "number_without_trunk":
                return "Is not called: there is no line to the telephone network."
            case "disabled":
                return "Does not ring: switched off."

    def decision(self, decision: Decision) -> str:
        number, owner = decision.rule, self._name(decision.owner) if decision.owner else ""
        match decision.code:
            case "rule_applies":
                return f"Rule {number} applies: {self._because(decision)}."
            case "rule_adds":
                return f"Rule {number} adds: {_small(self._text(decision))}"
            case "rule_changes_day":
                day = AsWeekday(1) if decision.text is None else decision.text.then
                weekday = _DAYS[day.weekday - 1] if isinstance(day, AsWeekday) else ""
                return f"Rule {number} applies: {self._because(decision)}. The rules below see a {weekday}."
            case "rule_passed_over":
                return self._passed_over(decision)
            case "otherwise":
                return f"No rule replaces what {owner} rings otherwise."
            case "step_passed_over":
                return f"Step {decision.step} of {owner} is passed over: nobody can ring there."
            case "alarm_breaks_quiet":
                return f"An alarm rings {owner} in spite of do not disturb."
            case "last_resort":
                return (
                    f"{owner} finds nobody: its last resort rings."
                    if owner
                    else "Nobody is found: the company's last resort rings."
                )
            case "no_last_resort":
                return "Nobody is found, and there is no last resort."

    def fault(self, fault: Fault) -> str:
        way = ", ".join(self._name(member) for member in fault.members)
        where = f" (in the plan of {self._name(fault.in_plan)})" if fault.in_plan else ""
        match fault.code:
            case "ring_plan_loops":
                return f"This goes round in a circle: {way.replace(', ', ', then ')}."
            case "ring_plan_may_loop":
                return (
                    f"This can go round in a circle: {way.replace(', ', ', then ')}. Then nobody rings a second time."
                )
            case "too_many_receivers":
                return f"At most {fault.limit} ring at once{where}. Too many: {way}."
        return _FAULTS[fault.code].format(limit=fault.limit, members=way)

    # -- parts -------------------------------------------------------------------------------------------------------

    def _passed_over(self, decision: Decision) -> str:
        number, why = decision.rule, decision.why
        about = self._name(decision.about) if decision.about else ""
        if why == "off":
            return f"Rule {number} is switched off."
        if why == "draft":
            return f"Rule {number} is a draft."
        if why == "not_reached":
            return f"Rule {number} would apply, but rule {decision.before} comes first."
        when = decision.text.when if decision.text else "always"
        reasons = {
            "date": f"it is {_date(decision.local)}",
            "weekday": self._today(decision),
            "holiday": f"it is {decision.holiday.en}" if decision.holiday else "",
            "no_holiday": "it is no public holiday",
            "time": f"it is {_clock(decision.local)}",
            "state": f"{about} is not {_STATES.get(when, '')}",
            "alarm": f"an alarm rings {about} all the same",
            "not_rung": f"{about} is not rung by this plan now",
        }
        return f"Rule {number} does not apply: {reasons[why] if why else ''}."

    def _because(self, decision: Decision) -> str:
        rule = decision.text
        because = []
        if decision.about is not None and rule is not None:
            because.append(f"{self._name(decision.about)} is {_STATES.get(rule.when, '')}")
        if decision.about is None or (rule is not None and rule.times != Times()):
            day = f"{self._today(decision)}, {_clock(decision.local)}"
            if rule is not None and (rule.times.from_date or rule.times.to_date):
                day = f"it is {_date(decision.local)}, {_clock(decision.local)}"
            if decision.by_night:
                day += f", still the night of {_DAYS[decision.local.isoweekday() - 2]}"
            elif decision.holiday is not None:
                day += f", {decision.holiday.en}"
            elif decision.calendar is not None and decision.weekday == decision.local.isoweekday():
                day += ", and no holiday"
            because.append(day)
        return " and ".join(because)

    def _today(self, decision: Decision) -> str:
        day = _DAYS[decision.weekday - 1]
        return f"it is {day}" if decision.weekday == decision.local.isoweekday() else f"the day counts as {day}"

    def _text(self, decision: Decision) -> str:
        rule, owner = decision.text, decision.owner
        return self.rule(rule, owner, decision.calendar) if rule is not None and owner is not None else ""

    def _quiet(self, quiet: Quiet) -> str:
        if quiet.times is not None:
            until = " " + (self._times(quiet.times, None) or "always")
        else:
            until = f" until {self._moment(quiet.ends_at, quiet.set_at)}" if quiet.ends_at else " until further notice"
        day = self._moment(quiet.set_at, quiet.ends_at or quiet.set_at)
        by = f", set by {quiet.set_by_name}"
        return f"{until}{by}" if quiet.times is not None else f"{until}{by} at {day}"

    def _moment(self, moment: datetime, beside: datetime | None = None) -> str:
        """Its time; with the day where the one beside it is on another."""
        local = moment.astimezone(self._zone)
        if beside is not None and beside.astimezone(self._zone).date() == local.date():
            return _clock(local)
        return f"{_clock(local)} on {_date(local)}"

    def _times(self, times: Times, calendar: HolidayCalendar | None) -> str:
        parts = []
        days = _weekdays(times.weekdays)
        if times.holidays == "only":
            region = region_name(calendar)
            parts.append(f"on public holidays{f' in {region}' if region else ''}{f' that are {days}' if days else ''}")
        elif days:
            parts.append(f"on {days}")
        if times.from_date and times.from_date == times.to_date:
            parts.append(f"on {_date(times.from_date)}")
        elif times.from_date:
            parts.append(f"from {_date(times.from_date)}" + (f" to {_date(times.to_date)}" if times.to_date else " on"))
        elif times.to_date:
            parts.append(f"until {_date(times.to_date)}")
        if times.spans:
            parts.append(_and(f"from {_span(span)}" for span in times.spans))
        said = " ".join(parts)
        return f"{said}, except on public holidays".removeprefix(", ") if times.holidays == "never" else said

    def _all(self, members: Sequence[Member]) -> str:
        return _and(self._name(member) for member in members) or "nobody"

    def _name(self, member: Member) -> str:
        return self._names.get(member) or (member.id if member.kind == "number" else "somebody removed")


def afterwards(silence: Silence, said: str, turned: Mapping[str, str]) -> str:
    """The sentence in the past, phrase by phrase; of one that has names in it only its beginning."""
    for now, then in turned.items():
        if silence.cause != "do_not_disturb" or said.startswith(now):
            said = said.replace(now, then, 1)
    return said


def _with(when: str, state: str) -> str:
    return f"{when}, {state}" if when else state


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _small(text: str) -> str:
    return f"{text[:1].lower()}{text[1:]}"


def _and(parts: Iterable[str]) -> str:
    *first, last = [*parts] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def _weekdays(weekdays: frozenset[int]) -> str:
    days = sorted(weekdays)
    if len(days) > 2 and days == list(range(days[0], days[-1] + 1)):
        return f"{_DAYS[days[0] - 1]}s to {_DAYS[days[-1] - 1]}s"
    return _and(f"{_DAYS[day - 1]}s" for day in days)


def _span(span: Span) -> str:
    return f"{_minutes(span.start)} to {_minutes(span.end)}"


def _minutes(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02}"


def _clock(moment: datetime) -> str:
    return f"{moment.hour}:{moment.minute:02}"


def _date(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
