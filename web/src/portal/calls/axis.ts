// The time axis of a call: where seconds lie, and which of them have a mark.

const STEPS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_800];
const MARKS_MAX = 7;

/** How long the axis is: the whole call, and never nothing. */
export function lengthOf(lastedS: number): number {
  return Math.max(lastedS, 1);
}

/** Seconds that have a mark: from nought, evenly, at most seven, none at the very end where its word would not fit. */
export function marksOf(lengthS: number): readonly number[] {
  const step = STEPS.find((each) => lengthS / each <= MARKS_MAX) ?? 3_600;
  const marks: number[] = [];
  for (let at = 0; at <= lengthS * 0.96; at += step) marks.push(at);
  return marks;
}

/** Per cent of the axis, with two digits. */
export function shareOf(seconds: number, lengthS: number): number {
  return Math.round((Math.min(Math.max(seconds, 0), lengthS) / lengthS) * 10_000) / 100;
}
