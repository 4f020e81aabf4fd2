// German words of places, stations and companies in the portal.
import type { placesEn } from "./places-en";

export const placesDe: Record<keyof typeof placesEn, string> = {
  "place.tree": "Baum der Orte",
  "place.people": "Personen, die hierher gehören",
  "place.people.lead": "Was sie dürfen, steht bei ihren Rechten.",
  "place.accounts": "Konten anderer Hersteller",
  "place.inside": "Hier drin",
  "place.inside.none": "Noch kein Ordner. Für ein Gebäude oder Stockwerk fügen Sie einen hinzu.",
  "place.inside.none.company":
    "Noch kein Projekt. Ein Projekt fasst die Standorte eines Kunden oder Viertels zusammen.",
  "place.inside.none.project":
    "Noch kein Standort. Ein Standort ist eine Adresse; seine Stationen haben seine Zeitzone.",
  "place.add.project": "Neues Projekt",
  "place.add.site": "Neuer Standort",
  "place.add.folder": "Neuer Ordner",
  "place.added": "{name} ist hinzugefügt.",
  "place.renamed": "Heißt jetzt {name}.",
  "place.moved": "{name} ist verschoben.",
  "place.removed": "{name} ist gelöscht.",
  "place.changed": "Gespeichert.",
  "place.settings": "Zeit und Sprache",
  "place.settings.site": "Ein Ordner folgt seinem Standort. Beides wird dort geändert: {site}.",
  "place.settings.lead": "Was hier drin liegt, folgt dem, wenn es nichts anderes sagt.",
  "place.follows": "wie {place}: {now}",
  "place.follows.outer": "wie der Ort darüber",
  "place.move.title": "Wohin mit {name}?",
  "place.move.lead": "Alles darin kommt mit: Stationen, Rechte von Personen, Anrufe.",
  "place.move.here": "Hierher verschieben",
  "place.holds.none.site": "Kein anderes Projekt passt. Ein Standort liegt in einem Projekt.",
  "place.holds.none.other":
    "Kein anderer Ort passt. Ordner und Stationen liegen in einem Standort oder in einem Ordner.",
  "place.none": "Diesen Ort gibt es nicht, oder Sie dürfen ihn nicht sehen.",

  "station.list": "Stationen",
  "station.none": "Hier ist noch keine Station.",
  "station.add": "Station hinzufügen",
  "station.name": "Name",
  "station.name.hint": "Wie Leute an der Tür sagen würden: „Haupteingang“",
  "station.spot": "Stelle (wenn nötig)",
  "station.code": "Code für {name}",
  "station.code.lead":
    "Geben Sie ihn der Person, die die Station montiert. Er wird nur dieses Mal angezeigt und gilt einmal, bis {time}.",
  "station.code.new": "Neuer Code",
  "station.revoke": "Außer Betrieb nehmen",
  "station.revoke.sure": "Wirklich außer Betrieb nehmen",
  "station.revoked": "{name} ist außer Betrieb. Ein neuer Code nimmt die Station wieder auf.",
  "station.move.lead": "Die Station bleibt dieselbe: Ihr Code, ihre Türen und ihre Anrufe kommen mit.",

  "companies.title": "Alle Unternehmen",
  "companies.lead": "Ihres, und jene, die Ihnen Rechte gegeben haben.",
  "companies.own": "Ihr Unternehmen",
  "companies.enter": "Hier arbeiten",
  "companies.acting": "Sie arbeiten hier",
  "companies.calm": "Alle online",
};
