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

function format(language: Language, zone: string, options: Intl.DateTimeFormatOptions, at: number): string {
  return new Intl.DateTimeFormat(locales[language], { timeZone: zone, ...options }).format(at);
}

/** "14:32" in the zone given. */
export function clockTime(language: Language, zone: string, at: number): string {
  return format(language, zone, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }, at);
}

/** "23.11.2026, 14:32:07" in the zone given. */
export function fullTime(language: Language, zone: string, at: number): string {
  return format(
    language,
    zone,
    {
      day: "2-digit",
      month: "2-digit",
      year: "numeric",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23",
    },
    at,
  );
}

/** A calendar day in the zone given, as a comparable key ("2026-11-23"). */
export function dayKey(zone: string, at: number): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short" }).format(at);
}

/** "Monday, 23 November". */
export function dayName(language: Language, zone: string, at: number): string {
  return format(language, zone, { weekday: "long", day: "numeric", month: "long" }, at);
}

/** Time when it is today there, date and time otherwise. */
export function shortTime(language: Language, zone: string, at: number, now: number): string {
  const time = clockTime(language, zone, at);
  if (dayKey(zone, at) === dayKey(zone, now)) return time;
  return `${format(language, zone, { day: "numeric", month: "short" }, at)}, ${time}`;
}

/** The zone as people name it: the reader's word for it, with its offset ("Vienna, GMT+1"). */
export function zoneName(language: Language, zone: string, at: number): string {
  const parts = new Intl.DateTimeFormat(locales[language], {
    timeZone: zone,
    timeZoneName: "shortOffset",
  }).formatToParts(at);
  const offset = parts.find((part) => part.type === "timeZoneName")?.value ?? "";
  const cities: Readonly<Record<string, string>> =
    language === "de" ? { "Europe/Vienna": "Wien", "Europe/Zurich": "Zürich" } : {};
  const city = cities[zone] ?? (zone.split("/").at(-1) ?? zone).replaceAll("_", " ");
  return offset === "" || offset === city ? city : `${city} (${offset})`;
}

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
