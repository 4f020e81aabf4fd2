// What a door's plate shows: ready, working, open with its time running out, failed with a cause.
import type { DoorView, Received, StationView } from "../contract";
import type { WordKey } from "../words";
import type { ClientState } from "./state";

export type DoorAction =
  | { readonly kind: "working"; readonly requestId: string; readonly since: number }
  | { readonly kind: "open"; readonly since: number; readonly until: number }
  | { readonly kind: "sent"; readonly since: number; readonly until: number }
  | { readonly kind: "failed"; readonly cause: WordKey; readonly since: number };

export type DoorActions = Readonly<Record<string, DoorAction>>;

// The station acknowledges within 2 s (D4); past this, the platform itself has not answered.
export const DOOR_ANSWER_MAX_MS = 5_000;
// A cause stays readable this long, then the plate is ready again.
export const DOOR_FAILURE_SHOWN_MS = 60_000;
// Nobody knows how long the door stays open that another maker's station opens by digits.
const DIGITS_SENT_SHOWN_MS = 4_000;
// Two taps give one pulse: an open door takes the next press only after this (the platform holds to it too, D4).
export const DOOR_TAP_AGAIN_MS = 1_000;

const causes: Readonly<Record<string, WordKey>> = {
  station_unreachable: "door.failed.station_unreachable",
  door_not_allowed: "door.failed.door_not_allowed",
  door_not_found: "door.failed.door_not_found",
  door_refused: "door.failed.door_refused",
  door_needs_call: "door.failed.door_needs_call",
  offline: "door.failed.offline",
};

export function doorCause(code: string | null | undefined): WordKey {
  return (code !== null && code !== undefined ? causes[code] : undefined) ?? "door.failed.other";
}

export function doorPressed(doors: DoorActions, doorId: string, requestId: string, now: number): DoorActions {
  return { ...doors, [doorId]: { kind: "working", requestId, since: now } };
}

export function doorFailed(doors: DoorActions, doorId: string, cause: WordKey, now: number): DoorActions {
  return { ...doors, [doorId]: { kind: "failed", cause, since: now } };
}

/** The outcome of a press, or of an opening by digits. An outcome of an older press never hides a newer one. */
export function doorAnswered(doors: DoorActions, result: Received<"door_result">, now: number): DoorActions {
  const current = doors[result.door_id];
  if (result.request_id !== null && current?.kind === "working" && current.requestId !== result.request_id)
    return doors;
  if (!result.opened) return doorFailed(doors, result.door_id, doorCause(result.code), now);
  if (result.open_for_s == null)
    return { ...doors, [result.door_id]: { kind: "sent", since: now, until: now + DIGITS_SENT_SHOWN_MS } };
  const until = now + result.open_for_s * 1000;
  return { ...doors, [result.door_id]: { kind: "open", since: now, until } };
}

/** An `error` answer to a press. */
export function doorRequestFailed(doors: DoorActions, requestId: string, code: string, now: number): DoorActions {
  const found = Object.entries(doors).find(([, door]) => door.kind === "working" && door.requestId === requestId);
  return found === undefined ? doors : doorFailed(doors, found[0], doorCause(code), now);
}

/** Presses whose answer can no longer come: the connection went away. */
export function doorsUnanswered(doors: DoorActions, now: number): DoorActions {
  let next = doors;
  for (const [id, door] of Object.entries(doors))
    if (door.kind === "working") next = doorFailed(next, id, "door.failed.unknown", now);
  return next;
}

/** Time passes: an open door has closed, a press went unanswered, a cause has been read. */
export function doorsAt(doors: DoorActions, now: number): DoorActions {
  let next = doors;
  for (const [id, door] of Object.entries(doors)) {
    if (door.kind === "working" && now - door.since >= DOOR_ANSWER_MAX_MS)
      next = doorFailed(next, id, "door.failed.unknown", now);
    const over =
      ((door.kind === "open" || door.kind === "sent") && now >= door.until) ||
      (door.kind === "failed" && now - door.since >= DOOR_FAILURE_SHOWN_MS);
    if (over) next = Object.fromEntries(Object.entries(next).filter(([key]) => key !== id));
  }
  return next;
}

/** What has to happen before a door takes a press: an account's digits reach it only in a talk of this tab with it. */
export type DoorWaits = "answer" | "call" | null;

export function doorWaits(station: StationView, { call, ringing }: Pick<ClientState, "call" | "ringing">): DoorWaits {
  const { station_id: id, kind } = station;
  if (kind !== "account" || (call?.phase === "talking" && call.station.station_id === id)) return null;
  return ringing.some((ring) => ring.station.station_id === id) ? "answer" : "call";
}

export type DoorLook = "ready" | "offline" | "working" | "open" | "sent" | "failed" | "forbidden" | "waits";

/** Whether a press does something: not while one is under way, not right after the door opened. Later it opens anew. */
export function doorTakesPress(action: DoorAction | undefined, now: number): boolean {
  if (action?.kind === "open" || action?.kind === "sent") return now - action.since >= DOOR_TAP_AGAIN_MS;
  return action?.kind !== "working";
}

/** The state that the plate draws. */
export function doorLook(
  door: DoorView,
  action: DoorAction | undefined,
  online: boolean,
  waits: DoorWaits = null,
): DoorLook {
  if (!door.may_open) return "forbidden";
  if (waits !== null && (action === undefined || action.kind === "failed")) return "waits";
  if (action !== undefined) return action.kind;
  return online ? "ready" : "offline";
}
