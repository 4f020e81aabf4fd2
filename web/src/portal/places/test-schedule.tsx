// When a station places test calls by itself.
import { Checkbox, Switch, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useAct } from "../act";
import { held, type Schemas } from "../http";
import type { Tagged } from "../meanwhile";
import { Answer } from "../parts/page";
import { useTime } from "../parts/times";
import { usePortal, useWords } from "../surroundings";
import { testSchedule } from "./test-queries";

type View = Schemas["TestScheduleView"];
const DAYS = [1, 2, 3, 4, 5, 6, 7] as const;
const TIME = /^(?:[01]\d|2[0-3]):[0-5]\d$/;

interface Props {
  readonly stationId: string;
  readonly configures: boolean;
}

export function TestSchedule({ stationId, configures }: Props) {
  const { client } = usePortal();
  const asked = useQuery(testSchedule(client, stationId));
  return (
    <Answer of={asked}>
      {asked.data && <Form key={asked.data.etag} was={asked.data} stationId={stationId} configures={configures} />}
    </Answer>
  );
}

function Form({ was, stationId, configures }: Props & { was: View & Tagged }) {
  const { say } = useWords();
  const time = useTime();
  const { client, notices } = usePortal();
  const [enabled, setEnabled] = useState(was.enabled);
  const [typed, setTyped] = useState(was.times.join(", "));
  const [days, setDays] = useState<readonly number[]>(was.weekdays);
  const times = typed.split(/[\s,;]+/).filter(Boolean);
  const wrong = times.some((one) => !TIME.test(one)) || (enabled && times.length === 0);
  const save = useAct<undefined, View>(
    () =>
      held(
        client.PUT("/api/v1/stations/{station_id}/test-schedule", {
          params: { path: { station_id: stationId }, header: was.etag === null ? {} : { "If-Match": was.etag } },
          body: { enabled, times, weekdays: [...days] },
        }),
      ),
    ["test-schedule"],
    () => notices.tell("tests.schedule.saved"),
  );
  return (
    <form
      className="p-form"
      aria-label={say("tests.schedule")}
      onSubmit={(event) => {
        event.preventDefault();
        if (!wrong) save.run(undefined);
      }}
    >
      <h3>{say("tests.schedule")}</h3>
      <Switch
        label={say("tests.schedule.on")}
        checked={enabled}
        disabled={!configures}
        onChange={(event) => setEnabled(event.currentTarget.checked)}
      />
      <TextInput
        label={say("tests.schedule.times")}
        description={say("tests.schedule.times.hint", { zone: was.time_zone })}
        value={typed}
        readOnly={!configures}
        error={wrong ? say("tests.schedule.wrong") : undefined}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
      <fieldset className="p-days p-plain">
        <legend>{say("tests.schedule.days")}</legend>
        {DAYS.map((day) => (
          <Checkbox
            key={day}
            label={say(`tests.day.${day}`)}
            checked={days.includes(day)}
            disabled={!configures}
            onChange={(event) =>
              setDays(event.currentTarget.checked ? [...days, day].sort() : days.filter((one) => one !== day))
            }
          />
        ))}
      </fieldset>
      {was.next_at !== null && <p className="mut">{say("tests.schedule.next", { time: time(was.next_at) })}</p>}
      {configures && (
        <button type="submit" className="btn sm" disabled={wrong || save.working}>
          {say("tests.schedule.save")}
        </button>
      )}
    </form>
  );
}
