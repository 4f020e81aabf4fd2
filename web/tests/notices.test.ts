import { describe, expect, test } from "vitest";
import { reduce } from "../src/client/reduce";
import { initialState, type ClientState } from "../src/client/state";
import type { ServerMessage } from "../src/contract";
import { answered, at, placed, ringOf, station, welcome } from "./scenes";

const receive = (state: ClientState, message: ServerMessage): ClientState =>
  reduce(state, { type: "received", message, now: at(0) });
const signedOn = (): ClientState => receive(initialState(true), welcome("client_1"));

describe("what was said of calls", () => {
  const ended = (state: ClientState, call_id: string): ClientState =>
    receive(state, { type: "ring_ended", call_id, cause: "no_answer", answered_by: null });
  const ringing = (...ids: string[]): ClientState =>
    ids.reduce((state, id) => receive(state, ringOf(id, station("a"), 0)), signedOn());

  test("leaves when the next call rings, is placed or is answered", () => {
    const told = ended(ringing("c"), "c");
    expect(told.notices).toHaveLength(1);
    expect(receive(told, ringOf("d", station("b"), 1)).notices).toEqual([]);
    expect(placed(told, "r").notices).toEqual([]);
    const first = ended(ringing("c", "d"), "d");
    expect(first.notices).toHaveLength(1);
    expect(answered(first, "c").notices).toEqual([]);
  });

  test("is never more than two notices", () => {
    const over = ["c", "d", "e"].reduce(ended, ringing("c", "d", "e"));
    expect(over.notices.map((notice) => notice.id)).toEqual(["e", "d"]);
  });
});
