import { MantineProvider } from "@mantine/core";
import { cleanup, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { Dialog } from "../../src/portal/parts/dialog";
import { PortalWordsContext } from "../../src/portal/surroundings";
import { sayInPortal } from "../../src/words/portal";

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
});
afterEach(cleanup);

const open = (ready: boolean): void => {
  render(
    <PortalWordsContext.Provider value={{ language: "en", say: (key, values) => sayInPortal("en", key, values) }}>
      <MantineProvider env="test">
        <Dialog title="Give rights" opened onClose={vi.fn()} deed="Give" ready={ready} lacks="Choose a person.">
          <label>
            Role <input />
          </label>
        </Dialog>
      </MantineProvider>
    </PortalWordsContext.Provider>,
  );
};

describe("a dialog", () => {
  it("begins at its first field, not at the way out", async () => {
    open(true);
    await waitFor(() => expect(document.activeElement).toBe(screen.getByRole("textbox", { name: "Role" })));
  });

  it("says what is lacking while its deed can't be done", () => {
    open(false);
    const deed = screen.getByRole("button", { name: "Give" });
    expect(deed.getAttribute("aria-disabled")).toBe("true");
    expect(document.getElementById(deed.getAttribute("aria-describedby") ?? "")?.textContent).toBe("Choose a person.");
  });

  it("has no banner beside the page's", () => {
    open(true);
    expect(screen.queryByRole("banner")).toBeNull();
    expect(document.querySelector("[role=dialog] header")?.getAttribute("role")).toBe("presentation");
  });
});
