// How a station stands, in one word and one shape.
import type { Mark } from "../parts/state-mark";
import type { AnyKey } from "../words/portal";
import type { Schemas } from "./http";

export interface StationState {
  readonly mark: Mark;
  readonly key: AnyKey;
}

export function stationState(station: Schemas["StationItem"]): StationState {
  if (station.status === "unclaimed") return { mark: "pending", key: "state.unclaimed" };
  if (station.status === "revoked") return { mark: "fault", key: "state.revoked" };
  if (!station.online) return { mark: "offline", key: "state.offline" };
  return station.error === null ? { mark: "online", key: "state.online" } : { mark: "fault", key: "state.fault" };
}
