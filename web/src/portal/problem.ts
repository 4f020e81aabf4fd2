// A refusal in the reader's words.
import { ApiProblem } from "../session/api";
import { PasskeyNotUsed } from "../session/passkeys";
import { knownKey, type AnyKey } from "../words/portal";
import type { WordValues } from "../words";

export interface Refusal {
  readonly key: AnyKey;
  readonly values: WordValues;
}

export function refusalOf(reason: unknown): Refusal {
  if (reason instanceof PasskeyNotUsed) return { key: reason.known ? "passkey.known" : "passkey.unused", values: {} };
  if (!(reason instanceof ApiProblem)) return { key: "problem.other", values: { code: "page" } };
  if (reason.code === "offline") return { key: "problem.offline", values: {} };
  if (reason.away) return { key: "problem.away", values: {} };
  const known = knownKey(`problem.${reason.code}`);
  return known === null ? { key: "problem.other", values: { code: reason.code } } : { key: known, values: {} };
}
