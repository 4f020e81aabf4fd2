// The API as the portal asks it: typed by the OpenAPI document, signed in, in the company that the person acts in.
import createClient, { type Middleware } from "openapi-fetch";
import type { components, paths } from "../generated/openapi";
import { ApiProblem, wrongFields, type Api } from "../session/api";

export type Schemas = components["schemas"];
export type Client = ReturnType<typeof createClient<paths>>;

const REQUEST_MAX_MS = 15_000;
// A token that ends while the answer is on its way would cost a second round.
const REFRESH_BEFORE_MS = 30_000;
// Refusals that a new token heals; others that are 401 are of a password or code in the form.
const TOKEN_CODES: ReadonlySet<string> = new Set(["unauthenticated", "token_expired", "session_ended"]);

export async function refusal(response: Response): Promise<ApiProblem> {
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => null); // a front's own error page is no JSON
  const said = typeof body === "object" && body !== null ? (body as Partial<Schemas["Problem"]>) : {};
  const retryAfter = Number(response.headers.get("retry-after"));
  const wait = retryAfter > 0 ? retryAfter : null;
  const fields = wrongFields(said.errors);
  return new ApiProblem(response.status, said.code ?? "http", wait, said.detail ?? "", null, fields);
}

export function bearer(api: Api): Record<string, string> {
  return { authorization: `Bearer ${api.session?.access_token ?? ""}` };
}

/** A client whose every refusal is thrown as `ApiProblem`; `signedOut` is called when the session has ended. */
export function connect(api: Api, signedOut: () => void): Client {
  const again = async (): Promise<void> => {
    try {
      await api.refresh();
    } catch (reason) {
      if (reason instanceof ApiProblem && reason.status === 401) signedOut();
      throw reason;
    }
  };
  const signing: Middleware = {
    async onRequest({ request }) {
      const ends = Date.parse(api.session?.expires_at ?? "");
      if (ends - Date.now() < REFRESH_BEFORE_MS) await again();
      request.headers.set("authorization", bearer(api)["authorization"] ?? "");
      return request;
    },
    async onResponse({ request, response }) {
      let answer = response;
      if (answer.status === 401 && TOKEN_CODES.has((await refusal(answer)).code)) {
        await again();
        const repeated = new Request(request, { headers: new Headers(request.headers) });
        repeated.headers.set("authorization", bearer(api)["authorization"] ?? "");
        answer = await fetch(repeated);
      }
      if (!answer.ok) throw await refusal(answer);
      return answer;
    },
    onError({ error }) {
      return error instanceof ApiProblem ? error : new ApiProblem(0, "away");
    },
  };
  const client = createClient<paths>({
    baseUrl: window.location.origin,
    // A copy goes out: what was sent can't be sent again.
    fetch: (request: Request) =>
      fetch(request.clone(), {
        signal: AbortSignal.timeout(REQUEST_MAX_MS),
        keepalive: request.method === "DELETE", // what is taken away is gone, though the page is left at once
      }),
  });
  client.use(signing);
  return client;
}

/** What an answer holds; every refusal was thrown before. */
export async function held<T>(answer: Promise<{ data?: T | undefined }>): Promise<T> {
  const { data } = await answer;
  if (data === undefined) throw new ApiProblem(0, "empty");
  return data;
}

/** For wishes that a lost answer may make somebody repeat. */
export function wish(): string {
  return crypto.randomUUID();
}
