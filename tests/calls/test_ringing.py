"""A door call while it rings: who rings, with which picture, and how it ends when nobody talks."""

from __future__ import annotations

import pytest
from script import ANNA, ANNA_TOO, AUDIO_OFFER, BERND, CARLA, Play

from antiphon.calls import effects as e
from antiphon.calls import inputs as i
from antiphon.calls.model import ClientState, Tab


def test_a_press_rings_everybody_and_tells_the_station_with_a_reliable_183() -> None:
    play = Play().rings(ANNA, BERND, CARLA)
    assert [ring.client for ring in play.all(e.TellRing)] == ["tab-anna", "tab-bernd", "tab-carla"]
    assert play.all(e.Progress) == [e.Progress("door", 183, "anchor sdp")]
    assert play.all(e.AcceptStation) == []


def test_everybody_rings_before_the_media_engine_has_said_a_word() -> None:
    play = Play().rings(ANNA, BERND, opened=False)
    assert len(play.all(e.TellRing)) == 2
    assert play.all(e.MakePreviewOffer) == []


def test_previews_of_all_receivers_are_set_up_beside_each_other() -> None:
    play = Play().rings(ANNA, BERND, CARLA)
    assert [order.leg for order in play.all(e.MakePreviewOffer)] == ["call-1-1", "call-1-2", "call-1-3"]


def test_a_receiver_without_a_picture_goes_on_ringing_and_can_answer() -> None:
    play = Play().rings(ANNA)
    play.happens(i.PreviewBroke("call-1-1"))
    assert play.leg(ANNA).state is ClientState.RINGING
    assert play.told(ANNA, e.TellRingEnded) == []
    play.connects(ANNA)
    assert play.told(ANNA, e.TellConnected)


def test_a_browser_that_cannot_preview_keeps_ringing() -> None:
    play = Play().rings(ANNA)
    play.happens(i.PreviewOfferMade("call-1-1", "preview offer"))
    play.happens(i.PreviewGivenUp(ANNA.client))
    assert play.leg(ANNA).state is ClientState.RINGING
    assert play.all(e.DropPreview) == [e.DropPreview("call-1-1")]


def test_a_station_without_a_camera_rings_without_pictures() -> None:
    play = Play().rings(ANNA, sdp=AUDIO_OFFER)
    assert play.told(ANNA, e.TellRing)
    assert play.all(e.MakePreviewOffer) == []


def test_another_makers_station_hears_180_and_nothing_of_a_preview() -> None:
    play = Play(account=True).rings(ANNA)
    assert play.all(e.Progress) == [e.Progress("door", 180, None)]
    assert play.all(e.MakePreviewOffer) == []


def test_many_receivers_share_a_request_for_a_key_frame() -> None:
    play = Play().rings(ANNA, BERND, CARLA).previews(ANNA, BERND, CARLA)
    assert len(play.all(e.AskKeyFrame)) == 1
    play.passes(1)
    assert len(play.all(e.AskKeyFrame)) == 2


def test_at_most_32_receivers_ring_and_nobodys_second_tab_before_anybodys_first() -> None:
    tabs = [Tab(f"a{n}", "anna", "Anna") for n in range(20)] + [Tab(f"t{n}", f"user{n}", f"U{n}") for n in range(20)]
    play = Play().rings(*tabs)
    rung = [ring.client for ring in play.all(e.TellRing)]
    assert len(rung) == 32
    assert {f"t{n}" for n in range(20)} <= set(rung)


def test_nobody_on_duty_is_told_to_the_visitor_at_once() -> None:
    play = Play().rings(users=("anna",))
    assert play.all(e.RefuseStation) == [e.RefuseStation("door", 480, "nobody_available")]
    assert play.record.cause == "nobody_available"


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (i.PlanRefused("unknown_button", "unknown_button", 404), 404),
        (i.PlanRefused("revoked", "revoked", 403), 403),
        (i.PlanRefused("revoked", "unclaimed", 403), 403),
    ],
)
def test_a_call_that_may_ring_nobody_is_refused_with_its_cause_and_recorded(
    refusal: i.PlanRefused, status: int
) -> None:
    play = Play()
    play.happens(i.Arrived("sdp", previews=True))
    play.happens(refusal)
    assert play.all(e.RefuseStation) == [e.RefuseStation("door", status, refusal.visitor)]
    assert play.record.cause == refusal.cause


def test_an_offer_that_is_no_description_is_refused_with_488_and_recorded_as_what_it_is() -> None:
    play = Play().rings(ANNA, opened=False)
    play.happens(i.MediaFailed("door", "bad_sdp"))
    assert play.all(e.RefuseStation) == [e.RefuseStation("door", 488, "no_codec")]
    assert play.record.cause == "media_failed"


def test_an_offer_without_a_usable_codec_is_refused_with_488_and_all_stop() -> None:
    play = Play().rings(ANNA, BERND, opened=False)
    play.happens(i.MediaFailed("door", "no_codec"))
    assert play.all(e.RefuseStation) == [e.RefuseStation("door", 488, "no_codec")]
    assert len(play.all(e.TellRingEnded)) == 2
    assert play.record.cause == "no_codec"


def test_a_media_engine_that_does_not_answer_ends_the_call_in_words() -> None:
    play = Play().rings(ANNA, opened=False)
    play.passes(6)
    assert play.all(e.RefuseStation) == [e.RefuseStation("door", 500, "platform_error")]
    assert play.record.cause == "media_failed"


def test_a_plan_that_does_not_come_ends_the_call_in_words() -> None:
    play = Play()
    play.happens(i.Arrived("sdp", previews=True))
    play.passes(6)
    assert play.all(e.RefuseStation) == [e.RefuseStation("door", 500, "platform_error")]
    assert play.record.cause == "platform_error"


def test_a_decline_does_not_stop_the_others() -> None:
    play = Play().rings(ANNA, BERND)
    play.declines(ANNA)
    assert play.told(ANNA, e.TellRingEnded)[0].cause == "declined"
    assert play.told(BERND, e.TellRingEnded) == []
    play.connects(BERND)
    assert play.told(BERND, e.TellConnected)


def test_a_decline_stops_all_tabs_of_that_person() -> None:
    play = Play().rings(ANNA, ANNA_TOO, BERND)
    play.declines(ANNA)
    assert play.told(ANNA_TOO, e.TellRingEnded)[0].cause == "declined"
    play.happens(i.TabCame(Tab("tab-anna-3", "anna", "Anna")))
    assert len(play.all(e.TellRing)) == 3


def test_when_all_have_declined_the_visitor_is_told_so() -> None:
    play = Play().rings(ANNA, BERND)
    play.declines(ANNA)
    play.declines(BERND)
    assert play.all(e.RefuseStation) == [e.RefuseStation("door", 603, "declined")]
    assert play.record.cause == "declined"
    assert play.causes() == {"station": "declined", "anna": "declined", "bernd": "declined"}


def test_a_caller_who_hangs_up_stops_everybody() -> None:
    play = Play().rings(ANNA, BERND)
    play.happens(i.StationLeft("cancelled"))
    assert [stopped.cause for stopped in play.all(e.TellRingEnded)] == ["cancelled", "cancelled"]
    assert play.all(e.RefuseStation) == []
    assert play.record.cause == "cancelled"


def test_a_caller_who_hangs_up_before_anybody_rang_leaves_a_record() -> None:
    play = Play()
    play.happens(i.Arrived("sdp", previews=True))
    play.happens(i.StationLeft("cancelled"))
    assert play.record.cause == "cancelled"


def test_nobody_answers_and_the_visitor_is_told_in_words() -> None:
    play = Play().rings(ANNA, BERND)
    play.passes(59)
    assert play.all(e.RefuseStation) == []
    play.passes(2)
    assert play.all(e.RefuseStation) == [e.RefuseStation("door", 480, "no_answer")]
    assert [stopped.cause for stopped in play.all(e.TellRingEnded)] == ["no_answer", "no_answer"]
    assert play.record.cause == "no_answer"


def test_another_makers_station_hears_our_prompt_as_early_media_before_it_is_let_go() -> None:
    play = Play(account=True).rings(ANNA)
    play.passes(61)
    assert [order.prompt for order in play.all(e.Announce)] == ["no_answer"]
    assert play.all(e.RefuseStation) == []
    play.happens(i.PromptStarted(4.0))
    play.passes(4)
    assert play.all(e.RefuseStation) == []
    play.passes(1)
    assert play.all(e.RefuseStation) == [e.RefuseStation("door", 480, "no_answer")]
    assert play.record.cause == "no_answer"


def test_a_prompt_that_cannot_be_played_does_not_hold_the_caller() -> None:
    play = Play(account=True).rings(ANNA)
    play.passes(61)
    play.happens(i.PromptOver())
    assert play.all(e.RefuseStation) == [e.RefuseStation("door", 480, "no_answer")]


def test_a_tab_that_comes_while_it_rings_rings_too() -> None:
    play = Play().rings(ANNA, users=("anna", "bernd"))
    play.happens(i.TabCame(BERND))
    assert play.told(BERND, e.TellRing)
    assert play.all(e.MakePreviewOffer)[-1].leg == play.leg(BERND).leg_id


def test_a_tab_of_somebody_else_does_not_ring() -> None:
    play = Play().rings(ANNA)
    play.happens(i.TabCame(CARLA))
    assert play.told(CARLA, e.TellRing) == []


def test_a_tab_that_goes_stops_ringing_and_the_others_ring_on() -> None:
    play = Play().rings(ANNA, BERND)
    play.happens(i.TabLeft(ANNA.client))
    assert play.machine.leg_of(ANNA.client) is None
    play.connects(BERND)
    play.hangs_up(BERND)
    assert play.causes()["anna"] == "disconnected"


def test_a_page_that_loads_again_comes_back_into_the_ring() -> None:
    play = Play().rings(ANNA)
    play.happens(i.TabLeft(ANNA.client))
    play.passes(3)
    play.happens(i.TabCame(ANNA_TOO))
    assert play.told(ANNA_TOO, e.TellRing)
    play.passes(20)
    assert not play.machine.over


def test_when_the_last_tab_goes_for_good_the_visitor_is_told() -> None:
    play = Play().rings(ANNA)
    play.happens(i.TabLeft(ANNA.client))
    play.passes(11)
    assert play.all(e.RefuseStation) == [e.RefuseStation("door", 480, "nobody_available")]


def test_going_off_duty_stops_the_ring_at_that_tab() -> None:
    play = Play().rings(ANNA, BERND)
    play.happens(i.TabOffDuty(ANNA.client))
    assert play.told(ANNA, e.TellRingEnded)
    assert play.told(BERND, e.TellRingEnded) == []


def test_a_revoked_station_ends_its_call() -> None:
    play = Play().rings(ANNA)
    play.happens(i.DeviceRevoked())
    assert play.all(e.RefuseStation) == [e.RefuseStation("door", 403, "revoked")]
    assert play.record.cause == "revoked"


def test_our_own_fault_ends_the_call_in_words() -> None:
    play = Play().rings(ANNA)
    play.happens(i.Failed())
    assert play.all(e.RefuseStation) == [e.RefuseStation("door", 500, "platform_error")]
    assert play.told(ANNA, e.TellRingEnded)
    assert play.record.cause == "platform_error"
