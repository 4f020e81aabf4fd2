// Where in the portal a finding is mended.
import type { Schemas } from "../http";

type Target = NonNullable<Schemas["Finding"]["target"]>;

/** The path of the page, under `/portal`. */
export function pathOf({ kind, id }: Target): string {
  if (id === null) return "/ring-plans";
  switch (kind) {
    case "ring_plan":
      return `/ring-plans/${id}`;
    case "person":
    case "do_not_disturb":
      return `/people/${id}`;
    case "station":
    case "account":
      return `/stations/${id}`;
    default:
      return "/ring-plans";
  }
}

/** What the reader has to have a right to, so that the link leads anywhere. */
export function rightFor(kind: Target["kind"]): "ring_plans.read" | "people.read" | "stations.read" {
  if (kind === "person" || kind === "do_not_disturb") return "people.read";
  return kind === "station" || kind === "account" ? "stations.read" : "ring_plans.read";
}
