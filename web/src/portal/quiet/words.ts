// Do not disturb in words: its days, its times, what is over.
import type { Schemas } from "../http";
import type { Language } from "../../words";

export type QuietItem = Schemas["QuietItem"];

const MONDAY = Date.UTC(2024, 0, 1); // a Monday: names of weekdays are taken from that week
const DAY_MS = 86_400_000;
export const WEEKDAYS: readonly number[] = [1, 2, 3, 4, 5, 6, 7];

export function dayName(language: Language, day: number, length: "long" | "short"): string {
  const shape = new Intl.DateTimeFormat(language, { weekday: length, timeZone: "UTC" });
  return shape.format(MONDAY + (day - 1) * DAY_MS);
}

/** "Mon – Fri, Sun": three days and more in a row are a span; none: `every`. */
export function daysText(language: Language, days: readonly number[], every: string): string {
  const sorted = [...new Set(days)].sort();
  if (sorted.length === 0 || sorted.length === WEEKDAYS.length) return every;
  const name = (day: number): string => dayName(language, day, "short");
  const parts: string[] = [];
  for (let at = 0; at < sorted.length;) {
    const first = sorted[at] ?? 1;
    let length = 1;
    while (sorted[at + length] === first + length) length += 1;
    if (length > 2) parts.push(`${name(first)} – ${name(first + length - 1)}`);
    else for (let more = 0; more < length; more += 1) parts.push(name(first + more));
    at += length;
  }
  return parts.join(", ");
}

/** "12:00 – 13:30, 22:00 – 06:00"; no span: the whole day. */
export function spansText(spans: readonly Schemas["SpanDocument"][], all: string): string {
  return spans.length === 0 ? all : spans.map(({ start, end }) => `${start} – ${end}`).join(", ");
}

/** What is not over. */
export function stillHeld(items: readonly QuietItem[], now = Date.now()): QuietItem[] {
  return items.filter(({ ends_at: ends }) => ends === null || Date.parse(ends) > now);
}

/** As it is sent to stay as it is. */
export function asSent({ starts_at, ends_at, times, zone, place_id }: QuietItem): Schemas["QuietBody"] {
  return { starts_at, ends_at, times, zone, place_id };
}

/** Whether it has begun. */
export function begun({ starts_at: starts }: QuietItem, now = Date.now()): boolean {
  return Date.parse(starts) <= now;
}
