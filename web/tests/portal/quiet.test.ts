import { describe, expect, it } from "vitest";
import { begun, dayName, daysText, spansText, stillHeld, type QuietItem } from "../../src/portal/quiet/words";

const item = (ends: string | null): QuietItem => ({
  starts_at: "2026-03-02T12:00:00Z",
  ends_at: ends,
  times: null,
  zone: "Europe/Vienna",
  place_id: null,
  set_by: "Anna",
  set_at: "2026-03-02T12:00:00Z",
});

describe("do not disturb in words", () => {
  it("names spans of days, and single ones", () => {
    expect(daysText("en", [5, 1, 2, 3, 4], "every day")).toBe("Mon – Fri");
    expect(daysText("en", [1, 2, 7], "every day")).toBe("Mon, Tue, Sun");
    expect(daysText("de", [6, 7], "jeden Tag")).toBe("Sa, So");
    expect(daysText("en", [], "every day")).toBe("every day");
    expect(daysText("en", [1, 2, 3, 4, 5, 6, 7], "every day")).toBe("every day");
    expect(dayName("de", 1, "long")).toBe("Montag");
  });

  it("names times of the day, or all of it", () => {
    expect(spansText([{ start: "22:00", end: "06:00" }], "all day")).toBe("22:00 – 06:00");
    expect(spansText([], "all day")).toBe("all day");
  });

  it("leaves out what is over", () => {
    const now = Date.parse("2026-03-02T14:00:00Z");
    const [over, later, without] = [item("2026-03-02T14:00:00Z"), item("2026-03-02T14:00:01Z"), item(null)];
    expect(stillHeld([over, later, without], now)).toEqual([later, without]);
    expect(begun(over, now)).toBe(true);
    expect(begun(over, Date.parse("2026-03-02T11:00:00Z"))).toBe(false);
  });
});
