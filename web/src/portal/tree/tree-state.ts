// What the rows of a tree share: which are open, which one the keys are at, which one is being dragged.
import { createContext, useContext } from "react";
import type { Schemas } from "../http";

export interface TreeState {
  readonly open: ReadonlySet<string>;
  readonly toggle: (id: string, wanted?: boolean) => void;
  readonly current: string | null;
  readonly setCurrent: (id: string) => void;
  readonly dragged: Schemas["Branch"] | null;
  readonly setDragged: (place: Schemas["Branch"] | null) => void;
}

export const TreeContext = createContext<TreeState | null>(null);

export function useTree(): TreeState {
  const state = useContext(TreeContext);
  if (state === null) throw new Error("no tree around");
  return state;
}

type Kind = Schemas["Branch"]["kind"];
const INSIDE: Record<Kind, readonly Kind[]> = {
  company: [],
  project: ["company"],
  site: ["project"],
  folder: ["site", "folder"],
};

/** Whether a place of that kind can lie in one of the other kind. */
export function fits(kind: Kind, into: Kind): boolean {
  return INSIDE[kind].includes(into);
}
