// Runs in a person's tab before the real client and writes down when things happen, in milliseconds of Unix time.
(() => {
  const seen = (window.__seen = { rings: [], shown: [], frames: [], sounds: [], doors: [], offers: [], answers: [], steps: [] });
  const now = () => performance.timeOrigin + performance.now();

  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({ data }) => {
        const at = now();
        const message = JSON.parse(data);
        seen.steps.push([at, message.type]);
        if (message.type === "ring") {
          seen.rings.push({ at, call: message.call_id });
          watchForAnswer(message.call_id);
        }
        if (message.type === "preview_offer") seen.offers.push({ at, call: message.call_id });
        if (message.type === "door_result") seen.doors.push({ at, opened: message.opened });
      });
    }
    send(data) {
      seen.steps.push([now(), `> ${JSON.parse(data).type}`]);
      if (data.includes('"preview_answer"')) seen.answers.push({ at: now(), call: JSON.parse(data).call_id });
      super.send(data);
    }
  };

  const button = (name) => [...document.querySelectorAll("button")].find((one) => one.textContent.trim().startsWith(name));

  // The ring is there for a person once Answer can be tapped.
  const watchForAnswer = (call) => {
    const look = () => {
      if (!button("Answer")) return false;
      seen.shown.push({ at: now(), call });
      return true;
    };
    if (look()) return;
    const observer = new MutationObserver(() => look() && observer.disconnect());
    observer.observe(document, { childList: true, subtree: true });
  };

  // The first frame of every call's picture, as it goes to the screen. Every call has a stream of its own.
  const known = new WeakSet();
  const pictured = new WeakSet();
  const watchPictures = () => {
    for (const video of document.querySelectorAll("video")) {
      if (known.has(video)) continue;
      known.add(video);
      const wait = () =>
        video.requestVideoFrameCallback(() => {
          const stream = video.srcObject;
          if (stream && !pictured.has(stream)) {
            pictured.add(stream);
            seen.frames.push({ at: now(), call: seen.rings.at(-1)?.call ?? null });
          }
          wait();
        });
      wait();
    }
  };
  document.addEventListener("DOMContentLoaded", () => {
    new MutationObserver(watchPictures).observe(document, { childList: true, subtree: true });
  });

  // The first sample that is more than silence, of every connection's sound, as the audio thread gets it: the page's own
  // thread may be drawing.
  const EAR = `registerProcessor("ear", class extends AudioWorkletProcessor {
    process([[samples]]) {
      if (!samples?.some((sample) => Math.abs(sample) > 0.003)) return true;
      this.port.postMessage(Date.now());
      return false;
    }
  });`;
  let context = null;
  const listening = () => {
    context ??= (async () => {
      const made = new AudioContext({ latencyHint: "interactive" });
      await made.audioWorklet.addModule(URL.createObjectURL(new Blob([EAR], { type: "text/javascript" })));
      return made;
    })();
    return context;
  };
  const Peer = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Peer {
    constructor(...given) {
      super(...given);
      void listening();
      this.addEventListener("track", async ({ track }) => {
        if (track.kind !== "audio") return;
        const made = await listening();
        const source = made.createMediaStreamSource(new MediaStream([track]));
        const ear = new AudioWorkletNode(made, "ear");
        ear.port.onmessage = ({ data }) => {
          seen.sounds.push({ at: data });
          source.disconnect();
          ear.disconnect();
        };
        source.connect(ear).connect(made.destination);
      });
    }
  };

  window.__tap = (name) => {
    const found = button(name);
    if (!found) throw new Error(`no button ${name}`);
    const at = now();
    seen.steps.push([at, `tap ${name}`]);
    found.click();
    return at;
  };
})();
