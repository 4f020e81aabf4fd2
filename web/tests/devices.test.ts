import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Devices } from "../src/client/devices";

class Track extends EventTarget {
  enabled = true;
  readyState = "live";
  constructor(readonly kind: "audio" | "video") {
    super();
  }
  stop(): void {
    this.readyState = "ended";
  }
}

/** A browser that asks: nothing is given before `allow` or `refuse`. */
function asked() {
  const waiting: { give: (stream: object) => void; refuse: (reason: unknown) => void }[] = [];
  const tracks: Track[] = [];
  vi.stubGlobal("navigator", {
    mediaDevices: {
      getUserMedia: () => new Promise((give, refuse) => waiting.push({ give, refuse })),
    },
  });
  const allow = (): void => {
    const own = [new Track("audio"), new Track("video")];
    tracks.push(...own);
    const of = (kind: string) => () => own.filter((track) => track.kind === kind);
    waiting.shift()?.give({ getTracks: () => own, getAudioTracks: of("audio"), getVideoTracks: of("video") });
  };
  const refuse = (): void => waiting.shift()?.refuse(new DOMException("no", "NotAllowedError"));
  return { waiting, tracks, allow, refuse };
}

let heard: string[] = [];
const devices = (): Devices => new Devices({ changed: () => heard.push("changed"), ready: () => heard.push("ready") });

beforeEach(() => {
  heard = [];
});
afterEach(() => {
  vi.unstubAllGlobals();
});

test("a call that begins while the person is asked counts on both", async () => {
  const browser = asked();
  const ours = devices();
  expect(ours.hoped).toEqual({ microphone: false, camera: false });
  const prepared = ours.prepare(true);
  expect(ours.hoped).toEqual({ microphone: true, camera: true });
  browser.allow();
  await prepared;
  expect(ours.hoped).toEqual({ microphone: true, camera: true });
  expect(heard).toEqual(["ready", "changed"]);
});

test("who wants no camera is not counted on for one", () => {
  asked();
  const ours = devices();
  void ours.prepare(false);
  expect(ours.hoped).toEqual({ microphone: true, camera: false });
});

test("a person who refuses is not counted on any more", async () => {
  const browser = asked();
  const ours = devices();
  const prepared = ours.prepare(false);
  browser.refuse();
  await prepared;
  expect(ours.hoped).toEqual({ microphone: false, camera: false });
  expect(ours.state.microphone).toBe("denied");
  expect(heard).toEqual(["changed"]);
});

test("the person is asked once, however often it is wanted", () => {
  const browser = asked();
  const ours = devices();
  void ours.prepare(true);
  void ours.prepare(true);
  expect(browser.waiting.length).toBe(1);
});

test("a microphone that is allowed during a talk is open, and before one it is silent", async () => {
  const browser = asked();
  const ours = devices();
  let prepared = ours.prepare(true);
  browser.allow();
  await prepared;
  expect(ours.microphone?.enabled).toBe(false);
  ours.release();
  prepared = ours.prepare(true);
  ours.setTalking(true);
  browser.allow();
  await prepared;
  expect(ours.microphone?.enabled).toBe(true);
});

test("what is allowed after going off duty is let go at once", async () => {
  const browser = asked();
  const ours = devices();
  const prepared = ours.prepare(true);
  ours.release();
  browser.allow();
  await prepared;
  expect(ours.microphone).toBeNull();
  expect(browser.tracks.map((track) => track.readyState)).toEqual(["ended", "ended"]);
  expect(heard).not.toContain("ready");
});
