// The tree of places: one level asked for at a time, keys as in every tree (WAI-ARIA), places moved by dragging.
import { useInfiniteQuery } from "@tanstack/react-query";
import { useRef, useState, type KeyboardEvent } from "react";
import { tree } from "../queries";
import { usePortal, useWords } from "../surroundings";
import { Branch } from "./branch";
import { MoreRows } from "./more-rows";
import { step, typedAhead } from "./steps";
import { TreeContext, type TreeState } from "./tree-state";

const OPEN_KEY = "antiphon.tree"; // ids of open places, in this tab

function remembered(): ReadonlySet<string> {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(OPEN_KEY) ?? "[]");
    return new Set(Array.isArray(stored) ? stored.filter((id) => typeof id === "string") : []);
  } catch {
    return new Set();
  }
}

export function PlaceTree() {
  const { say } = useWords();
  const { client } = usePortal();
  const [open, setOpen] = useState(remembered);
  const [current, setCurrent] = useState<string | null>(null);
  const [dragged, setDragged] = useState<TreeState["dragged"]>(null);
  const list = useRef<HTMLUListElement>(null);
  const begins = useInfiniteQuery(tree(client, null));
  const roots = begins.data?.pages.flatMap((page) => page.items) ?? [];

  const toggle = (id: string, wanted?: boolean): void => {
    const next = new Set(open);
    if (wanted ?? !next.has(id)) next.add(id);
    else next.delete(id);
    setOpen(next);
    try {
      sessionStorage.setItem(OPEN_KEY, JSON.stringify([...next]));
    } catch {
      // storage is switched off: kept for this page only
    }
  };

  const press = (event: KeyboardEvent): void => {
    const items = [...(list.current?.querySelectorAll<HTMLElement>("[role=treeitem]") ?? [])];
    const at = items.findIndex((item) => item === document.activeElement);
    const here = items[at];
    if (here === undefined) return;
    const taken = event.key.length === 1 ? typedAhead(items, at, event) : step(items, at, event.key, toggle);
    if (taken === null) return;
    event.preventDefault();
    event.stopPropagation();
    taken.focus();
  };

  if (begins.data === undefined)
    return <p className="p-faint">{say(begins.isError ? "problem.away" : "list.loading")}</p>;
  const bare = roots.length === 1 && roots[0]?.kind === "company" && !roots[0].opens;
  if (roots.length === 0 || bare) return <p className="p-dashed">{say("nav.places.empty")}</p>;
  const first = roots[0]?.kind === "company" ? null : (roots[0]?.id ?? null);
  return (
    <TreeContext value={{ open, toggle, current: current ?? first, setCurrent, dragged, setDragged }}>
      <ul ref={list} className="p-tree" role="tree" aria-label={say("place.tree")} onKeyDown={press}>
        {roots.map((place) =>
          // The company is named above the tree already.
          place.kind === "company" ? (
            <Level key={place.id} parentId={place.id} level={1} />
          ) : (
            <Branch key={place.id} place={place} level={1} />
          ),
        )}
      </ul>
    </TreeContext>
  );
}

export function Level({ parentId, level }: { parentId: string; level: number }) {
  const { client } = usePortal();
  const below = useInfiniteQuery(tree(client, parentId));
  const places = below.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      {places.map((place, at) => (
        <Branch key={place.id} place={place} level={level} first={level === 1 && at === 0} />
      ))}
      {below.hasNextPage && <MoreRows of={below} id={`more-${parentId}`} level={level} />}
    </>
  );
}
