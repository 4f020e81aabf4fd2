// The portal's words: its own, and those that it shares with the operator's client.
import { de } from "./de";
import { en } from "./en";
import type { Language, WordValues } from ".";
import { changesDe } from "./portal/changes-de";
import { changesEn } from "./portal/changes-en";
import { contactsDe } from "./portal/contacts-de";
import { contactsEn } from "./portal/contacts-en";
import { frameDe } from "./portal/frame-de";
import { frameEn } from "./portal/frame-en";
import { peopleDe } from "./portal/people-de";
import { peopleEn } from "./portal/people-en";
import { placesDe } from "./portal/places-de";
import { placesEn } from "./portal/places-en";
import { ringingDe } from "./portal/ringing-de";
import { ringingEn } from "./portal/ringing-en";
import { securityDe } from "./portal/security-de";
import { securityEn } from "./portal/security-en";
import { testCallsDe } from "./portal/test-calls-de";
import { testCallsEn } from "./portal/test-calls-en";
import { traceDe } from "./portal/trace-de";
import { traceEn } from "./portal/trace-en";

const english = {
  ...en,
  ...frameEn,
  ...placesEn,
  ...peopleEn,
  ...ringingEn,
  ...securityEn,
  ...changesEn,
  ...contactsEn,
  ...traceEn,
  ...testCallsEn,
};

export type AnyKey = keyof typeof english;

export const portalWords: Record<Language, Record<AnyKey, string>> = {
  en: english,
  de: {
    ...de,
    ...frameDe,
    ...placesDe,
    ...peopleDe,
    ...ringingDe,
    ...securityDe,
    ...changesDe,
    ...contactsDe,
    ...traceDe,
    ...testCallsDe,
  },
};

/** The word for `key`, its {placeholders} filled from `values`. */
export function sayInPortal(language: Language, key: AnyKey, values: WordValues = {}): string {
  return portalWords[language][key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The key, where there is such a word. */
export function knownKey(key: string): AnyKey | null {
  return key in english ? (key as AnyKey) : null;
}
