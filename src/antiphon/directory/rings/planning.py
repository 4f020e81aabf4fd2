"""Who rings now: a book and a question in, legs and silences with their reasons out. No clock, no I/O, no chance."""

from __future__ import annotations

from typing import Literal, NamedTuple

from antiphon.directory.rings.answer import Cause, Decision, LastResort, Leg, Ringing, RuleRef, Silence, Via
from antiphon.directory.rings.choosing import Added, Choice, Known, choose
from antiphon.directory.rings.model import Ask, Book, Member, Plan, Rule, Step, Steps, When
from antiphon.limits import (
    RING_CONFIGURED_MAX_S,
    RING_LAST_STEP_MIN_S,
    RING_NESTING_MAX,
    RING_PLAN_LOOKS_MAX,
    RINGING_RECEIVERS_MAX,
)

_CAUSE_OF: dict[When, Cause] = {
    "always": "forwarded",
    "busy": "busy",
    "offline": "offline",
    "do_not_disturb": "do_not_disturb",
}


class Window(NamedTuple):
    """From `begin` on; what has no length of its own until `open_to`, what has one until `end` at most."""

    begin: int
    open_to: int
    end: int

    def of_step(self, at: int, seconds: int | None, *, first: bool) -> Window:
        """Of a step that begins at `at`. The last one without seconds has some time left even where those before took it all."""
        if seconds is not None:
            end = min(at + max(seconds, 1), self.end)
            return Window(at, end, end)
        least = 1 if first and at < self.open_to else RING_LAST_STEP_MIN_S
        return Window(at, min(max(self.open_to, at + least), self.end), self.end)


def plan(book: Book, ask: Ask) -> Ringing:
    """Who rings for that press, when and by which way; who does not, and why. The same answer for the same input.

    At most `RINGING_RECEIVERS_MAX` at any second, all within `RING_CONFIGURED_MAX_S`; whatever the plans say, it comes to an end.
    """
    return _Call(book, ask).answer()


class _Call:
    """One press. `_rung` has what each receiver would ring, in the order in which they came up; who came first stays."""

    def __init__(self, book: Book, ask: Ask) -> None:
        self._book, self._ask = book, ask
        self._known = Known(book, ask)
        self._end = max(0, min(ask.seconds_max, RING_CONFIGURED_MAX_S))
        self._window = Window(0, min(ask.open_s, self._end), self._end)
        self._rung: dict[Member, list[tuple[int, int, Via]]] = {}
        self._silences: dict[tuple[Member, Cause], Silence] = {}
        self._decisions: list[Decision] = []
        self._said: set[tuple[Member | None, str, int | None]] = set()
        self._choices: dict[Member, Choice] = {}
        self._seen: dict[tuple[Member, Window], int] = {}
        self._looks = 0
        self._used_last_resort = False

    def answer(self) -> Ringing:
        self._steps(Steps((Step(self._ask.start),)), self._window, (), (), None)
        if not self._rung:
            if self._book.last_resort is not None:
                self._last_resort(None, self._book.last_resort, self._window, (), ())
            if not self._rung and not self._used_last_resort:
                self._decide("no_last_resort", None)
        legs = self._legs()
        last: Literal["used", "none", "not_needed"] = "not_needed" if legs else "none"
        return Ringing(
            tuple(sorted(legs, key=lambda leg: leg.from_s)),
            tuple(sorted(self._told(), key=lambda silence: silence.at_s)),
            tuple(self._decisions),
            max((leg.to_s for leg in legs), default=0),
            "used" if self._used_last_resort else last,
        )

    # Each of these rings somebody from the window's beginning on and answers until when somebody rings: the beginning if nobody
    # does. There are no gaps: a step in which nobody can ring is passed over, and one ends when nobody in it rings any more.

    def _steps(self, steps: Steps, window: Window, via: Via, above: tuple[Member, ...], owner: Member | None) -> int:
        at, over = window.begin, False
        for turn in range(max(steps.rounds, 1)):
            began = at
            for number, step in enumerate(steps.steps, 1):
                if over or at >= window.end:
                    if turn == 0:
                        for member in step.members:
                            self._silent(Silence(member, at, "no_time_left", via))
                    continue
                of_step = window.of_step(at, step.seconds, first=turn == 0 and number == 1)
                until = at
                for member in step.members:
                    until = max(until, self._member(member, of_step, via, above))
                if until == at and len(steps.steps) > 1:
                    self._decide("step_passed_over", owner, step=number)
                over = step.seconds is None and until > at  # nothing comes after "as long as there is time"
                at = until
            if over or at >= window.end or at == began:
                break
        return at

    def _member(self, member: Member, window: Window, via: Via, above: tuple[Member, ...]) -> int:
        book, begin = self._book, window.begin
        self._looks += 1
        if self._looks > RING_PLAN_LOOKS_MAX:
            return self._silent(Silence(member, begin, "too_many", via, limit=RING_PLAN_LOOKS_MAX))
        if member.kind != "number" and member not in book.names:
            return self._silent(Silence(member, begin, "not_a_member_any_more", via))
        if member in book.barred:
            return self._silent(Silence(member, begin, book.barred[member], via))
        if member.kind == "group" or member.kind == "contact":
            owned = book.plans.get(member)
            if owned is None:
                return self._silent(Silence(member, begin, "without_a_plan", via))
        else:
            # In somebody's own plan, the name means the person and not the plan again.
            own = bool(above) and above[-1] == member
            owned = book.plans.get(member) if member.kind == "user" and not own else None
            if owned is None:
                return self._receiver(member, begin, window.open_to, via)
        if member in above:
            return self._silent(Silence(member, begin, "loop", via))
        if len(above) >= RING_NESTING_MAX:
            return self._silent(Silence(member, begin, "too_deep", via, limit=RING_NESTING_MAX))
        key = (member, window)
        if key not in self._seen:
            self._seen[key] = self._plan(owned, window, (*via, member), (*above, member))
        return self._seen[key]

    def _plan(self, owned: Plan, window: Window, via: Via, above: tuple[Member, ...]) -> int:
        owner, begin = owned.owner, window.begin
        choice = self._choices.get(owner)
        if choice is None:
            choice = self._choices[owner] = choose(owned, self._known)
            self._decisions += choice.decisions
        if choice.steps is None:
            until = self._receiver(owner, begin, window.open_to, via[:-1]) if owner.kind == "user" else begin
        else:
            way = via if choice.ref is None else (*via, choice.ref)
            until = self._steps(choice.steps, window, way, above, owner)
        if choice.rule is not None and choice.ref is not None:
            self._replaced(owner, choice.rule, choice.ref, begin, window.end, via)
        rang_until = until
        for one in choice.added:
            until = max(until, self._added(one, owner, rang_until, window, via, above))
        if until == begin and owned.last_resort is not None:
            until = self._last_resort(owner, owned.last_resort, window, via, above)
        return until

    def _receiver(self, member: Member, begin: int, end: int, via: Via) -> int:
        quiet = self._known.quiet(member)
        if quiet is not None:
            if not self._known.breaks_quiet:
                return self._silent(Silence(member, begin, "do_not_disturb", via, quiet=quiet))
            self._decide("alarm_breaks_quiet", member)
        presence = self._known.presence(member)
        if presence.state == "offline":
            return self._silent(Silence(member, begin, "offline", via, joins_until_s=end, presence=presence))
        self._rung.setdefault(member, []).append((begin, end, via))
        return end

    def _added(
        self, one: Added, owner: Member, rang_until: int, window: Window, via: Via, above: tuple[Member, ...]
    ) -> int:
        """The steps of a `no_answer` rule: `after_s` after the first ring, or as soon as nobody rings any more."""
        whose, begin, end = one.whose, window.begin, window.end
        rings = [at for at, _, _ in self._rung.get(whose, ()) if begin <= at < end] if whose else [begin]
        if not rings and not any(silent == whose for silent, _ in self._silences):
            if self._first_time(owner, "rule_passed_over", one.ref.number):
                self._decisions.append(one.decision._replace(code="rule_passed_over", why="not_rung"))
            return begin
        if self._first_time(owner, "rule_adds", one.ref.number):
            self._decisions.append(one.decision)
        at = min(min(rings) + max(one.after_s, 0), rang_until) if rings else begin
        until = self._steps(one.steps, window._replace(begin=at), (*via, one.ref), above, owner)
        return until if until > at else begin

    def _last_resort(
        self, owner: Member | None, steps: Steps, window: Window, via: Via, above: tuple[Member, ...]
    ) -> int:
        self._used_last_resort = True
        self._decide("last_resort", owner)
        return self._steps(steps, window, (*via, LastResort(owner)), above, owner)

    def _replaced(self, owner: Member, rule: Rule, ref: RuleRef, begin: int, end: int, via: Via) -> None:
        """Whom the rule forwards does not ring here, unless its steps ring them too."""
        member = owner if rule.whose is None or rule.when == "always" else rule.whose
        if member.kind in ("group", "contact"):
            return
        if any(at < end and to > begin for at, to, _ in self._rung.get(member, ())):
            return
        quiet = self._known.quiet(member) if rule.when == "do_not_disturb" else None
        presence = self._known.presence(member) if rule.when in ("offline", "busy") else None
        self._silent(Silence(member, begin, _CAUSE_OF[rule.when], via, None, ref, quiet, presence))

    # -- what is told ------------------------------------------------------------------------------------------------

    def _silent(self, silence: Silence) -> int:
        """Tells it, of a member once for each cause; answers its second, for nobody rings."""
        key = (silence.member, silence.cause)
        said = self._silences.get(key)
        if said is None:
            self._silences[key] = silence
        elif silence.joins_until_s is not None:
            until = max(silence.joins_until_s, said.joins_until_s or 0)
            self._silences[key] = said._replace(at_s=min(silence.at_s, said.at_s), joins_until_s=until)
        return silence.at_s

    def _first_time(self, owner: Member | None, code: str, number: int | None) -> bool:
        key = (owner, code, number)
        if key in self._said:
            return False
        self._said.add(key)
        return True

    def _decide(
        self,
        code: Literal["step_passed_over", "alarm_breaks_quiet", "last_resort", "no_last_resort"],
        owner: Member | None,
        step: int | None = None,
    ) -> None:
        if self._first_time(owner, code, step):
            known = self._book.plans.get(owner) if owner else None
            local = self._known.local(known.zone if known else self._ask.zone)
            self._decisions.append(Decision(code, owner, local, local.isoweekday(), step=step))

    def _told(self) -> list[Silence]:
        """Without "no time left" for those of whom there is more to say."""
        opened = {owner for owner, _ in self._seen}
        more = {member for member, cause in self._silences if cause != "no_time_left"}
        return [
            silence
            for (member, cause), silence in self._silences.items()
            if cause != "no_time_left" or not (member in self._rung or member in opened or member in more)
        ]

    def _legs(self) -> list[Leg]:
        known = self._known
        wanted = [
            Leg(member, begin, to, via, known.presence(member).busy)
            for member, intervals in self._rung.items()
            for begin, to, via in (intervals if len(intervals) == 1 else _merged(intervals))
        ]
        return wanted if len(self._rung) <= RINGING_RECEIVERS_MAX else self._admitted(wanted)

    def _admitted(self, wanted: list[Leg]) -> list[Leg]:
        """Those who came up first ring; the others in the seconds in which there is room."""
        ringing = [0] * self._end
        admitted: list[Leg] = []
        for leg in wanted:
            begin: int | None = None
            for second in range(leg.from_s, leg.to_s + 1):
                room = second < leg.to_s and ringing[second] < RINGING_RECEIVERS_MAX
                if room:
                    ringing[second] += 1
                    begin = second if begin is None else begin
                elif second < leg.to_s:
                    self._silent(Silence(leg.receiver, second, "too_many", leg.via, limit=RINGING_RECEIVERS_MAX))
                if not room and begin is not None:
                    admitted.append(leg._replace(from_s=begin, to_s=second))
                    begin = None
        return admitted


def _merged(intervals: list[tuple[int, int, Via]]) -> list[tuple[int, int, Via]]:
    """Without breaks or overlaps; each keeps the way by which it began."""
    merged: list[tuple[int, int, Via]] = []
    for begin, to, via in sorted(intervals, key=lambda one: one[:2]):
        if merged and begin <= merged[-1][1]:
            first, until, way = merged[-1]
            merged[-1] = (first, max(until, to), way)
        else:
            merged.append((begin, to, via))
    return merged
