import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Media } from "../src/client/media";

/** Agrees to everything, and has nothing to send. */
class Connection extends EventTarget {
  readonly iceGatheringState = "complete";
  readonly iceConnectionState = "connected";
  localDescription: { sdp: string } | null = null;
  setRemoteDescription(): Promise<void> {
    return Promise.resolve();
  }
  setLocalDescription(): Promise<void> {
    this.localDescription = { sdp: "v=0\r\n" };
    return Promise.resolve();
  }
  getTransceivers(): [] {
    return [];
  }
  close(): void {
    /* nothing is open */
  }
}

class Stream {
  getTracks(): [] {
    return [];
  }
}

const nothing = (): void => undefined;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("RTCPeerConnection", Connection);
  vi.stubGlobal("MediaStream", Stream);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function media(): { media: Media; talking: boolean[] } {
  const made = new Media({ changed: nothing, lost: nothing, connected: nothing, back: nothing });
  const talking: boolean[] = [];
  vi.spyOn(made.devices, "setTalking").mockImplementation((on) => talking.push(on));
  return { media: made, talking };
}

test("the microphone opens with the answer, and not before", async () => {
  const { media: ours, talking } = media();
  await ours.preview("call-1", "offer");
  expect(talking).toEqual([]);
  await ours.connect("call-1", "offer");
  expect(talking).toEqual([true]);
});

test("who mutes while the call is being put through stays muted", async () => {
  const { media: ours, talking } = media();
  await ours.connect("call-1", "offer");
  ours.setMuted(true);
  const connected = ours.talk("call-1", false);
  await vi.runAllTimersAsync();
  await connected;
  expect(ours.muted).toBe(true);
  expect(talking.at(-1)).toBe(false);
});

test("the next call begins unmuted", async () => {
  const { media: ours, talking } = media();
  await ours.connect("call-1", "offer");
  ours.setMuted(true);
  ours.silence();
  await ours.connect("call-2", "offer");
  expect(ours.muted).toBe(false);
  expect(talking.at(-1)).toBe(true);
});

test("a renewed connection leaves who is muted muted", async () => {
  const { media: ours, talking } = media();
  await ours.connect("call-1", "offer");
  ours.setMuted(true);
  await ours.renew("call-1", "offer");
  expect(ours.muted).toBe(true);
  expect(talking.at(-1)).toBe(false);
});

test("a call that starts here is heard once it is answered", async () => {
  const { media: ours, talking } = media();
  const connected = ours.talk("call-1", false);
  await vi.runAllTimersAsync();
  await connected;
  expect(talking).toEqual([true]);
});
