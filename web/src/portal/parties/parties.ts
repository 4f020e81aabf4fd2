// Contacts and ring groups, as the portal asks for them and changes them: they differ in little.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { useAct, type Act } from "../act";
import { held, type Client, type Schemas } from "../http";
import { ifUnchanged, tagged } from "../meanwhile";
import type { Refusal } from "../problem";
import { usePortal } from "../surroundings";

export type PartyKind = "contact" | "group";
export type Contact = Schemas["ContactItem"];
export type Party = Schemas["RingGroupItem"] & Partial<Contact>;

const PAGE = 50;

interface Filter {
  readonly words?: string;
  /** Only those directly in that place. */
  readonly at?: string;
}

type Answered<T> = Promise<{ data?: T; response: Response }>;

export const readParty = (client: Client, kind: PartyKind, id: string) => (): Answered<Party> =>
  kind === "contact"
    ? client.GET("/api/v1/contacts/{contact_id}", { params: { path: { contact_id: id } } })
    : client.GET("/api/v1/ring-groups/{group_id}", { params: { path: { group_id: id } } });

const pageOf = (words: string, at: string | undefined, cursor: string | null) => ({
  limit: PAGE,
  ...(words === "" ? {} : { q: words }),
  ...(at === undefined ? {} : { place_id: at, direct: true }),
  ...(cursor === null ? {} : { cursor }),
});

export const ringGroups = (client: Client, words: string) =>
  infiniteQueryOptions({
    queryKey: ["parties", "group", words],
    queryFn: ({ pageParam }) =>
      held(client.GET("/api/v1/ring-groups", { params: { query: pageOf(words, undefined, pageParam) } })),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });

export const contacts = (client: Client, { words = "", at }: Filter) =>
  infiniteQueryOptions({
    queryKey: ["parties", "contact", words, at ?? null],
    queryFn: ({ pageParam }) =>
      held(client.GET("/api/v1/contacts", { params: { query: pageOf(words, at, pageParam) } })),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });

export const contact = (client: Client, id: string) =>
  queryOptions({
    queryKey: ["parties", "one", id],
    queryFn: () => tagged(client.GET("/api/v1/contacts/{contact_id}", { params: { path: { contact_id: id } } })),
  });

export const ringPlan = (client: Client, ownerId: string, language: "de" | "en") =>
  queryOptions({
    queryKey: ["ring-plans", ownerId, language],
    queryFn: () =>
      held(
        client.GET("/api/v1/ring-plans/{owner_id}", {
          params: { path: { owner_id: ownerId }, query: { language } },
        }),
      ),
  });

export const usedBy = (client: Client, ownerId: string) =>
  queryOptions({
    queryKey: ["ring-plans", "used-by", ownerId],
    queryFn: () =>
      held(client.GET("/api/v1/ring-plans/{owner_id}/used-by", { params: { path: { owner_id: ownerId } } })),
  });

export interface PartyWish {
  readonly body: Schemas["ContactChange"];
  /** What they were shown of what the change is about. */
  readonly was: Partial<Party>;
  readonly back?: true;
}

type Done = (after: Party, wish: PartyWish, again: (wish: PartyWish) => void) => void;

export const RENEWED = ["parties", "ring-plans", "found", "stations"] as const;

/** Changes that contact or ring group while it is what was shown. */
export function useChangeParty(
  kind: PartyKind,
  id: string,
  done: Done,
  refused: (refusal: Refusal) => boolean,
): Act<PartyWish> {
  const { client } = usePortal();
  return useAct<PartyWish, Party>(
    ({ body, was }) =>
      ifUnchanged<Party, Party>(readParty(client, kind, id), was, (header) =>
        kind === "contact"
          ? held(client.PATCH("/api/v1/contacts/{contact_id}", { params: { path: { contact_id: id }, header }, body }))
          : held(client.PATCH("/api/v1/ring-groups/{group_id}", { params: { path: { group_id: id }, header }, body })),
      ),
    RENEWED,
    done,
    refused,
  );
}
