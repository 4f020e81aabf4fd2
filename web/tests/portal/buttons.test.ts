import { describe, expect, it } from "vitest";
import { boundTo, freshName, membersOf, withButton, type Button } from "../../src/portal/buttons/bound";

const main: Button = {
  name: "main",
  label: "Top 1",
  priority: "normal",
  user_ids: ["user_1"],
  account_ids: ["account_1"],
  station_ids: ["station_1"],
  contact_ids: ["contact_1"],
  group_ids: [],
};

describe("what a button is bound to", () => {
  it("comes back as it was when nothing is changed", () => {
    const members = membersOf(main, new Map([["user_1", "Anna"]]));
    expect(members.map(({ name }) => name)).toEqual([null, "Anna", null, null]);
    expect(boundTo(main, false, members)).toEqual(main);
  });

  it("names no people where everybody rings", () => {
    expect(boundTo(main, true, membersOf(main, new Map())).user_ids).toBeNull();
  });
});

describe("a new button", () => {
  it("is called main, then by a number that is free", () => {
    expect(freshName([])).toBe("main");
    expect(freshName([main])).toBe("button-2");
    expect(freshName([main, { ...main, name: "button-3" }])).toBe("button-4");
  });

  it("takes the place of the one that it was, also under another name", () => {
    const side = { ...main, name: "side" };
    expect(withButton([main, side], "main", { ...main, name: "z" }).map(({ name }) => name)).toEqual(["side", "z"]);
    expect(withButton([main, side], "side", null)).toEqual([main]);
    expect(withButton([main], null, side)).toEqual([main, side]);
  });
});
