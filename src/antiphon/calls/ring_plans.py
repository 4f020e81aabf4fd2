"""Owns who is there when a call begins, and makes of the planner's legs the turns of the call machine."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from antiphon import log
from antiphon.calls import inputs as i
from antiphon.calls.admission import presence_of_device
from antiphon.calls.live import LiveCall
from antiphon.calls.model import Tab, Turn
from antiphon.calls.ports import ClientPort
from antiphon.calls.receivers import as_tab
from antiphon.devices import Station
from antiphon.directory import Press, rings
from antiphon.directory.rings import Member, Presence

_log = log.get("calls")


class RingPlans:
    """Asks tabs and calls who is there, and the planner who rings then: the same that answers "what would ring now?"."""

    def __init__(self, clients: ClientPort, calls_of: Callable[[str], list[LiveCall]], ring_max_s: float) -> None:
        self._clients, self._calls_of, self._ring_max_s = clients, calls_of, ring_max_s

    def planned(
        self, call: LiveCall, station: Station, press: Press, devices: Mapping[str, Station], now: float
    ) -> i.Planned:
        """Who rings for the call, and when; the call keeps what goes with it, and why."""
        user_ids = press.user_ids
        tabs = self._clients.on_duty(station.company_id, user_ids)
        there = frozenset(tab.user_id for tab in tabs)
        busy = busy_in(self._calls_of(station.company_id))
        presence = self._presence(user_ids, there, busy)
        for one, device in devices.items():
            presence[Member(device.kind, one)] = presence_of_device(device, busy=one in busy)
        press = press.seeing(presence, self._ring_max_s)
        ringing = rings.plan(press.book, press.ask)
        call.notes.planned(ringing, press.book, now)
        turns = turns_of(ringing)
        rung = {turn.user_id for turn in turns}
        call.button_label, call.priority = press.label, press.priority
        call.devices = {one: device for one, device in devices.items() if one in rung}
        receivers = [Tab(tab.client, tab.user_id, tab.user_name) for tab in tabs if tab.user_id in rung]
        calling = {leg.receiver.id for leg in ringing.legs}
        receivers += [as_tab(device) for one, device in call.devices.items() if one in calling]
        people = frozenset(one for one in rung if one not in call.devices)
        _log.info(
            "call rings",
            people=len(people),
            tabs=len(receivers),
            devices=len(call.devices),
            silent=len(ringing.silences),
            **call.log_fields(),
        )
        return i.Planned(turns, tuple(receivers), self._clients.may_return_s(people), station.early_video)

    def _presence(
        self, user_ids: Collection[str], there: Collection[str], busy: Collection[str]
    ) -> dict[Member, Presence]:
        """On duty now, or about to come back, or away."""
        away = [one for one in user_ids if one not in there]
        returning = self._clients.may_return_s(frozenset(away)) > 0
        found = {Member("user", one): Presence("online", one in busy) for one in there}
        for one in away:
            comes_back = returning and self._clients.may_return_s(frozenset((one,))) > 0
            found[Member("user", one)] = Presence("unknown" if comes_back else "offline", one in busy)
        return found


def turns_of(ringing: rings.Ringing) -> tuple[Turn, ...]:
    """The planner's legs as turns; who is away has a turn too, to join in when they come back."""
    turns = [Turn(leg.receiver.id, float(leg.from_s), float(leg.to_s)) for leg in ringing.legs]
    ends_s = ringing.ends_at_s or None
    for silence in ringing.silences:
        if silence.joins_until_s is not None:
            to_s = min(silence.joins_until_s, ends_s or silence.joins_until_s)
            if silence.at_s < to_s:
                turns.append(Turn(silence.member.id, float(silence.at_s), float(to_s)))
    return tuple(turns)


def busy_in(calls: Iterable[LiveCall]) -> frozenset[str]:
    """People, accounts and stations who talk in these calls."""
    return frozenset(_talking(calls))


def _talking(calls: Iterable[LiveCall]) -> Iterator[str]:
    for call in calls:
        talker = call.machine.talker
        if talker is not None and talker.tab is not None:
            yield talker.tab.user_id
            if call.station is not None:
                yield call.station.id
