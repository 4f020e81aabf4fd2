import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { vanished } from "../../src/portal/changes/removal";
import { sentenceOf, type Item, type Reader } from "../../src/portal/changes/sentence";
import type { Schemas } from "../../src/portal/http";
import { sayInPortal, type AnyKey } from "../../src/words/portal";
import type { Language, WordValues } from "../../src/words";

interface Contract {
  components: { schemas: { AuditItem: { properties: { action: { enum: Item["action"][] } } } } };
}
const contract = JSON.parse(readFileSync("src/generated/openapi.json", "utf8")) as Contract;
const ACTIONS = contract.components.schemas.AuditItem.properties.action.enum;

interface Named {
  readonly id: string;
  readonly name: string;
}

const thing = (
  id: string,
  kind: Schemas["NamedItem"]["kind"],
  name: string,
  more: Partial<Schemas["NamedItem"]> = {},
) => [id, { id, kind, name, place_id: null, there: true, guest: false, ...more }] as const;

const names = new Map([
  thing("user_1", "user", "Anna Auer"),
  thing("user_2", "user", "Bernd Berger"),
  thing("user_3", "user", "Gerda Gast", { guest: true }),
  thing("site_1", "place", "Rainerstraße 12", { place_id: "site_1" }),
  thing("site_2", "place", "Lager", { place_id: "site_2", there: false }),
  thing("station_1", "station", "Tor", { place_id: "site_1" }),
  thing("invitation_1", "invitation", ""),
  thing("key_1", "key", "Türanzeige"),
]);

const readerIn = (language: Language): Reader => ({
  names,
  me: { id: "user_1", name: "Anna Auer" },
  say: (key: AnyKey, values?: WordValues) => sayInPortal(language, key, values),
  time: () => "14:32",
});

function change(action: Item["action"], subject: string, details: Item["details"] = {}, by: Partial<Item> = {}): Item {
  return {
    id: "audit_1",
    at: "2026-11-28T14:32:00Z",
    actor_kind: "user",
    actor_id: "user_1",
    action,
    subject_id: subject,
    details,
    ...by,
  };
}

function told(item: Item, language: Language = "en"): string {
  const { key, parts } = sentenceOf(item, readerIn(language));
  const values = Object.fromEntries(Object.entries(parts).map(([name, { text }]) => [name, text]));
  return sayInPortal(language, key, values);
}

describe("a change in words", () => {
  it("is a sentence for every action that the platform writes down, without ids, in both languages", () => {
    expect(ACTIONS.length).toBeGreaterThan(30);
    for (const language of ["en", "de"] as const)
      for (const action of ACTIONS)
        for (const subject of ["user_1", "thing_0123456789"]) {
          const sentence = told(change(action, subject, { before: "site_x", user_id: "user_x" }), language);
          expect(sentence, action).not.toMatch(/[{}]|_x|_0/);
          expect(sentence, action).not.toBe(sayInPortal(language, "change.other", { who: "Anna Auer (you)" }));
          expect(sentence, action).toMatch(/^Anna Auer \((you|Sie)\) .*\.$/);
        }
  });

  it("says who did what to whom, where", () => {
    const details = { user_id: "user_2", role_id: "role_operator", place_id: "site_1" };
    const item = change("grant.given", "grant_1", details);
    expect(told(item)).toBe("Anna Auer (you) gave Bernd Berger the role Operator, at Rainerstraße 12.");
    expect(told(item, "de")).toBe(
      "Anna Auer (Sie) hat Bernd Berger die Rolle Bedienung gegeben, Ort: Rainerstraße 12.",
    );
    const parts = sentenceOf(item, readerIn("en")).parts;
    expect(parts["user"]?.way).toEqual({ to: "/people/$userId", params: { userId: "user_2" } });
    expect(parts["place"]?.way).toEqual({ to: "/places/$placeId", params: { placeId: "site_1" } });
  });

  it("leads to what is there, and to nothing that is gone or a guest", () => {
    const { parts } = sentenceOf(change("place.removed", "site_2", { parent_id: "site_x" }), readerIn("en"));
    expect(parts["what"]).toEqual({ text: "Lager" });
    expect(parts["parent"]).toEqual({ text: "(not there any more)" });
    const guest = sentenceOf(change("user.added", "user_3"), readerIn("en")).parts["what"];
    expect(guest).toEqual({ text: "Gerda Gast (from another company)" });
    expect(told(change("station.revoked", "station_1"))).toBe("Anna Auer (you) took Tor out of service.");
  });

  it("says what was changed to what", () => {
    const details = { name: "Hof", time_zone: "Europe/Vienna", language: "de" };
    expect(told(change("place.changed", "site_1", details))).toBe(
      "Anna Auer (you) changed Rainerstraße 12: name Hof, time zone Europe/Vienna, language Deutsch.",
    );
    expect(told(change("place.changed", "site_1", { time_zone_follows: true }))).toContain(
      "time zone as the place around it",
    );
    expect(told(change("user.changed", "user_1", { language: "" }), "de")).toBe(
      "Anna Auer (Sie) hat das eigene Profil geändert: Sprache wie der Browser.",
    );
    expect(told(change("station.changed", "station_1", { place_id: "site_1" }))).toContain("now at Rainerstraße 12");
    expect(told(change("grant.changed", "grant_1", { user_id: "user_2", ends_at: "2026-12-01T00:00:00Z" }))).toBe(
      "Anna Auer (you) changed when a right of Bernd Berger holds: until 14:32.",
    );
  });

  it("names programs, whoever runs the platform, and those whom the reader may not see", () => {
    expect(told(change("station.revoked", "station_1", {}, { actor_kind: "key", actor_id: "key_1" }))).toBe(
      "The API key Türanzeige took Tor out of service.",
    );
    expect(
      told(change("company.recovered", "company_1", { owner_id: "user_2" }, { actor_kind: "machine", actor_id: null })),
    ).toBe("Whoever runs the platform made Bernd Berger an owner of the company, which had none.");
    expect(told(change("station.revoked", "station_1", {}, { actor_id: "user_x" }))).toBe(
      "somebody took Tor out of service.",
    );
    expect(told(change("invitation.withdrawn", "invitation_1"))).toContain("whoever has the link");
    expect(told(change("invitation.withdrawn", "invitation_9", { name: "Doris" }))).toContain("for Doris");
    expect(told(change("invitation.withdrawn", "invitation_9", { name: "" }))).toContain("whoever has the link");
  });

  it("of a newer platform is told as far as it goes", () => {
    expect(told(change("weather.made" as Item["action"], "site_1"))).toContain("no words for");
  });
});

it("what has left a list is told from what stays and what is new", () => {
  const [one, two, three] = ["1", "2", "3"].map((id) => ({ id, name: id })) as [Named, Named, Named];
  expect(vanished([one, two], [two, three])).toEqual([one]);
});
