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

const FOLLOWS = "follows";

/** What the place says itself; null: it follows the place around it. */
interface Times {
  readonly time_zone: string | null;
  readonly language: "de" | "en" | null;
}

export function saidBy(place: Schemas["PlaceItem"]): Times {
  return {
    time_zone: place.own_time_zone ? place.time_zone : null,
    language: place.own_language ? place.language : null,
  };
}

/** As it is compared with what is there by the time of a change: what a place follows is nobody's conflict. */
function asShown({ time_zone, language }: Times): Partial<Schemas["PlaceView"]> {
  return {
    own_time_zone: time_zone !== null,
    own_language: language !== null,
    ...(time_zone === null ? {} : { time_zone }),
    ...(language === null ? {} : { language }),
  };
}

function sameTimes(one: Times, other: Times): boolean {
  return one.time_zone === other.time_zone && one.language === other.language;
}

export function PlaceSettings({ here }: { here: Schemas["PlaceView"] }) {
  const { say } = useWords();
  const { client, notices } = usePortal();
  const may = useMay();
  const now = saidBy(here);
  const around = here.way.find((place) => place.id === here.parent_id) ?? null;
  // What somebody has chosen and not saved stays, whatever others save; `was` is what they chose over.
  const [chosen, setChosen] = useState<(Times & { was: Times }) | null>(null);
  // A folder has none of its own.
  const site = here.kind === "folder" ? (here.way.find((place) => place.kind === "site") ?? null) : null;
  const own = here.kind !== "folder";
  const configures = own && may(here.kind === "company" ? "company.configure" : "places.configure", here.path);
  const save = useAct<{ body: Times; was: Times; back?: true }, unknown>(
    ({ body, was }) =>
      ifUnchanged(readPlace(client, here.id), asShown(was), (header) =>
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
  const spokenAt = ({ language }: { language: string }) =>
    LANGUAGES.find(({ value }) => value === language)?.label ?? language;
  // The company follows nobody. What holds around is told where the reader may see that place.
  const following = (holds: (place: Schemas["PlaceItem"]) => string): { value: string; label: string }[] => {
    if (here.kind === "company") return [];
    const as =
      around === null ? say("place.follows.outer") : say("place.follows", { place: around.name, now: holds(around) });
    return [{ value: FOLLOWS, label: as }];
  };
  const zones = zone === null || ZONES.includes(zone) ? ZONES : [zone, ...ZONES];
  return (
    <Card
      title={say("place.settings")}
      lead={own ? say("place.settings.lead") : say("place.settings.site", { site: site?.name ?? say("kind.site") })}
    >
      <div className="p-form">
        <Meanwhile now={late ? `${here.time_zone}, ${spokenAt(here)}` : null} />
        <Select
          label={say("field.zone")}
          data={[...following((place) => place.time_zone), ...zones]}
          value={zone ?? FOLLOWS}
          searchable={configures}
          limit={60}
          readOnly={!configures}
          onChange={(picked) => choose({ time_zone: picked === FOLLOWS ? null : (picked ?? zone) })}
          allowDeselect={false}
          comboboxProps={{ withinPortal: false }}
        />
        <Select
          label={say("field.language")}
          data={[...following(spokenAt), ...LANGUAGES]}
          value={spoken ?? FOLLOWS}
          readOnly={!configures}
          onChange={(picked) => choose({ language: picked === "de" || picked === "en" ? picked : null })}
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
