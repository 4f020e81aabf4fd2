import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ApiProblem, type Api } from "../../src/session/api";
import { invitationToken } from "../../src/session/invitation-step";
import { refusalOf } from "../../src/session/refusal";
import { SignInSteps } from "../../src/session/steps";
import { WordsContext } from "../../src/session/words";
import { say } from "../../src/words";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const session = { access_token: "token" };

function shown(api: Partial<Record<keyof Api, unknown>>, known?: string) {
  const onSession = vi.fn();
  render(
    <WordsContext value={{ language: "en", say: (key, values) => say("en", key, values) }}>
      <SignInSteps api={api as unknown as Api} onSession={onSession} {...(known === undefined ? {} : { known })} />
    </WordsContext>,
  );
  return onSession;
}

const type = (label: RegExp, text: string): void => {
  fireEvent.change(screen.getByLabelText(label), { target: { value: text } });
};
const press = (name: string): void => {
  fireEvent.click(screen.getByRole("button", { name }));
};

async function atTheCode(passSecond: (challenge: string, code: string) => Promise<unknown>) {
  const onSession = shown({ signIn: () => Promise.resolve({ challenge: "c1" }), passSecond });
  type(/^E-mail/, "anna@example.org");
  type(/^Password/, "correct horse");
  press("Sign in");
  await screen.findByRole("heading", { name: "One more step" });
  return onSession;
}

describe("signing in", () => {
  test("asks for the code after the password, and hands both halves on", async () => {
    const pass = vi.fn(() => Promise.resolve(session));
    const onSession = await atTheCode(pass);
    const field = screen.getByLabelText<HTMLInputElement>(/^Code from/);
    expect([field.autocomplete, field.inputMode]).toEqual(["one-time-code", "numeric"]);
    type(/^Code from/, " 123456 ");
    press("Sign in");
    await vi.waitFor(() => expect(onSession).toHaveBeenCalledWith(session));
    expect(pass).toHaveBeenCalledWith("c1", "123456");
  });

  test("says of a wrong code what to do next, and takes a recovery code instead", async () => {
    await atTheCode(() => Promise.reject(new ApiProblem(401, "wrong_code")));
    type(/^Code from/, "000000");
    press("Sign in");
    expect((await screen.findByRole("alert")).textContent).toContain("Wait for the next one");
    press("Use a recovery code");
    expect(screen.getByRole("alert").textContent).toBe("");
    type(/^Recovery code/, "k7fm");
    press("Sign in");
    await vi.waitFor(() => expect(screen.getByRole("alert").textContent).toContain("Each works once"));
  });

  test("begins anew when the code took too long, and goes back when asked to", async () => {
    await atTheCode(() => Promise.reject(new ApiProblem(401, "sign_in_expired")));
    type(/^Code from/, "000000");
    press("Sign in");
    await screen.findByLabelText(/^Password/);
    expect(screen.getByRole("alert").textContent).toBe("This took too long. Enter your password again.");
    expect(screen.getByLabelText<HTMLInputElement>(/^E-mail/).value).toBe("anna@example.org");
  });

  test("sends a link for a forgotten password, whoever asks, and says the same to everybody", async () => {
    const forgotPassword = vi.fn(() => Promise.resolve());
    shown({ forgotPassword });
    type(/^E-mail/, "nobody@example.org");
    press("Forgotten your password?");
    press("Send the link");
    expect((await screen.findByRole("status")).textContent).toContain("If somebody signs in with nobody@example.org");
    expect(forgotPassword).toHaveBeenCalledWith("nobody@example.org");
    press("Back");
    expect(screen.getByRole("heading").textContent).toBe("Sign in");
  });

  test("offers passkeys only where the browser knows them", async () => {
    shown({});
    expect(screen.queryByRole("button", { name: "Sign in with a passkey" })).toBeNull();
    cleanup();
    vi.stubGlobal("PublicKeyCredential", vi.fn());
    vi.stubGlobal("navigator", { credentials: {} });
    shown({ signInByPasskey: () => Promise.reject(new ApiProblem(409, "passkeys_need_name")) });
    press("Sign in with a passkey");
    await vi.waitFor(() => expect(screen.getByRole("alert").textContent).toContain("only where this page is opened"));
  });

  test("asks somebody who is known for the password alone", () => {
    shown({}, "anna@example.org");
    expect(screen.queryByRole("heading")).toBeNull();
    expect(screen.queryByLabelText(/^E-mail/)).toBeNull();
    expect(screen.queryByRole("button", { name: "Forgotten your password?" })).toBeNull();
  });
});

test("a refusal that nobody foresaw is our fault, one that everybody knows has its own words", () => {
  expect(refusalOf(new ApiProblem(500, "http")).key).toBe("signin.fault");
  expect(refusalOf(new ApiProblem(503, "http")).key).toBe("signin.away");
  expect(refusalOf(new ApiProblem(429, "too_many_requests", 2.4))).toEqual({
    key: "signin.throttled",
    values: { seconds: 3 },
  });
  expect(refusalOf(new ApiProblem(401, "wrong_credentials")).key).toBe("signin.wrong");
});

describe("an invitation that came on another device", () => {
  const token = `invitation_${"0".repeat(26)}.0.${"A".repeat(43)}`;

  test.each([
    ["the whole link", `https://portal.example/join#${token}`],
    ["what stands behind it", token],
    ["a link that a mail broke into lines", ` https://portal.example/join#${token.slice(0, 40)}\n${token.slice(40)} `],
  ])("is found in %s", (_what, pasted) => {
    expect(invitationToken(pasted)).toBe(token);
  });

  test("says of anything else what is wrong with it", () => {
    shown({});
    press("I have an invitation");
    type(/^Link of/, "https://portal.example/join");
    press("Continue");
    expect(screen.getByRole("alert").textContent).toContain("no invitation’s link");
    press("Back");
    expect(screen.getByRole("heading", { name: "Sign in" })).toBeTruthy();
  });
});
