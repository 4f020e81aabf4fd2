// A change as a sentence: which words, and what stands in their places, with the way to it where it is still there.
import type { WordValues } from "../../words";
import { knownKey, type AnyKey } from "../../words/portal";
import type { Schemas } from "../http";

export type Item = Schemas["AuditItem"];
export type Names = ReadonlyMap<string, Schemas["NamedItem"]>;

/** Where a name leads. */
export type Way =
  | { to: "/places/$placeId"; params: { placeId: string } }
  | { to: "/people/$userId"; params: { userId: string } }
  | { to: "/contacts/$contactId"; params: { contactId: string } }
  | { to: "/stations/$stationId"; params: { stationId: string } }
  | { to: "/roles" | "/keys" | "/people" };

export interface Part {
  readonly text: string;
  readonly way?: Way;
}

export interface Sentence {
  readonly key: AnyKey;
  readonly parts: Readonly<Record<string, Part>>;
}

export interface Reader {
  readonly names: Names;
  readonly me: { readonly id: string; readonly name: string };
  readonly say: (key: AnyKey, values?: WordValues) => string;
  readonly time: (iso: string) => string;
}

// An action without words does not compile.
const wordsOf = (action: Item["action"]): AnyKey => `change.${action}`;

const CHANGED =
  "name company_name spot place_id time_zone time_zone_follows language language_follows email password active early_video opens_doors".split(
    " ",
  );
const LANGUAGES: Readonly<Record<string, string>> = { de: "Deutsch", en: "English" };

export function sentenceOf(item: Item, reader: Reader): Sentence {
  const { say, time } = reader;
  const text = (key: string): string | null => {
    const value = item.details[key];
    return typeof value === "string" ? value : null;
  };
  const plain = (words: string | null): Part => ({ text: words ?? say("audit.gone") });
  const thing = (id: string | null): Part => named(id, reader);
  const times = [
    ...(text("starts_at") === null ? [] : [say("grant.from", { time: time(text("starts_at") ?? "") })]),
    text("ends_at") === null ? say("grant.always") : say("grant.until", { time: time(text("ends_at") ?? "") }),
  ];
  const names = item.details["names"];
  const given = CHANGED.filter((field) => field in item.details).map((field) =>
    say(knownKey(`changed.${field}`) ?? "audit.gone", { value: value(field, item.details[field], reader) }),
  );
  const own = item.actor_kind === "user" && item.subject_id === item.actor_id;
  return {
    key: (own ? knownKey(`change.${item.action}.own`) : null) ?? knownKey(wordsOf(item.action)) ?? "change.other",
    parts: {
      who: actor(item, reader),
      what: subject(item, reader),
      name: plain(text("name")),
      names: plain(Array.isArray(names) && names.length > 0 ? names.join(", ") : say("audit.none.given")),
      changes: { text: given.length === 0 ? "" : `: ${given.join(", ")}` },
      times: { text: times.join(", ") },
      invited: subject(item, reader),
      owner: thing(text("owner_id")),
      user: thing(text("user_id")),
      role: thing(text("role_id")),
      place: thing(text("place_id")),
      station: thing(text("station_id")),
      parent: thing(text("parent_id")),
      before: thing(text("before")),
    },
  };
}

/** What was changed: by its own name, else by the one that was written down. */
function subject(item: Item, reader: Reader): Part {
  const written = item.details["name"];
  if (!reader.names.has(item.subject_id) && typeof written === "string")
    return { text: written === "" ? reader.say("audit.nameless") : written };
  return named(item.subject_id, reader);
}

export function actor({ actor_kind: kind, actor_id: id }: Item, reader: Reader): Part {
  const { say, me, names } = reader;
  if (kind === "machine" || id === null) return { text: say("audit.machine") };
  const known = names.get(id);
  if (kind === "key")
    return { ...named(id, reader), text: say("audit.key", { name: known?.name ?? say("audit.gone") }) };
  if (id === me.id) return { text: say("audit.you", { name: me.name }) };
  return known === undefined ? { text: say("audit.hidden") } : named(id, reader);
}

function named(id: string | null, { names, say, me }: Reader): Part {
  const shipped = id === null ? null : knownKey(id.replace(/^role_/, "role."));
  if (id !== null && shipped !== null) return { text: say(shipped), way: { to: "/roles" } };
  const known = id === null ? undefined : names.get(id);
  if (known === undefined) return { text: id === me.id ? me.name : say("audit.gone") };
  if (known.guest) return { text: say("audit.guest", { name: known.name }) };
  const shown = known.name === "" ? say("audit.nameless") : known.name;
  const way = known.there ? wayTo(known) : null;
  return way === null ? { text: shown } : { text: shown, way };
}

function wayTo({ kind, id, place_id: placeId }: Schemas["NamedItem"]): Way | null {
  switch (kind) {
    case "user":
      return { to: "/people/$userId", params: { userId: id } };
    case "contact":
      return { to: "/contacts/$contactId", params: { contactId: id } };
    case "station":
      return { to: "/stations/$stationId", params: { stationId: id } };
    case "role":
      return { to: "/roles" };
    case "key":
      return { to: "/keys" };
    case "invitation":
      return { to: "/people" };
    default:
      return placeId === null ? null : { to: "/places/$placeId", params: { placeId } };
  }
}

function value(field: string, given: Item["details"][string] | undefined, reader: Reader): string {
  const { say } = reader;
  if (typeof given === "boolean") return say(given ? "changed.yes" : "changed.no");
  if (typeof given !== "string") return say("audit.gone");
  if (field === "language") return given === "" ? say("audit.browser") : (LANGUAGES[given] ?? given);
  return field === "place_id" ? named(given, reader).text : given;
}
