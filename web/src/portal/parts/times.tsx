// Times by the clock of the company (or of what a page is about), which the frame names: shown in words, taken from the browser's own field.
import { TextInput } from "@mantine/core";
import { createContext, useContext, useState } from "react";
import { ownZone, shortTime, zoneName } from "../../words";
import { useWords } from "../surroundings";
import { momentIn, wallTime } from "./moment";
import type { Wrongs } from "./wrong";

const LATEST = "9999-12-31T23:59"; // the last that the API's times (RFC 3339) can name

/** The zone that times are shown and entered in. */
export const ZoneContext = createContext(ownZone);

export function useZone(): string {
  return useContext(ZoneContext);
}

/** Which clock times are by: "Times in Vienna (GMT+1)". */
export function useZoneName(): string {
  const { language, say } = useWords();
  const zone = useZone();
  const [now] = useState(Date.now);
  return say("field.in_zone", { zone: zoneName(language, zone, now) });
}

export function useTime(): (iso: string) => string {
  const { language } = useWords();
  const zone = useZone();
  return (iso) => shortTime(language, zone, Date.parse(iso), Date.now());
}

/** An end: a time still to come, or one that has passed, marked so. */
export function useEnd(): (iso: string) => string {
  const { say } = useWords();
  const time = useTime();
  return (iso) => (Date.parse(iso) <= Date.now() ? say("grant.ended", { time: time(iso) }) : time(iso));
}

/** What `<input type="datetime-local">` takes. */
export function localTime(zone: string, iso: string | null): string {
  return iso === null ? "" : wallTime(zone, Date.parse(iso));
}

/** The time that the API takes, null where the field is empty; what is no time stays as it is, and is refused. */
export function isoTime(zone: string, local: string): string | null {
  if (local === "") return null;
  return (local.length > LATEST.length ? null : momentIn(zone, local)) ?? local;
}

/** What is wrong with a beginning and an end, as the API would find it too. */
export function wrongTimes(zone: string, starts: string, ends: string, now: number): Wrongs {
  const at = (local: string): number =>
    local > LATEST || local.length > LATEST.length ? NaN : Date.parse(momentIn(zone, local) ?? "");
  if (starts !== "" && Number.isNaN(at(starts))) return { starts_at: "wrong.time" };
  if (ends === "") return {};
  if (Number.isNaN(at(ends))) return { ends_at: "wrong.time" };
  if (at(ends) > (starts === "" ? now : at(starts))) return {};
  return { ends_at: at(ends) <= now ? "wrong.past" : "wrong.order" };
}

interface Props {
  readonly label: string;
  readonly value: string;
  readonly onChange: (local: string) => void;
  readonly error?: string | undefined;
}

export function TimeField({ label, value, onChange, error }: Props) {
  const clock = useZoneName();
  return (
    <TextInput
      type="datetime-local"
      label={label}
      description={clock}
      value={value}
      max={LATEST}
      error={error}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
