// Changes of what is there already: carried out only while it still is what somebody was shown.
import { useState } from "react";
import { StateMark } from "../parts/state-mark";
import { ApiProblem } from "../session/api";
import type { Refusal } from "./problem";
import { useWords } from "./surroundings";

/** The thing is not what somebody was shown any more; `newest` is what it is now. */
export class ChangedMeanwhile extends ApiProblem {
  constructor(readonly newest: unknown) {
    super(412, "changed_meanwhile");
  }
}

/** As it is sent with a change. */
export interface Match {
  readonly "If-Match": string;
}

export interface Tagged {
  readonly etag: string | null;
}

type Answer<T> = Promise<{ data?: T | undefined; response: Response }>;

const TRIES_MAX = 3;

/** What the API answers, with its ETag. */
export async function tagged<T extends object>(answer: Answer<T>): Promise<T & Tagged> {
  const { data, response } = await answer;
  if (data === undefined) throw new ApiProblem(0, "empty");
  return { ...data, etag: response.headers.get("etag") };
}

/**
 * Carries out `write` if the thing still has what somebody was `shown` of it; throws `ChangedMeanwhile` else.
 *
 * `etag` is of the whole thing as it was shown, null where a list showed it. When something else of it has changed (a
 * person got another right while they are renamed), that is nobody's conflict: it is read anew and the change goes on.
 */
export async function ifUnchanged<T extends object, R>(
  read: () => Answer<T>,
  shown: Partial<T>,
  write: (match: Match) => Promise<R>,
  etag: string | null = null,
): Promise<R> {
  let match = etag;
  for (let tries = 1; ; tries += 1) {
    if (match === null) {
      const newest = await tagged(read());
      if (Object.entries(shown).some(([name, value]) => differs(newest[name as keyof T], value)))
        throw new ChangedMeanwhile(newest);
      match = newest.etag ?? "*";
    }
    try {
      return await write({ "If-Match": match });
    } catch (reason) {
      if (!(reason instanceof ApiProblem && reason.code === "changed_meanwhile") || tries === TRIES_MAX) throw reason;
      match = null;
    }
  }
}

function differs(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) !== JSON.stringify(other);
}

export interface Base<T> {
  /** What a change is held against: what was shown first; once somebody else was faster, what they were told is there now. */
  readonly shown: T;
  /** What is there now, where somebody else was faster. */
  readonly newest: T | null;
  /** Takes a refusal, as `useAct` hands it on: what was entered stays, and can be sent again. */
  readonly refused: (refusal: Refusal) => boolean;
}

/** For a form over something that is there already. */
export function useBase<T extends object>(first: T): Base<T> {
  const [base, setBase] = useState<{ shown: T; newest: T | null }>({ shown: first, newest: null });
  return {
    ...base,
    refused: ({ newest }) => {
      if (newest === undefined) return false;
      setBase({ shown: newest as T, newest: newest as T });
      return true;
    },
  };
}

/** Says in a form that somebody else was faster, and what is there `now`; null: nobody was. */
export function Meanwhile({ now }: { now: string | null }) {
  const { say } = useWords();
  return (
    <div role="alert">
      {now !== null && (
        <p className="p-meanwhile">
          <StateMark state="pending" />
          <span>{say("meanwhile.now", { now })}</span>
        </p>
      )}
    </div>
  );
}
