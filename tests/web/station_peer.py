"""A station's end of the media, played by a second page: a moving canvas and a tone over a real peer connection."""

from __future__ import annotations

import asyncio

from playwright.async_api import BrowserContext, Page

SCRIPT = """
() => {
  const canvas = document.querySelector('canvas'), pen = canvas.getContext('2d');
  const backdrop = new Image();
  let at = 0;
  const draw = () => {
    at += 1;
    pen.fillStyle = '#5a6f7c'; pen.fillRect(0, 0, 640, 480);
    if (backdrop.complete && backdrop.naturalWidth) pen.drawImage(backdrop, 0, 0, 640, 480);
    else { pen.fillStyle = '#c9a36a'; pen.fillRect(250, 120, 140, 360); }
    pen.fillStyle = '#ffc700'; pen.fillRect((at * 7) % 640, 470, 40, 10);
  };
  draw(); setInterval(draw, 66);
  const audio = new AudioContext(), tone = audio.createOscillator(), out = audio.createMediaStreamDestination();
  tone.frequency.value = 440; tone.connect(out); tone.start();
  const video = canvas.captureStream(15).getVideoTracks()[0], sound = out.stream.getAudioTracks()[0];
  const peers = {};
  // Without an outlet the browser decodes nothing.
  const peer = (id) => {
    const pc = peers[id] = new RTCPeerConnection();
    pc.addEventListener('track', ({ track }) => {
      const outlet = document.createElement(track.kind);
      outlet.srcObject = new MediaStream([track]);
      outlet.autoplay = true;
      document.body.append(outlet);
    });
    return pc;
  };
  const complete = (pc) => pc.iceGatheringState === 'complete' ? Promise.resolve() : new Promise((done) => {
    pc.addEventListener('icegatheringstatechange', () => pc.iceGatheringState === 'complete' && done());
  });
  const local = async (pc) => { await complete(pc); return pc.localDescription.sdp; };
  window.station = {
    show: (address) => { backdrop.src = address; },
    preview: async (id) => {
      const pc = peer(id);
      pc.addTransceiver(video, { direction: 'sendonly' });
      await pc.setLocalDescription(await pc.createOffer());
      return local(pc);
    },
    connect: async (id) => {
      const pc = peers[id] ?? peer(id);
      if (pc.getTransceivers().length === 0) pc.addTransceiver(video, { direction: 'sendrecv' });
      pc.getTransceivers()[0].direction = 'sendrecv';
      pc.addTransceiver(sound, { direction: 'sendrecv' });
      await pc.setLocalDescription(await pc.createOffer());
      return local(pc);
    },
    answered: (id, sdp) => peers[id].setRemoteDescription({ type: 'answer', sdp }),
    answer: async (id, sdp) => {
      const pc = peer(id);
      await pc.setRemoteDescription({ type: 'offer', sdp });
      for (const each of pc.getTransceivers()) {
        await each.sender.replaceTrack(each.receiver.track.kind === 'audio' ? sound : video);
        each.direction = 'sendrecv';
      }
      await pc.setLocalDescription(await pc.createAnswer());
      return local(pc);
    },
    directions: (id) => peers[id].getTransceivers().map((each) => each.currentDirection),
    heard: async (id) => {
      let energy = 0, frames = 0;
      for (const row of (await peers[id].getStats()).values()) {
        if (row.type !== 'inbound-rtp') continue;
        energy += row.totalAudioEnergy ?? 0; frames += row.framesDecoded ?? 0;
      }
      return { energy, frames };
    },
  };
}
"""


async def until(page: Page, condition: str, arg: object = None) -> None:
    """Waits in the page until `condition(arg)` holds; the page's policy forbids the driver's own way of waiting."""
    async with asyncio.timeout(15):
        await page.evaluate(
            f"async (arg) => {{ while (!(await ({condition})(arg))) await new Promise((go) => setTimeout(go, 50)); }}",
            arg,
        )


class StationPeer:
    def __init__(self, page: Page) -> None:
        self.page = page

    @classmethod
    async def start(cls, context: BrowserContext, url: str) -> StationPeer:
        page = await context.new_page()
        await page.goto(url + "station-peer")
        await page.evaluate(SCRIPT)
        return cls(page)

    async def preview(self, call_id: str) -> str:
        """A sendonly picture's offer."""
        return str(await self.page.evaluate("(id) => station.preview(id)", call_id))

    async def connect(self, call_id: str) -> str:
        """The sendrecv offer that upgrades it."""
        return str(await self.page.evaluate("(id) => station.connect(id)", call_id))

    async def answered(self, call_id: str, sdp: str) -> None:
        await self.page.evaluate("([id, sdp]) => station.answered(id, sdp)", [call_id, sdp])

    async def answer(self, call_id: str, sdp: str) -> str:
        """The answer to a call that the browser placed."""
        return str(await self.page.evaluate("([id, sdp]) => station.answer(id, sdp)", [call_id, sdp]))

    async def directions(self, call_id: str) -> list[str]:
        directions: list[str] = await self.page.evaluate("(id) => station.directions(id)", call_id)
        return directions

    async def hears_and_sees(self, call_id: str) -> None:
        """Waits until sound and picture of the browser arrived here."""
        await until(
            self.page,
            "async (id) => { const got = await station.heard(id); return got.energy > 0.0001 && got.frames > 2; }",
            call_id,
        )
