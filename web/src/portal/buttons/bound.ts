// What a button is bound to, as members that can be chosen, and back as the platform keeps it.
import type { Schemas } from "../http";
import type { Member } from "../parts/members";

export type Button = Schemas["ButtonBody"];
export const PRIORITIES = ["alarm", "high", "normal", "low"] as const;
export type Priority = Button["priority"];

/** Whom the button names, in the order in which they are kept. */
export function membersOf(button: Button, names: ReadonlyMap<string, string>): Member[] {
  const of = (kind: Member["kind"], ids: readonly string[] | null | undefined): Member[] =>
    (ids ?? []).map((id) => ({ kind, id, name: names.get(id) ?? null }));
  return [
    ...of("contact", button.contact_ids),
    ...of("group", button.group_ids),
    ...of("user", button.user_ids),
    ...of("station", button.station_ids),
    ...of("account", button.account_ids),
  ];
}

/** The button bound to these; `everyone`: and to everybody who may answer there. */
export function boundTo(
  button: Pick<Button, "name" | "label" | "priority">,
  everyone: boolean,
  members: readonly Member[],
): Button {
  const ids = (kind: Member["kind"]): string[] => members.filter((one) => one.kind === kind).map(({ id }) => id);
  return {
    ...button,
    user_ids: everyone ? null : ids("user"),
    account_ids: ids("account"),
    station_ids: ids("station"),
    contact_ids: ids("contact"),
    group_ids: ids("group"),
  };
}

/** A name that no button of the station has yet: "main", then "button-2" and on. */
export function freshName(buttons: readonly Pick<Button, "name">[]): string {
  const taken = new Set(buttons.map(({ name }) => name));
  if (!taken.has("main")) return "main";
  for (let at = buttons.length + 1; ; at += 1) if (!taken.has(`button-${at}`)) return `button-${at}`;
}

/** The station's buttons with this one in place of the one of that name; null: added, or taken away. */
export function withButton(buttons: readonly Button[], name: string | null, next: Button | null): Button[] {
  const others = buttons.filter((one) => one.name !== name);
  const all = next === null ? others : [...others, next];
  return all.sort((one, other) => (one.name < other.name ? -1 : 1));
}
