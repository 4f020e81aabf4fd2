// The row of a tree that asks for the next ones: a row like the others, which the arrow keys reach.
import type { UseInfiniteQueryResult } from "@tanstack/react-query";
import { useWords } from "../surroundings";
import { useTree } from "./tree-state";

interface Props {
  readonly of: Pick<UseInfiniteQueryResult, "fetchNextPage">;
  readonly id: string;
  readonly level: number;
}

export function MoreRows({ of, id, level }: Props) {
  const { say } = useWords();
  const { current, setCurrent } = useTree();
  // The first of the new rows stands where this one stood.
  const grow = (before: Element | null | undefined): void =>
    void of.fetchNextPage().then(() =>
      requestAnimationFrame(() => {
        before?.nextElementSibling?.querySelector<HTMLElement>("[role=treeitem]")?.focus();
      }),
    );
  return (
    <li role="none">
      <div
        role="treeitem"
        aria-level={level}
        aria-selected={false}
        tabIndex={current === id ? 0 : -1}
        data-id={id}
        data-name=""
        onFocus={() => setCurrent(id)}
        className="p-row leaf more"
        data-level={Math.min(level, 6)}
        onClick={(event) => grow(event.currentTarget.parentElement?.previousElementSibling)}
      >
        {say("do.more")}
      </div>
    </li>
  );
}
