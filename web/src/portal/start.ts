// What the portal shows: by the address it was opened at, and by who is signed in.
import type { Session } from "../session/api";

export type Phase =
  | { kind: "restoring" }
  | { kind: "joining"; token: string }
  | { kind: "resetting"; token: string }
  | { kind: "out"; expired: boolean; forgotten?: boolean }
  | { kind: "in"; session: Session };

/** What the address asks for. A link carries its token after the `#`, which no server and no log sees. */
export function startPhase({ pathname, hash }: { pathname: string; hash: string }): Phase {
  const token = hash.slice(1);
  if (token !== "" && pathname === "/join") return { kind: "joining", token };
  if (token !== "" && pathname === "/reset") return { kind: "resetting", token };
  return { kind: "restoring" };
}

/** A link's token stays in no address bar and no history once it was followed. */
export function leaveLink(): void {
  if (!window.location.pathname.startsWith("/portal")) window.history.replaceState(null, "", "/portal");
}
