// A field for several members: found by typing the beginnings of names; a telephone number is typed as it is dialled.
import { MultiSelect } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { found, FOUND_FROM } from "../queries";
import { usePortal, useWords } from "../surroundings";
import { looksLikeNumber, MEMBER_KINDS, memberName, numberTyped, type Member, type MemberKind } from "./members";

interface Props {
  readonly label: string;
  readonly value: readonly Member[];
  readonly onChange: (next: Member[]) => void;
  /** What members are called, by id, where their own `name` is not known. */
  readonly names: ReadonlyMap<string, string>;
  readonly max?: number;
  readonly kinds?: readonly MemberKind[];
  /** Stand there before anything is typed. */
  readonly offered?: readonly Member[];
  readonly error?: string | undefined;
  readonly description?: string;
  /** Takes the focus as soon as it is there: it was asked for. */
  readonly focused?: boolean;
}

const WAIT_MS = 120;

export function MemberPicker(props: Props) {
  const { label, value, onChange, names, max, kinds = MEMBER_KINDS, offered = [], error, description } = props;
  const { say } = useWords();
  const { client } = usePortal();
  const [words, setWords] = useState("");
  const typed = words.trim();
  const number = kinds.includes("number") ? numberTyped(typed) : null;
  const [asked] = useDebouncedValue(looksLikeNumber(typed) ? "" : typed, WAIT_MS);
  const answer = useQuery(found(client, asked));
  const answered = asked === typed && answer.data !== undefined;

  const known = new Map<string, Member>();
  const choices: string[] = [];
  const offer = (member: Member): void => {
    known.set(member.id, member);
    choices.push(member.id);
  };
  if (number !== null) offer({ kind: "number", id: number, name: number });
  else if (typed === "") offered.forEach(offer);
  else if (answered)
    for (const { kind, id, title } of answer.data.items)
      if ((kinds as readonly string[]).includes(kind)) offer({ kind: kind as MemberKind, id, name: title });
  for (const member of value) if (!known.has(member.id)) known.set(member.id, member);

  const name = (member: Member): string => memberName(member, names) ?? say("member.gone");
  const nothing = (): string => {
    if (looksLikeNumber(typed) && kinds.includes("number")) return say("member.number.hint");
    if (typed.length < FOUND_FROM) return say("nav.find.few");
    return answered ? say("member.none", { words: typed }) : say("list.loading");
  };
  return (
    <MultiSelect
      label={label}
      {...(description === undefined ? {} : { description })}
      error={error}
      placeholder={value.length === 0 ? say(kinds.includes("number") ? "member.find.number" : "member.find") : ""}
      data={[...known.values()].map((member) => ({ value: member.id, label: name(member) }))}
      value={value.map(({ id }) => id)}
      onChange={(ids) => {
        onChange(ids.map((id) => known.get(id)).filter((member) => member !== undefined));
        setWords("");
      }}
      searchable
      searchValue={words}
      onSearchChange={setWords}
      onKeyDown={(event) => {
        if (event.key === "Enter") event.preventDefault(); // what is half typed is not sent
      }}
      // The platform has searched: what it found is shown as it is, and nothing of what stands in the field already.
      filter={({ options }) => options.filter((one) => "value" in one && choices.includes(one.value))}
      hidePickedOptions
      maxValues={max ?? Infinity}
      openOnFocus={offered.length > 0}
      selectFirstOptionOnChange
      nothingFoundMessage={typed === "" ? undefined : nothing()} // an empty field covers nothing below it
      renderOption={({ option }) => {
        const member = known.get(option.value);
        return (
          <span>
            <b>{option.label}</b>
            <small>{member === undefined ? "" : say(`kind.${member.kind}`)}</small>
          </span>
        );
      }}
      comboboxProps={{ withinPortal: false }}
      {...(props.focused === true ? { "data-autofocus": true, autoFocus: true } : {})}
    />
  );
}
