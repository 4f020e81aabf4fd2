import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Join } from "../../src/portal/join";
import { PortalWordsContext } from "../../src/portal/surroundings";
import { ApiProblem, type Api } from "../../src/session/api";
import { WordsContext } from "../../src/session/words";
import { say } from "../../src/words";
import { sayInPortal } from "../../src/words/portal";

function shown(invitation: () => Promise<unknown>, session: ApiProblem = new ApiProblem(401, "session_ended")): void {
  const api = { actIn: vi.fn(), refresh: () => Promise.reject(session), invitation } as unknown as Api;
  const heard = { onLanguage: vi.fn(), onSession: vi.fn(), onSignedIn: vi.fn(), onAccount: vi.fn() };
  render(
    <WordsContext value={{ language: "en", say: (key, values) => say("en", key, values) }}>
      <PortalWordsContext value={{ language: "en", say: (key, values) => sayInPortal("en", key, values) }}>
        <Join api={api} token="t" other={false} {...heard} />
      </PortalWordsContext>
    </WordsContext>,
  );
}

beforeEach(() => sessionStorage.clear());
afterEach(cleanup);

describe("an invitation's link", () => {
  it("says that it does not hold any more, and leads to the sign-in", async () => {
    shown(() => Promise.reject(new ApiProblem(404, "invitation_invalid")));
    expect((await screen.findByRole("alert")).textContent).toMatch(/^This invitation does not hold any more/);
    expect(screen.getByRole("button", { name: "Sign in" })).toBeTruthy();
  });

  it("says that the platform is away, and is looked at again", async () => {
    const answers = vi
      .fn<() => Promise<unknown>>()
      .mockRejectedValueOnce(new ApiProblem(0, "away"))
      .mockRejectedValue(new ApiProblem(404, "invitation_invalid"));
    shown(answers);
    expect((await screen.findByRole("alert")).textContent).toMatch(/^Antiphon does not answer/);
    fireEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByText(/^This invitation does not hold any more/)).toBeTruthy();
    expect(answers).toHaveBeenCalledTimes(2);
  });

  it("is not read while nobody knows whether somebody is signed in here", async () => {
    const answers = vi.fn<() => Promise<unknown>>();
    shown(answers, new ApiProblem(503, "http"));
    expect((await screen.findByRole("alert")).textContent).toMatch(/^Antiphon does not answer/);
    expect(answers).not.toHaveBeenCalled();
  });
});
