// The HTTP API as the client uses it: sign-in, refresh, history, snapshots. The access token lives in memory only.
import type { CallView } from "../contract";
import type { components } from "../generated/openapi";
import { passkeyAnswer, type RequestOptions } from "./passkeys";
import { measureServerClock } from "./server-clock";

type Schemas = components["schemas"];
export type Session = Schemas["Session"];

/** The password was right and a code is missing: what the second half of the sign-in needs. */
export interface Challenge {
  readonly challenge: string;
}

export interface HistoryPage {
  readonly items: readonly CallView[];
  readonly next_cursor: string | null;
}

/** A refusal by the API (problem details, RFC 9457), or `away` when it did not answer. */
export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly retryAfterS: number | null = null,
    readonly detail = "",
    readonly challenge: string | null = null,
    /** The fields that are wrong, with `bad_input`. */
    readonly fields: readonly string[] = [],
  ) {
    super(code);
    this.name = "ApiProblem";
  }

  get away(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504;
  }
}

/** The names of the fields in a problem's `errors`. */
export function wrongFields(errors: unknown): readonly string[] {
  if (!Array.isArray(errors)) return [];
  const named = errors.map((each: unknown) =>
    typeof each === "object" && each !== null && "field" in each ? each.field : null,
  );
  return named.filter((field) => typeof field === "string");
}

const SESSION = "/api/v1/session";
// Tabs of one browser share the refresh cookie: one refreshes at a time.
const REFRESH_LOCK = "antiphon-refresh";
const REQUEST_MAX_MS = 15_000;

async function request(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { ...init, credentials: "same-origin", signal: AbortSignal.timeout(REQUEST_MAX_MS) });
  } catch {
    throw new ApiProblem(0, "away");
  }
  measureServerClock(response.headers.get("date"));
  if (response.ok) return response;
  const retryAfter = Number(response.headers.get("retry-after"));
  const body: unknown = await response.json().catch(() => null); // a front's own error page is no JSON
  const said: Partial<Record<string, unknown>> = typeof body === "object" && body !== null ? { ...body } : {};
  const text = (name: string): string | null => (typeof said[name] === "string" ? said[name] : null);
  const wait = retryAfter > 0 ? retryAfter : null;
  const fields = wrongFields(said["errors"]);
  throw new ApiProblem(response.status, text("code") ?? "http", wait, text("detail") ?? "", text("challenge"), fields);
}

function post(path: string, body: unknown): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return request(path, { method: "POST", headers, body: JSON.stringify(body) });
}

const asSession = async (response: Response): Promise<Session> => (await response.json()) as Session;

async function locked<T>(work: () => Promise<T>): Promise<T> {
  // `locks` is missing where the page is not served securely.
  const locks = (navigator as { locks?: LockManager }).locks;
  return locks === undefined ? work() : locks.request(REFRESH_LOCK, work);
}

export class Api {
  #session: Session | null = null;
  #company: string | null = null;

  get session(): Session | null {
    return this.#session;
  }

  /** A session; or the challenge that `passSecond` takes with a code, for people who have a second factor. */
  async signIn(email: string, password: string): Promise<Session | Challenge> {
    try {
      return await this.#begun(() => post(SESSION, { email, password }));
    } catch (problem) {
      if (problem instanceof ApiProblem && problem.challenge !== null) return { challenge: problem.challenge };
      throw problem;
    }
  }

  /** The second half of a sign-in, by a code of the authenticator app or a recovery code. */
  async passSecond(challenge: string, code: string): Promise<Session> {
    return this.#begun(() => post(`${SESSION}/second-factor`, { challenge, code }));
  }

  /** Signs in with a passkey that the browser offers for this address. */
  async signInByPasskey(): Promise<Session> {
    const asked = await post(`${SESSION}/passkey/options`, {});
    const { public_key: options } = (await asked.json()) as { public_key: RequestOptions };
    const credential = await passkeyAnswer(options);
    return this.#begun(() => post(`${SESSION}/passkey`, { credential }));
  }

  /** Has a link for a new password sent, if somebody signs in with that address. */
  async forgotPassword(email: string): Promise<void> {
    await post(`${SESSION}/forgotten`, { email });
  }

  /** Sets a password by the token of such a link. */
  async resetPassword(token: string, password: string): Promise<void> {
    await post(`${SESSION}/reset`, { token, password });
  }

  /** Acts in that company from the next token on; null: in the person's own. */
  actIn(companyId: string | null): void {
    this.#company = companyId;
  }

  /** A fresh access token by the refresh cookie; ApiProblem 401 when the person has to sign in. */
  async refresh(): Promise<Session> {
    const acting = this.#company === null ? "" : `?company_id=${encodeURIComponent(this.#company)}`;
    const response = await locked(() => request(`${SESSION}/refresh${acting}`, { method: "POST" }));
    if (response.status === 204) throw new ApiProblem(401, "session_ended"); // this browser has no cookie
    return (this.#session = await asSession(response));
  }

  /** Ends the session; a session that had ended already is as good. */
  async signOut(): Promise<void> {
    try {
      await request(SESSION, { method: "DELETE", headers: this.#bearer() });
    } catch (problem) {
      if (!(problem instanceof ApiProblem) || problem.status !== 401) throw problem;
    }
    this.#session = null;
  }

  /** Who an invitation is for; ApiProblem when it holds no more. */
  async invitation(token: string): Promise<Schemas["Invited"]> {
    return (await (await post(`${SESSION}/invitation`, { token })).json()) as Schemas["Invited"];
  }

  /** Makes an account from an invitation and signs in with it. */
  async join(joining: Schemas["Joining"]): Promise<Session> {
    return this.#begun(() => post(`${SESSION}/join`, joining));
  }

  async history(cursor: string | null, limit: number): Promise<HistoryPage> {
    const query = new URLSearchParams({ limit: String(limit), ...(cursor === null ? {} : { cursor }) });
    return (await (await this.#get(`/api/v1/calls?${query.toString()}`)).json()) as HistoryPage;
  }

  async snapshot(snapshotId: string): Promise<Blob> {
    return (await this.#get(`/api/v1/snapshots/${encodeURIComponent(snapshotId)}`)).blob();
  }

  /** Begins a session, which ends the one before: a tab that asks for its next token meanwhile waits for the new cookie. */
  async #begun(ask: () => Promise<Response>): Promise<Session> {
    return (this.#session = await asSession(await locked(ask)));
  }

  async #get(path: string): Promise<Response> {
    try {
      return await request(path, { headers: this.#bearer() });
    } catch (problem) {
      if (!(problem instanceof ApiProblem) || problem.status !== 401) throw problem;
      await this.refresh();
      return request(path, { headers: this.#bearer() });
    }
  }

  #bearer(): Record<string, string> {
    return { authorization: `Bearer ${this.#session?.access_token ?? ""}` };
  }
}
