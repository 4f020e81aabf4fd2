import { describe, expect, it } from "vitest";
import { HOLDERS, isOfKind, leadsInto } from "../../src/portal/parts/place-kinds";

describe("places that may hold something", () => {
  it("are projects for a site, and sites and folders for folders and stations", () => {
    expect(isOfKind("project_01", HOLDERS.site)).toBe(true);
    expect(isOfKind("company_01", HOLDERS.site)).toBe(false);
    expect(isOfKind("site_01", HOLDERS.site)).toBe(false);
    for (const what of ["folder", "station"] as const) {
      expect(isOfKind("site_01", HOLDERS[what])).toBe(true);
      expect(isOfKind("folder_01", HOLDERS[what])).toBe(true);
      expect(isOfKind("project_01", HOLDERS[what])).toBe(false);
    }
  });

  it("are not in what is moved", () => {
    expect(leadsInto("Lehen, Haus 3, Stiege 2", "Lehen, Haus 3")).toBe(true);
    expect(leadsInto("Lehen, Haus 3", "Lehen, Haus 3")).toBe(true);
    expect(leadsInto("Lehen, Haus 30", "Lehen, Haus 3")).toBe(false);
  });
});
