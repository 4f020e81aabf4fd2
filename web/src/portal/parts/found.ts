// Shipped roles by their names in the reader's language, found as the platform finds what has a name.
import type { AnyKey } from "../../words/portal";
import type { Schemas } from "../http";
import { roleName } from "./pickers";

interface Found {
  readonly kind: "role";
  readonly id: string;
  readonly title: string;
  readonly place_id: string;
  readonly trail: string;
}

function words(text: string): readonly string[] {
  const plain = text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");
  return plain.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "");
}

/** Those of the roles that every word asked for is the beginning of a word of. */
export function shippedFound(
  asked: string,
  roles: readonly Schemas["RoleItem"][],
  say: (key: AnyKey) => string,
): readonly Found[] {
  const wanted = words(asked);
  if (wanted.length === 0) return [];
  return roles
    .filter((role) => role.shipped)
    .map((role) => ({ kind: "role" as const, id: role.id, title: roleName(role, say), place_id: "", trail: "" }))
    .filter(({ title }) => wanted.every((word) => words(title).some((there) => there.startsWith(word))));
}
