// Members of steps: people, stations, telephones, ring groups, contacts, telephone numbers; as pickers and pages hold them.
import type { Schemas } from "../http";

export type MemberKind = Schemas["MemberDocument"]["kind"];

/** Who stands in a step; `name` null: not known here. */
export interface Member {
  readonly kind: MemberKind;
  readonly id: string;
  readonly name: string | null;
}

export const MEMBER_KINDS: readonly MemberKind[] = ["user", "group", "contact", "station", "account", "number"];

// ITU-T E.164, as the API takes it.
const E164 = /^\+[1-9][0-9]{4,14}$/;
const LOOKS_LIKE_NUMBER = /^[+0-9][0-9 ()/.-]*$/;

/** The telephone number that somebody typed, as it is kept; null: it is none, or lacks its country's code. */
export function numberTyped(typed: string): string | null {
  if (!LOOKS_LIKE_NUMBER.test(typed.trim())) return null;
  const bare = typed.replace(/[ ()/.-]/g, "").replace(/^00/, "+");
  return E164.test(bare) ? bare : null;
}

/** Whether somebody types a number, finished or not. */
export function looksLikeNumber(typed: string): boolean {
  return typed.trim().length >= 3 && LOOKS_LIKE_NUMBER.test(typed.trim());
}

/** What it is called; a telephone number is its own name. */
export function memberName(member: Member, names: ReadonlyMap<string, string>): string | null {
  return names.get(member.id) ?? member.name ?? (member.kind === "number" ? member.id : null);
}
