// Times of a plan: by the clock on the wall of its zone.

function offsetMs(zone: string, at: number): number {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hourCycle: "h23",
    ...{ year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" },
  }).formatToParts(at);
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  return Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second")) - at;
}

/** The moment that the clock on the wall shows `local` (`2026-11-23T14:32`) there; null: that is no time. */
export function momentIn(zone: string, local: string): string | null {
  const wall = Date.parse(`${local}Z`);
  if (Number.isNaN(wall)) return null;
  const guess = wall - offsetMs(zone, wall);
  return new Date(wall - offsetMs(zone, guess)).toISOString();
}

/** What the clock on the wall shows there, as `<input type="datetime-local">` takes it. */
export function wallTime(zone: string, at: number): string {
  return new Date(at - (at % 1000) + offsetMs(zone, at)).toISOString().slice(0, 16);
}
