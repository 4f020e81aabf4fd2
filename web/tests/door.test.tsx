import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  DOOR_ANSWER_MAX_MS,
  DOOR_TAP_AGAIN_MS,
  doorAnswered,
  doorPressed,
  doorRequestFailed,
  doorsAt,
  doorsUnanswered,
  doorTakesPress,
  doorWaits,
  type DoorAction,
} from "../src/client/door-state";
import { reduce } from "../src/client/reduce";
import { initialState } from "../src/client/state";
import type { Received } from "../src/contract";
import { DoorButton } from "../src/parts/door-button";
import { say } from "../src/words";
import { answered, at, door, ringOf, station } from "./scenes";

afterEach(cleanup);

const result = (changes: Partial<Received<"door_result">>): Received<"door_result"> => ({
  type: "door_result",
  request_id: "r1",
  door_id: "main",
  opened: true,
  open_for_s: 4,
  code: null,
  detail: null,
  ...changes,
});

describe("a pressed door", () => {
  const pressed = doorPressed({}, "main", "r1", at(0));

  test("opens and closes again by itself", () => {
    const open = doorAnswered(pressed, result({}), at(1));
    expect(open["main"]).toEqual({ kind: "open", since: at(1), until: at(5) });
    expect(doorsAt(open, at(4))).toBe(open);
    expect(doorsAt(open, at(5))).toEqual({});
  });

  test("whose station takes digits never claims to be open", () => {
    const sent = doorAnswered(pressed, result({ open_for_s: null }), at(1));
    expect(sent["main"]).toEqual({ kind: "sent", since: at(1), until: at(5) });
    expect(doorTakesPress(sent["main"], at(1) + 115)).toBe(false);
    expect(doorsAt(sent, at(5))).toEqual({});
  });

  test("names the cause when it did not open", () => {
    const failed = doorAnswered(pressed, result({ opened: false, code: "station_unreachable" }), at(2));
    expect(failed["main"]).toMatchObject({ kind: "failed", cause: "door.failed.station_unreachable" });
    expect(doorRequestFailed(pressed, "r1", "door_not_allowed", at(1))["main"]).toMatchObject({
      cause: "door.failed.door_not_allowed",
    });
  });

  test("takes the next press only when the last one is answered and a second has passed", () => {
    expect(doorTakesPress(undefined, at(0))).toBe(true);
    expect(doorTakesPress(pressed["main"], at(1))).toBe(false);
    const open = doorAnswered(pressed, result({}), at(0));
    expect(doorTakesPress(open["main"], at(0) + 115)).toBe(false);
    expect(doorTakesPress(open["main"], at(0) + DOOR_TAP_AGAIN_MS)).toBe(true);
    const failed = doorAnswered(pressed, result({ opened: false, code: "door_refused" }), at(0));
    expect(doorTakesPress(failed["main"], at(0))).toBe(true);
  });

  test("is not hidden by the outcome of an older press", () => {
    expect(doorAnswered(pressed, result({ request_id: "r0", opened: false, code: "x" }), at(1))).toBe(pressed);
  });

  test("without any answer is not known to be open", () => {
    expect(doorsAt(pressed, at(0) + DOOR_ANSWER_MAX_MS)["main"]).toMatchObject({ cause: "door.failed.unknown" });
    expect(doorsUnanswered(pressed, at(1))["main"]).toMatchObject({ cause: "door.failed.unknown" });
  });

  test("by digits from the station shows as open too", () => {
    expect(doorAnswered({}, result({ request_id: null }), at(0))["main"]?.kind).toBe("open");
  });
});

describe("the plate", () => {
  const cases: [string, DoorAction | undefined, boolean, boolean, string, string][] = [
    ["ready", undefined, true, true, "Open Haustür", "one press opens"],
    ["offline", undefined, true, false, "Open Haustür", "the station is offline, may not open"],
    [
      "working",
      { kind: "working", requestId: "r", since: at(0) },
      true,
      true,
      "Opening …",
      "sent, waiting for the station",
    ],
    ["open", { kind: "open", since: at(0), until: at(4) }, true, true, "Open", "closes in 3 s"],
    [
      "sent",
      { kind: "sent", since: at(0), until: at(4) },
      true,
      true,
      "Digits sent",
      "does not tell whether it opened",
    ],
    [
      "failed",
      { kind: "failed", cause: "door.failed.station_unreachable", since: at(0) },
      true,
      true,
      "Not opened",
      "cannot be reached",
    ],
    ["forbidden", undefined, false, true, "You may talk, not open", "administrator decides"],
  ];
  test.each(cases)("says that it is %s", (look, action, mayOpen, online, title, text) => {
    const open = vi.fn();
    render(
      <DoorButton
        door={door("main", { may_open: mayOpen })}
        action={action}
        online={online}
        now={at(1)}
        size="large"
        say={(key, values) => say("en", key, values)}
        onOpen={open}
      />,
    );
    const button = screen.getByRole("button");
    expect(button.textContent).toContain(title);
    expect(button.textContent).toContain(text);
    expect(button.className).toContain(`door-${look}`);
    fireEvent.click(button);
    expect(open).toHaveBeenCalledTimes(look === "working" || look === "forbidden" ? 0 : 1);
  });

  test("of an account takes no press before this tab talks with it, and says what to do first", () => {
    const telephone = station("tel", { kind: "account" });
    const idle = { call: null, ringing: [] };
    expect(doorWaits(telephone, idle)).toBe("call");
    expect(doorWaits(station("own"), idle)).toBeNull();
    const rings = reduce(initialState(true), { type: "received", message: ringOf("c", telephone, 0), now: at(0) });
    expect(doorWaits(telephone, rings)).toBe("answer");
    const answering = answered(rings, "c");
    expect(doorWaits(telephone, answering)).toBe("call");
    const connected = { type: "connected", call_id: "c", at: "", ends_at: "" } as const;
    const talks = reduce(answering, { type: "received", message: connected, now: at(1) });
    expect(doorWaits(telephone, talks)).toBeNull();
    expect(doorWaits(station("another", { kind: "account" }), talks)).toBe("call");

    const open = vi.fn();
    render(
      <DoorButton
        door={door()}
        action={undefined}
        online
        waits={doorWaits(telephone, rings)}
        now={at(1)}
        size="large"
        say={(key, values) => say("de", key, values)}
        onOpen={open}
      />,
    );
    const button = screen.getByRole("button");
    expect(button.textContent).toContain("Erst abheben, dann öffnen.");
    expect(button.getAttribute("aria-disabled")).toBe("true");
    fireEvent.click(button);
    expect(open).not.toHaveBeenCalled();
  });

  test("runs empty with the time", () => {
    const { container } = render(
      <DoorButton
        door={door()}
        action={{ kind: "open", since: at(0), until: at(4) }}
        online
        now={at(3)}
        size="small"
        say={(key, values) => say("de", key, values)}
        onOpen={() => undefined}
      />,
    );
    const face = container.querySelector<HTMLElement>(".door-face");
    expect(face?.style.getPropertyValue("--full")).toBe("25.0%");
  });
});
