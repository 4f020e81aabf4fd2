import { describe, expect, it } from "vitest";
import { lengthOf, marksOf, shareOf } from "../../src/portal/calls/axis";
import { pathOf, rightFor } from "../../src/portal/calls/targets";

describe("the time axis of a call", () => {
  it("has evenly spaced marks from nought, seven at most", () => {
    expect(marksOf(64)).toEqual([0, 10, 20, 30, 40, 50, 60]);
    expect(marksOf(6)).toEqual([0, 1, 2, 3, 4, 5]);
    for (const length of [1, 3.4, 11, 64, 180, 3_700, 90_000]) {
      const marks = marksOf(length);
      expect(marks[0]).toBe(0);
      expect(marks.length).toBeLessThanOrEqual(length > 25_000 ? 30 : 8);
      expect(marks.at(-1)).toBeLessThanOrEqual(length);
    }
  });

  it("keeps every second on it", () => {
    expect(lengthOf(0)).toBe(1);
    expect(shareOf(32, 64)).toBe(50);
    expect(shareOf(-1, 64)).toBe(0);
    expect(shareOf(90, 64)).toBe(100);
  });
});

describe("where a finding is mended", () => {
  it("is a page of the portal", () => {
    expect(pathOf({ kind: "ring_plan", id: "group_1", name: "" })).toBe("/ring-plans/group_1");
    expect(pathOf({ kind: "do_not_disturb", id: "user_1", name: "" })).toBe("/people/user_1");
    expect(pathOf({ kind: "person", id: "user_1", name: "" })).toBe("/people/user_1");
    expect(pathOf({ kind: "station", id: "station_1", name: "" })).toBe("/stations/station_1");
    expect(pathOf({ kind: "ring_settings", id: null, name: "" })).toBe("/ring-plans");
  });

  it("needs the right to look at it", () => {
    expect(rightFor("do_not_disturb")).toBe("people.read");
    expect(rightFor("ring_plan")).toBe("ring_plans.read");
    expect(rightFor("account")).toBe("stations.read");
  });
});
