import { describe, expect, test } from "vitest";
import { reduce } from "../src/client/reduce";
import { initialState, type ClientState } from "../src/client/state";
import { parseReceived, type ServerMessage } from "../src/contract";
import { answered, at, placed, ringOf, station, welcome } from "./scenes";

const T0 = at(0);
const receive = (state: ClientState, message: ServerMessage, now = T0): ClientState =>
  reduce(state, { type: "received", message, now });
const signedOn = (): ClientState => receive(initialState(true), welcome("client_1"));

const socketLost = (state: ClientState): ClientState =>
  reduce(state, { type: "link", link: { kind: "connecting" }, now: T0 });
const answering = (): ClientState => answered(receive(signedOn(), ringOf("c", station("a"), 0)), "c");
const connected: ServerMessage = {
  type: "connected",
  call_id: "c",
  at: new Date(T0).toISOString(),
  ends_at: new Date(T0 + 600_000).toISOString(),
};
const talking = (): ClientState => receive(answering(), connected);

describe("a call that rings here", () => {
  test("waits in the queue, the longest first, and the first one is chosen", () => {
    let state = receive(signedOn(), ringOf("late", station("b"), 5));
    state = receive(state, ringOf("early", station("a"), 2));
    expect(state.ringing.map((ring) => ring.callId)).toEqual(["early", "late"]);
    expect(state.selected).toBe("late"); // chosen first: nothing moves under the pointer
  });

  test("names its button as people read it there, else by the name the station knows", () => {
    const named: ServerMessage = { ...ringOf("c", station("a"), 0), button: "top-3", button_label: "Familie Huber" };
    expect(receive(signedOn(), named).ringing[0]?.button).toBe("Familie Huber");
    expect(receive(signedOn(), { ...named, button_label: "" }).ringing[0]?.button).toBe("top-3");
  });

  test("answered by somebody else: it leaves, and the notice names who", () => {
    let state = receive(signedOn(), ringOf("c", station("a"), 0));
    state = receive(state, { type: "ring_ended", call_id: "c", cause: "answered_elsewhere", answered_by: "J. Reiter" });
    expect(state.ringing).toEqual([]);
    expect(state.notices[0]).toMatchObject({ text: "ended.elsewhere", values: { who: "J. Reiter" } });
  });

  test("answered in this person's other tab says so", () => {
    let state = receive(signedOn(), ringOf("c", station("a"), 0));
    state = receive(state, {
      type: "ring_ended",
      call_id: "c",
      cause: "answered_elsewhere",
      answered_by: "Maria Huber",
    });
    expect(state.notices[0]?.text).toBe("ended.elsewhere.self");
  });

  test("declined here needs no notice, and the next call is chosen", () => {
    let state = receive(signedOn(), ringOf("c", station("a"), 0));
    state = receive(state, ringOf("d", station("b"), 1));
    state = reduce(state, { type: "sent", message: { type: "decline", request_id: "r", call_id: "c" }, now: T0 });
    state = receive(state, { type: "ring_ended", call_id: "c", cause: "declined", answered_by: null });
    expect(state.ringing.map((ring) => ring.callId)).toEqual(["d"]);
    expect(state.selected).toBe("d");
    expect(state.notices).toEqual([]);
  });

  test("the same ring twice is one call", () => {
    const ring = ringOf("c", station("a"), 0);
    expect(receive(receive(signedOn(), ring), ring).ringing).toHaveLength(1);
  });

  test("a new socket starts with an empty queue; a token renewed on the same socket keeps it", () => {
    const ringing = receive(signedOn(), ringOf("c", station("a"), 0));
    expect(receive(ringing, welcome("client_1")).ringing).toHaveLength(1);
    expect(receive(socketLost(ringing), welcome("client_1")).ringing).toHaveLength(0);
  });

  test("going off duty while it rings says nothing", () => {
    let state = receive(signedOn(), ringOf("c", station("a"), 0));
    state = receive(state, { type: "ring_ended", call_id: "c", cause: "disconnected", answered_by: null });
    expect([state.ringing, state.notices]).toEqual([[], []]);
  });
});

describe("a call answered here", () => {
  test("goes from answering to talking and ends in words", () => {
    let state = answered(receive(signedOn(), ringOf("c", station("a"), 0)), "c");
    expect(state.call).toMatchObject({ callId: "c", phase: "answering" });
    state = receive(state, {
      type: "connected",
      call_id: "c",
      at: new Date(T0).toISOString(),
      ends_at: new Date(T0 + 600_000).toISOString(),
    });
    expect(state.call).toMatchObject({ phase: "talking", endsAt: T0 + 600_000, since: T0 });
    state = receive(state, { type: "call_ended", call_id: "c", cause: "answered", by: "station" });
    expect(state.call).toBeNull();
    expect(state.notices[0]?.text).toBe("ended.answered.station");
  });

  test("lost the race: somebody else was faster", () => {
    let state = answered(receive(signedOn(), ringOf("c", station("a"), 0)), "c");
    state = receive(state, { type: "ring_ended", call_id: "c", cause: "answered_elsewhere", answered_by: "J. Reiter" });
    expect(state.call).toBeNull();
    expect(state.notices[0]?.text).toBe("ended.elsewhere");
  });

  test("its own ring ending as answered does not end it", () => {
    let state = answered(receive(signedOn(), ringOf("c", station("a"), 0)), "c");
    state = receive(state, { type: "ring_ended", call_id: "c", cause: "answered", answered_by: "Maria Huber" });
    expect(state.call?.callId).toBe("c");
  });

  test("a late `connected` does not bring back a call that is being ended", () => {
    let state = answered(receive(signedOn(), ringOf("c", station("a"), 0)), "c");
    state = reduce(state, { type: "sent", message: { type: "hang_up", request_id: "h", call_id: "c" }, now: T0 });
    state = receive(state, {
      type: "connected",
      call_id: "c",
      at: new Date(T0).toISOString(),
      ends_at: new Date(T0).toISOString(),
    });
    expect(state.call?.phase).toBe("ending");
  });

  test("a lost socket drops a call that was only being connected", () => {
    const again = receive(socketLost(answering()), welcome("client_1"));
    expect(again.call).toBeNull();
    expect(again.notices[0]?.text).toBe("ended.lost");
  });

  test("picture and sound that are offered anew keep the talk, and it is said", () => {
    const offer: ServerMessage = { type: "media_offer", call_id: "c", sdp: "v=0", renewed: true };
    const after = receive(talking(), offer);
    expect(after.call?.phase).toBe("talking");
    expect(after.notices[0]?.text).toBe("call.media_renewed");
    expect(receive(talking(), { ...offer, renewed: false }).notices).toEqual([]);
  });

  describe("whose picture and sound broke off", () => {
    const offer: ServerMessage = { type: "media_offer", call_id: "c", sdp: "v=0", renewed: true };
    const broken = (): ClientState => receive(talking(), offer);
    const texts = (state: ClientState): string[] => state.notices.map((notice) => notice.text);

    test("is told so until they are back, however long that takes", () => {
      const later = reduce(broken(), { type: "time", now: T0 + 60_000 });
      expect(texts(later)).toEqual(["call.media_renewed"]);
      const back = reduce(later, { type: "media_back", callId: "c", now: T0 + 61_000 });
      expect(texts(back)).toEqual(["call.media_back"]);
      expect(texts(reduce(back, { type: "time", now: T0 + 80_000 }))).toEqual([]);
    });

    test("is told nothing of it once the call is over", () => {
      const over = receive(broken(), { type: "call_ended", call_id: "c", cause: "answered", by: "station" });
      expect(texts(over)).toEqual(["ended.answered.station"]);
      expect(reduce(over, { type: "media_back", callId: "c", now: T0 })).toBe(over);
      expect(texts(reduce(broken(), { type: "lost", callId: "c", text: "ended.lost", now: T0 }))).toEqual([
        "ended.lost",
      ]);
    });

    test("keeps its word while another call rings", () => {
      expect(texts(receive(broken(), ringOf("d", station("b"), 1)))).toEqual(["call.media_renewed"]);
    });
  });

  test("a lost socket keeps the talk when the platform confirms it", () => {
    const back = receive(socketLost(talking()), welcome("client_1"), T0 + 3_000);
    const confirmed = receive(back, connected, T0 + 3_100);
    expect(reduce(confirmed, { type: "time", now: T0 + 60_000 }).call).toMatchObject({ phase: "talking", since: T0 });
  });

  test("a talk that the platform does not confirm, or that comes back under another id, is over", () => {
    const back = receive(socketLost(talking()), welcome("client_1"), T0);
    expect(reduce(back, { type: "time", now: T0 + 5_000 }).notices[0]?.text).toBe("ended.lost");
    expect(receive(socketLost(talking()), welcome("client_2")).call).toBeNull();
  });

  test("the time limit is announced", () => {
    let state = answered(receive(signedOn(), ringOf("c", station("a"), 0)), "c");
    state = receive(state, { type: "limit_warning", call_id: "c", ends_at: new Date(T0 + 30_000).toISOString() });
    expect(state.call).toMatchObject({ warned: true, endsAt: T0 + 30_000 });
  });
});

describe("a call placed here", () => {
  test("gets its name from the platform", () => {
    const state = receive(placed(signedOn(), "r1"), {
      type: "call_started",
      request_id: "r1",
      call_id: "c",
      station: station("a"),
    });
    expect(state.call).toMatchObject({ callId: "c", phase: "calling", placed: true });
  });

  test.each([
    ["busy", "error.busy"],
    ["station_unreachable", "error.station_unreachable"],
    ["something_new", "error.other"],
  ])("refused with %s is said in words", (code, text) => {
    const state = receive(placed(signedOn(), "r1"), {
      type: "error",
      request_id: "r1",
      code,
      detail: "",
      call_id: null,
    });
    expect(state.call).toBeNull();
    expect(state.notices[0]?.text).toBe(text);
  });

  test("nobody answers at the station", () => {
    let state = receive(placed(signedOn(), "r1"), {
      type: "call_started",
      request_id: "r1",
      call_id: "c",
      station: station("a"),
    });
    state = receive(state, { type: "call_ended", call_id: "c", cause: "station_unreachable", by: "platform" });
    expect(state.notices[0]).toMatchObject({ text: "ended.station_unreachable", own: true });
  });
});

describe("the rest of the picture", () => {
  test("a station that changes is replaced everywhere", () => {
    let state = receive(signedOn(), ringOf("c", station("a"), 0));
    state = receive(state, { type: "station_changed", station: { ...station("a"), name: "Neuer Name" } });
    expect(state.ringing[0]?.station.name).toBe("Neuer Name");
    expect(state.stations.find((known) => known.station_id === "a")?.name).toBe("Neuer Name");
  });

  test("an unknown message is no message, and an unknown type changes nothing", () => {
    expect(parseReceived('{"type":"holiday"}')).toBeNull();
    expect(parseReceived("{")).toBeNull();
    expect(parseReceived('{"type":"constructor"}')).toBeNull();
    const state = signedOn();
    expect(receive(state, { type: "holiday" } as unknown as ServerMessage)).toEqual(state);
  });

  test("notices leave by themselves", () => {
    let state = receive(signedOn(), ringOf("c", station("a"), 0));
    state = receive(state, { type: "ring_ended", call_id: "c", cause: "cancelled", answered_by: null });
    expect(reduce(state, { type: "time", now: T0 + 14_000 }).notices).toHaveLength(1);
    expect(reduce(state, { type: "time", now: T0 + 16_000 }).notices).toHaveLength(0);
  });

  test("a record written makes the history follow", () => {
    const state = signedOn();
    expect(receive(state, { type: "history_changed", call_id: "c" }).records).toBe(state.records + 1);
  });
});
