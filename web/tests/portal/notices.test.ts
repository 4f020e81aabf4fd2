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

  it("carry a promise out when they go, unless it was undone", () => {
    const notices = new Notices();
    const kept = vi.fn();
    const undone = vi.fn();
    notices.promise("keys.revoked", { name: "a" }, kept, vi.fn());
    vi.advanceTimersByTime(NOTICE_MS);
    expect(kept).toHaveBeenCalledOnce();

    const dropped = vi.fn();
    notices.promise("keys.revoked", { name: "b" }, dropped, undone);
    notices.shown()[0]?.undo?.();
    notices.close(notices.shown()[0]?.id ?? 0);
    vi.advanceTimersByTime(2 * NOTICE_MS);
    expect(dropped).not.toHaveBeenCalled();
    expect(undone).toHaveBeenCalledOnce();
  });

  it("keep what was promised when the page goes away, once", () => {
    const notices = new Notices();
    const kept = vi.fn();
    notices.promise("invite.revoked", {}, kept, vi.fn());
    notices.settle();
    vi.advanceTimersByTime(2 * NOTICE_MS);
    expect(kept).toHaveBeenCalledOnce();
  });

  it("are three at most; a promise that is pushed out is kept", () => {
    const notices = new Notices();
    const kept = vi.fn();
    notices.promise("keys.revoked", { name: "a" }, kept, vi.fn());
    for (let number = 0; number < 3; number += 1) notices.tell("me.saved");
    expect(notices.shown()).toHaveLength(3);
    expect(kept).toHaveBeenCalledOnce();
  });
});
