// Carries out a wish: what it changes is asked for anew, what it refuses is said in words.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { refusalOf } from "./problem";
import { usePortal } from "./surroundings";

export interface Act<T> {
  readonly run: (given: T) => void;
  readonly working: boolean;
}

/** `work` does it, then `done` is told (`again` carries out another one: the way back); afterwards queries whose key begins with one of `renews` are asked anew, whatever came of it. */
export function useAct<T, R>(
  work: (given: T) => Promise<R>,
  renews: readonly string[],
  done: (result: R, given: T, again: (given: T) => void) => void = () => undefined,
): Act<T> {
  const { notices } = usePortal();
  const queries = useQueryClient();
  const { mutate, isPending } = useMutation({
    mutationFn: work,
    onSuccess: (result, given) => done(result, given, (other) => mutate(other)),
    onError: (reason) => {
      const { key, values } = refusalOf(reason);
      notices.warn(key, values);
    },
    onSettled: () => queries.invalidateQueries({ predicate: ({ queryKey }) => renews.includes(String(queryKey[0])) }),
  });
  return { run: (given) => mutate(given), working: isPending };
}
