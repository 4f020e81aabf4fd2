"""The machine of one call: every flow that calls need is allowed, and no order of commands crashes the engine."""

from __future__ import annotations

import hypothesis
import pytest
from engine_model import FATES, EngineCrash, Fate, ModelEngine
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from antiphon.wire.ng import (
    Answer,
    CallMedia,
    Command,
    Decoded,
    Delete,
    Done,
    Failed,
    Lost,
    Offer,
    OutOfOrder,
    Phase,
    PlayMedia,
    Publish,
    Query,
    Send,
    SubscribeAnswer,
    SubscribeRequest,
    Tag,
    Unsubscribe,
)

CALL = "call_1"
OK: dict[str, Decoded] = {"result": b"ok"}


def refused(reason: bytes = b"no") -> dict[str, Decoded]:
    return {"result": b"error", "error-reason": reason}


def carry_out(media: CallMedia, *commands: Command) -> None:
    """Each command, taken by the engine."""
    for command in commands:
        assert media.issue(command) == [Send(command)]
        assert media.replied(OK) == [Done(OK)]


def anchored() -> CallMedia:
    media = CallMedia(CALL)
    carry_out(media, Offer(CALL, "station", "anchor", "sdp"), Answer(CALL, "station", "anchor", "sdp"))
    return media


def previewed(*tags: str) -> CallMedia:
    media = anchored()
    for tag in tags:
        carry_out(media, SubscribeRequest(CALL, "station", tag), SubscribeAnswer(CALL, tag, "sdp"))
    return media


# -- what calls need ---------------------------------------------------------------------------------------------------


def test_a_previewing_receiver_is_connected_and_the_others_leave() -> None:
    media = previewed("ann", "bob", "cid")
    carry_out(
        media,
        Offer(CALL, "station", "bob", "sdp"),
        Answer(CALL, "station", "bob", "sdp"),
        Unsubscribe(CALL, "ann"),
        Unsubscribe(CALL, "cid"),
        PlayMedia(CALL, "station", "file"),
        Delete(CALL),
    )
    assert media.phase is Phase.GONE


def test_publishing_first_works_when_the_winner_is_subscribed() -> None:
    media = CallMedia(CALL)
    carry_out(
        media,
        Publish(CALL, "station", "sdp"),
        SubscribeRequest(CALL, "station", "bob"),
        SubscribeAnswer(CALL, "bob", "sdp"),
        Offer(CALL, "station", "bob", "sdp"),
        Answer(CALL, "station", "bob", "sdp"),
    )


def test_an_anchored_caller_may_offer_to_a_stranger() -> None:
    media = anchored()
    carry_out(media, Offer(CALL, "station", "new", "sdp"), Answer(CALL, "station", "new", "sdp"))
    assert media.peer("station") == "new"


def test_an_unanswered_winner_makes_room_for_a_stranger_through_the_anchor() -> None:
    media = previewed("ann")
    carry_out(media, Offer(CALL, "station", "ann", "sdp"), Unsubscribe(CALL, "ann"))
    with pytest.raises(OutOfOrder):
        media.issue(Offer(CALL, "station", "new", "sdp"))
    carry_out(
        media,
        Offer(CALL, "station", "anchor", "sdp"),
        Answer(CALL, "station", "anchor", "sdp"),
        Offer(CALL, "station", "new", "sdp"),
    )


# -- what must never go out ---------------------------------------------------------------------------------------------


def test_no_offer_to_a_stranger_after_publish() -> None:
    media = CallMedia(CALL)
    carry_out(media, Publish(CALL, "station", "sdp"))
    with pytest.raises(OutOfOrder):
        media.issue(Offer(CALL, "station", "bob", "sdp"))
    with pytest.raises(OutOfOrder):
        media.issue(Offer(CALL, "station", "", "sdp"))


def test_no_offer_to_a_receiver_that_has_not_answered_its_subscription() -> None:
    media = anchored()
    carry_out(media, SubscribeRequest(CALL, "station", "bob"))
    with pytest.raises(OutOfOrder):
        media.issue(Offer(CALL, "station", "bob", "sdp"))


def test_a_tag_whose_subscription_failed_is_never_used_again() -> None:
    media = anchored()
    media.issue(SubscribeRequest(CALL, "station", "bob"))
    assert media.replied(refused()) == [Send(Query(CALL, "station"))]
    known: dict[str, Decoded] = {"result": b"ok", "tags": {"station": {}}}
    assert media.replied(known) == [Failed("no", gone=False)]
    assert media.tag("bob") is Tag.POISONED
    for command in (
        Offer(CALL, "station", "bob", "sdp"),
        SubscribeRequest(CALL, "station", "bob"),
        SubscribeAnswer(CALL, "bob", "sdp"),
        Unsubscribe(CALL, "bob"),
    ):
        with pytest.raises(OutOfOrder):
            media.issue(command)
    carry_out(media, SubscribeRequest(CALL, "station", "bob.1"))


def test_one_command_at_a_time() -> None:
    media = CallMedia(CALL)
    media.issue(Offer(CALL, "station", "anchor", "sdp"))
    with pytest.raises(OutOfOrder):
        media.issue(Delete(CALL))


def test_commands_of_another_call_are_refused() -> None:
    with pytest.raises(OutOfOrder):
        CallMedia(CALL).issue(Publish("call_2", "station", "sdp"))


# -- after an error the state is known ----------------------------------------------------------------------------------


def test_a_failed_offer_deletes_the_call() -> None:
    media = previewed("bob")
    media.issue(Offer(CALL, "station", "bob", "sdp"))
    assert media.replied(refused(b"Ran out of ports")) == [Send(Delete(CALL))]
    assert media.replied(OK) == [Failed("Ran out of ports", gone=True)]


def test_an_answer_that_cannot_be_parsed_leaves_the_call_as_it_was() -> None:
    media = previewed("bob")
    carry_out(media, Offer(CALL, "station", "bob", "sdp"))
    media.issue(Answer(CALL, "station", "bob", "rubbish"))
    assert media.replied(refused(b"Failed to parse SDP")) == [Send(Query(CALL, "station"))]
    assert media.replied({"result": b"ok", "tags": {"station": {}}}) == [Failed("Failed to parse SDP", gone=False)]
    carry_out(media, Answer(CALL, "station", "bob", "sdp"))


def test_a_silent_engine_is_asked_before_anything_else() -> None:
    media = previewed("bob")
    media.issue(Unsubscribe(CALL, "bob"))
    assert media.timed_out() == [Send(Query(CALL, "station"))]
    assert media.timed_out() == [Lost("the media engine does not answer")]
    assert media.phase is Phase.GONE


def test_an_engine_that_forgot_the_caller_has_lost_the_call() -> None:
    media = previewed("bob")
    media.issue(Query(CALL, "station"))
    assert media.replied(refused(b"Unknown call-id")) == [Lost("Unknown call-id")]


# -- every order ---------------------------------------------------------------------------------------------------------

_TAGS = st.sampled_from(("station", "bob", "ann"))
# The first fate is the command's, the others those of the query or delete that a failure asks for.
_FATES = st.builds(
    lambda first, then, last: [first, then, last, "done"],
    st.sampled_from(("done", "done", "done", *FATES)),
    st.sampled_from((*["done"] * 6, *FATES)),
    st.sampled_from(FATES),
)


class AnyOrder(RuleBasedStateMachine):
    """Every command in every order with every fate, against a model of the engine that crashes like the real one."""

    machine: type[CallMedia] = CallMedia

    def __init__(self) -> None:
        super().__init__()
        self.engine = ModelEngine()
        self.number = 0
        self.next_call()

    def next_call(self) -> None:
        self.number += 1
        self.call = f"call_{self.number}"
        self.media = self.machine(self.call)

    def order(self, command: Command, fates: list[Fate]) -> None:
        try:
            effects = self.media.issue(command)
        except OutOfOrder:
            return
        for fate in fates:
            sending = effects[0]
            if not isinstance(sending, Send):
                break
            reply = self.engine.take(sending.command, fate)
            effects = self.media.timed_out() if reply is None else self.media.replied(reply)
        assert not self.media.busy, "four replies settle every command"
        if self.media.phase is Phase.GONE:
            self.next_call()

    @initialize(published=st.booleans())
    def open(self, published: bool) -> None:
        first = Publish(self.call, "station", "sdp") if published else Offer(self.call, "station", "ann", "sdp")
        self.order(first, ["done"])

    @rule(one=_TAGS, fates=_FATES)
    def publish(self, one: str, fates: list[Fate]) -> None:
        self.order(Publish(self.call, one, "sdp"), fates)

    @rule(one=_TAGS, other=_TAGS, fates=_FATES)
    def offer(self, one: str, other: str, fates: list[Fate]) -> None:
        self.order(Offer(self.call, one, other, "sdp"), fates)

    @rule(one=_TAGS, other=_TAGS, fates=_FATES)
    def answer(self, one: str, other: str, fates: list[Fate]) -> None:
        self.order(Answer(self.call, one, other, "sdp"), fates)

    @rule(one=_TAGS, other=_TAGS, fates=_FATES)
    def subscribe(self, one: str, other: str, fates: list[Fate]) -> None:
        self.order(SubscribeRequest(self.call, one, other), fates)

    @rule(one=_TAGS, other=_TAGS, failing=_FATES, fates=_FATES)
    def subscribe_and_choose_at_once(self, one: str, other: str, failing: list[Fate], fates: list[Fate]) -> None:
        """What a hasty controller does: it offers to the receiver whatever became of its subscription."""
        self.order(SubscribeRequest(self.call, one, other), failing)
        self.order(Offer(self.call, one, other, "sdp"), fates)

    @rule(one=_TAGS, fates=_FATES)
    def subscriber_answers(self, one: str, fates: list[Fate]) -> None:
        self.order(SubscribeAnswer(self.call, one, "sdp"), fates)

    @rule(one=_TAGS, fates=_FATES)
    def unsubscribe(self, one: str, fates: list[Fate]) -> None:
        self.order(Unsubscribe(self.call, one), fates)

    @rule(deleting=st.booleans(), fates=_FATES)
    def query_or_delete(self, deleting: bool, fates: list[Fate]) -> None:
        self.order(Delete(self.call) if deleting else Query(self.call), fates)


_SETTINGS = settings(
    max_examples=200, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
# A planted fault needs to be found, not made small.
_FAULT_SETTINGS = settings(
    _SETTINGS, max_examples=3_000, phases=[hypothesis.Phase.generate], report_multiple_bugs=False
)


def test_no_order_of_commands_crashes_the_engine() -> None:
    run_state_machine_as_test(AnyOrder, settings=_SETTINGS)


class OffersToStrangers(CallMedia):
    """Planted fault: the guard of offers is gone."""

    def _may_offer(self, from_tag: str, to_tag: str) -> bool:
        return True


class ForgetsFailures(CallMedia):
    """Planted fault: a failed subscription counts as one."""

    def _doubt(self, sent: Command | None, reason: str, *, delete: bool) -> list[object]:  # type: ignore[override]
        effects = super()._doubt(sent, reason, delete=delete)
        if isinstance(sent, SubscribeRequest):
            self.tags[sent.to_tag] = Tag.SUBSCRIBED
        return effects  # type: ignore[return-value]


class BelievesInAnchors(CallMedia):
    """Planted fault: every party counts as anchored."""

    def anchored(self, tag: str) -> bool:
        return True


@pytest.mark.parametrize("faulty", [OffersToStrangers, ForgetsFailures, BelievesInAnchors])
def test_a_machine_with_a_planted_fault_is_caught(faulty: type[CallMedia]) -> None:
    harness = type("Faulty", (AnyOrder,), {"machine": faulty})
    with pytest.raises(EngineCrash):
        run_state_machine_as_test(harness, settings=_FAULT_SETTINGS)
