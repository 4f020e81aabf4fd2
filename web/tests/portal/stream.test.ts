import { describe, expect, it } from "vitest";
import { outdated, parse } from "../../src/portal/stream";

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

  it("renews only what shows the topic", () => {
    expect(outdated([{ topic: "calls" }])).toEqual(new Set(["calls"]));
    expect(outdated([{ topic: "stations" }])?.has("people")).toBe(false);
    expect(outdated([{ topic: "calls" }, { topic: "rights" }])).toBeNull();
  });
});
