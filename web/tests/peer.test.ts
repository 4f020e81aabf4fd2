import { describe, expect, test } from "vitest";
import { heardAt, reachable } from "../src/client/peer";

const candidate = "a=candidate:1 1 udp 2122194687 192.0.2.2 38305 typ host\r\n";
const head = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";
const section = (kind: string, port: number, lines = ""): string =>
  `m=${kind} ${port} UDP/TLS/RTP/SAVPF 96\r\n${lines}`;

const way = (address: string, port: number) => ({ address, port });

describe("a description", () => {
  test("names in every section the way that ICE has found for it", () => {
    const sdp =
      head + section("audio", 9, "c=IN IP4 0.0.0.0\r\n") + section("video", 4000, "c=IN IP4 10.0.0.1\r\na=x\r\n");
    expect(heardAt(sdp, [way("203.0.113.7", 5001), way("2001:db8::1", 5002)])).toBe(
      head +
        section("audio", 5001, "c=IN IP4 203.0.113.7\r\n") +
        section("video", 5002, "c=IN IP6 2001:db8::1\r\na=x\r\n"),
    );
  });

  test("stays as it is where no way is known, and where a section is not in use", () => {
    const sdp = head + section("audio", 9, "c=IN IP4 0.0.0.0\r\n") + section("video", 0, "c=IN IP4 0.0.0.0\r\n");
    expect(heardAt(sdp, [])).toBe(sdp);
    expect(heardAt(sdp, [null, way("203.0.113.7", 5002)])).toContain("m=video 0 ");
  });

  test("without a candidate for a section in use reaches nobody", () => {
    expect(reachable(head + section("audio", 9) + section("video", 9))).toBe(false);
    expect(reachable(head + section("audio", 38305, candidate) + section("video", 9))).toBe(false);
  });

  test("with a candidate in every section in use can be sent", () => {
    expect(reachable(head + section("audio", 38305, candidate) + section("video", 38306, candidate))).toBe(true);
    expect(reachable(head + section("audio", 38305, candidate) + section("video", 0))).toBe(true);
  });
});
