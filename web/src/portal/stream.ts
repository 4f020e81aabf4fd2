// The portal's one event stream: what has changed is asked for anew, nothing else is.
import type { QueryClient } from "@tanstack/react-query";
import { ApiProblem, type Api } from "../session/api";
import { bearer, refusal } from "./http";

export interface Change {
  readonly topic: "stations" | "calls" | "places" | "people" | "rights" | "everything";
  readonly id?: string | null;
}

/** `full`: as many tabs as the platform takes follow already. */
export type Live = "connecting" | "live" | "lost" | "full";

const RINGING = ["ring-plan", "used-by", "ring-ask"];

// What each topic is shown by: the first words of query keys.
const SHOWN: Record<Exclude<Change["topic"], "rights" | "everything">, readonly string[]> = {
  stations: ["tree", "stations", "companies", "calls", "found", "audit", "used-by", "ring-ask"],
  calls: ["calls", "ring-ask"],
  places: [
    ...["tree", "place", "stations", "companies", "calls", "found", "audit", "me"],
    ...["people", "grants", "invitations", "keys"], // rights are shown with the place where they hold
  ],
  people: [
    "people",
    "grants",
    "roles",
    "invitations",
    "keys",
    "counts",
    "audit",
    "found",
    "me",
    "calls",
    "security",
    ...RINGING,
  ],
};

const GATHER_MS = 150;
const AGAIN_MIN_MS = 1_000;
const AGAIN_MAX_MS = 30_000;
export const SILENT_MAX_MS = 35_000; // the platform says something every 15 s
export const LATE_MS = 2_000; // how long a stream that ended as it should may take to begin anew before that is said

/** The changes in a piece of the stream, and what is left of an unfinished one. */
export function parse(text: string): { changes: Change[]; rest: string } {
  const blocks = text.split("\n\n");
  const rest = blocks.pop() ?? "";
  const changes: Change[] = [];
  for (const block of blocks) {
    const data = block
      .split("\n")
      .filter((line) => line.startsWith("data: "))
      .map((line) => line.slice(6))
      .join("\n");
    if (data === "") continue;
    try {
      changes.push(JSON.parse(data) as Change);
    } catch {
      changes.push({ topic: "everything" }); // from a newer platform: look at all of it
    }
  }
  return { changes, rest };
}

/** The first words of the query keys that these changes make old; null: all of them. */
export function outdated(changes: readonly Change[]): ReadonlySet<string> | null {
  const keys = new Set<string>();
  for (const { topic } of changes) {
    const shown = topic in SHOWN ? SHOWN[topic as keyof typeof SHOWN] : null;
    if (shown === null) return null;
    for (const key of shown) keys.add(key);
  }
  return keys;
}

/** Follows the stream until the returned function is called, or the session has ended, which `signedOut` is told. */
export function follow(api: Api, queries: QueryClient, tell: (live: Live) => void, signedOut: () => void): () => void {
  const stopped = new AbortController();
  let gathered: Change[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let again = AGAIN_MIN_MS;
  let missed = false;
  let late: ReturnType<typeof setTimeout> | undefined;

  let cut = new AbortController();
  let rested: (() => void) | undefined;
  // The browser knows at once that the network is gone, and that it is back.
  const offline = (): void => cut.abort();
  const online = (): void => rested?.();
  window.addEventListener("offline", offline);
  window.addEventListener("online", online);

  const over = (): boolean => stopped.signal.aborted;
  const renew = (): void => {
    timer = undefined;
    const keys = outdated(gathered);
    gathered = [];
    void queries.invalidateQueries(keys === null ? {} : { predicate: ({ queryKey }) => keys.has(String(queryKey[0])) });
  };
  const take = (changes: readonly Change[]): void => {
    if (changes.length === 0) return;
    gathered.push(...changes);
    timer ??= setTimeout(renew, GATHER_MS);
  };

  const read = async (): Promise<void> => {
    // A connection that was cut without a word looks open for ever.
    const silent = new AbortController();
    let silence: ReturnType<typeof setTimeout> | undefined;
    const heard = (): void => {
      clearTimeout(silence);
      silence = setTimeout(() => silent.abort(), SILENT_MAX_MS);
    };
    heard();
    cut = new AbortController();
    try {
      await readUntil(AbortSignal.any([stopped.signal, silent.signal, cut.signal]), heard);
    } finally {
      clearTimeout(silence);
    }
  };

  const readUntil = async (signal: AbortSignal, heard: () => void): Promise<void> => {
    const response = await fetch("/api/v1/events", { headers: bearer(api), signal });
    heard();
    if (response.status === 401) {
      await api.refresh();
      return;
    }
    if (!response.ok || response.body === null) throw await refusal(response);
    clearTimeout(late);
    tell("live");
    again = AGAIN_MIN_MS;
    const begun = Date.now();
    if (missed) take([{ topic: "everything" }]);
    missed = true; // whatever happens from the end of this stream to the beginning of the next
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        if (Date.now() - begun < AGAIN_MIN_MS) throw new ApiProblem(0, "ended"); // not again and again without a pause
        return;
      }
      heard();
      const found = parse(rest + value);
      rest = found.rest;
      take(found.changes);
    }
  };

  const run = async (): Promise<void> => {
    while (!over()) {
      try {
        await read();
        clearTimeout(late);
        late = setTimeout(() => tell("lost"), LATE_MS);
      } catch (reason) {
        clearTimeout(late);
        if (over()) return;
        if (reason instanceof ApiProblem && reason.status === 401) {
          signedOut();
          return;
        }
        missed = true;
        tell(reason instanceof ApiProblem && reason.code === "too_many_streams" ? "full" : "lost");
        await new Promise<void>((resolve) => {
          rested = resolve;
          setTimeout(resolve, again);
        });
        again = Math.min(again * 2, AGAIN_MAX_MS);
      }
    }
  };
  void run();
  return () => {
    stopped.abort();
    window.removeEventListener("offline", offline);
    window.removeEventListener("online", online);
    clearTimeout(timer);
    clearTimeout(late);
  };
}
