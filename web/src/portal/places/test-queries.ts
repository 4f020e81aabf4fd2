// What pages ask about test calls, each with its key.
import { queryOptions } from "@tanstack/react-query";
import { held, type Client } from "../http";
import { tagged } from "../meanwhile";

const TESTS_SHOWN = 10;
const TEST_LOOKED_MS = 1_000;

/** The last test calls of a station; while one goes on, it is looked again and again. */
export const testCalls = (client: Client, stationId: string) =>
  queryOptions({
    queryKey: ["test-calls", stationId],
    queryFn: () =>
      held(
        client.GET("/api/v1/stations/{station_id}/test-calls", {
          params: { path: { station_id: stationId }, query: { limit: TESTS_SHOWN } },
        }),
      ),
    refetchInterval: ({ state }) =>
      state.data?.items.some(({ outcome }) => outcome === null) ? TEST_LOOKED_MS : false,
  });

export const testSchedule = (client: Client, stationId: string) =>
  queryOptions({
    queryKey: ["test-schedule", stationId],
    queryFn: () =>
      tagged(
        client.GET("/api/v1/stations/{station_id}/test-schedule", { params: { path: { station_id: stationId } } }),
      ),
  });

/** Stations whose newest test call failed. */
export const failingTests = (client: Client, limit: number) =>
  queryOptions({
    queryKey: ["failing-test-calls", limit],
    queryFn: () => held(client.GET("/api/v1/failing-test-calls", { params: { query: { limit } } })),
    refetchInterval: 60_000,
  });
