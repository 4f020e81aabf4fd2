import { expect, test } from "vitest";
import { reduce } from "../src/client/reduce";
import { initialState } from "../src/client/state";
import type { ServerMessage } from "../src/contract";
import { at, ringOf, station, welcome } from "./scenes";

test("a call of higher priority is shown before those that ring longer", () => {
  const calls = [
    ["b", "low"],
    ["c", "normal"],
    ["d", "alarm"],
    ["e", "alarm"],
  ] as const;
  const messages: ServerMessage[] = [
    welcome("client_1"),
    ...calls.map(([callId, priority], second) => ({ ...ringOf(callId, station("a"), second), priority })),
  ];
  let state = initialState(true);
  for (const message of messages) state = reduce(state, { type: "received", message, now: at(0) });
  expect(state.ringing.map((ring) => ring.callId)).toEqual(["d", "e", "c", "b"]);
});
