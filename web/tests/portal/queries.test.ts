import { describe, expect, it, vi } from "vitest";
import type { Client } from "../../src/portal/http";
import { grantsAt, invitations, keys, roles, whole } from "../../src/portal/queries";

/** A platform that gives three things, one a page. */
const pages = vi.fn((query: { cursor?: string }) => {
  const at = Number(query.cursor ?? 0);
  return Promise.resolve({ items: [at], next_cursor: at < 2 ? String(at + 1) : null });
});

describe("a list that is shown whole", () => {
  it("follows the cursor until there is nothing more", async () => {
    expect(await whole(pages)).toEqual({ items: [0, 1, 2] });
    expect(pages.mock.calls).toEqual([[{}], [{ cursor: "1" }], [{ cursor: "2" }]]);
  });

  it.each([
    ["roles", roles],
    ["invitations", invitations],
    ["keys", keys],
    ["grants at a place", (client: Client) => grantsAt(client, "place_1")],
  ])("is that of %s", async (_, ask) => {
    const GET = async (_path: string, { params }: { params: { query: { cursor?: string } } }) => ({
      data: await pages(params.query),
      response: new Response(),
    });
    const { queryFn } = ask({ GET } as unknown as Client);
    expect(await (queryFn as unknown as () => Promise<unknown>)()).toEqual({ items: [0, 1, 2] });
  });
});
