// What the portal shows: by the address it was opened at, and by who is signed in.
import type { Language } from "../words";
import { ApiProblem, type Api, type Session } from "../session/api";

export type Phase =
  | { kind: "restoring" }
  /** `other`: whoever is signed in here is not the one who joins. */
  | { kind: "joining"; token: string; other?: boolean }
  /** `atOnce`: they signed in in order to accept. */
  | { kind: "accepting"; token: string; session: Session; atOnce: boolean }
  | { kind: "resetting"; token: string }
  | { kind: "out"; expired: boolean; forgotten?: boolean }
  | { kind: "in"; session: Session };

export const COMPANY_KEY = "antiphon.company"; // the company this tab acts in
const INVITATION_KEY = "antiphon.invitation"; // what this tab accepts once somebody has signed in

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

export function keepInvitation(token: string): void {
  sessionStorage.setItem(INVITATION_KEY, token);
}

export function keptInvitation(): string | null {
  return sessionStorage.getItem(INVITATION_KEY);
}

export function forgetInvitation(): void {
  sessionStorage.removeItem(INVITATION_KEY);
}

/** What follows a session: an invitation that was kept, else the pages. */
export function afterSignIn(session: Session, atOnce: boolean): Phase {
  const token = keptInvitation();
  return token === null ? { kind: "in", session } : { kind: "accepting", token, session, atOnce };
}

/** The account's language has changed since the session began. */
export function spoken(phase: Phase, language: Language | null): Phase {
  if (phase.kind !== "in") return phase;
  return { kind: "in", session: { ...phase.session, user: { ...phase.session.user, language } } };
}

/** From the next token on in the person's own company. */
export function actInOwn(api: Api): void {
  sessionStorage.removeItem(COMPANY_KEY);
  api.actIn(null);
}

/** Whoever signed in here before, in the company that this tab acts in, or in their own when their rights there have ended. */
export async function resumed(api: Api): Promise<Session> {
  const company = sessionStorage.getItem(COMPANY_KEY);
  api.actIn(company);
  try {
    return await api.refresh();
  } catch (reason) {
    if (company === null || !(reason instanceof ApiProblem) || reason.status !== 403) throw reason;
    actInOwn(api);
    return api.refresh();
  }
}

/** Somebody has signed in again: in the company that this tab acts in, where they have rights there. */
export async function signedInAgain(api: Api, session: Session): Promise<Session> {
  const company = sessionStorage.getItem(COMPANY_KEY);
  if (company === null || company === session.company.id) return session;
  try {
    return await resumed(api);
  } catch {
    actInOwn(api); // signed in they are, and no other token is asked for
    return session;
  }
}
