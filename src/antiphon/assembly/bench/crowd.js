// Many receivers in one page: each signs on, takes the preview, decodes it, and answers when it is told to.
// Times are in milliseconds of Unix time.
(() => {
  const now = () => performance.timeOrigin + performance.now();
  const crowd = (window.__crowd = { receivers: [] });

  const complete = (peer) =>
    new Promise((resolve) => {
      if (peer.iceGatheringState === "complete") return resolve();
      const changed = () => {
        const sections = peer.localDescription.sdp.split(/^m=/m).slice(1);
        const there = sections.every((one) => /^\w+ 0 /.test(one) || /^a=candidate:/m.test(one));
        if (there || peer.iceGatheringState === "complete") resolve();
      };
      peer.addEventListener("icecandidate", changed);
      peer.addEventListener("icegatheringstatechange", changed);
    });

  // As the client does: a preview's answer names the way that ICE has found.
  const throughIce = async (peer) => {
    if (!["connected", "completed"].includes(peer.iceConnectionState))
      await new Promise((resolve) => {
        peer.addEventListener("iceconnectionstatechange", () => peer.iceConnectionState !== "checking" && resolve());
        setTimeout(resolve, 1000);
      });
    const ways = peer.getTransceivers().map((one) => one.receiver.transport?.iceTransport.getSelectedCandidatePair()?.local);
    let section = -1;
    return peer.localDescription.sdp.replace(/^(m=\w+ )([1-9]\d*)|^c=IN .*$/gm, (line, kind) => {
      if (kind) section += 1;
      const way = ways[section];
      return way ? (kind ? `${kind}${way.port}` : `c=IN IP4 ${way.address}`) : line;
    });
  };

  class Receiver {
    constructor(address, token, microphone) {
      this.microphone = microphone;
      this.forget();
      this.ready = new Promise((resolve) => {
        this.socket = new WebSocket(address);
        this.socket.addEventListener("open", () => this.say({ type: "hello", token, on_duty: true }));
        this.socket.addEventListener("message", ({ data }) => {
          const at = now();
          const message = JSON.parse(data);
          if (message.type === "welcome") resolve();
          void this.heard(message, at);
        });
      });
    }

    forget() {
      this.rang = this.frame = this.sound = this.door = this.call = null;
      this.ended = false;
    }

    say(message) {
      this.socket.send(JSON.stringify(message));
    }

    async heard(message, at) {
      switch (message.type) {
        case "ring":
          this.rang = at;
          this.call = message.call_id;
          this.doors = message.station.doors;
          break;
        case "preview_offer":
          this.say({ type: "preview_answer", call_id: message.call_id, sdp: await this.take(message.sdp, false) });
          break;
        case "media_offer":
          this.say({ type: "media_answer", call_id: message.call_id, sdp: await this.take(message.sdp, true) });
          break;
        case "door_result":
          this.door = { at, opened: message.opened };
          break;
        case "ring_ended":
        case "call_ended":
          this.drop();
          this.ended = true;
          break;
      }
    }

    async take(offer, talking) {
      if (!this.peer) this.connect();
      await this.peer.setRemoteDescription({ type: "offer", sdp: offer });
      if (talking) {
        for (const transceiver of this.peer.getTransceivers()) {
          if (transceiver.receiver.track.kind !== "audio") continue;
          await transceiver.sender.replaceTrack(this.microphone);
          transceiver.direction = "sendrecv";
        }
      }
      await this.peer.setLocalDescription(await this.peer.createAnswer());
      await complete(this.peer);
      return talking ? this.peer.localDescription.sdp : throughIce(this.peer);
    }

    connect() {
      const peer = (this.peer = new RTCPeerConnection({ bundlePolicy: "balanced", rtcpMuxPolicy: "require" }));
      peer.addEventListener("connectionstatechange", () => {
        if (peer.connectionState === "connected") this.say({ type: "preview_connected", call_id: this.call });
      });
      peer.addEventListener("track", ({ track }) => {
        const outlet = document.createElement(track.kind);
        outlet.autoplay = true;
        outlet.muted = track.kind === "video";
        outlet.srcObject = new MediaStream([track]);
        document.body.append(outlet);
        (this.outlets ??= []).push(outlet);
        if (track.kind === "video") outlet.requestVideoFrameCallback(() => (this.frame ??= now()));
        else this.listen(track);
      });
    }

    listen(track) {
      window.__ear ??= new AudioContext();
      const source = window.__ear.createMediaStreamSource(new MediaStream([track]));
      const ear = window.__ear.createScriptProcessor(256, 1, 1);
      ear.onaudioprocess = ({ inputBuffer }) => {
        if (this.sound === null && inputBuffer.getChannelData(0).some((sample) => Math.abs(sample) > 0.003)) {
          this.sound = now();
          source.disconnect();
        }
      };
      source.connect(ear);
      ear.connect(window.__ear.destination);
    }

    drop() {
      this.peer?.close();
      this.peer = null;
      for (const outlet of this.outlets ?? []) outlet.remove();
      this.outlets = [];
    }

    answer() {
      const at = now();
      this.say({ type: "answer", request_id: `answer-${crypto.randomUUID()}`, call_id: this.call });
      return at;
    }

    open() {
      const at = now();
      const request = { type: "open_door", request_id: `open-${crypto.randomUUID()}`, call_id: this.call };
      this.say({ ...request, door_id: this.doors[0].door_id });
      return at;
    }

    hangUp() {
      this.say({ type: "hang_up", request_id: `end-${crypto.randomUUID()}`, call_id: this.call });
    }
  }

  crowd.come = async (address, tokens) => {
    const own = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: false, noiseSuppression: false } });
    for (const token of tokens) crowd.receivers.push(new Receiver(address, token, own.getAudioTracks()[0]));
    await Promise.all(crowd.receivers.map((one) => one.ready));
  };
  crowd.times = () => crowd.receivers.map(({ rang, frame, sound, door, ended }) => ({ rang, frame, sound, door, ended }));
  crowd.forget = () => crowd.receivers.forEach((one) => one.forget());
})();
