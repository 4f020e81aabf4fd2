import { expect, test } from "vitest";
import { Negotiation } from "../src/client/negotiation";
import type { Media } from "../src/client/media";
import { initialState } from "../src/client/state";
import type { ClientMessage, ServerMessage } from "../src/contract";

/** Media whose answers come when the test says so; keeps what was asked of it. */
class SlowMedia {
  readonly asked: string[] = [];
  readonly #waiting: { resolve: (sdp: string) => void; reject: (reason: Error) => void }[] = [];
  preview = (_: string, offer: string): Promise<string> => this.#later(`preview ${offer}`);
  connect = (_: string, offer: string): Promise<string> => this.#later(`connect ${offer}`);
  renew = (_: string, offer: string): Promise<string> => this.#later(`renew ${offer}`);
  drop = (): void => void this.asked.push("drop");

  async answers(sdp: string): Promise<void> {
    this.#waiting.shift()?.resolve(sdp);
    await Promise.resolve();
    await Promise.resolve();
  }

  async fails(): Promise<void> {
    this.#waiting.shift()?.reject(new Error("closed"));
    await Promise.resolve();
    await Promise.resolve();
  }

  #later(what: string): Promise<string> {
    this.asked.push(what);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }
}

function world() {
  const media = new SlowMedia();
  const sent: ClientMessage[] = [];
  const failed: string[] = [];
  const negotiation = new Negotiation(media as unknown as Media, {
    send: (message) => sent.push(message) > 0,
    picture: () => undefined,
    failed: (callId) => failed.push(callId),
    wantsCamera: () => false,
  });
  const hears = (message: ServerMessage): void => {
    negotiation.received(message, initialState(true), initialState(true));
  };
  return { media, sent, failed, hears, negotiation };
}

test("the platform is told when a preview's connection stands, and nothing of a talk's", async () => {
  const { media, sent, hears, negotiation } = world();
  hears({ type: "preview_offer", call_id: "c", sdp: "offer" });
  await media.answers("answer");
  negotiation.connected("c");
  negotiation.connected("placed");
  expect(sent.slice(1)).toEqual([{ type: "preview_connected", call_id: "c" }]);
});

test("an offer after the media engine was lost is answered on a new connection", async () => {
  const { media, sent, hears } = world();
  hears({ type: "media_offer", call_id: "c", sdp: "offer", renewed: true });
  await media.answers("anew");
  expect(media.asked).toEqual(["renew offer"]);
  expect(sent).toEqual([{ type: "media_answer", call_id: "c", sdp: "anew" }]);
});

test("the offer after Answer upgrades the preview's connection", async () => {
  const { media, sent, hears } = world();
  hears({ type: "media_offer", call_id: "c", sdp: "offer" });
  await media.answers("upgraded");
  expect(media.asked).toEqual(["connect offer"]);
  expect(sent).toEqual([{ type: "media_answer", call_id: "c", sdp: "upgraded" }]);
});

test("what became of a preview that a newer offer replaced is told to nobody, and the newer one is left alone", async () => {
  const { media, sent, hears } = world();
  hears({ type: "preview_offer", call_id: "c", sdp: "old" });
  hears({ type: "preview_offer", call_id: "c", sdp: "new" });
  await media.fails();
  expect(sent).toEqual([]);
  expect(media.asked).toEqual(["preview old", "preview new"]);
  await media.answers("answer to the new one");
  expect(sent).toEqual([{ type: "preview_answer", call_id: "c", sdp: "answer to the new one" }]);
});
