// The stations on the desk, and what a change of one of them changes. Pure.
import type { StationView } from "../contract";
import type { ClientState } from "./state";

export const withStation = (stations: readonly StationView[], station: StationView): readonly StationView[] =>
  stations.some((known) => known.station_id === station.station_id)
    ? stations.map((known) => (known.station_id === station.station_id ? station : known))
    : [...stations, station];

/** The station's new state wherever the desk shows it. */
export const stationChanged = (state: ClientState, station: StationView): ClientState => {
  const here = <T extends { station: StationView }>(shown: T): T =>
    shown.station.station_id === station.station_id ? { ...shown, station } : shown;
  return {
    ...state,
    stations: withStation(state.stations, station),
    ringing: state.ringing.map(here),
    call: state.call === null ? null : here(state.call),
  };
};

export const withoutStation = (stations: readonly StationView[], stationId: string): readonly StationView[] =>
  stations.filter((known) => known.station_id !== stationId);
