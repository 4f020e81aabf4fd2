// A forwarding rule as a sentence whose parts are fields.
import { wholeDay, type Language, type WordValues } from "../../words";
import type { AnyKey } from "../../words/portal";
import type { Member, Rule, Steps, Times } from "./document";

export type Say = (key: AnyKey, values?: WordValues) => string;
export type Name = (member: Member) => string;
export type PartName = "days" | "times" | "state" | "whom";
/** Words between fields, and fields. */
export type Piece = { readonly text: string } | { readonly part: PartName; readonly text: string };

export function and(parts: readonly string[], say: Say): string {
  if (parts.length < 2) return parts[0] ?? "";
  return say("rule.and", { first: parts.slice(0, -1).join(", "), last: parts.at(-1) ?? "" });
}

export function clock(time: string): string {
  return time.replace(/^0/, "");
}

export function dateText(iso: string, language: Language): string {
  return wholeDay(language, "UTC", Date.parse(`${iso}T12:00:00Z`));
}

export function weekdaysText(weekdays: readonly number[], say: Say): string {
  const days = [...weekdays].sort((one, other) => one - other);
  const day = (number: number): string => say(`weekday.on.${number}` as AnyKey);
  const [first, last] = [days[0], days.at(-1)];
  if (first === undefined || last === undefined || days.length === 7) return say("rule.days.every");
  const row = days.length > 2 && last - first === days.length - 1;
  return row
    ? say("rule.days.row", { first: day(first), last: day(last) })
    : say("rule.days.some", { days: and(days.map(day), say) });
}

export function daysText(times: Times, language: Language, say: Say): string {
  const { from_date: from, to_date: to, holidays } = times;
  const some = times.weekdays.length > 0 && times.weekdays.length < 7;
  const words: string[] = [];
  if (holidays === "only") words.push(say("rule.days.holidays"));
  if (some) words.push(weekdaysText(times.weekdays, say));
  const date = (iso: string): string => dateText(iso, language);
  if (from !== null && from === to) words.push(say("rule.days.date", { date: date(from) }));
  else if (from !== null && to !== null) words.push(say("rule.days.between", { from: date(from), to: date(to) }));
  else if (from !== null) words.push(say("rule.days.from", { date: date(from) }));
  else if (to !== null) words.push(say("rule.days.to", { date: date(to) }));
  if (words.length === 0) words.push(say("rule.days.every"));
  if (holidays === "never") words.push(say("rule.days.no_holidays"));
  return words.join(", ");
}

export function timesText({ spans }: Times, say: Say): string {
  if (spans.length === 0) return say("rule.times.all");
  const span = (one: Times["spans"][number]): string =>
    say("rule.times.span", { from: clock(one.start), to: clock(one.end) });
  return and(spans.map(span), say);
}

export function stateText(rule: Rule, owner: Member, name: Name, say: Say): string {
  const somebody = rule.whose ?? (owner.kind === "user" ? owner : null);
  const seconds = rule.after_s ?? 0;
  if (rule.when === "always") return say("rule.state.always");
  if (rule.when === "no_answer" && somebody === null) return say("rule.state.no_answer", { seconds });
  const who = somebody === null ? say("rule.somebody") : name(somebody);
  if (rule.when === "no_answer") return say("rule.state.no_answer_of", { who, seconds });
  return say(`rule.state.${rule.when}`, { who });
}

export function stepsText(steps: Steps | null, name: Name, say: Say): string {
  const filled = steps?.steps.filter(({ members }) => members.length > 0) ?? [];
  if (steps === null || filled.length === 0) return say("rule.whom.nobody");
  const said = filled.map((step) => and(step.members.map(name), say)).join(say("rule.then"));
  return steps.rounds > 1 ? say("rule.rounds", { steps: said, rounds: steps.rounds }) : said;
}

/** The sentence in pieces, its fields among them. */
export function pieces(rule: Rule, owner: Member, name: Name, language: Language, say: Say): readonly Piece[] {
  const day = rule.as_weekday;
  const texts: Record<PartName, string> = {
    days: daysText(rule.times, language, say),
    times: timesText(rule.times, say),
    state: stateText(rule, owner, name, say),
    whom: day === null ? stepsText(rule.then, name, say) : say(`weekday.as.${day}` as AnyKey),
  };
  const many = (rule.then?.steps[0]?.members.length ?? 0) > 1 ? "many" : "one";
  const kind = rule.when === "always" || rule.when === "no_answer" ? rule.when : "state";
  const frame = say(day !== null ? "rule.frame.day" : (`rule.frame.${kind}.${many}` as AnyKey));
  const found: Piece[] = frame.split(/(\[\w+\])/).map((text) => {
    const part = /^\[(\w+)\]$/.exec(text)?.[1] as PartName | undefined;
    return part === undefined ? { text } : { part, text: texts[part] };
  });
  const filled = found.filter(({ text }) => text !== "");
  return filled.map((piece, at) => (at === 0 ? { ...piece, text: upper(piece.text) } : piece));
}

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The whole of it, as it is read. */
export function sentence(all: readonly Piece[]): string {
  return all.map(({ text }) => text).join("");
}

/** What a tab of a rule is called: when it is in force. */
export function tabText(rule: Rule, owner: Member, name: Name, language: Language, say: Say): string {
  const days = daysText(rule.times, language, say);
  const when = rule.times.spans.length === 0 ? days : `${days}, ${timesText(rule.times, say)}`;
  return upper(rule.when === "always" ? when : stateText(rule, owner, name, say));
}
