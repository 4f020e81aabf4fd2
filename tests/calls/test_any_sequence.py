"""Whatever happens in whatever order: one winner, causes out of the vocabulary, one record, never silence, always an end."""

from __future__ import annotations

from typing import get_args

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from script import OFFER, Play

from antiphon.calls import effects as e
from antiphon.calls import inputs as i
from antiphon.calls.model import TALKER_STATES, WINNER_STATES, Tab, Turn, together
from antiphon.wire.client import EndCause, LegCause
from antiphon.wire.station import VisitorCause

TABS = tuple(Tab(f"tab-{n}", f"user-{n % 3}", f"User {n % 3}") for n in range(5))
tabs = st.sampled_from(TABS)
# Everybody at once, one after another, or in any mixture with gaps.
_moments = st.sampled_from((0.0, 10.0, 20.0, 40.0, 60.0))
plans = st.one_of(
    st.just(together(("user-0", "user-1", "user-2"), 60.0)),
    st.lists(
        st.builds(
            lambda user, begins, lasts: Turn(f"user-{user}", begins, begins + lasts),
            st.integers(0, 2),
            _moments,
            st.sampled_from((10.0, 20.0)),
        ),
        min_size=1,
        max_size=5,
    ).map(tuple),
)
legs = st.sampled_from(("door", *(f"call-1-{n}" for n in range(1, 8))))
ASKED = (
    e.OpenCaller,
    e.MakePreviewOffer,
    e.TakePreviewAnswer,
    e.MakeConnectOffer,
    e.TakeConnectAnswer,
    e.RenewMedia,
    e.OpenClient,
    e.TakeStationAnswer,
    e.Announce,
    e.TellPreviewOffer,
    e.TellMediaOffer,
    e.OfferStation,
    e.InviteStation,
)


class AnyCall(RuleBasedStateMachine):
    """Engine, station and tabs answer what they were asked, or fail, or do something of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.play = Play()
        self.asked: list[e.Effect] = []
        self.ended_legs: set[str] = set()
        self.station_left = False

    def does(self, given: i.External) -> None:
        self.ended_legs = {
            leg.leg_id for leg in (self.play.machine.station, *self.play.machine.clients) if leg.ended_at is not None
        }
        was_over = self.play.machine.over
        if isinstance(given, i.TimePassed):
            orders = self.play.machine.handle(given, self.play.now)
            self.play.orders += orders
        else:
            orders = self.play.happens(given)
        for order in orders:
            assert getattr(order, "leg", None) not in self.ended_legs, f"{order} for a leg that has ended"
            if was_over:
                assert isinstance(order, e.TellDone | e.TellError), f"{order} after the record"
            if isinstance(order, ASKED):
                self.asked.append(order)

    @initialize(
        direction=st.sampled_from(("station", "account", "client")),
        rung=st.lists(tabs, min_size=1, max_size=4, unique=True),
        plan=plans,
    )
    def begins(self, direction: str, rung: list[Tab], plan: tuple[Turn, ...]) -> None:
        self.play = Play(account=direction == "account", to_station=direction == "client")
        if direction == "client":
            self.does(i.Placed(TABS[0], "request-0", "offer"))
            return
        self.does(i.Arrived(OFFER, previews=direction == "station"))
        self.does(i.Planned(plan, tuple(rung)))

    @precondition(lambda self: self.asked)
    @rule(works=st.lists(st.integers(0, 12).map(bool), min_size=1, max_size=6), newest=st.booleans())
    def somebody_answers(self, works: list[bool], newest: bool) -> None:
        """Some of the open questions are answered, mostly well."""
        for well in works:
            if self.asked:
                self.answer(self.asked.pop(-1 if newest else 0), well)

    def answer(self, order: e.Effect, works: bool) -> None:
        leg = getattr(order, "leg", "")
        match order:
            case e.OpenCaller():
                self.does(
                    i.CallerOpened("anchor" if order.reliable_preview else None)
                    if works
                    else i.MediaFailed(leg, "no_codec")
                )
            case e.MakePreviewOffer():
                self.does(i.PreviewOfferMade(leg, "offer") if works else i.PreviewBroke(leg))
            case e.TellPreviewOffer():
                self.does(i.PreviewAnswered(order.client, "answer") if works else i.PreviewGivenUp(order.client))
            case e.TakePreviewAnswer():
                self.does(i.PreviewUp(leg) if works else i.PreviewBroke(leg))
            case e.MakeConnectOffer():
                self.does(i.ConnectOfferMade(leg, "offer") if works else i.MediaFailed(leg, "media_failed"))
            case e.RenewMedia():
                self.does(i.ConnectOfferMade(leg, "renewed") if works else i.MediaFailed(leg, "media_failed"))
            case e.TellMediaOffer():
                if works:
                    self.does(i.MediaAnswered(order.client, "answer"))
            case e.TakeConnectAnswer():
                self.does(i.ConnectAnswerTaken(leg, "winner") if works else i.MediaFailed(leg, "media_failed"))
            case e.OfferStation():
                self.does(i.OfferAnswered() if works else i.OfferRefused(488))
            case e.OpenClient():
                self.does(i.ClientOpened("offer") if works else i.MediaFailed(leg, "no_codec"))
            case e.InviteStation():
                self.does(i.StationAnswered("answer") if works else i.StationRefused(480))
            case e.TakeStationAnswer():
                self.does(i.StationAnswerTaken("answer") if works else i.MediaFailed(leg, "media_failed"))
            case e.Announce():
                self.does(i.PromptStarted(3.0) if works else i.PromptOver())

    @rule(tab=tabs)
    def a_tab_answers(self, tab: Tab) -> None:
        self.does(i.AnswerTapped(tab.client, "request-1"))

    @precondition(lambda self: self.play.machine.ringing)
    @rule()
    def two_answer_at_once(self) -> None:
        for leg in self.play.machine.clients[:2]:
            if leg.tab is not None:
                self.does(i.AnswerTapped(leg.tab.client, "request-1"))

    @rule(tab=tabs, kind=st.sampled_from((i.DeclineTapped, i.HangUpTapped)))
    def a_tab_refuses(self, tab: Tab, kind: type[i.DeclineTapped] | type[i.HangUpTapped]) -> None:
        self.does(kind(tab.client, "request-2"))

    @rule(tab=tabs, kind=st.sampled_from((i.TabLeft, i.TabOffDuty)))
    def a_tab_goes(self, tab: Tab, kind: type[i.TabLeft] | type[i.TabOffDuty]) -> None:
        self.does(kind(tab.client))

    @rule(tab=tabs)
    def a_tab_comes(self, tab: Tab) -> None:
        self.does(i.TabCame(tab))

    @rule(leg=legs)
    def a_digit_comes(self, leg: str) -> None:
        self.does(i.ClientDigit(leg, "#", None))
        self.does(i.StationDigit("1"))

    @precondition(lambda self: len(self.play.orders) > 25)
    @rule(leg=legs, code=st.sampled_from(("no_codec", "media_failed")))
    def the_engine_fails(self, leg: str, code: str) -> None:
        self.does(i.MediaFailed(leg, code))

    @rule(seconds=st.sampled_from((0.0, 0.0, 0.1, 0.3, 0.5, 1.0, 1.0, 4.0, 5.0, 11.0, 61.0, 570.0)))
    def time_passes(self, seconds: float) -> None:
        end = self.play.now + seconds
        while (deadline := self.play.machine.next_deadline()) is not None and deadline <= end:
            self.play.now = max(self.play.now, deadline)
            self.does(i.TimePassed())
        self.play.now = end

    @precondition(lambda self: len(self.play.orders) > 25)
    @rule(how=st.sampled_from(("cancelled", "hung_up", "lost")))
    def the_station_leaves(self, how: str) -> None:
        self.station_left = True
        self.does(i.StationLeft(how))  # type: ignore[arg-type]  # one of the three

    @rule(given=st.sampled_from((i.StationOffered("sdp"), i.OfferAnswered(), i.PromptOver(), i.StationProgressed(180))))
    def something_odd_comes(self, given: i.External) -> None:
        self.does(given)

    @precondition(lambda self: len(self.play.orders) > 25)
    @rule(given=st.sampled_from((i.MediaLost(), i.DeviceRevoked(), i.Failed())))
    def disaster_strikes(self, given: i.External) -> None:
        self.does(given)

    @invariant()
    def at_most_one_winner(self) -> None:
        held = WINNER_STATES | TALKER_STATES
        assert sum(leg.state in held for leg in self.play.machine.clients) <= 1

    @invariant()
    def something_is_always_pending_until_the_end(self) -> None:
        machine = self.play.machine
        assert machine.over or machine.started_at is None or machine.next_deadline() is not None

    @invariant()
    def the_record_is_written_exactly_at_the_end(self) -> None:
        assert len(self.play.all(e.WriteRecord)) == int(self.play.machine.over)

    def teardown(self) -> None:
        """With nobody doing anything any more, time alone brings every call to its end."""
        for _ in range(3):
            self.time_passes(700.0)
        machine, play = self.play.machine, self.play
        if machine.started_at is None:
            return
        assert machine.over
        record = play.record
        assert record.cause in get_args(EndCause)
        assert all(leg.cause in get_args(LegCause) for leg in record.legs)
        goodbyes = play.all(e.RefuseStation) + play.all(e.EndStation)
        assert len(goodbyes) <= 1
        assert all(goodbye.cause in get_args(VisitorCause) for goodbye in goodbyes)
        if machine.direction == "from_station" and not self.station_left:
            assert goodbyes, "the visitor was left in silence"
        for tab in TABS:
            rang = len(play.told(tab, e.TellRing))
            ended = len(play.told(tab, e.TellRingEnded)) + len(play.told(tab, e.TellEnded))
            assert ended <= rang + (machine.direction == "to_station")


TestAnyCall = AnyCall.TestCase
TestAnyCall.settings = settings(max_examples=250, stateful_step_count=40, deadline=None)
