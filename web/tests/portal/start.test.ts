import { beforeEach, describe, expect, it, vi } from "vitest";
import {
  afterSignIn,
  COMPANY_KEY,
  forgetInvitation,
  keepInvitation,
  resumed,
  startPhase,
} from "../../src/portal/start";
import { ApiProblem, type Api, type Session } from "../../src/session/api";

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
