import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiProblem, type Api } from "../../src/session/api";
import { follow, LATE_MS, outdated, parse, SILENT_MAX_MS, type Live } from "../../src/portal/stream";

describe("the event stream", () => {
  it("gives whole events and keeps what is unfinished", () => {
    const { changes, rest } = parse(
      'retry: 2000\n\ndata: {"topic":"calls","id":"call_1"}\n\n: still here\n\ndata: {"to',
    );
    expect(changes).toEqual([{ topic: "calls", id: "call_1" }]);
    expect(rest).toBe('data: {"to');
    expect(parse(`${rest}pic":"people"}\n\n`).changes).toEqual([{ topic: "people" }]);
  });

  it("looks at everything when it does not understand", () => {
    expect(parse("data: {broken\n\n").changes).toEqual([{ topic: "everything" }]);
    expect(outdated([{ topic: "weather" } as never])).toBeNull();
  });

  it("renews every page that names what has changed", () => {
    const shownBy = (topic: "places" | "people" | "stations") => outdated([{ topic }]) ?? new Set();
    const withPlaces = ["tree", "place", "people", "grants", "invitations", "keys", "companies", "calls", "me"];
    for (const key of withPlaces) expect(shownBy("places")).toContain(key);
    for (const key of ["people", "grants", "keys", "me", "calls"]) expect(shownBy("people")).toContain(key);
    for (const key of ["stations", "tree", "calls"]) expect(shownBy("stations")).toContain(key);
  });

  it("renews only what shows the topic", () => {
    expect(outdated([{ topic: "calls" }])).toEqual(new Set(["calls", "ring-ask"]));
    expect(outdated([{ topic: "stations" }])?.has("people")).toBe(false);
    expect(outdated([{ topic: "calls" }, { topic: "rights" }])).toBeNull();
  });
});

/** The platform's end of the streams that were asked for. */
class Line {
  readonly asked: ReadableStreamDefaultController<Uint8Array>[] = [];
  refuses: Response | null = null;
  hangs = false;

  readonly fetch = (_: string, { signal }: { signal: AbortSignal }): Promise<Response> => {
    if (this.refuses !== null) return Promise.resolve(this.refuses.clone());
    if (this.hangs)
      return new Promise((_resolve, refuse) => signal.addEventListener("abort", () => refuse(new Error("given up"))));
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.asked.push(controller);
        signal.addEventListener("abort", () => controller.error(signal.reason));
      },
    });
    return Promise.resolve(new Response(body));
  };

  beat(): void {
    this.asked.at(-1)?.enqueue(new TextEncoder().encode(": still here\n\n"));
  }
}

describe("following the stream", () => {
  const line = new Line();
  const told: Live[] = [];
  const queries = new QueryClient();
  const renewed = vi.spyOn(queries, "invalidateQueries");
  const after = (ms: number) => vi.advanceTimersByTimeAsync(ms);
  const signedOut = vi.fn();
  const refresh = vi.fn(() => Promise.reject(new ApiProblem(401, "session_ended")));
  let stop: () => void;

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("fetch", line.fetch);
    line.asked.length = 0;
    line.refuses = null;
    line.hangs = false;
    told.length = 0;
    renewed.mockClear();
  });
  afterEach(() => {
    stop();
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });
  const begin = (): void => {
    stop = follow({ session: null, refresh } as unknown as Api, queries, (live) => told.push(live), signedOut);
  };

  it("is live from when the stream stands, for as long as it beats", async () => {
    begin();
    expect(told).toEqual([]);
    await after(0);
    for (let beat = 0; beat < 4; beat += 1) {
      await after(SILENT_MAX_MS - 1);
      line.beat();
    }
    await after(0);
    expect([told, line.asked.length]).toEqual([["live"], 1]);
    expect(renewed).not.toHaveBeenCalled();
  });

  it("gives a silent stream up, begins a new one and looks at everything", async () => {
    begin();
    await after(SILENT_MAX_MS);
    expect(told).toEqual(["live", "lost"]);
    await after(2_000);
    expect([told, line.asked.length]).toEqual([["live", "lost", "live"], 2]);
    expect(renewed).toHaveBeenCalledExactlyOnceWith({});
  });

  it("says at once that the network is gone, and begins anew as soon as it is back", async () => {
    begin();
    await after(1_000);
    line.refuses = new Response(null, { status: 503 });
    window.dispatchEvent(new Event("offline"));
    await after(0);
    expect(told).toEqual(["live", "lost"]);
    await after(60_000);
    line.refuses = null;
    window.dispatchEvent(new Event("online"));
    await after(0);
    expect(told.at(-1)).toBe("live");
  });

  it("begins anew without a word when a stream ends as it should", async () => {
    begin();
    await after(60_000 / 4);
    line.beat();
    await after(0);
    line.asked.at(-1)?.close();
    await after(LATE_MS * 2);
    expect([told, line.asked.length]).toEqual([["live", "live"], 2]);
  });

  it("says soon that it is not live when nobody answers after a stream that ended as it should", async () => {
    begin();
    await after(10_000);
    line.hangs = true;
    line.asked.at(-1)?.close();
    await after(LATE_MS - 1);
    expect(told).toEqual(["live"]);
    await after(1);
    expect(told).toEqual(["live", "lost"]);
  });

  it("pauses when streams end as soon as they begin", async () => {
    begin();
    await after(0);
    line.asked.at(-1)?.close();
    await after(500);
    expect([told, line.asked.length]).toEqual([["live", "lost"], 1]);
    await after(1_000);
    expect([told, line.asked.length]).toEqual([["live", "lost", "live"], 2]);
  });

  it("says that too many tabs are open, and goes on trying", async () => {
    line.refuses = new Response(JSON.stringify({ code: "too_many_streams" }), { status: 429 });
    begin();
    await after(0);
    expect(told).toEqual(["full"]);
    line.refuses = null;
    await after(2_000);
    expect(told).toEqual(["full", "live"]);
  });

  it("signs out when the session has ended elsewhere, and asks no more", async () => {
    line.refuses = new Response(null, { status: 401 });
    begin();
    await after(60_000);
    expect(signedOut).toHaveBeenCalledOnce();
    expect(refresh).toHaveBeenCalledOnce();
  });
});
