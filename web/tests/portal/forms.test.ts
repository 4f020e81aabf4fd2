import { describe, expect, it } from "vitest";
import { isoTime, wrongTimes } from "../../src/portal/parts/times";
import { wrongsOf } from "../../src/portal/parts/wrong";
import { refusalOf } from "../../src/portal/problem";
import { ApiProblem, wrongFields } from "../../src/session/api";

const refused = (code: string, ...fields: string[]) => refusalOf(new ApiProblem(422, code, null, "", null, fields));

describe("a refused form", () => {
  it("says at each field what is wrong there", () => {
    const { wrongs, elsewhere } = wrongsOf(["email", "name"], refused("bad_input", "email", "name"));
    expect(wrongs).toEqual({ email: "wrong.email", name: "wrong.other" });
    expect(elsewhere).toBe(false);
    expect(wrongsOf(["ends_at"], refused("grant_invalid")).wrongs).toEqual({ ends_at: "problem.grant_invalid" });
  });

  it("says at the password and at the name what is wrong with those", () => {
    expect(wrongsOf(["password"], refused("weak_password")).wrongs).toEqual({ password: "problem.weak_password" });
    expect(wrongsOf(["name"], refused("role_name_taken")).wrongs).toEqual({ name: "problem.role_name_taken" });
    expect(wrongsOf(["name"], refused("bad_input", "name")).elsewhere).toBe(false);
  });

  it("says at the foot what is about no field of it", () => {
    expect(wrongsOf(["email"], refused("bad_input", "email", "role_id")).elsewhere).toBe(true);
    expect(wrongsOf(["email"], refused("bad_input")).elsewhere).toBe(true);
    expect(wrongsOf(["name"], refused("email_taken")).elsewhere).toBe(true);
  });

  it("reads the fields of a problem, whatever stands there", () => {
    expect(wrongFields([{ field: "email", message: "no" }, { field: 1 }, null, "name"])).toEqual(["email"]);
    expect(wrongFields(undefined)).toEqual([]);
  });
});

describe("the times of rights", () => {
  const now = Date.parse("2026-11-28T12:00");

  it("may be missing, and lie in order ahead", () => {
    expect(wrongTimes("Europe/Vienna", "", "", now)).toEqual({});
    expect(wrongTimes("Europe/Vienna", "2026-11-01T08:00", "2026-12-01T08:00", now)).toEqual({});
  });

  it("are told apart when they have passed, stand the wrong way round, or are none", () => {
    expect(wrongTimes("Europe/Vienna", "", "2026-11-02T08:00", now)).toEqual({ ends_at: "wrong.past" });
    expect(wrongTimes("Europe/Vienna", "2026-12-02T08:00", "2026-11-02T08:00", now)).toEqual({ ends_at: "wrong.past" });
    expect(wrongTimes("Europe/Vienna", "2026-12-02T08:00", "2026-12-01T08:00", now)).toEqual({
      ends_at: "wrong.order",
    });
    expect(wrongTimes("Europe/Vienna", "", "12026-12-01T08:00", now)).toEqual({ ends_at: "wrong.time" });
    expect(wrongTimes("Europe/Vienna", "12026-12-01T08:00", "", now)).toEqual({ starts_at: "wrong.time" });
  });

  it("are handed to the API, which refuses what is none", () => {
    expect(isoTime("Europe/Vienna", "")).toBeNull();
    expect(isoTime("Europe/Vienna", "2026-12-01T08:00")).toBe("2026-12-01T07:00:00.000Z");
    expect(isoTime("Asia/Tokyo", "2026-12-01T08:00")).toBe("2026-11-30T23:00:00.000Z");
    expect(isoTime("Europe/Vienna", "12026-12-01T08:00")).toBe("12026-12-01T08:00");
  });
});
