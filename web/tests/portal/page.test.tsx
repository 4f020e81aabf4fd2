import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { Head } from "../../src/portal/parts/page";
import { useTime, ZoneContext } from "../../src/portal/parts/times";
import { PortalContext, PortalWordsContext, type Portal } from "../../src/portal/surroundings";
import { sayInPortal } from "../../src/words/portal";

afterEach(cleanup);

const words = { language: "en", say: (key, values) => sayInPortal("en", key, values) } satisfies React.ContextType<
  typeof PortalWordsContext
>;

const at = (title: string) => (
  <PortalWordsContext.Provider value={words}>
    <PortalContext.Provider value={{ me: { company: { id: "company_1", name: "Salzach" } } } as unknown as Portal}>
      <Head title={title} />
    </PortalContext.Provider>
  </PortalWordsContext.Provider>
);

describe("a page", () => {
  it("names its tab, with the company once, and takes the name along when it goes", () => {
    const { rerender, unmount } = render(at("People"));
    expect(document.title).toBe("People – Salzach – Antiphon");
    rerender(at("Salzach"));
    expect(document.title).toBe("Salzach – Antiphon");
    unmount();
    expect(document.title).toBe("Antiphon");
  });

  it("shows times in the zone that it names", () => {
    const iso = new Date().toISOString();
    function Shown() {
      return <p>{useTime()(iso).slice(-5)}</p>;
    }
    render(
      <PortalWordsContext.Provider value={words}>
        <ZoneContext.Provider value="Asia/Tokyo">
          <Shown />
        </ZoneContext.Provider>
      </PortalWordsContext.Provider>,
    );
    const there = new Intl.DateTimeFormat("en-GB", { timeZone: "Asia/Tokyo", hour: "2-digit", minute: "2-digit" });
    expect(screen.getByText(there.format(new Date(iso)))).toBeTruthy();
  });
});
