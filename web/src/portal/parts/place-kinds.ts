// Which places may hold what: as the platform decides again.
import type { Schemas } from "../http";

export type PlaceKind = Schemas["PlaceItem"]["kind"];

/** The kinds of places that a place of that kind, or a station, may lie in. */
export const HOLDERS: Record<"station" | PlaceKind, readonly PlaceKind[]> = {
  company: [],
  project: ["company"],
  site: ["project"],
  folder: ["site", "folder"],
  station: ["site", "folder"],
};

/** An id begins with the kind of what it is of: `folder_01hv…`. */
export function isOfKind(id: string, kinds: readonly PlaceKind[]): boolean {
  return kinds.some((kind) => id.startsWith(`${kind}_`));
}

/** Whether that trail leads to the place itself or into it: nothing goes into itself. */
export function leadsInto(trail: string, place: string): boolean {
  return trail === place || trail.startsWith(`${place}, `);
}
