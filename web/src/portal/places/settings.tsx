// Time zone and language of a place (S10).
import { Select } from "@mantine/core";
import { useState } from "react";
import { useAct } from "../act";
import { held, type Schemas } from "../http";
import { ifUnchanged, Meanwhile } from "../meanwhile";
import { Card } from "../parts/page";
import { readPlace } from "../queries";
import { useMay, usePortal, useWords } from "../surroundings";

const ZONES = Intl.supportedValuesOf("timeZone");
const LANGUAGES = [
  { value: "de", label: "Deutsch" },
  { value: "en", label: "English" },
];

type Times = Pick<Schemas["PlaceView"], "time_zone" | "language">;

function sameTimes(one: Times, other: Times): boolean {
  return one.time_zone === other.time_zone && one.language === other.language;
}

export function PlaceSettings({ here }: { here: Schemas["PlaceView"] }) {
  const { say } = useWords();
  const { client, notices } = usePortal();
  const may = useMay();
  const now: Times = { time_zone: here.time_zone, language: here.language };
  // What somebody has chosen and not saved stays, whatever others save; `was` is what they chose over.
  const [chosen, setChosen] = useState<(Times & { was: Times }) | null>(null);
  // A folder has none of its own.
  const site = here.kind === "folder" ? (here.way.find((place) => place.kind === "site") ?? null) : null;
  const own = here.kind !== "folder";
  const configures = own && may(here.kind === "company" ? "company.configure" : "places.configure", here.path);
  const save = useAct<{ body: Times; was: Times; back?: true }, unknown>(
    ({ body, was }) =>
      ifUnchanged(readPlace(client, here.id), was, (header) =>
        held(client.PATCH("/api/v1/places/{place_id}", { params: { path: { place_id: here.id }, header }, body })),
      ),
    ["place", "tree", "stations"],
    (_, { body, was, back }, again) => {
      setChosen(null);
      notices.tell("place.changed", {}, back ? null : () => again({ body: was, was: body, back: true }));
    },
    ({ newest }) => newest !== undefined, // read anew, it is said below
  );
  const { time_zone: zone, language: spoken } = chosen ?? now;
  const late = chosen !== null && !sameTimes(chosen.was, now);
  const choose = (next: Partial<Times>): void => {
    const times = { time_zone: zone, language: spoken, ...next };
    setChosen(sameTimes(times, now) ? null : { ...times, was: chosen?.was ?? now });
  };
  const language = LANGUAGES.find(({ value }) => value === now.language)?.label ?? now.language;
  return (
    <Card
      title={say("place.settings")}
      lead={own ? say("place.settings.lead") : say("place.settings.site", { site: site?.name ?? say("kind.site") })}
    >
      <div className="p-form">
        <Meanwhile now={late ? `${now.time_zone}, ${language}` : null} />
        <Select
          label={say("field.zone")}
          data={ZONES.includes(zone) ? ZONES : [zone, ...ZONES]}
          value={zone}
          searchable={configures}
          limit={60}
          readOnly={!configures}
          onChange={(picked) => choose({ time_zone: picked ?? here.time_zone })}
          allowDeselect={false}
          comboboxProps={{ withinPortal: false }}
        />
        <Select
          label={say("field.language")}
          data={LANGUAGES}
          value={spoken}
          readOnly={!configures}
          onChange={(picked) => choose({ language: picked === "de" ? "de" : "en" })}
          allowDeselect={false}
          comboboxProps={{ withinPortal: false }}
        />
        {configures && chosen !== null && (
          <div className="p-deeds">
            <button
              type="button"
              className="btn pri"
              aria-disabled={save.working}
              onClick={() => save.run({ body: { time_zone: zone, language: spoken }, was: late ? now : chosen.was })}
            >
              {say("do.save")}
            </button>
          </div>
        )}
      </div>
    </Card>
  );
}
