import { expect, it } from "vitest";
import { initials } from "../../src/portal/person-menu";

it("initials are of the first name and the last, and cut no sign in half", () => {
  expect(initials("Anna Maria Huber")).toBe("AH");
  expect(initials("🦊 fuchs")).toBe("🦊F");
  expect(initials(" ")).toBe("");
});
