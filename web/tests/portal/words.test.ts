import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { en } from "../../src/words/en";
import { changesEn } from "../../src/words/portal/changes-en";
import { contactsEn } from "../../src/words/portal/contacts-en";
import { frameEn } from "../../src/words/portal/frame-en";
import { peopleEn } from "../../src/words/portal/people-en";
import { placesEn } from "../../src/words/portal/places-en";
import { ringingEn } from "../../src/words/portal/ringing-en";
import { securityEn } from "../../src/words/portal/security-en";
import { testCallsEn } from "../../src/words/portal/test-calls-en";
import { traceEn } from "../../src/words/portal/trace-en";
import { portalWords, sayInPortal } from "../../src/words/portal";
import { refusalOf } from "../../src/portal/problem";
import { ApiProblem } from "../../src/session/api";

const placeholders = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1] ?? "").sort();

// What people meet when two of them work at the same time, or when a page is old.
const ORDINARY =
  "conflict already_there already_done already_member key_reused invitation_invalid invitation_for_other session_not_found role_not_found role_in_use grant_not_found station_not_found no_rights_there".split(
    " ",
  );

describe("the portal's words", () => {
  it("exist in both languages with the same placeholders", () => {
    expect(Object.keys(portalWords.de).sort()).toEqual(Object.keys(portalWords.en).sort());
    for (const [key, english] of Object.entries(portalWords.en))
      expect(placeholders(portalWords.de[key as keyof typeof portalWords.de]), key).toEqual(placeholders(english));
  });

  it("stand in one file each: a later one would take another's place unseen", () => {
    const files = [en, frameEn, placesEn, peopleEn, ringingEn, securityEn, changesEn, contactsEn, traceEn, testCallsEn];
    const keys = files.flatMap((file) => Object.keys(file));
    expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual([]);
  });

  it("are all used", () => {
    const code = readdirSync("src/portal", { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile())
      .map((file) => readFileSync(join(file.parentPath, file.name), "utf8"))
      .join("\n");
    const families = [...code.matchAll(/`([a-z_.]+)\.\$\{/g)].map((found) => `${found[1] ?? ""}.`);
    const own = Object.keys({
      ...frameEn,
      ...placesEn,
      ...peopleEn,
      ...ringingEn,
      ...securityEn,
      ...changesEn,
      ...contactsEn,
      ...traceEn,
      ...testCallsEn,
    });
    const named = (key: string): boolean =>
      code.includes(`"${key}"`) || families.some((family) => key.startsWith(family)) || /^role\.[a-z_]+$/.test(key);
    expect(own.filter((key) => !named(key))).toEqual([]);
  });

  it("are formal in German and never shout", () => {
    for (const [key, german] of Object.entries(portalWords.de)) {
      expect(german, key).not.toMatch(/\b(du|dein|deine|dir)\b/);
      expect(german, key).not.toMatch(/!/);
    }
  });

  it("name a refusal, and give its code where no word fits", () => {
    expect(refusalOf(new ApiProblem(409, "place_not_empty")).key).toBe("problem.place_not_empty");
    for (const code of ORDINARY) expect(refusalOf(new ApiProblem(409, code)).key).toBe(`problem.${code}`);
    expect(refusalOf(new ApiProblem(503, "http")).key).toBe("problem.away");
    const { key, values } = refusalOf(new ApiProblem(418, "teapot"));
    expect(sayInPortal("en", key, values)).toContain("teapot");
  });
});
