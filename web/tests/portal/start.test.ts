import { describe, expect, it } from "vitest";
import { startPhase } from "../../src/portal/start";

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
