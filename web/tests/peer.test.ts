import { describe, expect, test } from "vitest";
import { reachable } from "../src/client/peer";

const candidate = "a=candidate:1 1 udp 2122194687 192.0.2.2 38305 typ host\r\n";
const head = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";
const section = (kind: string, port: number, lines = ""): string =>
  `m=${kind} ${port} UDP/TLS/RTP/SAVPF 96\r\n${lines}`;

describe("a description", () => {
  test("without a candidate for a section in use reaches nobody", () => {
    expect(reachable(head + section("audio", 9) + section("video", 9))).toBe(false);
    expect(reachable(head + section("audio", 38305, candidate) + section("video", 9))).toBe(false);
  });

  test("with a candidate in every section in use can be sent", () => {
    expect(reachable(head + section("audio", 38305, candidate) + section("video", 38306, candidate))).toBe(true);
    expect(reachable(head + section("audio", 38305, candidate) + section("video", 0))).toBe(true);
  });
});
