import { QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { useAct } from "../../src/portal/act";
import { makeQueries } from "../../src/portal/asking";
import { Notices } from "../../src/portal/notices";
import { PortalContext, type Portal } from "../../src/portal/surroundings";
import { ApiProblem } from "../../src/session/api";

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

const away = () => Promise.reject(new ApiProblem(0, "away"));

function Deed({ work }: { work: () => Promise<unknown> }) {
  const deed = useAct(work, []);
  return <button onClick={() => deed.run(undefined)}>Do it</button>;
}

function pressed(work: () => Promise<unknown>, connected: boolean): Notices {
  vi.spyOn(navigator, "onLine", "get").mockReturnValue(connected);
  const notices = new Notices();
  render(
    <QueryClientProvider client={makeQueries()}>
      <PortalContext value={{ notices } as unknown as Portal}>
        <Deed work={work} />
      </PortalContext>
    </QueryClientProvider>,
  );
  window.dispatchEvent(new Event(connected ? "online" : "offline"));
  fireEvent.click(screen.getByText("Do it"));
  return notices;
}

describe("a change without an answer", () => {
  it("is said at once not to have happened when there was no connection", async () => {
    const work = vi.fn(away);
    const notices = pressed(work, false);
    await vi.waitFor(() => expect(notices.shown().map(({ key }) => key)).toEqual(["problem.offline"]));
    window.dispatchEvent(new Event("online"));
    expect(work).toHaveBeenCalledOnce(); // nothing waits for the connection
  });

  it("claims nothing when it may have arrived", async () => {
    const notices = pressed(away, true);
    await vi.waitFor(() => expect(notices.shown().map(({ key }) => key)).toEqual(["problem.away"]));
  });
});
