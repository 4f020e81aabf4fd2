"""A headless Chromium tab as a receiver: shows a preview, answers, calls, and tells what it sees and hears."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from playwright.async_api import Page, async_playwright

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
]
_SCRIPT = """() => {
  window.make = () => {
    window.begun = performance.now();
    window.pc = new RTCPeerConnection();
    pc.ontrack = event => {
      const element = document.createElement(event.track.kind);
      element.autoplay = true;
      element.muted = event.track.kind === 'video';
      element.srcObject = new MediaStream([event.track]);
      document.body.append(element);
      if (event.track.kind === 'video') {
        element.requestVideoFrameCallback(() => { window.firstPictureMs = performance.now() - window.begun; });
      } else {
        const context = new AudioContext();
        window.analyser = context.createAnalyser();
        analyser.fftSize = 8192;
        context.createMediaStreamSource(element.srcObject).connect(analyser);
      }
    };
  };
  window.gathered = async () => {
    if (pc.iceGatheringState !== 'complete') {
      await new Promise(done => pc.addEventListener('icegatheringstatechange',
        () => pc.iceGatheringState === 'complete' && done()));
    }
    return pc.localDescription.sdp;
  };
  window.devices = () => navigator.mediaDevices.getUserMedia({audio: true, video: {width: 320, height: 240}});
  window.preview = async sdp => {
    make();
    await pc.setRemoteDescription({type: 'offer', sdp});
    await pc.setLocalDescription();
    return gathered();
  };
  window.answer = async sdp => {
    if (!window.pc) make();
    const stream = await devices();
    await pc.setRemoteDescription({type: 'offer', sdp});
    for (const transceiver of pc.getTransceivers()) {
      transceiver.direction = 'sendrecv';
      await transceiver.sender.replaceTrack(stream.getTracks().find(t => t.kind === transceiver.receiver.track.kind));
    }
    await pc.setLocalDescription();
    return gathered();
  };
  window.call = async () => {
    make();
    const stream = await devices();
    for (const track of stream.getTracks()) pc.addTransceiver(track, {direction: 'sendrecv'});
    await pc.setLocalDescription();
    return gathered();
  };
  window.counts = async () => {
    const counts = {framesDecoded: 0, audioBytes: 0, audioEnergy: 0};
    for (const report of (await pc.getStats()).values()) {
      if (report.type !== 'inbound-rtp') continue;
      if (report.kind === 'video') counts.framesDecoded += report.framesDecoded;
      if (report.kind === 'audio') {
        counts.audioBytes += report.bytesReceived;
        counts.audioEnergy += report.totalAudioEnergy;
      }
    }
    return counts;
  };
  window.loudestHz = () => {
    const spectrum = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(spectrum);
    const peak = spectrum.reduce((best, value, at) => value > spectrum[best] ? at : best, 1);
    return spectrum[peak] > -60 ? peak * analyser.context.sampleRate / analyser.fftSize : 0;
  };
}"""


class Receiver:
    """One tab."""

    def __init__(self, page: Page) -> None:
        self._page = page

    async def preview(self, offer: str) -> str:
        return await self._page.evaluate("sdp => preview(sdp)", offer)

    async def answer(self, offer: str) -> str:
        return await self._page.evaluate("sdp => answer(sdp)", offer)

    async def call(self) -> str:
        return await self._page.evaluate("() => call()")

    async def take(self, answer: str) -> None:
        await self._page.evaluate("sdp => pc.setRemoteDescription({type: 'answer', sdp})", answer)

    async def first_picture_ms(self) -> float:
        """Waits for the first decoded picture; milliseconds since the offer arrived."""
        handle = await self._page.wait_for_function("window.firstPictureMs", timeout=20_000)
        return float(await handle.json_value())

    async def counts(self) -> dict[str, Any]:
        return await self._page.evaluate("() => counts()")

    async def until_frames(self, more_than: int) -> None:
        await self._page.wait_for_function(
            "async limit => (await counts()).framesDecoded > limit", arg=more_than, timeout=20_000
        )

    async def until_tone(self, low_hz: float, high_hz: float) -> None:
        await self._page.wait_for_function(
            "([low, high]) => window.analyser && loudestHz() > low && loudestHz() < high",
            arg=[low_hz, high_hz],
            timeout=20_000,
        )


@contextlib.asynccontextmanager
async def receivers(count: int) -> AsyncIterator[list[Receiver]]:
    """`count` tabs, each with a profile of its own."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=_FLAGS)
        tabs = []
        for _ in range(count):
            page = await (await browser.new_context()).new_page()
            await page.route("**/*", lambda route: route.fulfill(body="<body>", content_type="text/html"))
            await page.goto("https://antiphon.test/")
            await page.evaluate(_SCRIPT)
            tabs.append(Receiver(page))
        try:
            yield tabs
        finally:
            await browser.close()
