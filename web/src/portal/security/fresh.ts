// What can't be undone is carried out some seconds later: the sign-in has to be fresh enough until then.
import { useQueryClient } from "@tanstack/react-query";
import { serverNow } from "../../session/server-clock";
import { NOTICE_MS } from "../notices";
import { refusalOf } from "../problem";
import { sessions } from "../queries";
import { usePortal } from "../surroundings";

const ROUND_MS = 15_000; // for the request itself

/** Goes on with `then`, after a new sign-in where this one is too old. */
export function useFresh(): (then: () => void) => void {
  const { client, notices, prove } = usePortal();
  const queries = useQueryClient();
  return (then) => {
    queries.query({ ...sessions(client), staleTime: 0 }).then(
      ({ items }) => {
        const ends = Date.parse(items.find((session) => session.this)?.fresh_until ?? "");
        if (ends - serverNow() > NOTICE_MS + ROUND_MS) then();
        else prove(then);
      },
      (reason: unknown) => {
        const { key, values } = refusalOf(reason);
        notices.warn(key, values);
      },
    );
  };
}
