// A refusal in the reader's words.
import { ApiProblem } from "../session/api";
import { ChangedMeanwhile } from "./meanwhile";
import { PasskeyNotUsed } from "../session/passkeys";
import { knownKey, type AnyKey } from "../words/portal";
import type { WordValues } from "../words";

export interface Refusal {
  readonly key: AnyKey;
  readonly values: WordValues;
  /** The fields of the form that it is about, where it names any. */
  readonly fields?: readonly string[];
  /** What is there now, where somebody else was faster. */
  readonly newest?: unknown;
}

// Refusals that are about one field, whatever form it stands in.
const FIELD: Readonly<Partial<Record<string, string>>> = {
  email_taken: "email",
  grant_invalid: "ends_at",
  role_name_taken: "name",
  weak_password: "password",
};

export function refusalOf(reason: unknown): Refusal {
  if (reason instanceof PasskeyNotUsed) return { key: reason.known ? "passkey.known" : "passkey.unused", values: {} };
  if (!(reason instanceof ApiProblem)) return { key: "problem.other", values: { code: "page" } };
  if (reason.code === "offline") return { key: "problem.offline", values: {} };
  if (reason.away) return { key: "problem.away", values: {} };
  const known = knownKey(`problem.${reason.code}`);
  if (known === null) return { key: "problem.other", values: { code: reason.code } };
  if (reason instanceof ChangedMeanwhile) return { key: known, values: {}, newest: reason.newest };
  const field = FIELD[reason.code];
  const fields = field === undefined ? reason.fields : [field];
  return fields.length === 0 ? { key: known, values: {} } : { key: known, values: {}, fields };
}
