// Time zone and language of a place (S10).
import { Select } from "@mantine/core";
import { useState } from "react";
import { useAct } from "../act";
import { held, type Schemas } from "../http";
import { Card } from "../parts/page";
import { useMay, usePortal, useWords } from "../surroundings";

const ZONES = Intl.supportedValuesOf("timeZone");

export function PlaceSettings({ here }: { here: Schemas["PlaceView"] }) {
  const { say } = useWords();
  const { client, notices } = usePortal();
  const may = useMay();
  const [zone, setZone] = useState(here.time_zone);
  const [spoken, setSpoken] = useState(here.language);
  // A folder has none of its own.
  const site = here.kind === "folder" ? (here.way.find((place) => place.kind === "site") ?? null) : null;
  const own = here.kind !== "folder";
  const configures = own && may(here.kind === "company" ? "company.configure" : "places.configure", here.path);
  const before = { time_zone: here.time_zone, language: here.language };
  const save = useAct(
    (body: { time_zone: string; language: "de" | "en" }) =>
      held(client.PATCH("/api/v1/places/{place_id}", { params: { path: { place_id: here.id } }, body })),
    ["place", "tree", "stations"],
    (_, given, again) => notices.tell("place.changed", {}, given === before ? null : () => again(before)),
  );
  const changed = zone !== here.time_zone || spoken !== here.language;
  return (
    <Card
      title={say("place.settings")}
      lead={own ? say("place.settings.lead") : say("place.settings.site", { site: site?.name ?? say("kind.site") })}
    >
      <div className="p-form">
        <Select
          label={say("field.zone")}
          data={ZONES.includes(zone) ? ZONES : [zone, ...ZONES]}
          value={zone}
          searchable={configures}
          limit={60}
          readOnly={!configures}
          onChange={(chosen) => setZone(chosen ?? here.time_zone)}
          allowDeselect={false}
          comboboxProps={{ withinPortal: false }}
        />
        <Select
          label={say("field.language")}
          data={[
            { value: "de", label: "Deutsch" },
            { value: "en", label: "English" },
          ]}
          value={spoken}
          readOnly={!configures}
          onChange={(chosen) => setSpoken(chosen === "de" ? "de" : "en")}
          allowDeselect={false}
          comboboxProps={{ withinPortal: false }}
        />
        {configures && changed && (
          <div className="p-deeds">
            <button
              type="button"
              className="btn pri"
              aria-disabled={save.working}
              onClick={() => save.run({ time_zone: zone, language: spoken })}
            >
              {say("do.save")}
            </button>
          </div>
        )}
      </div>
    </Card>
  );
}
