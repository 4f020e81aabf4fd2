import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Connection, type ConnectionPorts, type Socket } from "../src/client/connection";
import { welcome } from "./scenes";

class WireSocket implements Socket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  readonly sent: { type: string; token?: string; on_duty?: boolean }[] = [];
  closed = false;
  send(data: string): void {
    this.sent.push(JSON.parse(data) as { type: string });
  }
  close(): void {
    this.closed = true;
  }
  welcome(): void {
    this.onmessage?.({ data: JSON.stringify(welcome("client_1")) });
  }
}

class SignedOut extends Error {}

function scene(over: Partial<ConnectionPorts> = {}) {
  const sockets: WireSocket[] = [];
  const grants: boolean[] = [];
  const links: unknown[] = [];
  const ended = vi.fn();
  const received = vi.fn();
  const unknown = vi.fn();
  const connection = new Connection({
    open: () => {
      const socket = new WireSocket();
      sockets.push(socket);
      return socket;
    },
    grant: (fresh) => {
      grants.push(fresh);
      return Promise.resolve({ token: `token-${grants.length}`, expiresAt: Date.now() + 600_000 });
    },
    onDuty: () => true,
    random: () => 1,
    now: Date.now,
    signedOut: (reason) => reason instanceof SignedOut,
    received,
    unknown,
    link: (state) => links.push(state),
    ended,
    ...over,
  });
  const newest = (): WireSocket => {
    const socket = sockets.at(-1);
    if (socket === undefined) throw new Error("no socket");
    return socket;
  };
  const online = async (): Promise<WireSocket> => {
    connection.start();
    await vi.advanceTimersByTimeAsync(0);
    newest().onopen?.();
    newest().welcome();
    return newest();
  };
  return { connection, sockets, grants, links, ended, received, unknown, newest, online };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("the tab's connection", () => {
  test("says Hello with its token and duty, and is online with the Welcome", async () => {
    const { online, links } = scene();
    const socket = await online();
    expect(socket.sent[0]).toEqual({ type: "hello", token: "token-1", on_duty: true });
    expect(links).toEqual(["connecting", "online"]);
  });

  test("comes back under the same client id, so that a talk goes on", async () => {
    const { online, newest } = scene();
    (await online()).onclose?.({ code: 1006 });
    await vi.advanceTimersByTimeAsync(500);
    newest().onopen?.();
    expect(newest().sent[0]).toMatchObject({ type: "hello", resume: "client_1" });
  });

  test("sends nothing before the Welcome: a late press must not open a door", async () => {
    const { connection, newest, online } = scene();
    connection.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(connection.send({ type: "ping" })).toBe(false);
    connection.stop();
    await online();
    expect(connection.send({ type: "set_duty", on_duty: false })).toBe(true);
    expect(newest().sent.at(-1)).toEqual({ type: "set_duty", on_duty: false });
  });

  test("comes back after a break, waiting longer each time, at most 15 s", async () => {
    const { online, newest, sockets, links } = scene();
    (await online()).onclose?.({ code: 1006 });
    const waits: number[] = [];
    for (let round = 0; round < 8; round += 1) {
      const away = links.at(-1) as { retryInMs: number };
      waits.push(away.retryInMs);
      const before = sockets.length;
      await vi.advanceTimersByTimeAsync(away.retryInMs);
      expect(sockets.length).toBe(before + 1);
      newest().onclose?.({ code: 1006 });
    }
    expect(waits.slice(0, 4)).toEqual([500, 1000, 2000, 4000]);
    expect(Math.max(...waits)).toBe(15_000);
  });

  test("says Hello again with a fresh token before the old one ends, on the same socket", async () => {
    const { online, sockets, grants } = scene();
    const socket = await online();
    for (let second = 0; second < 545; second += 5) {
      await vi.advanceTimersByTimeAsync(5_000);
      socket.onmessage?.({ data: '{"type":"pong"}' });
    }
    expect(sockets).toHaveLength(1);
    expect(grants).toEqual([false, true]);
    expect(socket.sent.filter((message) => message.type === "hello").map((message) => message.token)).toEqual([
      "token-1",
      "token-2",
    ]);
  });

  test("refused as unauthenticated, it fetches a fresh token at once", async () => {
    const { online, grants } = scene();
    (await online()).onclose?.({ code: 4401 });
    await vi.advanceTimersByTimeAsync(1);
    expect(grants).toEqual([false, true]);
  });

  test("refused again and again, it does not storm the platform", async () => {
    const { online, newest, sockets } = scene();
    (await online()).onclose?.({ code: 4401 });
    await vi.advanceTimersByTimeAsync(0);
    for (let round = 0; round < 50; round += 1) {
      newest().onclose?.({ code: 4401 });
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(sockets.length).toBeLessThan(10);
  });

  test("ends when the refresh says that the person has to sign in", async () => {
    const { connection, ended, sockets } = scene({ grant: () => Promise.reject(new SignedOut()) });
    connection.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(ended).toHaveBeenCalledTimes(1);
    expect(sockets).toHaveLength(0);
  });

  test("keeps trying while the platform is away", async () => {
    let tries = 0;
    const { connection, ended } = scene({
      grant: () => {
        tries += 1;
        return Promise.reject(new Error("away"));
      },
    });
    connection.start();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(tries).toBeGreaterThan(4);
    expect(ended).not.toHaveBeenCalled();
  });

  test("waits long after too many tabs, and hardly after a restart", async () => {
    const { online, links } = scene();
    (await online()).onclose?.({ code: 4429 });
    expect(links.at(-1)).toEqual({ retryInMs: 30_000, tooMany: true });
    const other = scene();
    (await other.online()).onclose?.({ code: 4503 });
    expect((other.links.at(-1) as { retryInMs: number }).retryInMs).toBeLessThan(1_000);
  });

  test("gives up a socket that has gone silent", async () => {
    const { online, links } = scene();
    const socket = await online();
    await vi.advanceTimersByTimeAsync(15_000 + 8_000);
    expect(socket.closed).toBe(true);
    expect(links.at(-1)).toMatchObject({ tooMany: false });
  });

  test("leaves unknown messages alone", async () => {
    const { online, unknown, received } = scene();
    (await online()).onmessage?.({ data: '{"type":"holiday"}' });
    expect(unknown).toHaveBeenCalledTimes(1);
    expect(received).toHaveBeenCalledTimes(1); // the Welcome
  });

  test("tries at once when asked", async () => {
    const { online, connection, sockets } = scene();
    (await online()).onclose?.({ code: 1006 });
    connection.retryNow();
    await vi.advanceTimersByTimeAsync(0);
    expect(sockets).toHaveLength(2);
  });
});
