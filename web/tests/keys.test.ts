import { describe, expect, test } from "vitest";
import { commandOf, type KeyContext, type KeyPress } from "../src/client/keys";
import { preferredVideo } from "../src/client/peer";
import { LOUDER_AFTER_MS, ringLevel } from "../src/client/tone";

const press = (key: string, changes: Partial<KeyPress> = {}): KeyPress => ({
  key,
  ctrlKey: false,
  altKey: false,
  metaKey: false,
  repeat: false,
  onControl: false,
  inField: false,
  ...changes,
});
const ringing: KeyContext = { singleKeys: true, talking: false, keypadOpen: false };
const talking: KeyContext = { singleKeys: true, talking: true, keypadOpen: false };

describe("keys on the call surface", () => {
  test("Enter answers, but on a button it presses that button", () => {
    expect(commandOf(press("Enter"), ringing)).toEqual({ kind: "answer" });
    expect(commandOf(press("Enter", { onControl: true }), ringing)).toBeNull();
    expect(commandOf(press("Enter"), talking)).toBeNull();
  });

  test("Escape never ends a call", () => {
    expect(commandOf(press("Escape"), talking)).toBeNull();
    expect(commandOf(press("Escape"), ringing)).toBeNull();
  });

  test("a held key never acts twice, and the browser keeps its own keys", () => {
    expect(commandOf(press("1", { repeat: true }), ringing)).toBeNull();
    expect(commandOf(press("e", { ctrlKey: true }), talking)).toBeNull();
    expect(commandOf(press("m", { inField: true }), talking)).toBeNull();
  });

  test("digits open doors, or go to the station while the keypad is open", () => {
    expect(commandOf(press("2"), ringing)).toEqual({ kind: "door", index: 1 });
    expect(commandOf(press("2"), talking)).toEqual({ kind: "door", index: 1 });
    expect(commandOf(press("2"), { ...talking, keypadOpen: true })).toEqual({ kind: "digit", digit: "2" });
  });

  test("single keys can be switched off; Enter and arrows stay", () => {
    const off = { ...talking, singleKeys: false };
    for (const key of ["m", "e", "c", "k", "1"]) expect(commandOf(press(key), off)).toBeNull();
    expect(commandOf(press("ArrowDown"), off)).toEqual({ kind: "choose", step: 1 });
  });

  test("letters end or mute only a call, and decline only a ring", () => {
    expect(commandOf(press("E"), talking)).toEqual({ kind: "end" });
    expect(commandOf(press("e"), ringing)).toBeNull();
    expect(commandOf(press("d"), ringing)).toEqual({ kind: "decline" });
    expect(commandOf(press("d"), talking)).toBeNull();
  });
});

test("the ring is louder after ten seconds and soft while somebody talks", () => {
  expect(ringLevel(LOUDER_AFTER_MS, false)).toBeGreaterThan(ringLevel(LOUDER_AFTER_MS - 1, false));
  expect(ringLevel(LOUDER_AFTER_MS, true)).toBeLessThan(ringLevel(0, false));
});

test("constrained baseline H.264 with packetization-mode 1 is offered first", () => {
  const codec = (mimeType: string, sdpFmtpLine = ""): RTCRtpCodec => ({ mimeType, sdpFmtpLine, clockRate: 90_000 });
  const sorted = preferredVideo([
    codec("video/VP8"),
    codec("video/H264", "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f"),
    codec("video/H264", "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"),
    codec("video/rtx"),
  ]);
  expect(sorted[0]?.sdpFmtpLine).toContain("packetization-mode=1");
  expect(sorted.map((each) => each.mimeType)).toEqual(["video/H264", "video/H264", "video/VP8", "video/rtx"]);
});
