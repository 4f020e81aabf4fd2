// Search over everything that has a name. `/` goes there from anywhere.
import { Combobox, useCombobox } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { Kbd } from "../parts/state-mark";
import type { Schemas } from "./http";
import { shippedFound } from "./parts/found";
import { found, FOUND_FROM, roles } from "./queries";
import { useMay, usePortal, useWords } from "./surroundings";

const WAIT_MS = 120;

/** Whether what has the focus takes letters itself. */
function takesLetters(element: Element | null): boolean {
  return (
    element instanceof HTMLElement && (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName))
  );
}

type Item = Pick<Schemas["FoundItem"], "kind" | "id" | "title" | "place_id" | "trail">;

/** The shipped roles that the words lead to: their names are the reader's language's, which the platform does not know. */
function useShippedRoles(asked: string): readonly Item[] {
  const { say } = useWords();
  const { client } = usePortal();
  const may = useMay();
  const known = useQuery({ ...roles(client), enabled: asked.length >= FOUND_FROM && may("people.read") });
  return shippedFound(asked, known.data?.items ?? [], say);
}

export function Search() {
  const { say } = useWords();
  const { client } = usePortal();
  const navigate = useNavigate();
  const field = useRef<HTMLInputElement>(null);
  const [words, setWords] = useState("");
  const [asked] = useDebouncedValue(words.trim(), WAIT_MS);
  const answer = useQuery(found(client, asked));
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() });
  const shipped = useShippedRoles(asked);
  const few = asked !== "" && asked.length < FOUND_FROM;
  const items: readonly Item[] =
    asked.length < FOUND_FROM || answer.data === undefined ? [] : [...answer.data.items, ...shipped];

  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
      if (takesLetters(document.activeElement) || document.querySelector("[role=dialog]") !== null) return;
      event.preventDefault();
      field.current?.focus();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
  useEffect(() => {
    if (items.length > 0) combobox.selectFirstOption();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- with what was found, not with every drawing
  }, [answer.data]);

  const go = (item: Item): void => {
    setWords("");
    combobox.closeDropdown();
    field.current?.blur();
    if (item.kind === "role") void navigate({ to: "/roles", hash: item.id });
    else if (item.kind === "user" || item.kind === "guest")
      void navigate({ to: "/people/$userId", params: { userId: item.id } });
    else if (item.kind === "contact") void navigate({ to: "/contacts/$contactId", params: { contactId: item.id } });
    else if (item.kind === "station") void navigate({ to: "/stations/$stationId", params: { stationId: item.id } });
    else
      void navigate({ to: "/places/$placeId", params: { placeId: item.kind === "place" ? item.id : item.place_id } });
  };

  return (
    <Combobox
      store={combobox}
      withinPortal={false}
      onOptionSubmit={(id) => {
        const item = items.find((each) => each.id === id);
        if (item !== undefined) go(item);
      }}
    >
      <Combobox.Target>
        <label className="p-find">
          <IconSearch size={17} stroke={1.75} aria-hidden="true" />
          <input
            ref={field}
            type="search"
            value={words}
            placeholder={say("nav.find")}
            aria-label={say("nav.find")}
            autoComplete="off"
            spellCheck={false}
            maxLength={100}
            onChange={(event) => {
              setWords(event.currentTarget.value);
              combobox.openDropdown();
            }}
            onFocus={() => combobox.openDropdown()}
            onBlur={() => combobox.closeDropdown()}
          />
          <Kbd>/</Kbd>
        </label>
      </Combobox.Target>
      <Combobox.Dropdown hidden={asked === "" || (!few && answer.data === undefined)}>
        <Combobox.Options aria-label={say("nav.found")}>
          {items.map((item) => (
            <Combobox.Option key={item.id} value={item.id}>
              <b>{item.title}</b>
              <small>
                {say(`kind.${item.kind}`)}
                {item.kind !== "user" && item.trail !== "" && item.trail !== item.title && ` · ${item.trail}`}
              </small>
            </Combobox.Option>
          ))}
          {few && <Combobox.Empty>{say("nav.find.few")}</Combobox.Empty>}
          {!few && items.length === 0 && <Combobox.Empty>{say("nav.find.none", { words: asked })}</Combobox.Empty>}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}
