// German words of ring plans in the portal.
import type { ringingEn } from "./ringing-en";

export const ringingDe: Record<keyof typeof ringingEn, string> = {
  "kind.number": "Telefonnummer",

  "member.find": "Namen eingeben …",
  "member.find.number": "Namen oder Telefonnummer eingeben …",
  "member.none":
    "Nichts beginnt wie „{words}“. Personen, Läutgruppen, Kontakte und Telefone werden nach ihrem Namen gefunden.",
  "member.number.hint": "Schreiben Sie die Nummer mit + und Landesvorwahl: +43 662 123456",
  "member.gone": "jemand Gelöschtes",
};
