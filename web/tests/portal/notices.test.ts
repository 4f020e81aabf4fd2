import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { NOTICE_MS, Notices } from "../../src/portal/notices";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("notices", () => {
  it("stand for a while and go by themselves; refusals stay", () => {
    const notices = new Notices();
    notices.tell("me.saved");
    notices.warn("problem.away");
    vi.advanceTimersByTime(NOTICE_MS);
    expect(notices.shown().map((notice) => notice.key)).toEqual(["problem.away"]);
  });

  it("carry their way back, and are three at most", () => {
    const notices = new Notices();
    const undo = vi.fn();
    notices.tell("grant.taken", { role: "a" }, undo);
    notices.shown()[0]?.undo?.();
    expect(undo).toHaveBeenCalledOnce();
    for (let number = 0; number < 3; number += 1) notices.tell("me.saved");
    expect(notices.shown().map((notice) => notice.key)).toEqual(["me.saved", "me.saved", "me.saved"]);
  });
});
