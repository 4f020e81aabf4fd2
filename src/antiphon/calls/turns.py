"""Owns whose turn it is while a call rings: who rings now, who follows, who joins late, and when nobody is left."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from antiphon.calls import leg_messages as m
from antiphon.calls.core import Core
from antiphon.calls.model import RINGING_STATES, ClientState, Leg, Tab, Turn
from antiphon.calls.ports import ClientId, LegId
from antiphon.wire.client import EndCause, LegCause

# A tab whose last leg ended so may be rung again when it is somebody's turn anew; the others gave up or were given up.
_RINGS_AGAIN: frozenset[LegCause | None] = frozenset({"passed_on", "answered_elsewhere"})


def tab_of(leg: Leg) -> Tab:
    """The tab of a leg that is not the station's."""
    if leg.tab is None:
        raise TypeError("a client leg without a tab")
    return leg.tab


class Turns(Core):
    """Rings people in the order of the plan. When all of a turn are gone, the next begins at once (R1)."""

    def _begin_turns(self, turns: tuple[Turn, ...], tabs: Iterable[Tab], now: float) -> None:
        """The plan is known; with tabs there, those whose turn is first ring."""
        self._turns, self._turns_from = turns, now
        self._known = {tab.client: tab for tab in tabs}
        self._set_ring_end()
        if self._known:
            self._take_turns(now)
        else:
            self._set_turn(now)

    def _take_turns(self, now: float) -> None:
        """Ring whose turn it is and is not ringing, stop whose turn is over."""
        turn = self._whose_turn(now)
        ringing = (leg for leg in self._live.values() if leg.state is ClientState.NEW or leg.state in RINGING_STATES)
        leaving = {leg.leg_id: leg for leg in ringing if tab_of(leg).user_id not in turn}
        alone = leaving and self._ending is None and not self._staying(leaving) and not self._waiting(turn)
        if alone and self._next_turn(now, {tab_of(leg).user_id for leg in leaving.values()}):
            return  # nobody of this turn can ring: whoever is in the one that comes instead rings on without a break
        for leg in leaving.values():
            self._had_turn.add(tab_of(leg).user_id)
            self._post(leg, m.StopWanted("passed_on"))
        self._ring_tabs(self._waiting(turn), now, leaving=len(leaving))
        self._set_turn(now)
        self._look_around(now, leaving)

    def _tab_may_join(self, tab: Tab, now: float) -> bool:
        """Somebody comes while it rings: joins when it is their turn, or was and they were not there to hear it."""
        if tab.user_id in self._declined or tab.client not in self._known:
            return False
        if self._rings_now(tab.user_id, now):
            return True
        since = now - self._turns_from
        missed = any(turn.user_id == tab.user_id and turn.to_s <= since for turn in self._turns)
        if not missed or tab.user_id in self._had_turn:
            return False
        self._late.add(tab.user_id)
        return True

    def _ring_tabs(self, tabs: Iterable[Tab], now: float, leaving: int = 0) -> None:
        """Ring these tabs up to the limit (X4): every person's first tab before anybody's second."""
        ranked: list[tuple[int, int, Tab]] = []
        seen: dict[str, int] = {}
        for number, tab in enumerate(tabs):
            seen[tab.user_id] = seen.get(tab.user_id, 0) + 1
            ranked.append((seen[tab.user_id], number, tab))
        free = self.limits.receivers_max - len(self._ringing_legs()) + leaving
        for _, _, tab in sorted(ranked, key=lambda entry: entry[:2])[: max(free, 0)]:
            self._post(self._add_leg(tab, now), m.RingWanted())

    def _rings_until(self, user_id: str, now: float) -> float:
        """When that person's turn is over; who came late rings to the end."""
        since = now - self._turns_from
        ends = (turn.to_s for turn in self._turns if turn.user_id == user_id and turn.from_s <= since < turn.to_s)
        return (
            min(self._turns_from + max(ends), self._ring_until) if self._is_turn(user_id, since) else self._ring_until
        )

    def _look_around(self, now: float, leaving: Collection[LegId] = ()) -> None:
        """Nobody rings any more: the next turn begins, or the call is over, after a moment in which somebody may return."""
        if self._staying(leaving) or self._ending is not None or self._next_turn(now):
            return
        asked = [leg.cause for leg in self.clients]
        if not self._may_return() and any(cause in ("declined", "busy", "no_answer") for cause in asked):
            why = self._why_alone()
            self._finish(why, "client" if why == "declined" else "platform")
        else:
            self._set("alone", now + self.limits.away_max_s)

    def _staying(self, leaving: Collection[LegId]) -> bool:
        """Whether anybody but these rings on or is being put through."""
        return any(
            leg.leg_id not in leaving and (tab_of(leg).user_id not in self._declined or leg is self.winner)
            for leg in self._live.values()
        )

    def _next_turn(self, now: float, ringing: Collection[str] = ()) -> bool:
        """Begin the next turn in which somebody is there, or one of those who are `ringing`; False when there is none."""
        since = now - self._turns_from
        coming = sorted({turn.from_s for turn in self._turns if turn.from_s > since})
        for begins in coming:
            people = {turn.user_id for turn in self._turns if turn.from_s <= begins < turn.to_s}
            if self._waiting(people) or not people.isdisjoint(ringing):
                self.jumps.append((now, begins - since))
                self._turns_from = now - begins
                self._set_ring_end()
                self._take_turns(now)
                return True
        return False

    def _waiting(self, people: Collection[str]) -> list[Tab]:
        """Tabs of these people that do not ring and may."""
        return [
            tab
            for client, tab in self._known.items()
            if tab.user_id in people and tab.user_id not in self._declined and self._may_ring_again(client)
        ]

    def _may_ring_again(self, client: ClientId) -> bool:
        if client in self._live:
            return False
        last = next((leg for leg in reversed(self.clients) if tab_of(leg).client == client), None)
        return last is None or last.cause in _RINGS_AGAIN

    def _rings_now(self, user_id: str, now: float) -> bool:
        return user_id in self._late or self._is_turn(user_id, now - self._turns_from)

    def _is_turn(self, user_id: str, since: float) -> bool:
        return any(turn.user_id == user_id and turn.from_s <= since < turn.to_s for turn in self._turns)

    def _whose_turn(self, now: float) -> set[str]:
        since = now - self._turns_from
        return {turn.user_id for turn in self._turns if turn.from_s <= since < turn.to_s} | self._late

    def _set_turn(self, now: float) -> None:
        """The timer of the next change in who rings."""
        since = now - self._turns_from
        changes = [at for turn in self._turns for at in (turn.from_s, turn.to_s) if at > since]
        if changes and self._turns_from + min(changes) < self._ring_until:
            self._set("turn", self._turns_from + min(changes))
        else:
            self._stop("turn")

    def _set_ring_end(self) -> None:
        last = max((turn.to_s for turn in self._turns), default=0.0)
        self._ring_until = min(self._turns_from + last, self._ring_latest)
        self._set("ring", self._ring_until)

    def _may_return(self) -> bool:
        """Somebody who rang went without declining: a page that loads again comes back in a moment."""
        return any(
            leg.cause in ("disconnected", "failed") and leg.tab and leg.tab.user_id not in self._declined
            for leg in self.clients
        )

    def _why_alone(self) -> EndCause:
        causes = {tab_of(leg).client: leg.cause for leg in self.clients}.values()  # the last of each
        if "failed" in causes:
            return "media_failed"
        if "passed_on" in causes:
            return "no_answer"
        return "declined" if "declined" in causes else "busy" if "busy" in causes else "nobody_available"
