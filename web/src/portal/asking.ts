// How questions are asked and changes are made: what nobody answers is said at once, and never carried out some time later.
import { QueryClient } from "@tanstack/react-query";
import { ApiProblem } from "../session/api";

export function makeQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 60_000,
        retry: (failures, reason) => failures < 2 && reason instanceof ApiProblem && reason.away,
        refetchOnWindowFocus: true,
        refetchOnReconnect: true, // which "always" would turn off
        networkMode: "always",
      },
      mutations: { networkMode: "always" },
    },
  });
}
