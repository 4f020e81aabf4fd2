// Fields that find places, people and roles.
import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { AnyKey } from "../../words/portal";
import type { Schemas } from "../http";
import { found, roles } from "../queries";
import { usePortal, useWords } from "../surroundings";

export function roleName(role: Schemas["RoleItem"], say: (key: AnyKey) => string): string {
  return role.shipped ? say(role.id.replace("role_", "role.") as AnyKey) : role.name;
}

interface PickProps {
  readonly label: string;
  readonly value: string | null;
  readonly onChange: (id: string | null) => void;
}

interface RoleProps extends PickProps {
  readonly all?: string;
  /** Only those that the reader may give to somebody. */
  readonly only?: (role: Schemas["RoleItem"]) => boolean;
}

export function RolePicker({ value, onChange, label, all, only = () => true }: RoleProps) {
  const { say } = useWords();
  const { client } = usePortal();
  const known = useQuery(roles(client)).data?.items ?? [];
  const data = known.filter(only).map((role) => ({ value: role.id, label: roleName(role, say) }));
  return (
    <Select
      label={label}
      data={all === undefined ? data : [{ value: "", label: all }, ...data]}
      value={value ?? (all === undefined ? null : "")}
      onChange={(id) => onChange(id === "" ? null : id)}
      allowDeselect={false}
      comboboxProps={{ withinPortal: false }}
    />
  );
}

interface Choice {
  readonly id: string;
  readonly name: string;
}

interface FindProps extends PickProps {
  readonly kind: "place" | "user";
  readonly offered: readonly Choice[];
  readonly placeholder?: string;
  readonly leaveOut?: (item: Schemas["FoundItem"]) => boolean;
}

/** A field that finds by the beginnings of words; `offered` stands there before anything is typed. */
export function Finder({ kind, label, value, onChange, offered, placeholder, leaveOut }: FindProps) {
  const { say } = useWords();
  const { client } = usePortal();
  const [words, setWords] = useState("");
  const [chosen, setChosen] = useState<Choice | null>(null);
  const typed = words === chosen?.name || offered.some((each) => each.name === words) ? "" : words.trim();
  const [asked] = useDebouncedValue(typed, 120);
  const answer = useQuery(found(client, asked));
  const items = (answer.data?.items ?? []).filter((item) => item.kind === kind && leaveOut?.(item) !== true);
  const choices = new Map<string, string>();
  for (const each of offered) choices.set(each.id, each.name);
  if (chosen !== null) choices.set(chosen.id, chosen.name);
  for (const item of items) choices.set(item.id, kind === "place" ? item.trail : item.title);
  return (
    <Select
      label={label}
      placeholder={placeholder ?? say("nav.find")}
      searchable
      searchValue={words}
      onSearchChange={setWords}
      onFocus={(event) => event.currentTarget.select()} // what is typed takes the place of what stands there
      // The platform has searched: what it found is shown as it is.
      filter={({ options }) => options}
      data={[...choices].map(([id, name]) => ({ value: id, label: name }))}
      value={value}
      onChange={(id) => {
        setChosen(id === null ? null : { id, name: choices.get(id) ?? id });
        onChange(id);
      }}
      nothingFoundMessage={say("list.nothing")}
      comboboxProps={{ withinPortal: false }}
    />
  );
}

/** Where a place is in words, from the project on where that is known: sites of different projects may be called alike. */
export function trailOf(place: Schemas["PlaceItem"] | Schemas["PlaceView"]): string {
  const project = "way" in place ? place.way.find(({ kind, id }) => kind === "project" && id !== place.id) : undefined;
  return project === undefined ? place.trail : `${project.name}, ${place.trail}`;
}

export function PlacePicker(props: PickProps & { readonly at?: Schemas["PlaceItem"] | Schemas["PlaceView"] }) {
  const { say } = useWords();
  const { me } = usePortal();
  const whole = { id: me.company.id, name: `${me.company.name} (${say("people.rights.everywhere")})` };
  const at =
    props.at === undefined || props.at.kind === "company" ? [] : [{ id: props.at.id, name: trailOf(props.at) }];
  return <Finder {...props} kind="place" offered={[...at, whole]} />;
}
