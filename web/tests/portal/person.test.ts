import { expect, it } from "vitest";
import { initials } from "../../src/parts/initials";

it("initials are of the first name and the last, and cut no sign in half", () => {
  expect(initials("Anna Maria Huber")).toBe("AH");
  expect(initials("🦊 fuchs")).toBe("🦊F");
  expect(initials("👩‍🚒 Feuer 🇦🇹")).toBe("👩‍🚒🇦🇹");
  expect(initials(" ")).toBe("");
});
