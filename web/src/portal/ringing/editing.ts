// The plan that is edited, at hand for all parts of its page.
import { createContext, useContext } from "react";
import type { Schemas } from "../http";
import type { Mark } from "../../parts/state-mark";
import type { Part } from "./document";
import type { Editing } from "./use-plan";

export interface Now {
  readonly mark: Mark;
  readonly text: string;
}

export interface Around {
  readonly editing: Editing;
  /** What "what would ring now?" says of each member, by id. */
  readonly now: ReadonlyMap<string, Now>;
  /** Rules of this plan that apply now, counted from 0. */
  readonly applies: ReadonlySet<number>;
  readonly part: Part;
  readonly choose: (part: Part) => void;
}

export const PlanContext = createContext<Around | null>(null);

export function usePlan(): Around {
  const around = useContext(PlanContext);
  if (around === null) throw new Error("no plan around");
  return around;
}

/** What is wrong at that field or below it, in words; undefined: nothing. */
export function faultAt(faults: readonly Schemas["FaultItem"][], ...fields: readonly string[]): string | undefined {
  const here = faults.filter(({ field }) => fields.some((one) => field === one || field.startsWith(`${one}/`)));
  return here.length === 0 ? undefined : [...new Set(here.map(({ sentence }) => sentence))].join(" ");
}
