import { describe, expect, it } from "vitest";
import type { Schemas } from "../../src/portal/http";
import { nextStep } from "../../src/portal/overview/first-run";
import { trailOf } from "../../src/portal/parts/pickers";

describe("the first steps of a company", () => {
  it("begin with a place, then a station, then its code", () => {
    expect(nextStep(0, 0)).toBe(1);
    expect(nextStep(1, 0)).toBe(2);
    expect(nextStep(1, 1)).toBe(3);
  });

  it("never wait for a code that no station has: a revoked station is none", () => {
    expect(nextStep(3, 0)).toBe(2);
  });
});

it("a place in a picker is named from its project on, where the way to it is known", () => {
  const project = { id: "project_1", kind: "project", name: "Lehen", trail: "Lehen" } as Schemas["PlaceItem"];
  const site = { id: "site_1", kind: "site", name: "Hauptstraße 1", trail: "Hauptstraße 1" } as Schemas["PlaceItem"];
  expect(trailOf(site)).toBe("Hauptstraße 1");
  expect(trailOf({ ...site, way: [project, site] })).toBe("Lehen, Hauptstraße 1");
  expect(trailOf({ ...project, way: [project] })).toBe("Lehen");
});
