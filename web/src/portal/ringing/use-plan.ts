// One ring plan while it is edited: each change is kept as the draft at once, against what the reader was shown.
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useRef, useState } from "react";
import type { Client, Schemas } from "../http";
import { tagged, type Match, type Tagged } from "../meanwhile";
import { refusalOf } from "../problem";
import { useMay, usePortal, useWords } from "../surroundings";
import { documentOf, planOf, type Change, type Member, type Plan } from "./document";

export type View = Schemas["RingPlanView"] & Tagged;

type Language = "de" | "en";

/** The plan of somebody; null: one's own, for which nobody needs a right. */
function asked(client: Client, ownerId: string | null, language: Language) {
  const query = { language };
  if (ownerId === null) {
    const params = (header: Match) => ({ params: { query, header } });
    return {
      get: () => client.GET("/api/v1/me/ring-plan", { params: { query } }),
      draft: (body: Schemas["PlanDocument"], header: Match) =>
        client.PUT("/api/v1/me/ring-plan/draft", { ...params(header), body }),
      throwAway: (header: Match) => client.DELETE("/api/v1/me/ring-plan/draft", params(header)),
      putInForce: (header: Match) => client.POST("/api/v1/me/ring-plan/in-force", params(header)),
      undo: (header: Match) => client.POST("/api/v1/me/ring-plan/undo", params(header)),
    };
  }
  const path = { owner_id: ownerId };
  const params = (header: Match) => ({ params: { path, query, header } });
  return {
    get: () => client.GET("/api/v1/ring-plans/{owner_id}", { params: { path, query } }),
    draft: (body: Schemas["PlanDocument"], header: Match) =>
      client.PUT("/api/v1/ring-plans/{owner_id}/draft", { ...params(header), body }),
    throwAway: (header: Match) => client.DELETE("/api/v1/ring-plans/{owner_id}/draft", params(header)),
    putInForce: (header: Match) => client.POST("/api/v1/ring-plans/{owner_id}/in-force", params(header)),
    undo: (header: Match) => client.POST("/api/v1/ring-plans/{owner_id}/undo", params(header)),
  };
}

export const ringPlan = (client: Client, ownerId: string | null, language: Language) =>
  queryOptions({
    queryKey: ["ring-plan", ownerId ?? "me", language],
    queryFn: (): Promise<View> => tagged<Schemas["RingPlanView"]>(asked(client, ownerId, language).get()),
  });

export interface Editing {
  readonly view: View;
  /** What is edited: the draft, or what would become one. */
  readonly plan: Plan;
  readonly inForce: Plan;
  readonly drafted: boolean;
  readonly mayEdit: boolean;
  readonly working: boolean;
  readonly own: boolean;
  readonly names: ReadonlyMap<string, string>;
  readonly name: (member: Member) => string;
  /** Remembers what a member is called that the platform has not been told of yet. */
  readonly learn: (members: readonly { readonly id: string; readonly name: string | null }[]) => void;
  readonly edit: (change: Change) => void;
  /** Takes the last change of this visit back; null: there is none. */
  readonly undo: (() => void) | null;
  readonly throwAway: () => void;
  readonly putInForce: () => void;
  readonly undoInForce: () => void;
}

export function useRingPlan(ownerId: string | null) {
  const { language } = useWords();
  const { client } = usePortal();
  return useQuery(ringPlan(client, ownerId, language));
}

export function useEditing(view: View, ownerId: string | null): Editing {
  const { language, say } = useWords();
  const { client, notices } = usePortal();
  const may = useMay();
  const queries = useQueryClient();
  const key = ringPlan(client, ownerId, language).queryKey;
  const [ahead, setAhead] = useState<Plan | null>(null); // shown before the platform has answered
  const [waiting, setWaiting] = useState(0);
  const [past, setPast] = useState<readonly (Plan | null)[]>([]); // drafts before; null: there was none
  const [learned, setLearned] = useState<ReadonlyMap<string, string>>(new Map());
  const queue = useRef({ last: Promise.resolve(), waiting: 0, etag: "*", round: 0, newest: null as Plan | null });
  const wishes = useMemo(() => asked(client, ownerId, language), [client, ownerId, language]);

  const names = useMemo(() => {
    const all = new Map(learned);
    for (const { id, name } of [view.owner, ...view.members]) if (name !== null) all.set(id, name);
    return all;
  }, [view, learned]);
  const plan = ahead ?? planOf(view.draft?.plan ?? view.in_force?.plan);
  /** What is shown at this moment: a way back is taken long after it was made. */
  const shown = (): View => queries.getQueryData<View>(key) ?? view;

  /** One after another, each against what the one before left behind; when one is refused, those behind it are not sent. */
  const send = (
    work: (match: Match) => Promise<{ data?: Schemas["RingPlanView"]; response: Response }>,
    done: () => void = () => undefined,
  ): void => {
    const line = queue.current;
    if (line.waiting === 0) line.etag = shown().etag ?? "*";
    line.waiting += 1;
    setWaiting(line.waiting);
    const { round } = line;
    const step = async (): Promise<void> => {
      try {
        if (round !== line.round) return;
        const next = await tagged<Schemas["RingPlanView"]>(work({ "If-Match": line.etag }));
        line.etag = next.etag ?? "*";
        await queries.cancelQueries({ queryKey: key }); // it may have been answered before this change
        queries.setQueryData(key, next);
        done();
      } catch (reason) {
        line.round += 1;
        line.newest = null;
        setAhead(null);
        setPast([]);
        const { key: word, values } = refusalOf(reason);
        notices.warn(word, values);
        await queries.invalidateQueries({ queryKey: key });
      } finally {
        line.waiting -= 1;
        setWaiting(line.waiting);
        if (line.waiting === 0) {
          line.newest = null;
          setAhead(null);
        }
      }
    };
    line.last = line.last.then(step);
  };
  const show = (next: Plan): void => {
    queue.current.newest = next;
    setAhead(next);
  };
  const keep = (next: Plan): void => {
    show(next);
    send((match) => wishes.draft(documentOf(next), match));
  };
  const edit = (change: Change): void => {
    const { draft, in_force } = shown();
    const before = queue.current.newest ?? planOf(draft?.plan ?? in_force?.plan);
    const next = change(before);
    if (JSON.stringify(next) === JSON.stringify(before)) return;
    const drafted = queue.current.newest !== null || draft !== null;
    setPast((all) => [...all.slice(-49), drafted ? before : null]);
    keep(next);
  };
  const throwAway = (): void => {
    const before = plan;
    send(wishes.throwAway, () => {
      setPast([]);
      notices.tell("plan.thrown_away", {}, () => keep(before));
    });
  };
  const undo = (): void => {
    const before = past.at(-1);
    if (before === undefined) return;
    setPast(past.slice(0, -1));
    if (before === null) send(wishes.throwAway);
    else keep(before);
  };
  const undoInForce = (): void => send(wishes.undo, () => notices.tell("plan.undone", {}, () => send(wishes.undo)));
  const putInForce = (): void =>
    send(wishes.putInForce, () => {
      setPast([]);
      notices.tell("plan.in_force", {}, () => send(wishes.undo));
    });

  return {
    view,
    plan,
    inForce: planOf(view.in_force?.plan),
    drafted: ahead !== null || view.draft !== null,
    mayEdit: ownerId === null || may("ring_plans.configure", view.place_path),
    working: waiting > 0,
    own: ownerId === null,
    names,
    name: ({ id, kind }) => names.get(id) ?? (kind === "number" ? id : say("member.gone")),
    learn: (members) =>
      setLearned((all) => {
        const known = members.flatMap(({ id, name }) => (name === null ? [] : [[id, name] as const]));
        return new Map([...all, ...known]);
      }),
    edit,
    undo: past.length === 0 ? null : undo,
    throwAway,
    putInForce,
    undoInForce,
  };
}
