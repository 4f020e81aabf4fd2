// Times, in the reader's own zone unless a page names another one: shown in words, taken from the browser's own field.
import { TextInput } from "@mantine/core";
import { createContext, useContext } from "react";
import { ownZone, shortTime } from "../../words";
import { useWords } from "../surroundings";
import type { Wrongs } from "./wrong";

const LATEST = "9999-12-31T23:59"; // the last that the API's times (RFC 3339) can name

/** The zone that times are shown in, where a page names one. */
export const ZoneContext = createContext(ownZone);

export function useTime(): (iso: string) => string {
  const { language } = useWords();
  const zone = useContext(ZoneContext);
  return (iso) => shortTime(language, zone, Date.parse(iso), Date.now());
}

/** An end: a time still to come, or one that has passed, marked so. */
export function useEnd(): (iso: string) => string {
  const { say } = useWords();
  const time = useTime();
  return (iso) => (Date.parse(iso) <= Date.now() ? say("grant.ended", { time: time(iso) }) : time(iso));
}

/** What `<input type="datetime-local">` takes. */
export function localTime(iso: string | null): string {
  if (iso === null) return "";
  const at = new Date(iso);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** The time that the API takes, null where the field is empty; what is no time stays as it is, and is refused. */
export function isoTime(local: string): string | null {
  if (local === "") return null;
  const at = new Date(local);
  return Number.isNaN(at.getTime()) || at.getFullYear() > 9999 ? local : at.toISOString();
}

/** What is wrong with a beginning and an end, as the API would find it too. */
export function wrongTimes(starts: string, ends: string, now: number): Wrongs {
  const at = (local: string): number => (local > LATEST || local.length > LATEST.length ? NaN : Date.parse(local));
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
  return (
    <TextInput
      type="datetime-local"
      label={label}
      value={value}
      max={LATEST}
      error={error}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
