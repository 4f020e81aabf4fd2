"""A call machine played step by step in virtual time, so that tests read like sentences."""

from __future__ import annotations

from typing import TypeVar

from antiphon.calls import effects as e
from antiphon.calls import inputs as i
from antiphon.calls.machine import CallMachine
from antiphon.calls.model import CallLimits, CallRecord, ClientState, Leg, Tab, together

OFFER = "v=0\r\nm=audio 9 RTP/SAVPF 96\r\nm=video 9 RTP/SAVPF 97\r\n"
AUDIO_OFFER = "v=0\r\nm=audio 9 RTP/SAVPF 96\r\n"
ANNA, ANNA_TOO = Tab("tab-anna", "anna", "Anna"), Tab("tab-anna-2", "anna", "Anna")
BERND, CARLA = Tab("tab-bernd", "bernd", "Bernd"), Tab("tab-carla", "carla", "Carla")
T = TypeVar("T", bound=e.Effect)


class Play:
    """One call. Every step moves the machine and keeps what it ordered."""

    def __init__(
        self, *, account: bool = False, to_station: bool = False, call_limits: CallLimits | None = None
    ) -> None:
        direction = "to_station" if to_station else "from_station"
        self.machine = CallMachine(
            "call-1", direction, "door", account=account, call_limits=call_limits or CallLimits()
        )
        self.now = 1000.0
        self.orders: list[e.Effect] = []
        self.requests = 0

    # -- steps -------------------------------------------------------------------------------------------------------

    def happens(self, given: i.External) -> list[e.Effect]:
        orders = self.machine.handle(given, self.now)
        self.orders += orders
        return orders

    def passes(self, seconds: float) -> None:
        """Time goes by, every deadline in it is kept."""
        end = self.now + seconds
        while (deadline := self.machine.next_deadline()) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            self.happens(i.TimePassed())
        self.now = end

    def rings(self, *tabs: Tab, users: tuple[str, ...] = (), sdp: str = OFFER, opened: bool = True) -> Play:
        """A press of the button that rings these tabs."""
        account = self.machine.station.kind == "account"
        self.happens(i.Arrived(sdp, previews=not account))
        users = users or tuple(dict.fromkeys(tab.user_id for tab in tabs))
        self.happens(i.Planned(together(users, 60.0), tabs))
        if opened:
            self.happens(i.CallerOpened(None if account else "anchor sdp"))
        return self

    def previews(self, *tabs: Tab) -> Play:
        """These tabs get their picture."""
        for tab in tabs:
            leg = self.leg(tab).leg_id
            self.happens(i.PreviewOfferMade(leg, "preview offer"))
            self.happens(i.PreviewAnswered(tab.client, "preview answer"))
            self.happens(i.PreviewUp(leg))
        return self

    def answers(self, tab: Tab) -> list[e.Effect]:
        self.requests += 1
        return self.happens(i.AnswerTapped(tab.client, f"request-{self.requests}"))

    def declines(self, tab: Tab) -> list[e.Effect]:
        self.requests += 1
        return self.happens(i.DeclineTapped(tab.client, f"request-{self.requests}"))

    def hangs_up(self, tab: Tab) -> list[e.Effect]:
        self.requests += 1
        return self.happens(i.HangUpTapped(tab.client, f"request-{self.requests}"))

    def joins(self, tab: Tab) -> Play:
        """The winner's media stands; the station is being told."""
        if self.leg(tab).state is ClientState.SETTLING:
            self.previews(tab)
        leg = self.leg(tab).leg_id
        self.happens(i.ConnectOfferMade(leg, "two-way offer"))
        self.happens(i.MediaAnswered(tab.client, "two-way answer"))
        self.happens(i.ConnectAnswerTaken(leg, "winner sdp"))
        return self

    def connects(self, tab: Tab) -> Play:
        """From the tap to talking."""
        self.answers(tab)
        self.joins(tab)
        self.happens(i.OfferAnswered())
        return self

    def talks(self, tab: Tab = ANNA, *others: Tab) -> Play:
        """A conversation with that tab, after a ring with pictures."""
        return self.rings(tab, *others).previews(tab, *others).connects(tab)

    # -- what came of it ---------------------------------------------------------------------------------------------

    def leg(self, tab: Tab) -> Leg:
        leg = self.machine.leg_of(tab.client)
        assert leg is not None, f"{tab.client} has no live leg"
        return leg

    def all(self, kind: type[T]) -> list[T]:
        return [order for order in self.orders if isinstance(order, kind)]

    def told(self, tab: Tab, kind: type[T]) -> list[T]:
        """Orders of that kind to that tab."""
        return [order for order in self.all(kind) if getattr(order, "client", None) == tab.client]

    @property
    def record(self) -> CallRecord:
        (write,) = self.all(e.WriteRecord)
        return write.record

    def causes(self) -> dict[str, str]:
        """Who -> the cause of their last leg, out of the record."""
        return {leg.user_id or "station": leg.cause for leg in self.record.legs}
