// Carries out a wish: what it changes is asked for anew, what it refuses is said in words.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ApiProblem } from "../session/api";
import { refusalOf, type Refusal } from "./problem";
import { usePortal } from "./surroundings";

export interface Act<T> {
  readonly run: (given: T) => void;
  readonly working: boolean;
}

/** Tells a change that never left this computer from one whose answer is missing. */
export async function whetherSent<R>(work: () => Promise<R>): Promise<R> {
  const connected = navigator.onLine;
  try {
    return await work();
  } catch (reason) {
    if (!connected && reason instanceof ApiProblem && reason.status === 0) throw new ApiProblem(0, "offline");
    throw reason;
  }
}

/** `work` does it (after a new sign-in, where that is asked for), then `done` is told (`again` carries out another one: the way back); afterwards queries whose key begins with one of `renews` are asked anew, whatever came of it. `refused` says whether it has dealt with a refusal; else it is said at the foot of the page. */
export function useAct<T, R>(
  work: (given: T) => Promise<R>,
  renews: readonly string[],
  done: (result: R, given: T, again: (given: T) => void) => void = () => undefined,
  refused: (refusal: Refusal) => boolean = () => false,
): Act<T> {
  const { notices, prove } = usePortal();
  const queries = useQueryClient();
  const { mutate, isPending } = useMutation({
    mutationFn: (given: T) => whetherSent(() => work(given)),
    onSuccess: (result, given) => done(result, given, (other) => mutate(other)),
    onError: (reason, given) => {
      if (reason instanceof ApiProblem && reason.code === "sign_in_again") {
        prove(() => mutate(given));
        return;
      }
      const refusal = refusalOf(reason);
      if (!refused(refusal)) notices.warn(refusal.key, refusal.values);
    },
    onSettled: () => queries.invalidateQueries({ predicate: ({ queryKey }) => renews.includes(String(queryKey[0])) }),
  });
  return { run: (given) => mutate(given), working: isPending };
}
