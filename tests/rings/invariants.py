"""What holds for every answer of the planner, whatever the company and the question; each raises `AssertionError` where it does not."""

from __future__ import annotations

from antiphon.directory import rings
from antiphon.directory.rings import Ask, Book, LastResort, Member, Ringing, RuleRef, Steps
from antiphon.limits import RING_CONFIGURED_MAX_S, RINGING_RECEIVERS_MAX


def bounded(answer: Ringing, ask: Ask) -> None:
    """Never more than thirty-two, nobody twice at once, all within the time, no gap in which nobody rings."""
    end = min(ask.seconds_max, RING_CONFIGURED_MAX_S)
    for leg in answer.legs:
        assert 0 <= leg.from_s < leg.to_s <= answer.ends_at_s <= end
    for second in range(answer.ends_at_s):
        ringing = [leg.receiver for leg in answer.legs if leg.from_s <= second < leg.to_s]
        assert ringing, f"nobody rings in second {second}"
        assert len(ringing) == len(set(ringing)), f"somebody rings twice in second {second}"
        assert len(ringing) <= RINGING_RECEIVERS_MAX, f"{len(ringing)} ring in second {second}"


def only_who_may(answer: Ringing, book: Book, ask: Ask) -> None:
    """Who is quiet, offline, barred or gone has no leg; quiet gives way to an alarm where that is allowed."""
    through = ask.priority is rings.Priority.ALARM and book.alarm_breaks_quiet
    silent = {silence.member for silence in answer.silences if silence.cause == "do_not_disturb"}
    for leg in answer.legs:
        receiver = leg.receiver
        assert receiver.kind not in ("group", "contact")
        assert receiver.kind == "number" or receiver in book.names
        assert receiver not in book.barred
        presence = book.presence.get(receiver)
        assert presence is None or presence.state != "offline"
        assert leg.rings_busy == bool(presence and presence.busy)
        assert through or not quiet_everywhere(receiver, book, ask)
        assert receiver not in silent


def quiet_everywhere(receiver: Member, book: Book, ask: Ask) -> bool:
    """Whether one of the plain kind holds: without a schedule, judged here anew."""
    return receiver.kind == "user" and any(
        quiet.times is None
        and quiet.starts_at <= ask.moment
        and (quiet.ends_at is None or ask.moment < quiet.ends_at)
        and ask.station_path.startswith(quiet.path)
        for quiet in book.quiets.get(receiver.id, ())
    )


def nothing_disappears(answer: Ringing, book: Book, ask: Ask) -> None:
    """Everybody who stands in steps that applied rings, is silent for a cause, or has a plan of which the same holds."""
    told = {leg.receiver for leg in answer.legs} | {silence.member for silence in answer.silences}
    looked_into = {decision.owner for decision in answer.decisions}
    looked_into |= {part for one in (*answer.legs, *answer.silences) for part in one.via if isinstance(part, Member)}
    opened = [*ask.start, *_applied(None, answer, book)]
    seen: set[Member] = set()
    while opened:
        member = opened.pop()
        if member in seen:
            continue
        seen.add(member)
        assert member in told or (member in book.plans and member in book.names), f"{member} disappeared"
        if member not in told or member in looked_into:
            opened += _applied(member, answer, book)


def _applied(owner: Member | None, answer: Ringing, book: Book) -> list[Member]:
    """Who stands in the steps that applied in that plan."""
    lists: list[Steps | None] = []
    said = [decision for decision in answer.decisions if decision.owner == owner]
    if any(decision.code == "last_resort" for decision in said):
        lists.append(book.last_resort if owner is None else book.plans[owner].last_resort)
    plan = book.plans.get(owner) if owner is not None else None
    if plan is not None and owner is not None:
        applied = [one.text for one in said if one.code in ("rule_applies", "rule_adds") and one.text is not None]
        lists += [rule.then for rule in applied if isinstance(rule.then, Steps)]
        if not any(one.code == "rule_applies" for one in said):
            lists.append(plan.otherwise)
    return [member for steps in lists if steps is not None for step in steps.steps for member in step.members]


def ways_lead_there(answer: Ringing, book: Book, ask: Ask) -> None:
    """Every way begins at the button or at a last resort, and every rule on it says that it applied."""
    applied = {(one.owner, one.rule) for one in answer.decisions if one.code in ("rule_applies", "rule_adds")}
    for leg in answer.legs:
        first = leg.via[0] if leg.via else leg.receiver
        assert first in ask.start or isinstance(first, (LastResort, RuleRef))
        for part in leg.via:
            if isinstance(part, RuleRef):
                assert (part.owner, part.number) in applied
