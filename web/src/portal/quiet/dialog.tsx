// More do not disturb: until a time, until it is taken away, or by schedule; everywhere or for one place.
import { Chip, SegmentedControl, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "../http";
import { Meanwhile, useBase } from "../meanwhile";
import { useClosing } from "../parts/closing";
import { Dialog } from "../parts/dialog";
import { PlacePicker } from "../parts/pickers";
import { isoTime, localTime, TimeField, useZone, wrongTimes } from "../parts/times";
import { useWrong } from "../parts/wrong";
import { useMay, usePortal, useWords } from "../surroundings";
import { useSetQuiets } from "./quiet";
import { asSent, dayName, stillHeld, WEEKDAYS, type QuietItem } from "./words";

type How = "until" | "forever" | "times";
const HOUR_MS = 3_600_000;

interface Props {
  readonly userId: string | null;
  readonly all: QuietItem[];
  readonly onClose: () => void;
}

export function QuietDialog({ userId, all, onClose }: Props) {
  const zone = useZone();
  const { say, language } = useWords();
  const { me } = usePortal();
  const may = useMay();
  const close = useClosing(onClose);
  const base = useBase({ items: all });
  const wrong = useWrong("ends_at");
  const [how, setHow] = useState<How>("until");
  const [ends, setEnds] = useState(() => localTime(zone, new Date(Date.now() + HOUR_MS).toISOString()));
  const [days, setDays] = useState<string[]>([]);
  const [start, setStart] = useState("22:00");
  const [end, setEnd] = useState("06:00");
  const [placeId, setPlaceId] = useState<string | null>(null);
  const set = useSetQuiets(userId, close, (refusal) => {
    if (base.refused(refusal)) return true;
    if (refusal.key !== "problem.do_not_disturb_invalid" || how !== "until") return false;
    wrong.found({ ends_at: "wrong.past" });
    return true;
  });
  const times: Schemas["TimesDocument"] | null =
    how === "times"
      ? { weekdays: days.map(Number).sort(), spans: start === end ? [] : [{ start, end }], holidays: "as_any_day" }
      : null;
  const body: Schemas["QuietBody"] = {
    ends_at: how === "until" ? isoTime(zone, ends) : null,
    place_id: placeId === me.company.id ? null : placeId,
    ...(times === null ? {} : { times }),
  };
  return (
    <Dialog
      title={say("quiet.add")}
      lead={say("quiet.add.lead")}
      opened
      onClose={onClose}
      deed={say("quiet.do")}
      working={set.working}
      ready={how !== "until" || ends !== ""}
      lacks={say("quiet.lacks.time")}
      onDeed={() => {
        if (how === "until" && wrong.found(wrongTimes(zone, "", ends, Date.now()))) return;
        const { items } = base.shown;
        set.run({
          items: [...stillHeld(items).map(asSent), body],
          was: items,
          key: "quiet.set",
        });
      }}
    >
      <Meanwhile now={base.newest === null ? null : say("quiet.changed", { number: base.newest.items.length })} />
      <SegmentedControl
        aria-label={say("quiet.how")}
        value={how}
        onChange={setHow}
        data={[
          { value: "until", label: say("quiet.how.until") },
          { value: "forever", label: say("quiet.how.forever") },
          { value: "times", label: say("quiet.how.times") },
        ]}
      />
      {how === "until" && (
        <TimeField label={say("quiet.ends")} value={ends} onChange={setEnds} error={wrong.at("ends_at")} />
      )}
      {how === "times" && (
        <>
          <fieldset className="p-plain">
            <legend>{say("quiet.days")}</legend>
            <Chip.Group multiple value={days} onChange={setDays}>
              <div className="p-days">
                {WEEKDAYS.map((day) => (
                  <Chip key={day} value={String(day)} size="sm" aria-label={dayName(language, day, "long")}>
                    {dayName(language, day, "short")}
                  </Chip>
                ))}
              </div>
            </Chip.Group>
            <p className="mut p-hint">{say("quiet.days.hint")}</p>
          </fieldset>
          <div className="p-pair">
            <TextInput
              type="time"
              label={say("quiet.start")}
              value={start}
              onChange={(event) => setStart(event.currentTarget.value)}
            />
            <TextInput
              type="time"
              label={say("quiet.end")}
              value={end}
              onChange={(event) => setEnd(event.currentTarget.value)}
            />
          </div>
          <p className="mut p-hint">{say("quiet.zone.hint")}</p>
        </>
      )}
      {may("places.read") && (
        <PlacePicker label={say("quiet.where")} value={placeId ?? me.company.id} onChange={setPlaceId} />
      )}
    </Dialog>
  );
}
