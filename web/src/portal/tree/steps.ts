// Where a key leads in a tree, from its rows in the order in which they stand.
import type { KeyboardEvent } from "react";

type Toggle = (id: string, wanted?: boolean) => void;

const level = (item: HTMLElement): number => Number(item.getAttribute("aria-level"));

/** The row that the key leads to; opens and closes on the way. Null: the key is not the tree's. */
export function step(items: readonly HTMLElement[], at: number, key: string, toggle: Toggle): HTMLElement | null {
  const here = items[at];
  if (here === undefined) return null;
  const id = here.dataset["id"] ?? "";
  const expanded = here.getAttribute("aria-expanded");
  switch (key) {
    case "ArrowDown":
      return items[at + 1] ?? here;
    case "ArrowUp":
      return items[at - 1] ?? here;
    case "Home":
      return items[0] ?? here;
    case "End":
      return items.at(-1) ?? here;
    case "ArrowRight":
      if (expanded === "false") toggle(id, true);
      else if (expanded === "true" && level(items[at + 1] ?? here) > level(here)) return items[at + 1] ?? here;
      return here;
    case "ArrowLeft": {
      if (expanded === "true") {
        toggle(id, false);
        return here;
      }
      const outer = items.slice(0, at).reverse();
      return outer.find((item) => level(item) < level(here)) ?? here;
    }
    case "Enter":
      here.click();
      return here;
    default:
      return null;
  }
}

/** The next row whose name begins with the letter. */
export function typedAhead(items: readonly HTMLElement[], at: number, event: KeyboardEvent): HTMLElement | null {
  if (event.ctrlKey || event.metaKey || event.altKey || event.key === " " || event.key === "/") return null;
  const letter = event.key.toLowerCase();
  const round = [...items.slice(at + 1), ...items.slice(0, at + 1)];
  return round.find((item) => (item.dataset["name"] ?? "").toLowerCase().startsWith(letter)) ?? null;
}
