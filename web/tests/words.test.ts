import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  clockTime,
  dictionaries,
  preferredLanguage,
  running,
  say,
  shortTime,
  zoneName,
  type WordKey,
} from "../src/words";
import { at } from "./scenes";

const keys = Object.keys(dictionaries.en) as WordKey[];
const placeholders = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[0]).sort();

function sources(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && /\.tsx?$/.test(file.name) && !file.parentPath.includes("words"))
    .map((file) => readFileSync(join(file.parentPath, file.name), "utf8"))
    .join("\n");
}

describe("the words", () => {
  test("are the same set in both languages, with the same placeholders", () => {
    expect(Object.keys(dictionaries.de).sort()).toEqual([...keys].sort());
    for (const key of keys)
      expect([key, placeholders(dictionaries.de[key])]).toEqual([key, placeholders(dictionaries.en[key])]);
  });

  test("are all used", () => {
    const code = sources("src");
    const families = [...code.matchAll(/`([a-z_.]+)\.\$\{/g)].map((found) => `${found[1] ?? ""}.`);
    const unused = keys.filter(
      (key) => !code.includes(`"${key}"`) && !families.some((family) => key.startsWith(family)),
    );
    expect(unused).toEqual([]);
  });

  test("never beg, never shout", () => {
    for (const language of ["en", "de"] as const)
      for (const key of keys) expect(dictionaries[language][key]).not.toMatch(/!|\bplease\b|\bbitte\b|\boops\b/i);
  });

  test("take their values", () => {
    expect(say("de", "door.open", { door: "Haustür" })).toBe("Haustür öffnen");
    expect(say("en", "door.open", { door: "Haustür" })).toBe("Open Haustür");
  });
});

describe("times", () => {
  test("are those of the site, not of the reader", () => {
    expect(clockTime("de", "Europe/Vienna", at(0))).toBe("17:42");
    expect(clockTime("en", "America/New_York", at(0))).toBe("11:42");
    expect(zoneName("de", "Europe/Vienna", at(0))).toContain("Wien");
  });

  test("name the day when it is not today there", () => {
    expect(shortTime("en", "Europe/Vienna", at(0), at(60))).toBe("17:42");
    expect(shortTime("en", "Europe/Vienna", at(0), at(86_400))).toBe("23 Nov, 17:42");
    expect(shortTime("en", "Europe/Vienna", at(0), at(366 * 86_400))).toMatch(/^23 Nov \d{4}, 17:42$/);
    expect(shortTime("de", "Europe/Vienna", at(0), at(366 * 86_400))).toMatch(/^23\. Nov\. \d{4}, 17:42$/);
  });

  test("run as on a plate", () => {
    expect([running(0), running(38.9), running(724), running(-3)]).toEqual(["0:00", "0:38", "12:04", "0:00"]);
  });

  test("choose the first language that the browser asks for and that we speak", () => {
    expect(preferredLanguage(["fr-FR", "de-CH", "en"])).toBe("de");
    expect(preferredLanguage(["fr"])).toBe("en");
  });
});
