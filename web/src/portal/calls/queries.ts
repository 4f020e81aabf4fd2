// What the pages of calls ask the API.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { Language } from "../../words";
import { held, type Client } from "../http";
import { PAGE } from "../queries";

export type CallsShown = "all" | "unanswered" | "answered" | "live";

interface CallsFilter {
  readonly shown: CallsShown;
  readonly placeId: string | null;
  readonly stationId: string | null;
}

export const callHistory = (client: Client, { shown, placeId, stationId }: CallsFilter) =>
  infiniteQueryOptions({
    queryKey: ["calls", "history", shown, placeId, stationId],
    queryFn: ({ pageParam }) =>
      held(
        client.GET("/api/v1/calls", {
          params: {
            query: {
              limit: PAGE,
              ...(shown === "live" ? { live: true } : shown === "all" ? {} : { answered: shown === "answered" }),
              ...(placeId === null ? {} : { place_id: placeId }),
              ...(stationId === null ? {} : { station_id: stationId }),
              ...(pageParam === null ? {} : { cursor: pageParam }),
            },
          },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });

export const callTrace = (client: Client, id: string, language: Language) =>
  queryOptions({
    queryKey: ["calls", "trace", id, language],
    queryFn: () =>
      held(client.GET("/api/v1/calls/{call_id}/trace", { params: { path: { call_id: id }, query: { language } } })),
  });
