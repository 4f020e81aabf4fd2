// A small read-only window into this tab's own media, for tests and support: `await window.__antiphon.statistics()`.
import type { Media } from "./media";
import type { CallStatistics } from "./statistics";

declare global {
  interface Window {
    __antiphon?: { readonly statistics: () => Promise<Readonly<Record<string, CallStatistics>>> };
  }
}

/** Shows getStats totals per call (by call id) and nothing else; nothing can be changed through it. */
export function openInspection(media: Media): void {
  window.__antiphon = Object.freeze({ statistics: () => media.statistics() });
}

export function closeInspection(): void {
  delete window.__antiphon;
}
