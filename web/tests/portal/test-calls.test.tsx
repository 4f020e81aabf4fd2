import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import type { Schemas } from "../../src/portal/http";
import { TestCalls } from "../../src/portal/places/test-calls";
import { PortalContext, PortalWordsContext, type Portal } from "../../src/portal/surroundings";
import { sayInPortal } from "../../src/words/portal";

vi.mock("../../src/portal/places/test-schedule", () => ({ TestSchedule: () => null }));
vi.mock("../../src/portal/parts/times", () => ({ useTime: () => (at: string) => at }));

afterEach(cleanup);

const passed: Schemas["TestCallItem"] = {
  id: "test_1",
  station_id: "station_1",
  asked_at: "03:00",
  asked_by: null,
  ended_at: "03:00",
  outcome: "passed",
  set_up_ms: 40,
  packets: 150,
  heard: true,
};

function shown(items: Schemas["TestCallItem"][], configures = true): void {
  const client = { GET: () => Promise.resolve({ data: { items, next_cursor: null }, response: new Response() }) };
  const portal = { client, me: { company: {} }, notices: {}, prove: () => undefined } as unknown as Portal;
  render(
    <QueryClientProvider client={new QueryClient()}>
      <PortalContext value={portal}>
        <PortalWordsContext value={{ language: "en", say: (key, values) => sayInPortal("en", key, values) }}>
          <TestCalls station={{ id: "station_1", status: "claimed" }} configures={configures} />
        </PortalWordsContext>
      </PortalContext>
    </QueryClientProvider>,
  );
}

const button = () => screen.getByRole<HTMLButtonElement>("button", { name: "Test now" });

it("says what came of the newest one, and what was measured", async () => {
  shown([passed]);
  expect(await screen.findByText("Connected after 40 ms, 150 packets of sound")).toBeTruthy();
  expect(screen.getByRole("status").textContent).toContain("Passed");
  expect(button().disabled).toBe(false);
});

it("waits while one goes on", async () => {
  shown([{ ...passed, id: "test_2", outcome: null, ended_at: null, set_up_ms: null, packets: null }, passed]);
  expect((await screen.findAllByText("A test call goes on …")).length).toBe(2);
  expect(button().disabled).toBe(true);
});

it("lets only those place one who configure the station", async () => {
  shown([], false);
  expect(await screen.findByText("No test call yet.")).toBeTruthy();
  expect(screen.queryByRole("button")).toBeNull();
});
