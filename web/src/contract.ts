// The client contract as TypeScript sees it, generated from the Python models (`npm run generate`).
export type {
  CallView,
  ClientMessage,
  DoorView,
  IceServer,
  LegView,
  Ring,
  ServerMessage,
  StationView,
  Welcome,
} from "./generated/client-contract";

import type {
  CallEnded,
  CallView,
  ClientMessage,
  LegView,
  ServerMessage,
  StationView,
} from "./generated/client-contract";

export type EndCause = CallEnded["cause"];
export type LegCause = NonNullable<LegView["cause"]>;
export type StationState = StationView["state"];
export type CallDirection = CallView["direction"];
export type Sent<T extends ClientMessage["type"]> = Extract<ClientMessage, { type: T }>;
export type Received<T extends ServerMessage["type"]> = Extract<ServerMessage, { type: T }>;

/** Every message type of the platform: what is not in here is newer than this client and is left alone. */
export const receivedTypes: Readonly<Record<ServerMessage["type"], true>> = {
  welcome: true,
  station_changed: true,
  station_removed: true,
  ring: true,
  preview_offer: true,
  ring_ended: true,
  media_offer: true,
  remote_sdp: true,
  call_started: true,
  connected: true,
  limit_warning: true,
  call_ended: true,
  door_result: true,
  dtmf_received: true,
  history_changed: true,
  done: true,
  error: true,
  pong: true,
};

/** The message in a frame, or null when it is not one that this client knows. */
export function parseReceived(frame: unknown): ServerMessage | null {
  if (typeof frame !== "string") return null;
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null || !("type" in value)) return null;
  const { type } = value;
  return typeof type === "string" && Object.hasOwn(receivedTypes, type) ? (value as ServerMessage) : null;
}
