// Stations, rings and welcomes for the tests.
import { reduce } from "../src/client/reduce";
import type { ClientState } from "../src/client/state";
import type { DoorView, Received, Ring, StationView } from "../src/contract";

export const at = (seconds: number): number => Date.UTC(2026, 10, 23, 16, 42) + seconds * 1000;

export const door = (id = "main", changes: Partial<DoorView> = {}): DoorView => ({
  door_id: id,
  name: "Haustür",
  kind: "door",
  may_open: true,
  pulse_s: 4,
  ...changes,
});

export const station = (id: string, changes: Partial<StationView> = {}): StationView => ({
  station_id: id,
  name: `Station ${id}`,
  place: "Haus A",
  time_zone: "Europe/Vienna",
  state: "online",
  since: null,
  snapshot_id: null,
  snapshot_at: null,
  doors: [door()],
  ...changes,
});

export const welcome = (clientId: string): Received<"welcome"> => ({
  type: "welcome",
  client_id: clientId,
  user_id: "u",
  user_name: "Maria Huber",
  company_name: "Leitstelle",
  expires_at: new Date(at(600)).toISOString(),
  stations: [station("a"), station("b")],
  ice_servers: [],
});

export const ringOf = (callId: string, of: StationView, second: number): Ring => ({
  type: "ring",
  call_id: callId,
  station: of,
  button: "main",
  button_label: "",
  started_at: new Date(at(second)).toISOString(),
  rings_until: new Date(at(second + 60)).toISOString(),
  video: true,
});

export const answered = (state: ClientState, callId: string): ClientState =>
  reduce(state, { type: "sent", message: { type: "answer", request_id: "r", call_id: callId }, now: at(0) });

export const placed = (state: ClientState, requestId: string): ClientState =>
  reduce(state, { type: "placing", requestId, station: station("a"), now: at(0) });
