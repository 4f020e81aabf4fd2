// What every page of the portal has at hand: the API, who is signed in, what they may do, the words, the notices.
import { createContext, useContext } from "react";
import type { Language, WordValues } from "../words";
import type { AnyKey } from "../words/portal";
import type { Preferences } from "../session/preferences";
import type { Api } from "../session/api";
import type { Client, Schemas } from "./http";
import type { Notices } from "./notices";

export type Permission = Schemas["Me"]["rights"] extends Partial<Record<infer P, string[]>> ? P & string : string;

export interface PortalWords {
  readonly language: Language;
  readonly say: (key: AnyKey, values?: WordValues) => string;
}

export interface Portal {
  readonly api: Api;
  readonly client: Client;
  readonly me: Schemas["Me"];
  readonly notices: Notices;
  readonly preferences: Preferences;
  readonly setPreferences: (preferences: Preferences) => void;
  /** Shows the account's new language at once, in place of one that was chosen before the sign-in; null: the browser's. */
  readonly speak: (language: Language | null) => void;
  readonly actIn: (companyId: string) => void;
  readonly signOut: () => void;
  /** Has the person sign in anew, then goes on. */
  readonly prove: (then: () => void) => void;
}

export const PortalWordsContext = createContext<PortalWords | null>(null);
export const PortalContext = createContext<Portal | null>(null);

export function useWords(): PortalWords {
  const words = useContext(PortalWordsContext);
  if (words === null) throw new Error("no words around");
  return words;
}

export function usePortal(): Portal {
  const portal = useContext(PortalContext);
  if (portal === null) throw new Error("not signed in");
  return portal;
}

/** Whether the permission holds for things at that path. */
export function covers(rights: Schemas["Me"]["rights"], permission: string, path: string): boolean {
  const prefixes = (rights as Record<string, string[] | undefined>)[permission] ?? [];
  return prefixes.some((prefix) => path.startsWith(prefix));
}

// What a web-client user may do (U4): who manages those alone gives no more.
const CLIENT: ReadonlySet<string> = new Set([
  ...["places.read", "stations.read", "doors.open", "calls.answer", "calls.read", "snapshots.read"],
]);

/** Whether the reader may give that role (or take it away): at the path, or somewhere. The platform decides again. */
export function useMayGive(): (role: Schemas["RoleItem"], path?: string) => boolean {
  const may = useMay();
  return ({ permissions }, path) => {
    if (may("people.manage", path)) return permissions.every((permission) => may(permission, path));
    return may("client_users.manage", path) && permissions.every((permission) => CLIENT.has(permission));
  };
}

/** `may("people.manage")`: somewhere; with a path: there. The platform decides again at every wish. */
export function useMay(): (permission: string, path?: string) => boolean {
  const { me } = usePortal();
  return (permission, path) => {
    if (path !== undefined) return covers(me.rights, permission, path);
    return ((me.rights as Record<string, string[] | undefined>)[permission] ?? []).length > 0;
  };
}
