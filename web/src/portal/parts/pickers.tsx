// Fields that find places, people and roles.
import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { AnyKey } from "../../words/portal";
import type { Schemas } from "../http";
import { found, FOUND_FROM, placesOf, roles } from "../queries";
import { usePortal, useWords } from "../surroundings";
import { HOLDERS, isOfKind, leadsInto, type PlaceKind } from "./place-kinds";

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
  readonly placeholder: string;
  readonly leaveOut?: (item: Schemas["FoundItem"]) => boolean;
  /** What is said where there is nothing to choose. */
  readonly nothing?: string;
}

/** A field that finds by the beginnings of words; `offered` stands there before anything is typed. */
export function Finder({ kind, label, value, onChange, offered, placeholder, leaveOut, nothing }: FindProps) {
  const { say } = useWords();
  const { client } = usePortal();
  const [words, setWords] = useState("");
  const [chosen, setChosen] = useState<Choice | null>(null);
  const typed = words === chosen?.name || offered.some((each) => each.name === words) ? "" : words.trim();
  const [asked] = useDebouncedValue(typed, 120);
  const answer = useQuery(found(client, asked));
  const answered = asked === typed && answer.data !== undefined;
  const choices = new Map<string, string>();
  if (typed === "") {
    for (const each of offered) choices.set(each.id, each.name);
    if (chosen !== null) choices.set(chosen.id, chosen.name);
  } else if (answered) {
    // What stood there before is no answer to what is typed: Enter would take it.
    for (const item of answer.data.items)
      if (item.kind === kind && leaveOut?.(item) !== true)
        choices.set(item.id, kind === "place" ? item.trail : item.title);
  }
  const few = typed.length < FOUND_FROM && (typed !== "" || nothing === undefined);
  const none = typed === "" || answered ? (nothing ?? say("list.nothing")) : say("list.loading");
  return (
    <Select
      label={label}
      placeholder={placeholder}
      description={typed === "" && offered.length === 0 ? nothing : undefined}
      searchable
      searchValue={words}
      onSearchChange={setWords}
      onFocus={(event) => event.currentTarget.select()} // what is typed takes the place of what stands there
      onKeyDown={(event) => {
        if (event.key === "Enter" && typed !== "") event.preventDefault(); // what is half typed is not sent
      }}
      // The platform has searched: what it found is shown as it is.
      filter={({ options }) => options}
      data={[...choices].map(([id, name]) => ({ value: id, label: name }))}
      value={value}
      allowDeselect={false}
      onChange={(id) => {
        setChosen(id === null ? null : { id, name: choices.get(id) ?? id });
        onChange(id);
      }}
      openOnFocus={offered.length > 0}
      nothingFoundMessage={few ? say("nav.find.few") : none}
      comboboxProps={{ withinPortal: false }}
      {...(kind === "user" ? { "data-autofocus": true } : {})}
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
  return <Finder {...props} kind="place" placeholder={say("field.place.find")} offered={[...at, whole]} />;
}

interface HolderProps extends Omit<PickProps, "label"> {
  readonly of: "station" | PlaceKind;
  /** What moves, where it is a place: it goes neither where it is nor into itself. */
  readonly moved?: Schemas["PlaceView"];
  /** Where it is now. */
  readonly now: string | null;
}

/** Where something can go: only places that may hold it, the first of them before anything is typed. */
export function HolderPicker({ of, moved, now, value, onChange }: HolderProps) {
  const { say } = useWords();
  const { client } = usePortal();
  const kinds = HOLDERS[of];
  const first = useQuery(placesOf(client, kinds));
  const itself = moved === undefined ? null : trailOf(moved);
  const fits = (id: string, trail: string): boolean =>
    isOfKind(id, kinds) && id !== now && id !== moved?.id && (itself === null || !leadsInto(trail, itself));
  const offered = (first.data?.items ?? [])
    .filter((place) => fits(place.id, place.trail) && (moved === undefined || !place.path.startsWith(moved.path)))
    .map((place) => ({ id: place.id, name: place.trail }));
  return (
    <Finder
      kind="place"
      label={say("field.place")}
      placeholder={say("field.place.find")}
      value={value}
      onChange={onChange}
      offered={offered}
      leaveOut={({ id, trail }) => !fits(id, trail)}
      {...(first.data === undefined ? {} : { nothing: say(`place.holds.none.${of === "site" ? "site" : "other"}`) })}
    />
  );
}
