import { beforeEach, describe, expect, it, vi } from "vitest";
import {
  afterSignIn,
  COMPANY_KEY,
  forgetInvitation,
  keepInvitation,
  resumed,
  signedInAgain,
  spoken,
  startPhase,
} from "../../src/portal/start";
import { ApiProblem, type Api, type Session } from "../../src/session/api";
import { startLanguage, type Preferences } from "../../src/session/preferences";

beforeEach(() => sessionStorage.clear());
const session = { access_token: "token" } as Session;

describe("an address", () => {
  it("leads to what its link is for, and without a token to the sign-in", () => {
    expect(startPhase({ pathname: "/join", hash: "#invitation_1.0.abc" })).toEqual({
      kind: "joining",
      token: "invitation_1.0.abc",
    });
    expect(startPhase({ pathname: "/reset", hash: "#user_1.2.abc" })).toEqual({
      kind: "resetting",
      token: "user_1.2.abc",
    });
    for (const [pathname, hash] of [
      ["/reset", ""],
      ["/join", "#"],
      ["/portal/people", "#top"],
    ] as const)
      expect(startPhase({ pathname, hash })).toEqual({ kind: "restoring" });
  });
});

describe("an invitation", () => {
  it("is kept through the sign-in, and forgotten once it was dealt with", () => {
    expect(afterSignIn(session, true)).toEqual({ kind: "in", session });
    keepInvitation("invitation_1.0.abc");
    expect(afterSignIn(session, true)).toEqual({
      kind: "accepting",
      token: "invitation_1.0.abc",
      session,
      atOnce: true,
    });
    forgetInvitation();
    expect(afterSignIn(session, false)).toEqual({ kind: "in", session });
  });
});

it("a session is resumed in the person's own company when the rights in the other have ended", async () => {
  sessionStorage.setItem(COMPANY_KEY, "company_2");
  const acted: (string | null)[] = [];
  const refresh = vi.fn().mockRejectedValueOnce(new ApiProblem(403, "no_rights_there")).mockResolvedValue(session);
  const api = { actIn: (company: string | null) => acted.push(company), refresh } as unknown as Api;
  expect(await resumed(api)).toBe(session);
  expect(acted).toEqual(["company_2", null]);
  expect(sessionStorage.getItem(COMPANY_KEY)).toBeNull();
});

describe("whoever signs in again", () => {
  const own = { access_token: "own", company: { id: "company_1" } } as Session;
  const there = { access_token: "there", company: { id: "company_2" } } as Session;
  const acted: (string | null)[] = [];
  const apiWith = (refresh: () => Promise<Session>): Api =>
    ({ actIn: (company: string | null) => acted.push(company), refresh }) as unknown as Api;
  beforeEach(() => acted.splice(0));

  it("goes on in the company that the tab acted in", async () => {
    sessionStorage.setItem(COMPANY_KEY, "company_2");
    expect(
      await signedInAgain(
        apiWith(() => Promise.resolve(there)),
        own,
      ),
    ).toBe(there);
    expect(acted).toEqual(["company_2"]);
    expect(sessionStorage.getItem(COMPANY_KEY)).toBe("company_2");
  });

  it("asks for no other token in their own", async () => {
    const never = vi.fn<() => Promise<Session>>();
    expect(await signedInAgain(apiWith(never), own)).toBe(own);
    expect(never).not.toHaveBeenCalled();
  });

  it("is in their own company when they have no rights there, or the other token does not come", async () => {
    for (const reason of [new ApiProblem(403, "no_rights_there"), new ApiProblem(0, "away")]) {
      sessionStorage.setItem(COMPANY_KEY, "company_2");
      const refresh = vi.fn<() => Promise<Session>>().mockRejectedValueOnce(reason).mockResolvedValue(own);
      expect(await signedInAgain(apiWith(refresh), own)).toBe(own);
      expect(sessionStorage.getItem(COMPANY_KEY)).toBeNull();
    }
  });
});

it("the language of an account is the browser's again once it was taken back", () => {
  vi.stubGlobal("navigator", { languages: ["de-AT", "en"] });
  const preferences = { language: null } as Preferences;
  const speaks = (language: "en" | "de" | null) => {
    const phase = spoken({ kind: "in", session: { ...session, user: { language: "de" } } as Session }, language);
    return phase.kind === "in" ? startLanguage(preferences, phase.session.user.language) : null;
  };
  expect([speaks("en"), speaks("de"), speaks(null)]).toEqual(["en", "de", "de"]);
  vi.unstubAllGlobals();
});
