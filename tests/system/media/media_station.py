"""A door station for tests: SDES-SRTP over one socket per section, H.264 and Opus, counts what it is asked for."""

from __future__ import annotations

import asyncio
import base64
import secrets
from fractions import Fraction

import av
import numpy as np
from pylibsrtp import Error as SrtpError
from pylibsrtp import Policy, Session

SUITE = "AES_CM_128_HMAC_SHA1_80"
H264, OPUS, EVENTS = 96, 97, 101
FRAME_S = 1 / 15
TONE_HZ = 440


def encode_picture(frames: int = 150, key_every: int = 150) -> list[list[bytes]]:
    """NAL units of each picture of a moving test scene; one key frame at the beginning unless told otherwise."""
    context = av.CodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt = 320, 240, "yuv420p"
    context.time_base, context.framerate = Fraction(1, 15), Fraction(15)
    context.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "profile": "baseline",
        "x264-params": f"keyint={key_every}:min-keyint={key_every}:scenecut=0:repeat-headers=1:annexb=1",
    }
    pictures = []
    for at in range(frames):
        pixels = np.zeros((240, 320, 3), np.uint8)
        pixels[:, :, 1] = np.linspace(30, 200, 320).astype(np.uint8)[None, :]
        left = (at * 4) % 280
        pixels[100:140, left : left + 40] = (220, 60, 40)
        frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p")
        frame.pts = at
        data = b"".join(bytes(packet) for packet in context.encode(frame))
        pictures.append([unit.strip(b"\0") for unit in data.split(b"\0\0\1") if unit.strip(b"\0")])
    return pictures


def encode_tone(seconds: int = 2) -> list[bytes]:
    """Opus packets of 20 ms of a 440 Hz tone."""
    context = av.CodecContext.create("libopus", "w")
    context.sample_rate, context.layout, context.format = 48_000, "mono", "s16"
    packets = []
    for at in range(seconds * 50):
        moments = (np.arange(960) + at * 960) / 48_000
        samples = (12_000 * np.sin(2 * np.pi * TONE_HZ * moments)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="s16", layout="mono")
        frame.sample_rate, frame.pts = 48_000, at * 960
        packets += [bytes(packet) for packet in context.encode(frame)]
    return packets


class Section(asyncio.DatagramProtocol):
    """One m= section: socket, keys, counters."""

    def __init__(self, payload_type: int, on_packet, on_feedback) -> None:
        self.payload_type = payload_type
        self.key = secrets.token_bytes(30)
        self.ssrc = secrets.randbits(31)
        self.sequence = secrets.randbits(15)
        self.remote: tuple[str, int] | None = None
        self.sends = False
        self.received = 0
        self.switches = 0  # how often the source of the packets changed
        self.source = 0
        self._outbound = Session(Policy(key=self.key, ssrc_type=Policy.SSRC_ANY_OUTBOUND))
        self._inbound: Session | None = None
        self._on_packet, self._on_feedback = on_packet, on_feedback

    def connection_made(self, transport) -> None:
        self.transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def aim(self, remote: tuple[str, int], key: bytes, sends: bool) -> None:
        if self._inbound is None or key != self._key_in:
            self._key_in = key
            self._inbound = Session(Policy(key=key, ssrc_type=Policy.SSRC_ANY_INBOUND))
        self.remote, self.sends = remote, sends

    def send(self, payload: bytes, timestamp: int, marker: bool, payload_type: int | None = None) -> None:
        if self.remote is None:
            return
        self.sequence = (self.sequence + 1) & 0xFFFF
        kind = self.payload_type if payload_type is None else payload_type
        head = bytes((0x80, kind | (0x80 if marker else 0))) + self.sequence.to_bytes(2, "big")
        head += (timestamp & 0xFFFFFFFF).to_bytes(4, "big") + self.ssrc.to_bytes(4, "big")
        self.transport.sendto(self._outbound.protect(head + payload), self.remote)

    def datagram_received(self, data: bytes, addr) -> None:
        if self._inbound is None or len(data) < 12:
            return
        try:
            if 192 <= data[1] <= 223:
                self._on_feedback(self._inbound.unprotect_rtcp(data))
            else:
                plain = self._inbound.unprotect(data)
                self.received += 1
                ssrc = int.from_bytes(plain[8:12], "big")
                self.switches += ssrc != self.source
                self.source = ssrc
                self._on_packet(plain[1] & 0x7F, plain[12:])
        except SrtpError:
            return


class FeedbackPort(asyncio.DatagramProtocol):
    """RTCP of a section beside it, on a port of its own."""

    def __init__(self, section: Section) -> None:
        self._section = section

    def connection_made(self, transport) -> None:
        self.transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr) -> None:
        self._section.datagram_received(data, addr)


class FakeStation:
    """`offer()` first, then `take(answer)` for each description that arrives.

    A `plain` one is like most other makers': RTP/SAVP, which says nothing of feedback, and RTCP on a port of its own.
    """

    def __init__(self, *, picture: bool = True, rude: bool = False, plain: bool = False) -> None:
        self.picture, self.rude, self.plain = picture, rude, plain
        self.pictures = encode_picture() if picture else []
        self.tone = encode_tone()
        self.key_frames_asked = 0
        self.digits: list[int] = []
        self.events = EVENTS
        self.loudest = 0.0
        self.heard = asyncio.Event()
        self.asked = asyncio.Event()
        self.audio = Section(OPUS, self._sound, lambda data: None)
        self.video = Section(H264, lambda kind, payload: None, self._feedback)
        self.feedback = FeedbackPort(self.video)
        self._decoder = av.CodecContext.create("libopus", "r")
        self._decoder.sample_rate, self._decoder.layout = 48_000, "mono"
        self._next_picture = 0
        self._tasks: list[asyncio.Task] = []
        self.samples: list[np.ndarray] = []

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        for protocol in (self.audio, self.video, self.feedback):
            await loop.create_datagram_endpoint(lambda protocol=protocol: protocol, local_addr=("127.0.0.1", 0))
        self._tasks = [asyncio.create_task(self._speak())]
        if self.picture:
            self._tasks.append(asyncio.create_task(self._show()))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for protocol in (self.audio, self.video, self.feedback):
            protocol.transport.close()

    def description(self, direction: str = "sendrecv") -> str:
        def crypto(section: Section) -> str:
            return f"a=crypto:1 {SUITE} inline:{base64.b64encode(section.key).decode()}"

        sound, picture = self.audio.payload_type, self.video.payload_type
        lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0"]
        lines += [f"m=audio {self.audio.port} RTP/SAVPF {sound} 9 8 0 {self.events}", f"a=rtpmap:{sound} opus/48000/2"]
        lines += ["a=rtpmap:9 G722/8000", "a=rtpmap:8 PCMA/8000", "a=rtpmap:0 PCMU/8000"]
        lines += [f"a=rtpmap:{self.events} telephone-event/48000", f"a=fmtp:{self.events} 0-15", crypto(self.audio)]
        lines += ["a=rtcp-mux", f"a={direction}"]
        if self.picture:
            lines += [f"m=video {self.video.port} RTP/SAVPF {picture}", f"a=rtpmap:{picture} H264/90000"]
            lines += [f"a=fmtp:{picture} profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1"]
            lines += [f"a=rtcp-fb:{picture} nack pli", f"a=rtcp-fb:{picture} ccm fir", crypto(self.video)]
            lines += [f"a=rtcp:{self.feedback.port}" if self.plain else "a=rtcp-mux", f"a={direction}"]
        if self.plain:
            lines = [line.replace("SAVPF", "SAVP") for line in lines if not line.startswith("a=rtcp-fb")]
        return "\r\n".join(lines) + "\r\n"

    def take(self, text: str) -> None:
        """Aim at what the description says."""
        sections = iter((self.audio, self.video))
        section, host, port, key, direction = None, "127.0.0.1", 0, b"", "sendrecv"
        for line in [*text.split("\r\n"), "m=end"]:
            if line.startswith("m="):
                if section is not None and port:
                    section.aim((host, port), key, direction in ("sendrecv", "recvonly"))
                if line != "m=end":
                    section, port = next(sections), int(line.split()[1])
                    direction = "sendrecv"
            elif line.startswith("c="):
                host = line.split()[-1]
            elif line.startswith("a=crypto:"):
                assert SUITE in line, line
                key = base64.b64decode(line.split("inline:")[1].split("|")[0])
            elif line.startswith("a=rtpmap:") and section is not None:
                number, codec = line[len("a=rtpmap:") :].split(" ")
                if codec.startswith(("opus/", "H264/")):
                    section.payload_type = int(number)
                elif codec.startswith("telephone-event/48000"):
                    self.events = int(number)
            elif line[2:] in ("sendrecv", "sendonly", "recvonly", "inactive"):
                direction = line[2:]

    def press(self, event: int) -> None:
        """Send one RFC 4733 digit."""
        timestamp = secrets.randbits(31)
        for step in range(1, 8):
            length = (step * 960).to_bytes(2, "big")
            end = 0x80 if step > 4 else 0
            self.audio.send(bytes((event, end | 10)) + length, timestamp, step == 1, self.events)

    # -- what it sends -------------------------------------------------------------------------------------------

    async def _show(self) -> None:
        timestamp = secrets.randbits(31)
        while True:
            units = self.pictures[self._next_picture % len(self.pictures)]
            self._next_picture += 1
            timestamp += 6_000
            if self.video.sends or self.rude:
                for at, unit in enumerate(units):
                    self._send_unit(unit, timestamp, at == len(units) - 1)
            await asyncio.sleep(FRAME_S)

    def _send_unit(self, unit: bytes, timestamp: int, last: bool) -> None:
        if len(unit) <= 1_100:
            self.video.send(unit, timestamp, last)
            return
        head = bytes(((unit[0] & 0xE0) | 28,))
        for at in range(1, len(unit), 1_100):
            part = unit[at : at + 1_100]
            ends = at + 1_100 >= len(unit)
            flags = (unit[0] & 0x1F) | (0x80 if at == 1 else 0) | (0x40 if ends else 0)
            self.video.send(head + bytes((flags,)) + part, timestamp, last and ends)

    async def _speak(self) -> None:
        at = 0
        begun = asyncio.get_running_loop().time()
        while True:
            if self.audio.sends or self.rude:
                self.audio.send(self.tone[at % len(self.tone)], at * 960, at == 0)
            at += 1
            await asyncio.sleep(max(0.0, begun + at * 0.02 - asyncio.get_running_loop().time()))

    # -- what it receives ----------------------------------------------------------------------------------------

    def _feedback(self, data: bytes) -> None:
        at = 0
        while at + 4 <= len(data):
            if data[at + 1] == 206 and data[at] & 0x1F in (1, 4):
                self.key_frames_asked += 1
                self._next_picture = 0
                self.asked.set()
            at += 4 * (int.from_bytes(data[at + 2 : at + 4], "big") + 1)

    def _sound(self, kind: int, payload: bytes) -> None:
        if kind == self.events:
            self.digits.append(payload[0])
        elif kind == self.audio.payload_type:
            for frame in self._decoder.decode(av.Packet(payload)):
                samples = frame.to_ndarray().astype(np.float64).ravel()
                if frame.format.name.startswith("s16"):
                    samples /= 32_768
                self.samples.append(samples)
                level = float(np.sqrt(np.mean(samples**2)))
                self.loudest = max(self.loudest, level)
                if level > 0.01:
                    self.heard.set()
