// The week as the plan's times make it: drawn, and as a list for readers.
import { NativeSelect, Popover } from "@mantine/core";
import { IconCalendarEvent } from "@tabler/icons-react";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { clockTime } from "../../words";
import { held, type Client, type Schemas } from "../http";
import { Card } from "../parts/page";
import { usePortal, useWords } from "../surroundings";
import { thenOf, type Plan } from "./document";
import { faultAt, usePlan } from "./editing";
import { wallTime } from "../parts/moment";
import { stepsText } from "./sentence";

const DAY = 1440;
const HOURS = [0, 4, 8, 12, 16, 20];
const TICK_MS = 20_000;

const percent = (minutes: number): string => `${(minutes / DAY) * 100}%`;
const time = (minutes: number): string => `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;

/** The time now, told anew as it passes. */
function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}

export function Week() {
  const { language, say } = useWords();
  const { editing, choose } = usePlan();
  const { plan, view, name } = editing;
  const now = useNow();
  const version = view.draft ?? view.in_force;
  if (version === null) return null;
  const { week, zone } = version;
  const wall = wallTime(known(zone), now);
  const minute = Number(wall.slice(11, 13)) * 60 + Number(wall.slice(14, 16));
  const shown = [...new Set(week.flatMap(({ slots }) => slots.map(({ rule }) => rule)))];
  const rules = shown.filter((rule) => rule !== null).sort((one, other) => one - other);
  const shade = (rule: number | null): string =>
    rule === null ? "n" : (["a", "b", "c"][rules.indexOf(rule) % 3] ?? "a");
  const whom = (rule: number | null): string => {
    const steps = rule === null ? plan.otherwise : (plan.rules[rule - 1]?.then ?? null);
    if (rule === null && steps === null && view.owner.kind === "user") return name(view.owner);
    return stepsText(steps, name, say);
  };
  const title = (rule: number | null): string =>
    rule === null ? say("who.otherwise") : say("week.rule", { number: rule });
  return (
    <Card
      title={say("week.title")}
      action={
        <span className="rp-zone">
          <span className="mut p-hint">{say("week.zone", { zone })}</span>
          <Holidays />
        </span>
      }
    >
      <div className="rp-week" aria-hidden="true">
        <b />
        <div className="rp-axis">
          {HOURS.map((hour) => (
            <i key={hour} style={{ left: percent(hour * 60) }}>
              {String(hour).padStart(2, "0")}
            </i>
          ))}
        </div>
        {week.map((day) => {
          const today = day.date === wall.slice(0, 10);
          return (
            <DayRow key={day.date} label={say(`week.day.${day.weekday as 1}`)} today={today} holiday={day.holiday}>
              {day.slots.map((slot) => (
                <span
                  key={slot.from_minute}
                  className={`rp-slot ${shade(slot.rule)}`}
                  style={{
                    left: percent(slot.from_minute),
                    width: `calc(${percent(slot.to_minute - slot.from_minute)} - 2px)`,
                  }}
                  title={`${time(slot.from_minute)}–${time(slot.to_minute)}: ${whom(slot.rule)}`}
                  onClick={() => choose(slot.rule === null ? "otherwise" : thenOf(slot.rule - 1))}
                >
                  {whom(slot.rule)}
                </span>
              ))}
              {today && <i className="rp-now" style={{ left: percent(minute) }} />}
            </DayRow>
          );
        })}
      </div>
      <div className="visually-hidden">
        <h3>{say("week.list")}</h3>
        <ul>
          {week.map((day) => (
            <li key={day.date}>
              {say(`week.day.${day.weekday as 1}`)}
              {day.holiday !== null && `, ${day.holiday}`}
              <ul>
                {day.slots.map((slot) => (
                  <li key={slot.from_minute}>
                    {say("week.list.item", {
                      from: time(slot.from_minute),
                      to: time(slot.to_minute),
                      what: `${title(slot.rule)}, ${whom(slot.rule)}`,
                    })}
                  </li>
                ))}
              </ul>
            </li>
          ))}
        </ul>
      </div>
      <div className="rp-legend">
        {[...rules, null].map((rule) => (
          <span key={rule}>
            <i className={`rp-key ${shade(rule)}`} aria-hidden="true" />
            {title(rule)}
          </span>
        ))}
        <span className="rp-end-of-row">
          <i className="rp-nowkey" aria-hidden="true" />
          {say("week.now", { time: clockTime(language, known(zone), now) })}
        </span>
      </div>
      {plan.rules.some(({ when }) => when !== "always") && <p className="mut p-hint">{say("week.states")}</p>}
    </Card>
  );
}

/** The zone where this browser knows it. */
function known(zone: string): string {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return "UTC";
  }
}

interface DayProps {
  readonly label: string;
  readonly today: boolean;
  readonly holiday: string | null;
  readonly children: React.ReactNode;
}

function DayRow({ label, today, holiday, children }: DayProps) {
  return (
    <>
      <b className={today ? "today" : ""} title={holiday ?? undefined}>
        {label}
        {holiday !== null && " *"}
      </b>
      <div className="rp-day" title={holiday ?? undefined}>
        {children}
      </div>
    </>
  );
}

const calendars = (client: Client) =>
  queryOptions({
    queryKey: ["holiday-calendars"],
    queryFn: () => held(client.GET("/api/v1/holiday-calendars")),
    staleTime: Infinity,
  });

function Holidays() {
  const { language, say } = useWords();
  const { client } = usePortal();
  const { editing } = usePlan();
  const { plan, view, mayEdit, edit } = editing;
  const [open, setOpen] = useState(false);
  const all = useQuery({ ...calendars(client), enabled: open || plan.holidays !== null }).data?.items ?? [];
  const names = new Intl.DisplayNames([language], { type: "region" });
  const country = (code: string): string => names.of(code) ?? code;
  const chosen = plan.holidays;
  const regions = all.find(({ code }) => code === chosen?.country)?.regions ?? [];
  const set = (holidays: Plan["holidays"]): void => edit((before) => ({ ...before, holidays }));
  const region = regions.find(({ code }) => code === chosen?.region)?.name;
  const text =
    chosen === null ? say("holidays.company") : say("holidays.chosen", { region: region ?? country(chosen.country) });
  if (!mayEdit) return <span className="p-hint">{text}</span>;
  const options = all.map(({ code }) => ({ value: code, label: country(code) }));
  options.sort((one, other) => one.label.localeCompare(other.label, language));
  return (
    <Popover
      opened={open}
      onChange={setOpen}
      position="bottom-end"
      trapFocus
      returnFocus
      shadow="md"
      withinPortal={false}
    >
      <Popover.Target>
        <button type="button" className="btn sm" onClick={() => setOpen(!open)}>
          <IconCalendarEvent size={15} stroke={1.75} aria-hidden="true" />
          {text}
        </button>
      </Popover.Target>
      <Popover.Dropdown className="rp-pop" aria-label={say("holidays.title")}>
        <NativeSelect
          label={say("holidays.country")}
          data={[{ value: "", label: say("holidays.as_company") }, ...options]}
          value={chosen?.country ?? ""}
          error={faultAt(view.faults, "holidays")}
          onChange={({ currentTarget: { value } }) => set(value === "" ? null : { country: value, region: "" })}
          data-autofocus
        />
        {regions.length > 0 && (
          <NativeSelect
            label={say("holidays.region")}
            data={[
              { value: "", label: say("holidays.region.all") },
              ...regions.map(({ code, name }: Schemas["RegionItem"]) => ({ value: code, label: name })),
            ]}
            value={chosen?.region ?? ""}
            onChange={({ currentTarget: { value } }) => {
              if (chosen !== null) set({ country: chosen.country, region: value });
            }}
          />
        )}
      </Popover.Dropdown>
    </Popover>
  );
}
