// A field that filters a list by the beginnings of words while it is typed.
import { TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import { useWords } from "../surroundings";

const WAIT_MS = 200;

/** What is typed, and what the list is asked for: the same a moment later. */
export function useTextFilter(): {
  readonly words: string;
  readonly asked: string;
  readonly type: (to: string) => void;
} {
  const [words, type] = useState("");
  const [asked] = useDebouncedValue(words.trim(), WAIT_MS);
  return { words, asked: words.trim() === "" ? "" : asked, type };
}

export function TextFilter({ of: { words, type } }: { readonly of: ReturnType<typeof useTextFilter> }) {
  const { say } = useWords();
  return (
    <TextInput
      type="search"
      label={say("filter.words")}
      placeholder={say("filter.words.hint")}
      leftSection={<IconSearch size={17} stroke={1.75} aria-hidden="true" />}
      value={words}
      maxLength={120}
      onChange={(event) => type(event.currentTarget.value)}
    />
  );
}
