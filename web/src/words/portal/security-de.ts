// German words of account security in the portal: new passwords, second factor, passkeys.
import type { securityEn } from "./security-en";

export const securityDe: Record<keyof typeof securityEn, string> = {
  "reset.title": "Neues Passwort wählen",
  "reset.lead": "Damit werden alle Ihre Browser und Apps abgemeldet. Ihr zweiter Faktor und Ihre Passkeys bleiben.",
  "reset.do": "Passwort festlegen",
  "reset.done": "Ihr neues Passwort gilt",
  "reset.done.text": "Alle Ihre Browser und Apps sind abgemeldet. Melden Sie sich mit dem neuen Passwort an.",
  "reset.invalid": "Dieser Link gilt nicht mehr",
  "reset.invalid.text":
    "Er wurde benutzt, ist abgelaufen, oder Ihr Passwort wurde inzwischen geändert. Verlangen Sie einen neuen.",
  "reset.again": "Neuen Link verlangen",
};
