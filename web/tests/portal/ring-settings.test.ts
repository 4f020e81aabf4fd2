import { describe, expect, it } from "vitest";
import { withLast } from "../../src/portal/parties/settings";

const anna = { kind: "user", id: "user_1", name: "Anna" } as const;

describe("the last resort", () => {
  it("is one step, or none when nobody is in it", () => {
    expect(withLast(null, [anna])).toEqual({ rounds: 1, steps: [{ members: [{ kind: "user", id: "user_1" }] }] });
    expect(withLast({ rounds: 1, steps: [{ members: [] }] }, [])).toBeNull();
  });

  it("keeps the steps that come after the first, and how long that lasts", () => {
    const then = { members: [{ kind: "group", id: "group_1" } as const], seconds: 30 };
    const last = { rounds: 2, steps: [{ members: [], seconds: 20 }, then] };
    expect(withLast(last, [anna])).toEqual({
      rounds: 2,
      steps: [{ members: [{ kind: "user", id: "user_1" }], seconds: 20 }, then],
    });
  });
});
