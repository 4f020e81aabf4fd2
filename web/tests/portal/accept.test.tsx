import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Accept } from "../../src/portal/accept";
import { COMPANY_KEY } from "../../src/portal/start";
import { PortalWordsContext } from "../../src/portal/surroundings";
import { ApiProblem, type Api, type Session } from "../../src/session/api";
import { WordsContext } from "../../src/session/words";
import { say } from "../../src/words";
import { sayInPortal } from "../../src/words/portal";

const session = {
  access_token: "token",
  expires_at: "2999-01-01T00:00:00Z",
  user: { id: "user_1", name: "Anna" },
  company: { id: "company_1", name: "Salzach" },
} as Session;
const there = { ...session, company: { id: "company_2", name: "Enns" } };
const invited = {
  company_id: "company_2",
  company_name: "Enns",
  place: "",
  role: { id: "role_operator", shipped: true, name: "" },
};

let accepted: string[];
let later: boolean;

/** A platform that takes an invitation, or refuses it with that code. */
function platform(code: string | null): void {
  vi.stubGlobal("fetch", async (request: Request) => {
    if (request.url.endsWith("/me/companies")) {
      const items = [
        { id: "company_1", name: "Salzach" },
        { id: "company_3", name: "Enns" },
      ];
      if (accepted.length > 0 && !later) items.push({ id: "company_2", name: "Enns" });
      return Response.json({ items });
    }
    if (code !== null) return Response.json({ code }, { status: 409 });
    accepted.push(((await request.json()) as { token: string }).token);
    return new Response(null, { status: 204 });
  });
}

function shown(atOnce: boolean, invitation: () => Promise<unknown> = () => Promise.resolve(invited)) {
  const heard = { onDone: vi.fn(), onOther: vi.fn(), onOut: vi.fn() };
  const api = { session, invitation, actIn: vi.fn(), refresh: () => Promise.resolve(there) } as unknown as Api;
  render(
    <WordsContext value={{ language: "en", say: (key, values) => say("en", key, values) }}>
      <PortalWordsContext value={{ language: "en", say: (key, values) => sayInPortal("en", key, values) }}>
        <Accept api={api} token="t" session={session} atOnce={atOnce} onLanguage={vi.fn()} {...heard} />
      </PortalWordsContext>
    </WordsContext>,
  );
  return heard;
}

const press = async (name: string): Promise<void> => {
  fireEvent.click(await screen.findByRole("button", { name }));
};

beforeEach(() => {
  accepted = [];
  later = false;
  sessionStorage.clear();
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

describe("an invitation to somebody with an account", () => {
  it("is accepted once they have signed in for it, and leads to the company", async () => {
    platform(null);
    const { onDone } = shown(true);
    expect(await screen.findByText(/^You have rights at Enns now/)).toBeTruthy();
    expect(accepted).toEqual(["t"]);
    await press("Work here");
    await vi.waitFor(() => expect(onDone).toHaveBeenCalledWith(there));
    expect(sessionStorage.getItem(COMPANY_KEY)).toBe("company_2");
  });

  it("leads nowhere yet where it begins later, not to another company of that name either", async () => {
    platform(null);
    later = true;
    shown(true);
    expect(await screen.findByText(/^You have rights at Enns now/)).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Work here" })).toBeNull();
  });

  it("is offered to somebody who was signed in before, who may be somebody else", async () => {
    platform(null);
    const { onOther } = shown(false);
    await press("I am not Anna");
    expect(onOther).toHaveBeenCalled();
    expect(accepted).toEqual([]);
    await press("Accept as Anna");
    expect(await screen.findByText(/^You have rights at Enns now/)).toBeTruthy();
    await press("Go on in Salzach");
    expect(sessionStorage.getItem(COMPANY_KEY)).toBeNull();
  });

  it.each([
    ["invitation_for_other", "another e-mail address"],
    ["already_member", "there already"],
  ])("says of %s what it is", async (code, words) => {
    platform(code);
    const { onDone } = shown(true);
    expect((await screen.findByRole("alert")).textContent).toContain(words);
    await press("Go on in Salzach");
    expect(onDone).toHaveBeenCalledWith(session);
  });

  it("says when it holds no more", async () => {
    shown(false, () => Promise.reject(new ApiProblem(410, "invitation_invalid")));
    expect((await screen.findByRole("alert")).textContent).toContain("does not hold any more");
  });
});
