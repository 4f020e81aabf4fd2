// What holds for all ring plans of the company: the last resort, alarms and do not disturb, public holidays.
import { Select, Switch } from "@mantine/core";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useAct } from "../act";
import { held, type Client, type Schemas } from "../http";
import { ifUnchanged, Meanwhile, tagged, type Tagged } from "../meanwhile";
import { MemberPicker } from "../parts/member-picker";
import type { Member } from "../parts/members";
import { Answer, Card } from "../parts/page";
import { useWrong } from "../parts/wrong";
import { useMay, usePortal, useWords } from "../surroundings";

type Said = Schemas["RingSettingsView"];
type Body = Schemas["RingSettingsBody"];

const readSettings = (client: Client) => () => client.GET("/api/v1/ring-settings");

const settings = (client: Client) =>
  queryOptions({ queryKey: ["ring-settings"], queryFn: () => tagged(readSettings(client)()) });

const calendars = (client: Client) =>
  queryOptions({
    queryKey: ["holiday-calendars"],
    queryFn: () => held(client.GET("/api/v1/holiday-calendars")),
    staleTime: Infinity,
  });

/** What is sent of what was read. */
export function bodyOf({ last_resort, alarm_breaks_quiet, holidays }: Said): Body {
  return { last_resort, alarm_breaks_quiet, holidays };
}

const saidOf = ({ last_resort: last = null, alarm_breaks_quiet: breaks, holidays = null }: Body): Partial<Said> => ({
  last_resort: last,
  alarm_breaks_quiet: breaks,
  holidays,
});

/** One step in which these ring; nobody: no last resort. Further steps that there were stay. */
export function withLast(last: Body["last_resort"], members: readonly Member[]): Said["last_resort"] {
  const rest = last?.steps.slice(1) ?? [];
  const first = { ...last?.steps[0], members: members.map(({ kind, id }) => ({ kind, id })) };
  const steps = members.length === 0 ? rest : [first, ...rest];
  return steps.length === 0 ? null : { rounds: last?.rounds ?? 1, steps };
}

export function RingSettings() {
  const { say } = useWords();
  const { client } = usePortal();
  const asked = useQuery(settings(client));
  return (
    <Card title={say("settings.title")} lead={say("settings.lead")}>
      <Answer of={asked}>{asked.data !== undefined && <Form said={asked.data} />}</Answer>
    </Card>
  );
}

interface Wish {
  readonly body: Body;
  readonly was: Body;
  readonly back?: true;
}

function Form({ said }: { said: Said & Tagged }) {
  const { say } = useWords();
  const { client, notices } = usePortal();
  const may = useMay();
  // What was entered and not saved stays, whatever somebody else saves; `was` is what it was entered over.
  const [entered, setEntered] = useState<{ body: Body; was: Body } | null>(null);
  const [named, setNamed] = useState<readonly Member[]>([]);
  const wrong = useWrong("last_resort", "holidays");
  const now = bodyOf(said);
  const body = entered?.body ?? now;
  const late = entered !== null && JSON.stringify(entered.was) !== JSON.stringify(now);
  const enter = (next: Partial<Body>): void => setEntered({ body: { ...body, ...next }, was: entered?.was ?? now });
  const save = useAct<Wish, Said>(
    ({ body: wanted, was }) =>
      ifUnchanged<Said, Said>(readSettings(client), saidOf(was), (header) =>
        held(client.PUT("/api/v1/ring-settings", { params: { header }, body: wanted })),
      ),
    ["ring-settings", "ring-plans"],
    (after, { was, back }, again) => {
      if (!back) setEntered(null);
      notices.tell("settings.saved", {}, back ? null : () => again({ body: was, was: bodyOf(after), back: true }));
    },
    (refusal) => refusal.newest !== undefined || wrong.refused(refusal),
  );
  const names = new Map([...said.members, ...named].map(({ id, name }) => [id, name ?? say("member.gone")]));
  const members = (body.last_resort?.steps[0]?.members ?? []).map(({ kind, id }): Member => ({
    kind,
    id,
    name: names.get(id) ?? id,
  }));
  const configures = may("ring_plans.configure", "/");
  const ready = entered !== null && JSON.stringify(body) !== JSON.stringify(now) && !save.working;
  return (
    <form
      className="p-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (!ready) return;
        wrong.found({});
        save.run({ body, was: late ? now : entered.was });
      }}
    >
      <Meanwhile now={late ? say("settings.changed") : null} />
      <fieldset disabled={!configures} className="p-form p-plain">
        <MemberPicker
          label={say("settings.last")}
          description={say("settings.last.hint")}
          value={members}
          names={names}
          error={wrong.at("last_resort")}
          onChange={(next) => {
            setNamed([...named, ...next]);
            enter({ last_resort: withLast(body.last_resort, next) });
          }}
        />
        <Switch
          label={say("settings.alarm")}
          description={say("settings.alarm.hint")}
          checked={body.alarm_breaks_quiet}
          onChange={(event) => enter({ alarm_breaks_quiet: event.currentTarget.checked })}
        />
        <Holidays value={body.holidays ?? null} onChange={(holidays) => enter({ holidays })} />
      </fieldset>
      {configures ? (
        <div className="p-deeds">
          <button type="submit" className="btn pri" aria-disabled={!ready}>
            {say(save.working ? "do.working" : "do.save")}
          </button>
        </div>
      ) : (
        <p className="mut">{say("settings.not_yours")}</p>
      )}
    </form>
  );
}

interface HolidaysProps {
  readonly value: Schemas["CalendarDocument"] | null;
  readonly onChange: (next: Schemas["CalendarDocument"] | null) => void;
}

function Holidays({ value, onChange }: HolidaysProps) {
  const { say, language } = useWords();
  const { client } = usePortal();
  const known = useQuery(calendars(client)).data?.items ?? [];
  const called = new Intl.DisplayNames([language], { type: "region", fallback: "code" });
  const countries = known
    .map(({ code }) => ({ value: code, label: called.of(code) ?? code }))
    .sort((one, other) => one.label.localeCompare(other.label, language));
  const regions = known.find(({ code }) => code === value?.country)?.regions ?? [];
  return (
    <>
      <Select
        label={say("settings.country")}
        description={say("settings.country.hint")}
        placeholder={say("settings.country.none")}
        data={countries}
        value={value?.country ?? null}
        onChange={(country) => onChange(country === null ? null : { country, region: "" })}
        searchable
        clearable
        clearButtonProps={{ "aria-label": say("settings.country.clear") }}
        nothingFoundMessage={say("list.nothing")}
        comboboxProps={{ withinPortal: false }}
      />
      {value !== null && regions.length > 0 && (
        <Select
          label={say("settings.region")}
          data={[
            { value: "", label: say("settings.region.whole") },
            ...regions.map(({ code, name }) => ({ value: code, label: name })),
          ]}
          value={value.region}
          onChange={(region) => onChange({ country: value.country, region: region ?? "" })}
          allowDeselect={false}
          comboboxProps={{ withinPortal: false }}
        />
      )}
    </>
  );
}
