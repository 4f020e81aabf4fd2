import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRootRoute, createRouter } from "@tanstack/react-router";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { SignedIn } from "../../src/portal/signed-in";
import { PortalWordsContext } from "../../src/portal/surroundings";
import type { Api } from "../../src/session/api";
import { sayInPortal } from "../../src/words/portal";

vi.mock("../../src/portal/router", () => ({
  makeRouter: () =>
    createRouter({
      routeTree: createRootRoute({ component: () => <input aria-label="Name" /> }),
      history: createMemoryHistory(),
    }),
}));

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

it("keeps the page with what was entered when the platform does not answer any more", async () => {
  let away = false;
  const answer = (request: Request | string) =>
    away || !(request instanceof Request)
      ? Promise.reject(new TypeError("offline"))
      : Promise.resolve(Response.json({ user: { id: "user_1" }, company: { id: "company_1", name: "Salzach" } }));
  vi.stubGlobal("fetch", vi.fn(answer));
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const nothing = () => undefined;
  render(
    <PortalWordsContext.Provider value={{ language: "en", say: (key, values) => sayInPortal("en", key, values) }}>
      <QueryClientProvider client={queries}>
        <SignedIn
          api={{ session: { access_token: "token" }, companyId: null } as unknown as Api}
          preferences={{} as never}
          setPreferences={nothing}
          speak={nothing}
          onSession={nothing}
          onOut={nothing}
        />
      </QueryClientProvider>
    </PortalWordsContext.Provider>,
  );
  const field = await screen.findByLabelText<HTMLInputElement>("Name");
  fireEvent.change(field, { target: { value: "Stiege 2" } });
  away = true;
  await act(async () => {
    await queries.invalidateQueries();
  });
  expect(queries.getQueryState(["me"])?.status).toBe("error");
  expect(screen.getByLabelText<HTMLInputElement>("Name").value).toBe("Stiege 2");
});
