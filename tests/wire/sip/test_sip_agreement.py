"""Two agents under any orders on any line: neither ever raises, and in the end both agree on what became of the call."""

from __future__ import annotations

import random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sip_world import ANSWER, ANSWER_2, OFFER_2, End, Packet, World

from antiphon.wire.sip import Answered, Ended, Invited, OfferAnswered, Offered, OfferRefused, Refused
from antiphon.wire.sip.info import DTMF_RELAY, dtmf_relay

END_KINDS = (Ended, Refused)


class TwoAgents(RuleBasedStateMachine):
    """The station calls the house; orders come at any time; the line loses, doubles and reorders until it is mended."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.leg = ""
        self.ended_by: set[str] = set()

    @initialize(
        seed=st.integers(0, 2**32), loss=st.sampled_from([0.0, 0.1, 0.3]), transport=st.sampled_from(["udp", "tls"])
    )
    def begin(self, seed: int, loss: float, transport: str) -> None:
        chance = random.Random(seed)

        def bad_line(packet: Packet) -> list[float]:
            copies = 0 if chance.random() < loss else 2 if chance.random() < loss else 1
            return [chance.choice([0.005, 0.02, 0.3]) for _ in range(copies)]

        def stream(packet: Packet) -> list[float]:
            return [0.01]

        self.world = World(transport, bad_line if transport == "udp" else stream)
        self.world.call()

    def over(self, end: End) -> bool:
        return end.name in self.ended_by or any(isinstance(effect, END_KINDS) for effect in end.told)

    def name(self, end: End) -> str:
        if end is self.world.station:
            return "door"
        invited = end.all(Invited)
        return invited[0].leg if invited else "nobody"

    @rule(status=st.sampled_from([180, 183]), sdp=st.sampled_from([None, ANSWER]))
    def progress(self, status: int, sdp: str | None) -> None:
        self.world.order(self.world.house, "progress", self.name(self.world.house), status, sdp)

    @rule()
    def accept(self) -> None:
        self.world.order(self.world.house, "accept", self.name(self.world.house), ANSWER)

    @rule()
    def refuse(self) -> None:
        house = self.world.house
        if house.agent.has(self.name(house)):
            self.ended_by.add("house")
        self.world.order(house, "refuse", self.name(house), 486, "busy")

    @rule(at_house=st.booleans(), sdp=st.sampled_from([OFFER_2, ANSWER_2]))
    def offer(self, at_house: bool, sdp: str) -> None:
        end = self.world.house if at_house else self.world.station
        self.world.order(end, "offer", self.name(end), sdp)

    @rule(at_house=st.booleans(), take=st.booleans())
    def settle(self, at_house: bool, take: bool) -> None:
        end = self.world.house if at_house else self.world.station
        if take:
            self.world.order(end, "answer_offer", self.name(end), ANSWER_2)
        else:
            self.world.order(end, "refuse_offer", self.name(end), 488)

    @rule(at_house=st.booleans())
    def press_a_digit(self, at_house: bool) -> None:
        end = self.world.house if at_house else self.world.station
        self.world.order(end, "info", self.name(end), DTMF_RELAY, dtmf_relay("1"))

    @rule(at_house=st.booleans())
    def end(self, at_house: bool) -> None:
        end = self.world.house if at_house else self.world.station
        if end.agent.has(self.name(end)):
            self.ended_by.add(end.name)
        self.world.order(end, "end", self.name(end), "hung_up")

    @rule(at_house=st.booleans())
    def answer_and_hang_up_cross(self, at_house: bool) -> None:
        self.accept()
        self.end(at_house)

    @rule(for_s=st.sampled_from([0.01, 0.1, 0.7, 3.0, 20.0]))
    def time_passes(self, for_s: float) -> None:
        self.world.run(for_s)

    @invariant()
    def told_in_order(self) -> None:
        """At most one call, one answer, one end; nothing after the end."""
        for end in (self.world.station, self.world.house):
            assert len(end.all(Answered)) <= 1
            assert len(end.all(Invited)) <= 1
            ends = [index for index, effect in enumerate(end.told) if isinstance(effect, END_KINDS)]
            assert len(ends) <= 1
            assert not ends or ends[0] == len(end.told) - 1
            assert not ends or not end.agent.has(self.name(end))
            offers = end.all(OfferAnswered), end.all(OfferRefused), end.all(Offered)
            assert all(effect.leg == self.name(end) for kind in offers for effect in kind)  # type: ignore[attr-defined]

    def teardown(self) -> None:
        """Mend the line: both sides then agree, and once one hangs up nothing is left of the call anywhere."""
        world = self.world
        world.policy = lambda packet: [0.01]
        world.run(140)
        self.told_in_order()
        station, house = world.station, world.house
        if house.all(Invited):
            answered = bool(station.all(Answered))
            assert not (self.over(house) and answered and not self.over(station))
            assert not (self.over(station) and not self.over(house))
        for end in (station, house):
            if end.agent.has(self.name(end)):
                world.order(end, "end", self.name(end), "hung_up")
        world.run(140)
        for end in (station, house):
            assert not end.agent.has(self.name(end))
            assert end.agent.next_deadline() is None


TwoAgentsTest = TwoAgents.TestCase
TwoAgentsTest.settings = settings(max_examples=250, stateful_step_count=25, deadline=None)
