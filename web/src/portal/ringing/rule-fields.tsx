// The fields of a rule: each part of its sentence opens the field that it is made of.
import { Checkbox, NativeSelect, NumberInput, Popover, TextInput } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { useWords } from "../surroundings";
import { inState, withRule, type Rule, type Times } from "./document";
import { faultAt, usePlan } from "./editing";
import { Whom } from "./rule-whom";
import type { PartName } from "./sentence";

const DAYS = [1, 2, 3, 4, 5, 6, 7] as const;
const HOLIDAYS = ["as_any_day", "only", "never"] as const;
const STATES = ["always", "busy", "no_answer", "offline", "do_not_disturb"] as const;
const NEW_SPAN = { start: "08:00", end: "17:00" };

interface PartProps {
  readonly at: number;
  readonly rule: Rule;
  readonly part: PartName;
  readonly text: string;
}

/** Where faults of each part lie in the plan, below the rule. */
const FIELDS: Record<PartName, readonly string[]> = {
  days: ["times/weekdays", "times/from_date", "times/to_date", "times/holidays"],
  times: ["times/spans"],
  state: ["when", "whose", "after_s"],
  whom: ["then"],
};

export function RulePart({ at, rule, part, text }: PartProps) {
  const { say } = useWords();
  const { editing } = usePlan();
  const [open, setOpen] = useState(false);
  const wrong = faultAt(editing.view.faults, ...FIELDS[part].map((field) => `rules/${at}/${field}`));
  const label = say(`part.${part}`);
  const plain = part === "state" && rule.when === "always" ? " faint" : "";
  if (!editing.mayEdit) return <b>{text}</b>;
  return (
    <Popover
      opened={open}
      onChange={setOpen}
      position="bottom-start"
      trapFocus
      returnFocus
      shadow="md"
      withinPortal={false}
    >
      <Popover.Target>
        {/* A button of the browser's own is a box: the sentence could not go on in its last line. */}
        <span
          role="button"
          tabIndex={0}
          className={`rp-part${plain}${wrong === undefined ? "" : " wrong"}`}
          aria-label={say("part.value", { part: label, value: text })}
          onClick={() => setOpen(!open)}
          onKeyDown={(event) => {
            if (event.altKey || (event.key !== "Enter" && event.key !== " ")) return;
            event.preventDefault();
            setOpen(!open);
          }}
        >
          {text}
        </span>
      </Popover.Target>
      <Popover.Dropdown className="rp-pop" aria-label={label}>
        <Fields at={at} rule={rule} part={part} close={() => setOpen(false)} />
        {wrong !== undefined && <p className="rp-wrong">{wrong}</p>}
      </Popover.Dropdown>
    </Popover>
  );
}

function Fields({ at, rule, part, close }: { at: number; rule: Rule; part: PartName; close: () => void }): ReactNode {
  const { editing } = usePlan();
  const times = (next: Partial<Times>): void => editing.edit(withRule(at, { times: { ...rule.times, ...next } }));
  switch (part) {
    case "days":
      return <Days times={rule.times} onChange={times} />;
    case "times":
      return <Spans times={rule.times} onChange={times} />;
    case "state":
      return <State at={at} rule={rule} />;
    case "whom":
      return <Whom at={at} rule={rule} close={close} />;
  }
}

interface TimesProps {
  readonly times: Times;
  readonly onChange: (next: Partial<Times>) => void;
}

function Days({ times, onChange }: TimesProps) {
  const { say } = useWords();
  const date = (name: "from_date" | "to_date", label: string) => (
    <TextInput
      type="date"
      label={label}
      key={`${name} ${times[name]}`}
      defaultValue={times[name] ?? ""}
      onBlur={(event) => onChange({ [name]: event.currentTarget.value === "" ? null : event.currentTarget.value })}
    />
  );
  return (
    <>
      <fieldset className="rp-boxes">
        <legend>{say("part.weekdays")}</legend>
        {DAYS.map((day) => (
          <Checkbox
            key={day}
            label={say(`week.day.${day}`)}
            checked={times.weekdays.includes(day)}
            onChange={(event) => {
              const others = times.weekdays.filter((one) => one !== day);
              onChange({ weekdays: event.currentTarget.checked ? [...others, day].sort() : others });
            }}
          />
        ))}
      </fieldset>
      <NativeSelect
        label={say("part.holidays")}
        value={times.holidays}
        onChange={(event) => onChange({ holidays: event.currentTarget.value as Times["holidays"] })}
        data={HOLIDAYS.map((value) => ({ value, label: say(`part.holidays.${value}`) }))}
      />
      <div className="rp-pair">
        {date("from_date", say("part.from"))}
        {date("to_date", say("part.to"))}
      </div>
    </>
  );
}

function Spans({ times, onChange }: TimesProps) {
  const { say } = useWords();
  const { editing } = usePlan();
  const { spans } = times;
  const set = (place: number, next: Partial<(typeof spans)[number]>): void =>
    onChange({ spans: spans.map((span, one) => (one === place ? { ...span, ...next } : span)) });
  return (
    <>
      {spans.map((span, place) => (
        <div className="rp-pair" key={`${place} ${span.start} ${span.end}`}>
          {(["start", "end"] as const).map((name) => (
            <TextInput
              key={name}
              type="time"
              label={say(name === "start" ? "part.span.from" : "part.span.to")}
              // The end of a day is written as the beginning of the next.
              defaultValue={span[name] === "24:00" ? "00:00" : span[name]}
              onBlur={(event) => {
                const { value } = event.currentTarget;
                if (value !== "" && !(value === "00:00" && span[name] === "24:00")) set(place, { [name]: value });
              }}
            />
          ))}
          <button
            type="button"
            className="rp-icon"
            aria-label={say("part.span.remove")}
            title={say("part.span.remove")}
            onClick={() => onChange({ spans: spans.filter((_, one) => one !== place) })}
          >
            <IconX size={15} stroke={1.75} aria-hidden="true" />
          </button>
        </div>
      ))}
      {spans.length === 0 && <p>{say("rule.times.all")}</p>}
      {spans.length < editing.view.limits.spans && (
        <button type="button" className="btn sm" onClick={() => onChange({ spans: [...spans, NEW_SPAN] })}>
          <IconPlus size={15} stroke={1.75} aria-hidden="true" />
          {say("part.span.add")}
        </button>
      )}
    </>
  );
}

function State({ at, rule }: { at: number; rule: Rule }) {
  const { say } = useWords();
  const { editing } = usePlan();
  const { owner } = editing.view;
  const named = new Map(
    editing.view.members
      .filter(({ kind, id }) => kind !== "group" && kind !== "contact" && id !== owner.id)
      .map((member) => [member.id, member]),
  );
  const whose = [{ value: "", label: owner.kind === "user" ? editing.name(owner) : say("part.whose.owner") }];
  for (const member of named.values()) whose.push({ value: member.id, label: editing.name(member) });
  return (
    <>
      <NativeSelect
        label={say("part.state")}
        value={rule.when}
        onChange={(event) =>
          editing.edit(withRule(at, inState(rule, event.currentTarget.value as Rule["when"], owner)))
        }
        data={STATES.map((value) => ({ value, label: say(`part.when.${value}`) }))}
      />
      {rule.when !== "always" && (
        <NativeSelect
          label={say("part.whose")}
          value={rule.whose?.id ?? ""}
          data={whose}
          onChange={(event) => {
            const member = named.get(event.currentTarget.value);
            editing.edit(withRule(at, { whose: member === undefined ? null : { kind: member.kind, id: member.id } }));
          }}
        />
      )}
      {rule.when === "no_answer" && (
        <NumberInput
          label={say("part.after")}
          key={rule.after_s}
          defaultValue={rule.after_s ?? ""}
          min={0}
          allowDecimal={false}
          allowNegative={false}
          hideControls
          onBlur={(event) => {
            const { value } = event.currentTarget;
            if (/^[0-9]{1,4}$/.test(value)) editing.edit(withRule(at, { after_s: Number(value) }));
          }}
        />
      )}
    </>
  );
}
