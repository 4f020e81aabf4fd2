// What is wrong with the fields of a form: said at each of them.
import { useState } from "react";
import { knownKey, type AnyKey } from "../../words/portal";
import type { Refusal } from "../problem";
import { useWords } from "../surroundings";

export type Wrongs = Readonly<Partial<Record<string, AnyKey>>>;

/** The word for each of `fields` that a refusal names; the others that it names are `elsewhere`. */
export function wrongsOf(fields: readonly string[], refusal: Refusal): { wrongs: Wrongs; elsewhere: boolean } {
  const named = refusal.fields ?? [];
  const here = fields.filter((field) => named.includes(field));
  const word = (field: string): AnyKey =>
    refusal.key === "problem.bad_input" ? (knownKey(`wrong.${field}`) ?? "wrong.other") : refusal.key;
  return {
    wrongs: Object.fromEntries(here.map((field) => [field, word(field)])),
    elsewhere: here.length === 0 || named.some((field) => !fields.includes(field)),
  };
}

interface Wrong {
  /** What stands at the field. */
  readonly at: (field: string) => string | undefined;
  /** Shows what was found before it is sent; whether there is anything. */
  readonly found: (wrongs: Wrongs) => boolean;
  /** Takes a refusal, as `useAct` hands it on. */
  readonly refused: (refusal: Refusal) => boolean;
}

/** For a form with these fields, named as the API names them. */
export function useWrong(...fields: readonly string[]): Wrong {
  const { say } = useWords();
  const [wrongs, setWrongs] = useState<Wrongs>({});
  return {
    at: (field) => {
      const key = wrongs[field];
      return key === undefined ? undefined : say(key);
    },
    found: (next) => {
      setWrongs(next);
      return Object.keys(next).length > 0;
    },
    refused: (refusal) => {
      const { wrongs: next, elsewhere } = wrongsOf(fields, refusal);
      setWrongs(next);
      return !elsewhere;
    },
  };
}
