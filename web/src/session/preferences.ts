// What this browser remembers: language, appearance, single keys, camera. Never tokens or names.
import { preferredLanguage, type Language } from "../words";

export type Theme = "system" | "light" | "dark";

export interface Preferences {
  readonly language: Language | null; // null: as the account or the browser says
  readonly theme: Theme;
  readonly singleKeys: boolean;
  readonly camera: boolean;
}

const KEY = "antiphon.preferences";
const standard: Preferences = { language: null, theme: "system", singleKeys: true, camera: true };

export function readPreferences(): Preferences {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return { ...standard, ...(typeof stored === "object" ? stored : {}) };
  } catch {
    return standard; // storage is switched off or holds something else
  }
}

export function writePreferences(preferences: Preferences): boolean {
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences));
    return true;
  } catch {
    return false; // kept for this page only
  }
}

const dark = (): MediaQueryList => window.matchMedia("(prefers-color-scheme: dark)");

/** Sets the page's theme and keeps following the system where that is chosen. Returns how to stop following. */
export function applyTheme(theme: Theme): () => void {
  const query = dark();
  const apply = (): void => {
    document.documentElement.dataset["theme"] = theme === "system" ? (query.matches ? "dark" : "light") : theme;
  };
  apply();
  query.addEventListener("change", apply);
  return () => query.removeEventListener("change", apply);
}

export function startLanguage(preferences: Preferences, account: string | null): Language {
  if (preferences.language !== null) return preferences.language;
  return preferredLanguage(account === null ? navigator.languages : [account, ...navigator.languages]);
}
