// The client's reducer: contract messages, the tab's own requests and time in, one picture out. Pure.
import type { ClientMessage, ServerMessage } from "../contract";
import { doorAnswered, doorFailed, doorPressed, doorRequestFailed, doorsAt, doorsUnanswered } from "./door-state";
import { endedByCall, endedByRing, endedLost, mediaBack, mediaBroke, refused, told, type Notice } from "./notices";
import { stationChanged, withoutStation, withStation } from "./station-state";
import { shownFirst, type Action, type ClientState, type OwnCall, type RingingCall } from "./state";

// A notice leaves by itself after this time; the record keeps what it said.
const NOTICE_SHOWN_MS = 15_000;

// More would cover what people work with.
const NOTICES_MAX = 2;

// The platform confirms a resumed talk at once.
const RESUME_MAX_MS = 4_000;

const newCall = {
  callId: null,
  placed: false,
  phase: "answering",
  video: true,
  endsAt: null,
  warned: false,
  digit: null,
  resumedAt: null,
} as const;

const withNotice = (state: ClientState, notice: Notice): ClientState => ({
  ...state,
  notices: [notice, ...state.notices.filter((known) => known.id !== notice.id)].slice(0, NOTICES_MAX),
});

/** The queue without this call; the next in line is chosen when it was the chosen one. */
function withoutRing(state: ClientState, callId: string): ClientState {
  const ringing = state.ringing.filter((ring) => ring.callId !== callId);
  if (ringing.length === state.ringing.length) return state;
  return { ...state, ringing, selected: state.selected === callId ? (ringing[0]?.callId ?? null) : state.selected };
}

const withoutCall = (state: ClientState): ClientState => ({
  ...state,
  call: null,
  notices: state.notices.filter((notice) => notice.during === null),
});

/** A call rings or begins: what was said of earlier ones leaves. What concerns the running call stays. */
const withoutEarlier = (state: ClientState): readonly Notice[] =>
  state.notices.filter((notice) => notice.station === null);

const talking = (call: OwnCall, endsAt: number, now: number): OwnCall => ({
  ...call,
  phase: "talking",
  since: call.phase === "talking" ? call.since : now,
  endsAt,
  resumedAt: null,
});

/** A talk survives a lost socket under the same client id, once the platform confirms it; nothing else does. */
function cameBack(state: ClientState, clientId: string, now: number): ClientState {
  if (state.call === null) return state;
  if (state.call.phase === "talking" && state.clientId === clientId)
    return { ...state, call: { ...state.call, resumedAt: now } };
  return withNotice(withoutCall(state), endedLost(state.call.station, "ended.lost", now));
}

function received(state: ClientState, message: ServerMessage, now: number): ClientState {
  switch (message.type) {
    case "welcome": {
      // A new socket starts with an empty queue: calls that still ring follow as `Ring`. A token renewed on the same socket changes nothing.
      const renewed = state.link.kind === "online" && state.clientId === message.client_id;
      const kept = renewed ? state : cameBack(state, message.client_id, now);
      return {
        ...kept,
        link: { kind: "online" },
        welcomed: true,
        clientId: message.client_id,
        userName: message.user_name,
        companyName: message.company_name,
        stations: message.stations,
        ringing: renewed ? state.ringing : [],
        selected: renewed ? state.selected : null,
        records: state.records + 1,
      };
    }
    case "station_changed":
      return stationChanged(state, message.station);
    case "station_removed":
      return { ...state, stations: withoutStation(state.stations, message.station_id) };
    case "ring": {
      if (state.ringing.some((ring) => ring.callId === message.call_id)) return state;
      const ring: RingingCall = {
        callId: message.call_id,
        station: message.station,
        button: message.button_label === "" ? message.button : message.button_label,
        priority: message.priority ?? "normal",
        startedAt: Date.parse(message.started_at),
        ringsUntil: Date.parse(message.rings_until),
        video: message.video,
        picture: message.video ? "coming" : "none",
      };
      const ringing = [...state.ringing, ring].sort(shownFirst);
      return {
        ...state,
        ringing,
        notices: withoutEarlier(state),
        selected: state.selected ?? ring.callId,
        stations: withStation(state.stations, message.station),
      };
    }
    case "ring_ended": {
      const ring = state.ringing.find((known) => known.callId === message.call_id);
      const own = state.call !== null && state.call.callId === message.call_id ? state.call : null;
      // The winner's own ring ends as "answered": its call goes on.
      if (own !== null && message.cause === "answered") return state;
      const station = ring?.station ?? own?.station;
      if (station === undefined) return state;
      const next = withoutRing(own === null ? state : withoutCall(state), message.call_id);
      const notice = endedByRing(message, station, state.userName, own?.phase ?? null, now);
      return notice === null ? next : withNotice(next, notice);
    }
    case "call_started":
      return state.call?.requestId === message.request_id
        ? { ...state, call: { ...state.call, callId: message.call_id, station: message.station } }
        : state;
    case "connected":
      return state.call?.callId === message.call_id && state.call.phase !== "ending"
        ? { ...state, call: talking(state.call, Date.parse(message.ends_at), now) }
        : state;
    case "limit_warning":
      return state.call?.callId === message.call_id
        ? { ...state, call: { ...state.call, warned: true, endsAt: Date.parse(message.ends_at) } }
        : state;
    case "call_ended": {
      if (state.call?.callId !== message.call_id) return withoutRing(state, message.call_id);
      const notice = endedByCall(message, state.call.station, now);
      return withNotice(withoutCall(state), notice);
    }
    case "door_result":
      return { ...state, doors: doorAnswered(state.doors, message, now) };
    case "dtmf_received":
      return state.call?.callId === message.call_id
        ? { ...state, call: { ...state.call, digit: message.digit } }
        : state;
    case "history_changed":
      return { ...state, records: state.records + 1 };
    case "error": {
      if (message.request_id === null) return state;
      const doors = doorRequestFailed(state.doors, message.request_id, message.code, now);
      const own = state.call?.requestId === message.request_id ? state.call : null;
      const next = { ...state, doors };
      return own === null ? next : withNotice(withoutCall(next), refused(message, own.station, now));
    }
    case "media_offer":
      if (message.renewed !== true || state.call?.phase !== "talking" || state.call.callId !== message.call_id)
        return state;
      return withNotice(state, mediaBroke(message.call_id, now));
    default:
      return state; // for the media alone, or newer than this client
  }
}

function sent(state: ClientState, message: ClientMessage, now: number): ClientState {
  switch (message.type) {
    case "answer": {
      const ring = state.ringing.find((known) => known.callId === message.call_id);
      if (ring === undefined) return state;
      const { station, video, startedAt } = ring;
      const call: OwnCall = {
        ...newCall,
        callId: ring.callId,
        requestId: message.request_id,
        station,
        video,
        since: startedAt,
      };
      const rest = withoutRing(withoutCall(state), ring.callId);
      return { ...rest, notices: withoutEarlier(rest), call };
    }
    case "decline":
      return withoutRing(state, message.call_id);
    case "hang_up":
      return state.call?.callId === message.call_id ? { ...state, call: { ...state.call, phase: "ending" } } : state;
    case "open_door":
      return { ...state, doors: doorPressed(state.doors, message.door_id, message.request_id, now) };
    default:
      return state;
  }
}

export function reduce(state: ClientState, action: Action): ClientState {
  switch (action.type) {
    case "received":
      return received(state, action.message, action.now);
    case "sent":
      return sent(state, action.message, action.now);
    case "unsent":
      if (action.message.type === "open_door")
        return { ...state, doors: doorFailed(state.doors, action.message.door_id, "door.failed.offline", action.now) };
      return withNotice(state, told("error.offline", action.now));
    case "tell":
      return withNotice(state, told(action.text, action.now));
    case "placing": {
      const { requestId, station, now } = action;
      const call: OwnCall = { ...newCall, requestId, station, placed: true, phase: "calling", since: now };
      return { ...state, call, notices: withoutEarlier(state) };
    }
    case "link":
      return {
        ...state,
        link: action.link,
        doors: action.link.kind === "away" ? doorsUnanswered(state.doors, action.now) : state.doors,
      };
    case "duty":
      return { ...state, onDuty: action.onDuty };
    case "select":
      return state.ringing.some((ring) => ring.callId === action.callId)
        ? { ...state, selected: action.callId }
        : state;
    case "picture":
      return {
        ...state,
        ringing: state.ringing.map((ring) =>
          ring.callId === action.callId ? { ...ring, picture: action.picture } : ring,
        ),
      };
    case "lost":
      if (state.call?.callId !== action.callId) return state;
      return withNotice(withoutCall(state), endedLost(state.call.station, action.text, action.now));
    case "media_back":
      if (state.call?.callId !== action.callId || state.call.phase !== "talking") return state;
      return withNotice(state, mediaBack(action.callId, action.now));
    case "abandon":
      return withoutCall(state);
    case "dismiss":
      return { ...state, notices: state.notices.filter((notice) => notice.id !== action.noticeId) };
    case "time": {
      if (state.call?.resumedAt != null && action.now - state.call.resumedAt >= RESUME_MAX_MS)
        return withNotice(withoutCall(state), endedLost(state.call.station, "ended.lost", action.now));
      const doors = doorsAt(state.doors, action.now);
      const notices = state.notices.filter((notice) => notice.stays || action.now - notice.at < NOTICE_SHOWN_MS);
      const shorter = notices.length !== state.notices.length;
      return doors === state.doors && !shorter
        ? state
        : { ...state, doors, notices: shorter ? notices : state.notices };
    }
  }
}
