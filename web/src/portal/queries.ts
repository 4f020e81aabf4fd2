// Every question that pages ask the API, each with its key. The first word of a key is what the event stream renews by.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { ApiProblem } from "../session/api";
import { held, type Client } from "./http";
import { tagged } from "./meanwhile";

export const PAGE = 50;
/** So many letters search takes at least. */
export const FOUND_FROM = 2;

interface Page<T> {
  readonly items: T[];
  readonly next_cursor: string | null;
}

/** Every page of a list that is shown whole. */
export async function whole<T>(ask: (page: { cursor?: string }) => Promise<Page<T>>): Promise<{ items: T[] }> {
  const items: T[] = [];
  for (let cursor: string | null = null; ;) {
    const page: Page<T> = await ask(cursor === null ? {} : { cursor });
    items.push(...page.items);
    cursor = page.next_cursor;
    if (cursor === null) return { items };
  }
}

export const tree = (client: Client, parentId: string | null) =>
  infiniteQueryOptions({
    queryKey: ["tree", parentId],
    queryFn: ({ pageParam }) =>
      held(
        client.GET("/api/v1/tree", {
          params: {
            query: {
              limit: PAGE,
              ...(parentId === null ? {} : { parent_id: parentId }),
              ...(pageParam === null ? {} : { cursor: pageParam }),
            },
          },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });

// One thing each, as a change reads it that is held against what somebody was shown.
export const readPlace = (client: Client, id: string) => () =>
  client.GET("/api/v1/places/{place_id}", { params: { path: { place_id: id } } });
export const readPerson = (client: Client, id: string) => () =>
  client.GET("/api/v1/users/{user_id}", { params: { path: { user_id: id } } });
export const readRole = (client: Client, id: string) => () =>
  client.GET("/api/v1/roles/{role_id}", { params: { path: { role_id: id } } });
export const readGrant = (client: Client, id: string) => () =>
  client.GET("/api/v1/grants/{grant_id}", { params: { path: { grant_id: id } } });
export const readStation = (client: Client, id: string) => () =>
  client.GET("/api/v1/stations/{station_id}", { params: { path: { station_id: id } } });
export const readMe = (client: Client) => () => client.GET("/api/v1/me");

export const place = (client: Client, id: string) =>
  queryOptions({ queryKey: ["place", id], queryFn: () => tagged(readPlace(client, id)()) });

/** The first places of those kinds, to choose from. */
export const placesOf = (client: Client, kinds: readonly ("company" | "project" | "site" | "folder")[]) =>
  queryOptions({
    queryKey: ["tree", "of", kinds],
    queryFn: () => held(client.GET("/api/v1/places", { params: { query: { kind: [...kinds], limit: 20 } } })),
  });

export const stationsAt = (client: Client, placeId: string) =>
  infiniteQueryOptions({
    queryKey: ["stations", "at", placeId],
    queryFn: ({ pageParam }) =>
      held(
        client.GET("/api/v1/stations", {
          params: {
            query: {
              place_id: placeId,
              direct: true,
              limit: PAGE,
              ...(pageParam === null ? {} : { cursor: pageParam }),
            },
          },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });

export const stationsOf = (client: Client, query: { status?: "claimed" | "unclaimed"; online?: boolean }, limit = 5) =>
  queryOptions({
    queryKey: ["stations", "of", query, limit],
    queryFn: () => held(client.GET("/api/v1/stations", { params: { query: { ...query, limit } } })),
  });

export const calls = (client: Client, live: boolean, limit: number) =>
  queryOptions({
    queryKey: ["calls", live, limit],
    queryFn: () => held(client.GET("/api/v1/calls", { params: { query: { live, limit } } })),
  });

export const counts = (client: Client) =>
  queryOptions({ queryKey: ["counts"], queryFn: () => held(client.GET("/api/v1/people/counts")) });

export interface PeopleFilter {
  readonly active: boolean | null;
  readonly roleId: string | null;
  /** Beginnings of words of their names. */
  readonly words: string;
}

export const people = (client: Client, { active, roleId, words }: PeopleFilter) =>
  infiniteQueryOptions({
    queryKey: ["people", "list", active, roleId, words],
    queryFn: ({ pageParam }) =>
      held(
        client.GET("/api/v1/users", {
          params: {
            query: {
              limit: PAGE,
              ...(active === null ? {} : { active }),
              ...(words === "" ? {} : { q: words }),
              ...(roleId === null ? {} : { role_id: roleId }),
              ...(pageParam === null ? {} : { cursor: pageParam }),
            },
          },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });

/** Somebody of the company, or a guest of it. */
export const person = (client: Client, id: string) =>
  queryOptions({
    queryKey: ["people", "one", id],
    queryFn: async () => {
      try {
        return { kind: "user" as const, ...(await tagged(readPerson(client, id)())) };
      } catch (reason) {
        if (!(reason instanceof ApiProblem && reason.code === "user_not_found")) throw reason;
        const guest = client.GET("/api/v1/guests/{guest_id}", { params: { path: { guest_id: id } } });
        return { kind: "guest" as const, ...(await held(guest)) };
      }
    },
  });

export const guests = (client: Client) =>
  infiniteQueryOptions({
    queryKey: ["people", "guests"],
    queryFn: ({ pageParam }) =>
      held(
        client.GET("/api/v1/guests", {
          params: { query: { limit: PAGE, ...(pageParam === null ? {} : { cursor: pageParam }) } },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });

export const grantsAt = (client: Client, placeId: string) =>
  queryOptions({
    queryKey: ["grants", placeId],
    queryFn: () =>
      whole((page) => held(client.GET("/api/v1/grants", { params: { query: { place_id: placeId, ...page } } }))),
  });

export const roles = (client: Client) =>
  queryOptions({
    queryKey: ["roles"],
    queryFn: () => whole((query) => held(client.GET("/api/v1/roles", { params: { query } }))),
  });

export const invitations = (client: Client) =>
  queryOptions({
    queryKey: ["invitations"],
    queryFn: () => whole((query) => held(client.GET("/api/v1/invitations", { params: { query } }))),
  });

export const keys = (client: Client) =>
  queryOptions({
    queryKey: ["keys"],
    queryFn: () => whole((query) => held(client.GET("/api/v1/keys", { params: { query } }))),
  });

export const audit = (client: Client) =>
  infiniteQueryOptions({
    queryKey: ["audit"],
    queryFn: ({ pageParam }) =>
      held(
        client.GET("/api/v1/audit", {
          params: { query: { limit: PAGE, ...(pageParam === null ? {} : { cursor: pageParam }) } },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });

export const companies = (client: Client) =>
  queryOptions({ queryKey: ["companies"], queryFn: () => held(client.GET("/api/v1/me/companies")) });

export const sessions = (client: Client) =>
  queryOptions({ queryKey: ["sessions"], queryFn: () => held(client.GET("/api/v1/me/sessions")) });

export const secondFactor = (client: Client) =>
  queryOptions({
    queryKey: ["security", "factor"],
    queryFn: () => held(client.GET("/api/v1/me/second-factor")),
  });

export const passkeys = (client: Client) =>
  queryOptions({ queryKey: ["security", "passkeys"], queryFn: () => held(client.GET("/api/v1/me/passkeys")) });

/** null: the reader may not change how this person signs in. */
export const signInOf = (client: Client, userId: string) =>
  queryOptions({
    queryKey: ["people", "sign-in", userId],
    queryFn: () =>
      held(client.GET("/api/v1/users/{user_id}/sign-in", { params: { path: { user_id: userId } } })).catch(
        (reason: unknown) => {
          if (reason instanceof ApiProblem && reason.code === "more_than_yourself") return null;
          throw reason;
        },
      ),
  });

export const found = (client: Client, words: string) =>
  queryOptions({
    queryKey: ["found", words],
    queryFn: () => held(client.GET("/api/v1/search", { params: { query: { q: words } } })),
    enabled: words.trim().length >= FOUND_FROM,
  });
