// What was removed elsewhere while it is shown here: who did it, as far as the reader may know, and where to go on.
import { queryOptions, useQuery, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { ApiProblem } from "../../session/api";
import { held, type Client, type Schemas } from "../http";
import { Empty, Head } from "../parts/page";
import { useTime } from "../parts/times";
import { useMay, usePortal, useWords } from "../surroundings";
import { actor, type Item } from "./sentence";

/** Whether it was there and is there no more. */
export function isGone({ error }: Pick<UseQueryResult, "error">): boolean {
  return error instanceof ApiProblem && error.status === 404;
}

const lastChange = (client: Client, id: string) =>
  queryOptions({
    queryKey: ["audit", "of", id],
    queryFn: () => held(client.GET("/api/v1/audit", { params: { query: { subject_id: id, limit: 1 } } })),
    retry: false,
  });

function useRemover(): (trail: Schemas["AuditTrail"] | undefined, action: Item["action"]) => string | null {
  const { me } = usePortal();
  const { say } = useWords();
  const time = useTime();
  return (trail, action) => {
    const item = trail?.items[0];
    if (item?.action !== action) return null;
    const names = new Map(trail?.names.map((one) => [one.id, one]));
    return actor(item, { names, me: me.user, say, time }).text;
  };
}

export function GonePlace({ place }: { place: Schemas["PlaceView"] }) {
  const { say } = useWords();
  const { client } = usePortal();
  const may = useMay();
  const time = useTime();
  const removerOf = useRemover();
  const told = useQuery({ ...lastChange(client, place.id), enabled: may("audit.read", "/") }).data;
  const who = removerOf(told, "place.removed");
  const parent = place.way.filter(({ id }) => id !== place.id).at(-1);
  const at = told?.items[0]?.at;
  const values = { name: place.name, who: who ?? "", time: at === undefined ? "" : time(at) };
  return (
    <>
      <Head title={place.name} />
      <div role="status">
        <Empty text={say(who === null ? "gone.place.unseen" : "gone.place.by", values)}>
          {parent === undefined ? (
            <Link className="btn" to="/">
              {say("nav.overview")}
            </Link>
          ) : (
            <Link className="btn" to="/places/$placeId" params={{ placeId: parent.id }}>
              {say("gone.place.to", { name: parent.name })}
            </Link>
          )}
        </Empty>
      </div>
    </>
  );
}

export function GonePerson({ name }: { name: string }) {
  const { say } = useWords();
  return (
    <>
      <Head title={name} />
      <div role="status">
        <Empty text={say("gone.person", { name })}>
          <Link className="btn" to="/people">
            {say("nav.people")}
          </Link>
        </Empty>
      </div>
    </>
  );
}

const REMOVED = { role: "role.removed", key: "key.revoked" } as const;

interface Listed {
  readonly id: string;
  readonly name: string;
}

/** What has left the list. */
export function vanished<T extends Listed>(before: readonly T[], after: readonly T[]): readonly T[] {
  const there = new Set(after.map(({ id }) => id));
  return before.filter(({ id }) => !there.has(id));
}

/** Says it at the foot of the page when something leaves the list; not what `mine` was told of, which the page removes itself. */
export function useVanished(kind: "role" | "key", items: readonly Listed[] | undefined): (id: string) => void {
  const { client, notices } = usePortal();
  const queries = useQueryClient();
  const may = useMay();
  const removerOf = useRemover();
  const before = useRef<readonly Listed[]>([]);
  const mine = useRef(new Set<string>());
  const knows = may("audit.read", "/");
  useEffect(() => {
    if (items === undefined) return;
    for (const { id, name } of vanished(before.current, items)) {
      if (mine.current.has(id)) continue;
      const asked = knows ? queries.query({ ...lastChange(client, id), staleTime: 0 }) : Promise.resolve(undefined);
      void asked
        .catch(() => undefined) // who it was stays unsaid, that it is gone does not
        .then((trail) => removerOf(trail, REMOVED[kind]))
        .then((who) => notices.tell(who === null ? `gone.${kind}` : `gone.${kind}.by`, { name, who: who ?? "" }));
    }
    before.current = items;
    // eslint-disable-next-line react-hooks/exhaustive-deps -- with the list, not with every drawing
  }, [items]);
  return (id) => mine.current.add(id);
}
