// Times in the reader's own zone: shown in words, taken from the browser's own field.
import { TextInput } from "@mantine/core";
import { ownZone, shortTime } from "../../words";
import { useWords } from "../surroundings";

export function useTime(): (iso: string) => string {
  const { language } = useWords();
  return (iso) => shortTime(language, ownZone, Date.parse(iso), Date.now());
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

export function isoTime(local: string): string | null {
  return local === "" ? null : new Date(local).toISOString();
}

interface Props {
  readonly label: string;
  readonly value: string;
  readonly onChange: (local: string) => void;
}

export function TimeField({ label, value, onChange }: Props) {
  return (
    <TextInput
      type="datetime-local"
      label={label}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
