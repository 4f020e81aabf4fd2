// The client's state: what the screens draw, and the actions that change it.
import type { ClientMessage, ServerMessage, StationView } from "../contract";
import type { WordKey } from "../words";
import type { DoorActions } from "./door-state";
import type { Notice } from "./notices";

export type Priority = "alarm" | "high" | "normal" | "low";

const RANK: Readonly<Record<Priority, number>> = { alarm: 0, high: 1, normal: 2, low: 3 };

/** The order in which calls are shown: a higher one first, then the one that rings longer. */
export function shownFirst(a: RingingCall, b: RingingCall): number {
  return RANK[a.priority] - RANK[b.priority] || a.startedAt - b.startedAt;
}

export interface RingingCall {
  readonly callId: string;
  readonly station: StationView;
  readonly button: string;
  readonly priority: Priority;
  readonly startedAt: number; // ms
  readonly ringsUntil: number; // ms
  readonly video: boolean;
  readonly picture: "coming" | "live" | "failed" | "none";
}

export interface OwnCall {
  readonly callId: string | null; // null until the platform named a call that was placed here
  readonly requestId: string; // of Answer or CallStation
  readonly station: StationView;
  readonly placed: boolean;
  readonly phase: "answering" | "calling" | "talking" | "ending";
  readonly video: boolean;
  readonly since: number; // ms: of the ring, of the press on Call, of the talk
  readonly endsAt: number | null; // ms
  readonly warned: boolean;
  readonly digit: string | null; // the visitor's last
  readonly resumedAt: number | null; // ms: the socket came back, the platform has yet to confirm the talk
}

export type LinkState =
  | { readonly kind: "connecting" }
  | { readonly kind: "online" }
  | { readonly kind: "away"; readonly retryAt: number; readonly tooMany: boolean };

export interface ClientState {
  readonly link: LinkState;
  readonly welcomed: boolean;
  readonly clientId: string | null;
  readonly userName: string;
  readonly companyName: string;
  readonly onDuty: boolean;
  readonly stations: readonly StationView[];
  readonly ringing: readonly RingingCall[]; // longest first
  readonly selected: string | null; // call id in the queue
  readonly call: OwnCall | null;
  readonly doors: DoorActions;
  readonly notices: readonly Notice[];
  readonly records: number; // grows with every record written: the history is read anew
}

export type Action =
  | { readonly type: "received"; readonly message: ServerMessage; readonly now: number }
  | { readonly type: "sent"; readonly message: ClientMessage; readonly now: number }
  | { readonly type: "unsent"; readonly message: ClientMessage; readonly now: number }
  | { readonly type: "placing"; readonly requestId: string; readonly station: StationView; readonly now: number }
  | { readonly type: "link"; readonly link: LinkState; readonly now: number }
  | { readonly type: "duty"; readonly onDuty: boolean }
  | { readonly type: "select"; readonly callId: string }
  | { readonly type: "picture"; readonly callId: string; readonly picture: RingingCall["picture"] }
  | { readonly type: "lost"; readonly callId: string | null; readonly text: WordKey; readonly now: number }
  | { readonly type: "media_back"; readonly callId: string; readonly now: number }
  | { readonly type: "abandon" }
  | { readonly type: "tell"; readonly text: WordKey; readonly now: number }
  | { readonly type: "dismiss"; readonly noticeId: string }
  | { readonly type: "time"; readonly now: number };

// The button of a station that has only one: naming it would tell nobody anything.
export const MAIN_BUTTON = "main";

export const initialState = (onDuty: boolean): ClientState => ({
  link: { kind: "connecting" },
  welcomed: false,
  clientId: null,
  userName: "",
  companyName: "",
  onDuty,
  stations: [],
  ringing: [],
  selected: null,
  call: null,
  doors: {},
  notices: [],
  records: 0,
});
