// How a call ended for this tab, in words: one notice per call.
import type { EndCause, Received, StationView } from "../contract";
import type { OwnCall } from "./state";
import type { WordKey, WordValues } from "../words";

export interface Notice {
  readonly id: string;
  readonly text: WordKey;
  readonly values: WordValues;
  readonly station: StationView | null;
  readonly own: boolean; // a call of this tab: it may be placed again
  readonly at: number; // ms
  readonly during: string | null; // the call that it speaks of while that goes on: it leaves with it
  readonly stays: boolean; // until something takes its place
}

const causeWords: Readonly<Record<Exclude<EndCause, "answered">, WordKey>> = {
  no_answer: "ended.no_answer",
  declined: "ended.declined",
  cancelled: "ended.cancelled",
  nobody_available: "ended.nobody_available",
  unknown_button: "ended.unknown_button",
  busy: "ended.busy",
  time_limit: "ended.time_limit",
  no_codec: "ended.no_codec",
  station_unreachable: "ended.station_unreachable",
  media_failed: "ended.media_failed",
  revoked: "ended.revoked",
  platform_error: "ended.platform_error",
};

const byWords: Readonly<Record<Received<"call_ended">["by"], WordKey>> = {
  station: "ended.answered.station",
  client: "ended.answered.client",
  platform: "ended.answered.platform",
};

const notice = (id: string, text: WordKey, station: StationView, own: boolean, at: number, who = ""): Notice => ({
  id,
  text,
  values: { station: station.name, who },
  station,
  own,
  at,
  during: null,
  stays: false,
});

/** A call that this tab was in, or had placed, is over. */
export function endedByCall(message: Received<"call_ended">, station: StationView, now: number): Notice {
  const text = message.cause === "answered" ? byWords[message.by] : causeWords[message.cause];
  return notice(message.call_id, text, station, true, now);
}

/** This tab rings no longer. What the person did here needs no notice; null then. */
export function endedByRing(
  message: Received<"ring_ended">,
  station: StationView,
  userName: string,
  phase: OwnCall["phase"] | null, // of this tab's call when it was that one
  now: number,
): Notice | null {
  const of = (text: WordKey, who = ""): Notice => notice(message.call_id, text, station, false, now, who);
  switch (message.cause) {
    case "answered":
    case "answered_elsewhere":
      if (message.answered_by == null) return of("ended.elsewhere.unknown");
      return message.answered_by === userName ? of("ended.elsewhere.self") : of("ended.elsewhere", message.answered_by);
    case "cancelled":
      return of("ended.cancelled");
    case "no_answer":
      return of("ended.no_answer");
    case "passed_on":
      return of("ended.passed_on");
    case "declined":
      return null; // declined here, or in this person's other tab
    case "hung_up":
      return phase === "ending" ? null : of("ended.cancelled");
    case "disconnected":
      return phase === null ? null : of("ended.lost"); // off duty, or another of this person's tabs
    case "busy":
      return of("ended.busy");
    case "time_limit":
      return of("ended.time_limit");
    case "failed":
      return of("ended.media_failed");
  }
}

/** Picture and sound, or the platform's word about them, never came back. */
export const endedLost = (station: StationView, text: WordKey, now: number): Notice =>
  notice(`lost-${String(now)}`, text, station, true, now);

const refusals: Readonly<Record<string, WordKey>> = {
  busy: "error.busy",
  station_unreachable: "error.station_unreachable",
  call_not_found: "error.call_gone",
  call_over: "error.call_gone",
  not_found: "error.call_gone",
  answered_elsewhere: "ended.elsewhere.unknown",
  no_codec: "ended.no_codec",
};

/** The platform refused `Answer` or `CallStation`. */
export function refused(message: Received<"error">, station: StationView, now: number): Notice {
  const text = refusals[message.code] ?? "error.other";
  return {
    id: message.request_id ?? message.code,
    text,
    values: { station: station.name, code: message.code },
    station,
    own: true,
    at: now,
    during: null,
    stays: false,
  };
}

/** Something that concerns no call. */
export const told = (text: WordKey, now: number): Notice => ({
  id: text,
  text,
  values: {},
  station: null,
  own: false,
  at: now,
  during: null,
  stays: false,
});

/** Picture and sound of the running call broke off; this stays until they are back or the call is over. */
export const mediaBroke = (callId: string, now: number): Notice => ({
  ...told("call.media_renewed", now),
  id: `media-${callId}`,
  during: callId,
  stays: true,
});

/** They are back: takes the place of the notice above. */
export const mediaBack = (callId: string, now: number): Notice => ({
  ...mediaBroke(callId, now),
  text: "call.media_back",
  stays: false,
});
