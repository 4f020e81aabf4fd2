import { describe, expect, it, vi } from "vitest";
import { step, typedAhead } from "../../src/portal/tree/steps";
import { fits } from "../../src/portal/tree/tree-state";

function row(id: string, name: string, level: number, expanded?: boolean): HTMLElement {
  const item = document.createElement("li");
  item.dataset["id"] = id;
  item.dataset["name"] = name;
  item.setAttribute("aria-level", String(level));
  if (expanded !== undefined) item.setAttribute("aria-expanded", String(expanded));
  return item;
}

const rows = [row("a", "Altstadt", 1, true), row("b", "Rainerstraße 12", 2, false), row("c", "Gnigl", 1)];

describe("keys in the tree", () => {
  it("go up and down and stop at the ends", () => {
    expect(step(rows, 0, "ArrowDown", vi.fn())).toBe(rows[1]);
    expect(step(rows, 0, "ArrowUp", vi.fn())).toBe(rows[0]);
    expect(step(rows, 1, "End", vi.fn())).toBe(rows[2]);
    expect(step(rows, 1, "Tab", vi.fn())).toBeNull();
  });

  it("open to the right, then go in; close to the left, then go out", () => {
    const toggle = vi.fn();
    expect(step(rows, 1, "ArrowRight", toggle)).toBe(rows[1]);
    expect(toggle).toHaveBeenLastCalledWith("b", true);
    expect(step(rows, 0, "ArrowRight", toggle)).toBe(rows[1]);
    expect(step(rows, 0, "ArrowLeft", toggle)).toBe(rows[0]);
    expect(toggle).toHaveBeenLastCalledWith("a", false);
    expect(step(rows, 1, "ArrowLeft", toggle)).toBe(rows[0]);
  });

  it("jump to the next name that begins with a letter, round the end", () => {
    const press = (key: string) => typedAhead(rows, 1, new KeyboardEvent("keydown", { key }) as never);
    expect(press("g")).toBe(rows[2]);
    expect(press("a")).toBe(rows[0]);
    expect(press("/")).toBeNull();
  });

  it("lets places lie only where they belong", () => {
    expect(fits("folder", "site")).toBe(true);
    expect(fits("site", "company")).toBe(false);
  });
});
