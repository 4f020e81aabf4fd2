// The platform's clock as this computer sees it: running seconds are right on a computer whose clock is not.

let skewMs = 0;

/** Takes the `Date` header of an answer; whole seconds, so half a second is added. */
export function measureServerClock(header: string | null): void {
  const at = header === null ? NaN : Date.parse(header);
  if (!Number.isNaN(at)) skewMs = at + 500 - Date.now();
  // A second of doubt comes from the header itself: a clock that is right stays as it is.
  if (Math.abs(skewMs) < 1_500) skewMs = 0;
}

/** Milliseconds since the epoch by the platform's clock. */
export const serverNow = (): number => Date.now() + skewMs;
