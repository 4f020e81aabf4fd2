"""Owns the call machine's table: which input moves which leg from which state to which, and what is done then."""

from __future__ import annotations

from dataclasses import dataclass

from antiphon.calls import inputs as i
from antiphon.calls import leg_messages as m
from antiphon.calls.model import ClientState as C
from antiphon.calls.model import StationState as S

State = S | C


@dataclass(frozen=True, slots=True)
class Row:
    """In `state`, `on` this input, `do` that method of the machine; it ends in one of the states `to`."""

    state: State
    on: type[i.Input]
    to: tuple[State, ...]
    do: str


def _rows(states: tuple[State, ...], on: type[i.Input], to: tuple[State, ...], do: str) -> tuple[Row, ...]:
    """The same row for several states; without `to`, the state stays."""
    return tuple(Row(state, on, to or (state,), do) for state in states)


_UNANSWERED: tuple[State, ...] = (S.PLANNING, S.OPENING, S.ANNOUNCED, S.RESTORING, S.UPDATING)

STATION: tuple[Row, ...] = (
    # A door call
    Row(S.NEW, i.Arrived, (S.PLANNING,), "arrived"),
    Row(S.PLANNING, i.Planned, (S.OPENING, S.PLANNING), "planned"),
    Row(S.PLANNING, i.PlanRefused, (S.PLANNING,), "plan_refused"),
    Row(S.OPENING, i.CallerOpened, (S.ANNOUNCED,), "caller_opened"),
    Row(S.ANNOUNCED, m.WinnerReady, (S.UPDATING, S.TALKING), "winner_ready"),
    Row(S.UPDATING, i.OfferAnswered, (S.TALKING,), "offer_answered"),
    Row(S.UPDATING, i.OfferRefused, (S.UPDATING,), "offer_refused"),
    *_rows((S.OPENING, S.ANNOUNCED, S.RESTORING), m.RingTimeOver, (), "ring_time_over"),
    *_rows((S.OPENING, S.ANNOUNCED, S.RESTORING), m.TurnOver, (), "turn_over"),
    *_rows((S.OPENING, S.ANNOUNCED, S.RESTORING), m.AloneTooLong, (), "alone_too_long"),
    # A client calls the station
    Row(S.NEW, m.DialWanted, (S.DIALLED,), "dial"),
    Row(S.DIALLED, i.StationProgressed, (S.DIALLED,), "station_progressed"),
    Row(S.DIALLED, i.StationAnswered, (S.TAKING,), "station_answered"),
    Row(S.DIALLED, i.StationRefused, (S.ENDED,), "station_refused"),
    Row(S.DIALLED, m.RingTimeOver, (S.DIALLED,), "ring_time_over"),
    Row(S.TAKING, i.StationAnswerTaken, (S.TALKING,), "station_answer_taken"),
    # Talking
    Row(S.TALKING, i.StationDigit, (S.TALKING,), "station_digit"),
    *_rows((S.TALKING, S.TAKING), i.StationOffered, (), "station_offered"),
    *_rows(
        (S.PLANNING, S.OPENING, S.ANNOUNCED, S.RESTORING, S.UPDATING, S.DIALLED, S.LISTENING),
        i.StationOffered,
        (),
        "station_offered_early",
    ),
    Row(S.TALKING, m.WarningDue, (S.TALKING,), "warning_due"),
    Row(S.TALKING, m.LimitDue, (S.TALKING,), "limit_due"),
    # The media engine is lost
    *_rows((S.ANNOUNCED, S.RESTORING), m.MediaGone, (S.RESTORING,), "restore"),
    Row(S.RESTORING, i.CallerOpened, (S.RESTORING, S.ANNOUNCED), "caller_opened_again"),
    Row(S.RESTORING, i.OfferAnswered, (S.ANNOUNCED,), "restored"),
    Row(S.RESTORING, i.OfferRefused, (S.RESTORING,), "offer_refused"),
    Row(S.TALKING, m.SessionRenewed, (S.TALKING,), "session_renewed"),
    Row(S.TALKING, i.OfferAnswered, (S.TALKING,), "renewal_agreed"),
    *_rows((S.TALKING,), i.OfferRefused, (), "renewal_refused"),
    *_rows((S.TALKING,), m.RenewalTooSlow, (), "renewal_refused"),
    # The end
    *_rows((*_UNANSWERED, S.DIALLED, S.TAKING, S.TALKING), i.StationLeft, (S.ENDED,), "station_left"),
    Row(S.LISTENING, i.StationLeft, (S.ENDED,), "listener_left"),
    *_rows((S.PLANNING, S.OPENING, S.RESTORING, S.TAKING), m.StepTooSlow, (), "step_too_slow"),
    *_rows((S.OPENING, S.RESTORING, S.TAKING), i.MediaFailed, (), "station_media_failed"),
    Row(S.NEW, m.CloseWanted, (S.ENDED,), "close_unborn"),
    *_rows(
        (S.PLANNING, S.OPENING, S.ANNOUNCED, S.RESTORING), m.CloseWanted, (S.LISTENING, S.ENDED), "close_unanswered"
    ),
    Row(S.UPDATING, m.CloseWanted, (S.ENDED,), "close_unanswered"),
    Row(S.TALKING, m.CloseWanted, (S.LISTENING, S.ENDED), "close_talking"),
    *_rows((S.DIALLED, S.TAKING), m.CloseWanted, (S.ENDED,), "close_dialled"),
    Row(S.LISTENING, i.PromptStarted, (S.LISTENING,), "prompt_started"),
    Row(S.LISTENING, i.PromptOver, (S.ENDED,), "prompt_over"),
)

_RINGING: tuple[State, ...] = (C.RINGING, C.PREVIEW_ASKED, C.PREVIEW_OFFERED, C.PREVIEW_ANSWERED, C.PREVIEWING)
_HALF_PREVIEW: tuple[State, ...] = (C.PREVIEW_ASKED, C.PREVIEW_OFFERED, C.PREVIEW_ANSWERED)
_WINNING: tuple[State, ...] = (C.SETTLING, C.WINNING, C.OFFERED, C.JOINING)
_PLACED: tuple[State, ...] = (C.PLACING, C.WAITING)
_RENEWAL: tuple[State, ...] = (C.RENEWING, C.REOFFERED, C.REJOINING)

CLIENT: tuple[Row, ...] = (
    # Ringing, with the picture set up while it rings
    Row(C.NEW, m.RingWanted, (C.RINGING, C.PREVIEW_ASKED), "ring"),
    Row(C.RINGING, m.CallerReady, (C.RINGING, C.PREVIEW_ASKED), "caller_ready"),
    Row(C.PREVIEW_ASKED, i.PreviewOfferMade, (C.PREVIEW_OFFERED,), "preview_offer_made"),
    Row(C.PREVIEW_OFFERED, i.PreviewAnswered, (C.PREVIEW_ANSWERED,), "preview_answered"),
    Row(C.PREVIEW_ANSWERED, i.PreviewUp, (C.PREVIEWING,), "preview_up"),
    *_rows((*_HALF_PREVIEW, C.PREVIEWING), i.PreviewBroke, (C.RINGING,), "preview_broke"),
    *_rows((C.PREVIEW_OFFERED, C.PREVIEW_ANSWERED, C.PREVIEWING), i.PreviewGivenUp, (C.RINGING,), "preview_broke"),
    # The winner
    Row(C.PREVIEWING, i.AnswerTapped, (C.WINNING, C.ENDED), "answer_tapped"),
    *_rows(_HALF_PREVIEW, i.AnswerTapped, (C.SETTLING, C.ENDED), "answer_tapped"),
    Row(C.RINGING, i.AnswerTapped, (C.SETTLING, C.WINNING, C.ENDED), "answer_tapped"),
    Row(C.SETTLING, m.CallerReady, (C.WINNING,), "settled"),
    Row(C.SETTLING, i.PreviewOfferMade, (C.SETTLING,), "late_preview_offer_made"),
    Row(C.SETTLING, i.PreviewAnswered, (C.SETTLING,), "late_preview_answered"),
    Row(C.SETTLING, i.PreviewUp, (C.WINNING,), "settled"),
    *_rows((C.SETTLING,), i.PreviewBroke, (C.WINNING,), "settled_without_preview"),
    *_rows((C.SETTLING,), i.PreviewGivenUp, (C.WINNING,), "settled_without_preview"),
    Row(C.WINNING, i.ConnectOfferMade, (C.OFFERED,), "connect_offer_made"),
    Row(C.OFFERED, i.MediaAnswered, (C.JOINING,), "media_answered"),
    Row(C.JOINING, i.ConnectAnswerTaken, (C.JOINED,), "connect_answer_taken"),
    Row(C.JOINED, m.TalkWanted, (C.TALKING,), "talk"),
    *_rows(_WINNING, m.WinnerTooSlow, (C.ENDED,), "winner_failed"),
    *_rows((C.WINNING, C.JOINING), i.MediaFailed, (C.ENDED,), "winner_failed"),
    *_rows(_WINNING, i.TabLeft, (C.ENDED,), "winner_left"),
    *_rows(_WINNING, i.HangUpTapped, (C.ENDED,), "winner_gave_up"),
    *_rows((C.JOINED, C.AWAY), m.WinnerTooSlow, (), "joined_too_slow"),
    Row(C.JOINED, i.TabLeft, (C.AWAY,), "went_away"),
    Row(C.JOINED, i.HangUpTapped, (C.ENDED,), "winner_hung_up_early"),
    # The others
    *_rows(_RINGING, i.DeclineTapped, (C.ENDED,), "decline_tapped"),
    *_rows(_RINGING, i.HangUpTapped, (C.ENDED,), "decline_tapped"),
    *_rows(_RINGING, i.ReceiverRefused, (C.ENDED,), "receiver_refused"),
    *_rows(_WINNING, i.ReceiverRefused, (C.ENDED,), "winner_failed"),
    *_rows(_RINGING, i.TabLeft, (C.ENDED,), "ringing_tab_left"),
    *_rows(_RINGING, i.TabOffDuty, (C.ENDED,), "ringing_tab_off_duty"),
    *_rows((C.NEW, *_RINGING), m.StopWanted, (C.ENDED,), "stop_ringing"),
    # A client calls a station
    Row(C.NEW, i.Placed, (C.PLACING, C.ENDED), "placed"),
    Row(C.PLACING, i.ClientOpened, (C.WAITING,), "client_opened"),
    Row(C.PLACING, i.MediaFailed, (C.ENDED,), "placing_media_failed"),
    Row(C.PLACING, m.StepTooSlow, (C.ENDED,), "placing_media_failed"),
    Row(C.WAITING, m.TalkWanted, (C.TALKING,), "talk"),
    *_rows(_PLACED, i.HangUpTapped, (C.ENDED,), "placer_hung_up"),
    *_rows(_PLACED, i.TabLeft, (C.ENDED,), "placer_left"),
    # Talking
    Row(C.TALKING, i.ClientDigit, (C.TALKING,), "client_digit"),
    Row(C.AWAY, i.ClientDigit, (C.AWAY,), "client_digit"),
    *_rows((C.TALKING, *_RENEWAL), i.HangUpTapped, (C.ENDED,), "hang_up_tapped"),
    *_rows((C.TALKING, *_RENEWAL), i.TabLeft, (C.AWAY,), "went_away"),
    Row(C.AWAY, m.TabBack, (C.TALKING, C.JOINED, C.RENEWING), "tab_back"),
    Row(C.AWAY, m.TalkWanted, (C.AWAY,), "talk_while_away"),
    Row(C.AWAY, m.AwayTooLong, (C.ENDED,), "away_too_long"),
    *_rows((*_WINNING, C.JOINED, *_PLACED, C.TALKING, *_RENEWAL, C.AWAY), m.StopWanted, (C.ENDED,), "stop"),
    # The media engine is lost
    *_rows((C.TALKING, C.REOFFERED, C.REJOINING), m.MediaGone, (C.RENEWING,), "renew"),
    Row(C.AWAY, m.MediaGone, (C.AWAY,), "media_gone_while_away"),
    Row(C.RENEWING, i.ConnectOfferMade, (C.REOFFERED,), "renewed_offer_made"),
    Row(C.REOFFERED, i.MediaAnswered, (C.REJOINING,), "renewed_media_answered"),
    Row(C.REJOINING, i.ConnectAnswerTaken, (C.TALKING,), "rejoined"),
    *_rows((C.RENEWING, C.REJOINING), i.MediaFailed, (), "renewal_failed"),
    *_rows(_RENEWAL, i.ClientDigit, (), "client_digit"),
    *_rows(_RINGING, m.MediaGone, (C.RINGING,), "picture_gone"),
    *_rows((C.SETTLING, C.WINNING, C.OFFERED, C.JOINING), m.MediaGone, (C.SETTLING,), "win_again"),
)

TRANSITIONS: dict[tuple[State, type[i.Input]], Row] = {(row.state, row.on): row for row in (*STATION, *CLIENT)}
