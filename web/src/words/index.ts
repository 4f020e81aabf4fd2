// Words: one typed dictionary per language, placeholders in braces, times in the site's zone.
import { de } from "./de";
import { en, type WordKey } from "./en";

export type Language = "en" | "de";
export type { WordKey };
export type WordValues = Readonly<Record<string, string | number>>;

export const dictionaries: Record<Language, Record<WordKey, string>> = { en, de };

/** The word for `key`, its {placeholders} filled from `values`. */
export function say(language: Language, key: WordKey, values: WordValues = {}): string {
  return dictionaries[language][key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

const locales: Record<Language, string> = { en: "en-GB", de: "de-AT" };

const shapes = {
  clock: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  full: {
    day: "2-digit",
    month: "2-digit",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  },
  dayKey: { dateStyle: "short" },
  dayName: { weekday: "long", day: "numeric", month: "long" },
  dayAndMonth: { day: "numeric", month: "short" },
  wholeDay: { day: "numeric", month: "short", year: "numeric" },
  offset: { timeZoneName: "shortOffset" },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

// To make one takes a thousand times as long as to use it, and a list of calls shows five times a row.
const made = new Map<string, Intl.DateTimeFormat>();

function formatter(locale: string, zone: string, shape: keyof typeof shapes): Intl.DateTimeFormat {
  const key = `${locale} ${zone} ${shape}`;
  let known = made.get(key);
  if (known === undefined) {
    known = new Intl.DateTimeFormat(locale, { timeZone: zone, ...shapes[shape] });
    made.set(key, known);
  }
  return known;
}

function format(language: Language, zone: string, shape: keyof typeof shapes, at: number): string {
  return formatter(locales[language], zone, shape).format(at);
}

/** "14:32" in the zone given. */
export function clockTime(language: Language, zone: string, at: number): string {
  return format(language, zone, "clock", at);
}

/** "23 Nov 2026" in the zone given. */
export function wholeDay(language: Language, zone: string, at: number): string {
  return format(language, zone, "wholeDay", at);
}

/** "23.11.2026, 14:32:07" in the zone given. */
export function fullTime(language: Language, zone: string, at: number): string {
  return format(language, zone, "full", at);
}

/** A calendar day in the zone given, as a comparable key ("2026-11-23"). */
export function dayKey(zone: string, at: number): string {
  return formatter("sv-SE", zone, "dayKey").format(at);
}

/** "Monday, 23 November". */
export function dayName(language: Language, zone: string, at: number): string {
  return format(language, zone, "dayName", at);
}

/** Time when it is today there, date and time otherwise, with the year when it is another one. */
export function shortTime(language: Language, zone: string, at: number, now: number): string {
  const time = clockTime(language, zone, at);
  const [day, today] = [dayKey(zone, at), dayKey(zone, now)];
  if (day === today) return time;
  const shape = yearOf(day) === yearOf(today) ? "dayAndMonth" : "wholeDay";
  return `${format(language, zone, shape, at)}, ${time}`;
}

const yearOf = (day: string): string => day.slice(0, -"-mm-dd".length);

/** The zone as people name it: the reader's word for it, with its offset ("Vienna, GMT+1"). */
export function zoneName(language: Language, zone: string, at: number): string {
  const parts = formatter(locales[language], zone, "offset").formatToParts(at);
  const offset = parts.find((part) => part.type === "timeZoneName")?.value ?? "";
  const cities: Readonly<Record<string, string>> =
    language === "de" ? { "Europe/Vienna": "Wien", "Europe/Zurich": "Zürich" } : {};
  const city = cities[zone] ?? (zone.split("/").at(-1) ?? zone).replaceAll("_", " ");
  return offset === "" || offset === city ? city : `${city} (${offset})`;
}

/** The zone of the reader's own clock. */
export const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** "1.2", "1,2": one digit after the point of the language. */
export function decimal(language: Language, value: number): string {
  return new Intl.NumberFormat(locales[language], { maximumFractionDigits: 1 }).format(value);
}

/** Running seconds as on a plate: "0:38", "12:04". */
export function running(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** The first language that the browser asks for and that we speak. */
export function preferredLanguage(asked: readonly string[]): Language {
  for (const tag of asked) {
    if (tag.toLowerCase().startsWith("de")) return "de";
    if (tag.toLowerCase().startsWith("en")) return "en";
  }
  return "en";
}
