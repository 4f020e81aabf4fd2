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

  "again.title": "Zeigen, dass Sie es sind",
  "again.lead":
    "Sie haben sich vor einer Weile als {email} angemeldet. Was Ihre Anmeldung ändert, verlangt das noch einmal.",

  "factor.title": "Zweiter Faktor",
  "factor.lead":
    "Neben dem Passwort ein Code, den eine App auf Ihrem Telefon anzeigt. Mit dem Passwort allein kommt niemand hinein.",
  "factor.add": "Authenticator-App einrichten",
  "factor.scan":
    "Scannen Sie das mit einer Authenticator-App auf Ihrem Telefon, und geben Sie dann den Code ein, den sie anzeigt.",
  "factor.qr": "Code zum Scannen für die Authenticator-App",
  "factor.type": "Keine Kamera? Geheimnis eintippen oder die App hier öffnen.",
  "factor.here": "Authenticator-App dieses Geräts öffnen",
  "factor.code": "Code, den die App jetzt anzeigt",
  "factor.confirm": "Einschalten",
  "factor.on": "eingeschaltet seit {time}",
  "factor.remove": "Ausschalten",
  "factor.remove.sure": "Jetzt ausschalten",
  "factor.removed": "Ihr zweiter Faktor ist aus: Zum Anmelden genügt das Passwort.",

  "codes.title": "Ihre Wiederherstellungscodes",
  "codes.lead":
    "Jeder lässt Sie einmal hinein, wenn die App nicht da ist. Bewahren Sie sie getrennt vom Telefon auf, auf Papier oder in einem Passwortmanager: Sie werden nur dieses Mal angezeigt.",
  "codes.copy": "Alle kopieren",
  "codes.download": "Als Datei aufbewahren",
  "codes.kept": "Ich habe sie aufbewahrt",
  "codes.renew": "Neue Wiederherstellungscodes",
  "codes.renew.lead": "Die Codes, die Sie haben, gelten dann nicht mehr.",
  "codes.left": "noch {count} Wiederherstellungscodes",
  "codes.left.one": "noch ein Wiederherstellungscode",

  "passkey.title": "Passkeys",
  "passkey.lead": "Melden Sie sich mit Finger, Gesicht oder PIN Ihres Telefons oder Computers an, ohne Passwort.",
  "passkey.none":
    "Noch keiner. Fügen Sie einen für diesen Computer, Ihr Telefon oder einen Sicherheitsschlüssel hinzu.",
  "passkey.never": "Noch keiner, und dieser Browser kennt keine Passkeys.",
  "passkey.add": "Passkey hinzufügen",
  "passkey.add.lead": "Nennen Sie ihn nach dem, worin er steckt. Um den Rest bittet Ihr Browser.",
  "passkey.added": "{name} meldet Sie ab jetzt an.",
  "passkey.removed": "{name} meldet niemanden mehr an. Entfernen Sie ihn auch vom Gerät.",
  "passkey.since": "seit {time}",
  "passkey.at": "für {portal}",
  "passkey.unused.yet": "noch nicht benutzt",
  "passkey.unused": "Es wurde kein Passkey erstellt. Noch einmal versuchen und dem folgen, was der Browser verlangt.",
  "passkey.known": "Darin steckt schon ein Passkey von Ihnen.",
  "passkey.full": "Sie haben so viele Passkeys, wie es geben darf. Zuerst einen entfernen.",

  "sign.title": "Anmeldung",
  "sign.lead": "Ist verloren, womit sich die Person anmeldet? Hier wegnehmen, dann richtet sie es neu ein.",
  "sign.factor.on": "Ein Code wird verlangt",
  "sign.factor.off": "Nur Passwort",
  "sign.factor.remove": "Zweiten Faktor entfernen",
  "sign.factor.removed": "{name} meldet sich nur mit dem Passwort an.",
  "sign.passkeys.none": "keine",
  "sign.passkeys.remove": "Passkeys entfernen",
  "sign.passkeys.removed": "Kein Passkey meldet {name} mehr an.",

  "problem.wrong_code": "Dieser Code ist falsch oder wurde schon benutzt. Auf den nächsten warten und diesen eingeben.",
  "problem.passkeys_need_name":
    "Passkeys gehen nur, wo das Portal unter seinem eigenen Namen geöffnet ist. Öffnen Sie es dort; hat es keinen, fragen Sie, wer die Plattform betreibt.",
  "problem.passkey_invalid": "Dieser Passkey wurde nicht hinzugefügt. Von vorne beginnen.",
  "problem.passkey_not_found": "Es gibt keinen Passkey mehr.",
  "problem.second_factor_there":
    "Sie haben schon einen zweiten Faktor. Diesen ausschalten, bevor Sie einen anderen einrichten.",
  "problem.second_factor_not_found": "Es gibt keinen zweiten Faktor mehr.",
};
