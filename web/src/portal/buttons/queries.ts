// What a station's page asks.
import { queryOptions } from "@tanstack/react-query";
import { held, type Client } from "../http";
import { tagged } from "../meanwhile";
import { readStation, whole } from "../queries";

export const station = (client: Client, id: string) =>
  queryOptions({ queryKey: ["stations", "one", id], queryFn: () => tagged(readStation(client, id)()) });

export const doorsOf = (client: Client, stationId: string) =>
  queryOptions({
    queryKey: ["stations", "doors", stationId],
    queryFn: () =>
      whole((page) => held(client.GET("/api/v1/doors", { params: { query: { station_id: stationId, ...page } } }))),
  });

export const readButtons = (client: Client, stationId: string) => () =>
  client.GET("/api/v1/stations/{station_id}/buttons", { params: { path: { station_id: stationId } } });

export const buttons = (client: Client, stationId: string) =>
  queryOptions({
    queryKey: ["stations", "buttons", stationId],
    queryFn: () => tagged(readButtons(client, stationId)()),
  });
