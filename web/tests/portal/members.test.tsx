import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { MemberPicker } from "../../src/portal/parts/member-picker";
import { looksLikeNumber, numberTyped, type Member } from "../../src/portal/parts/members";
import { PortalContext, PortalWordsContext, type Portal } from "../../src/portal/surroundings";
import { sayInPortal } from "../../src/words/portal";

describe("a telephone number", () => {
  it("is taken as people write it, with its country's code", () => {
    expect(numberTyped("+43 662 / 12 34-56")).toBe("+43662123456");
    expect(numberTyped("0043 (662) 123456")).toBe("+43662123456");
  });

  it("is none without the country's code, or with letters in it", () => {
    expect(numberTyped("0662 123456")).toBeNull();
    expect(numberTyped("+43 Lechner")).toBeNull();
    expect(looksLikeNumber("0662 1")).toBe(true);
    expect(looksLikeNumber("Lechner")).toBe(false);
  });
});

beforeAll(() => {
  vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener: vi.fn(), removeEventListener: vi.fn() }));
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe = vi.fn();
      unobserve = vi.fn();
      disconnect = vi.fn();
    },
  );
  Element.prototype.scrollIntoView = vi.fn();
});
afterEach(cleanup);

const anna: Member = { kind: "user", id: "user_1", name: "Anna Auer" };
const items = [
  { kind: "user", id: "user_2", title: "Lechner", place_id: "p", trail: "" },
  { kind: "door", id: "door_1", title: "Lechners Tür", place_id: "p", trail: "" },
];

function picker(value: readonly Member[], onChange: (next: Member[]) => void): void {
  const client = { GET: () => Promise.resolve({ data: { items }, response: new Response() }) };
  render(
    <QueryClientProvider client={new QueryClient()}>
      <PortalWordsContext value={{ language: "en", say: (key, values) => sayInPortal("en", key, values) }}>
        <PortalContext value={{ client } as unknown as Portal}>
          <MantineProvider env="test">
            <MemberPicker label="Who" value={value} onChange={onChange} names={new Map()} />
          </MantineProvider>
        </PortalContext>
      </PortalWordsContext>
    </QueryClientProvider>,
  );
}

const type = (words: string): void => {
  const field = screen.getByRole("combobox", { name: "Who" });
  field.focus();
  fireEvent.change(field, { target: { value: words } });
};

describe("the member picker", () => {
  it("finds members by name, leaves out what can't ring, and adds what is chosen", async () => {
    const changed = vi.fn();
    picker([anna], changed);
    type("lech");
    fireEvent.click(await screen.findByRole("option", { name: /Lechner.*Person/ }));
    expect(screen.queryByRole("option", { name: /Tür/ })).toBeNull();
    expect(changed).toHaveBeenCalledWith([anna, { kind: "user", id: "user_2", name: "Lechner" }]);
  });

  it("takes a telephone number as it is typed", async () => {
    const changed = vi.fn();
    picker([], changed);
    type("+43 662 123456");
    fireEvent.click(await screen.findByRole("option", { name: /662/ }));
    expect(changed).toHaveBeenCalledWith([{ kind: "number", id: "+43662123456", name: "+43662123456" }]);
  });

  it("says how a number is written that lacks its country's code", async () => {
    picker([], vi.fn());
    type("0662 123456");
    await waitFor(() => expect(screen.getByText(/country’s code/)).toBeDefined());
  });
});
