import { expect, it } from "vitest";
import type { Schemas } from "../../src/portal/http";
import { shippedFound } from "../../src/portal/parts/found";
import { sayInPortal } from "../../src/words/portal";

const role = (id: string, name = ""): Schemas["RoleItem"] => ({ id, name, shipped: name === "", permissions: [] });
const ROLES = [role("role_operator"), role("role_user_manager"), role("role_1", "Operator of our own")];
const found = (language: "de" | "en", words: string) =>
  shippedFound(words, ROLES, (key) => sayInPortal(language, key)).map(({ id }) => id);

it("shipped roles are found by the beginnings of their words in the reader's language", () => {
  expect(found("en", "oper")).toEqual(["role_operator"]); // the company's own are the platform's to find
  expect(found("en", "manager us")).toEqual(["role_user_manager"]);
  expect(found("en", "anager")).toEqual([]);
  expect(found("de", "oper")).toEqual([]);
  expect(found("en", " ")).toEqual([]);
});
