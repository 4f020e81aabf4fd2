import { afterEach, describe, expect, it, vi } from "vitest";
import { connect } from "../../src/portal/http";
import type { Api } from "../../src/session/api";

const problem = (code: string): Response =>
  new Response(JSON.stringify({ code, detail: "" }), { status: 401, headers: { "content-type": "application/json" } });

function apiWith(answers: Response[]) {
  const sent: { code: string; token: string | null }[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    const { code } = (await request.json()) as { code: string };
    sent.push({ code, token: request.headers.get("authorization") });
    return answers.shift() ?? new Response(null, { status: 500 });
  });
  const session = { access_token: "first", expires_at: new Date(Date.now() + 600_000).toISOString() };
  const refresh = vi.fn(() => {
    session.access_token = "second";
    return Promise.resolve(session);
  });
  const signedOut = vi.fn();
  return { client: connect({ session, refresh } as unknown as Api, signedOut), sent, refresh, signedOut };
}

const confirm = { body: { code: "123456" } };
afterEach(() => vi.unstubAllGlobals());

describe("a wish that is refused with 401", () => {
  it("is sent again whole with a new token when the token was at fault", async () => {
    const good = new Response(JSON.stringify({ recovery_codes: [] }), {
      headers: { "content-type": "application/json" },
    });
    const { client, sent, refresh } = apiWith([problem("token_expired"), good]);
    const { data } = await client.POST("/api/v1/me/second-factor/confirm", confirm);
    expect(data).toEqual({ recovery_codes: [] });
    expect(refresh).toHaveBeenCalledOnce();
    expect(sent).toEqual([
      { code: "123456", token: "Bearer first" },
      { code: "123456", token: "Bearer second" },
    ]);
  });

  it("is not, when it was a code in the form", async () => {
    const { client, sent, refresh } = apiWith([problem("wrong_code")]);
    await expect(client.POST("/api/v1/me/second-factor/confirm", confirm)).rejects.toMatchObject({
      code: "wrong_code",
    });
    expect([sent.length, refresh.mock.calls.length]).toEqual([1, 0]);
  });
});
