// One peer connection of one call: picture while it rings, sound and picture both ways once answered.

// Host candidates are there at once; a slow STUN or TURN server must not delay a picture or an answer.
const GATHERING_MAX_MS = 700;

/** H.264 constrained baseline with packetization-mode 1 first (what stations send), everything else after it. */
export function preferredVideo(codecs: readonly RTCRtpCodec[]): RTCRtpCodec[] {
  const rank = (codec: RTCRtpCodec): number => {
    if (codec.mimeType.toLowerCase() !== "video/h264") return 2;
    const line = codec.sdpFmtpLine ?? "";
    return /profile-level-id=42[ce0]0/i.test(line) && line.includes("packetization-mode=1") ? 0 : 1;
  };
  return [...codecs].sort((a, b) => rank(a) - rank(b));
}

function preferH264(transceiver: RTCRtpTransceiver): void {
  const codecs = RTCRtpReceiver.getCapabilities("video")?.codecs;
  if (codecs !== undefined) transceiver.setCodecPreferences(preferredVideo(codecs));
}

function gathered(connection: RTCPeerConnection): Promise<void> {
  if (connection.iceGatheringState === "complete") return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      connection.removeEventListener("icegatheringstatechange", changed);
      clearTimeout(timer);
      resolve();
    };
    const changed = (): void => {
      if (connection.iceGatheringState === "complete") done();
    };
    const timer = setTimeout(done, GATHERING_MAX_MS);
    connection.addEventListener("icegatheringstatechange", changed);
  });
}

export interface PeerEvents {
  changed(): void; // a track arrived
  lost(): void;
}

export class Peer {
  readonly #connection: RTCPeerConnection;
  readonly picture = new MediaStream();
  readonly sound = new MediaStream();

  constructor(iceServers: RTCIceServer[], events: PeerEvents) {
    // The media engine answers our own offers without BUNDLE, one transport per media line: "balanced" allows for that.
    this.#connection = new RTCPeerConnection({ iceServers, bundlePolicy: "balanced", rtcpMuxPolicy: "require" });
    this.#connection.addEventListener("track", ({ track }) => {
      const stream = track.kind === "video" ? this.picture : this.sound;
      for (const old of stream.getTracks()) stream.removeTrack(old);
      stream.addTrack(track);
      events.changed();
    });
    this.#connection.addEventListener("connectionstatechange", () => {
      if (this.#connection.connectionState === "failed") events.lost();
    });
  }

  /** The complete answer to a recvonly preview, or to the sendrecv offer after Answer when `own` is given. */
  async answer(offer: string, own: { microphone: MediaStreamTrack | null; camera: boolean } | null): Promise<string> {
    await this.#connection.setRemoteDescription({ type: "offer", sdp: offer });
    if (own !== null) {
      for (const transceiver of this.#connection.getTransceivers()) {
        const audio = transceiver.receiver.track.kind === "audio";
        if (audio) await transceiver.sender.replaceTrack(own.microphone);
        transceiver.direction = (audio ? own.microphone !== null : own.camera) ? "sendrecv" : "recvonly";
      }
    }
    await this.#connection.setLocalDescription(await this.#connection.createAnswer());
    return this.#local();
  }

  /** The complete offer of a call that starts here. */
  async offer(microphone: MediaStreamTrack | null, camera: boolean): Promise<string> {
    const audio = this.#connection.addTransceiver("audio", {
      direction: microphone === null ? "recvonly" : "sendrecv",
    });
    await audio.sender.replaceTrack(microphone);
    preferH264(this.#connection.addTransceiver("video", { direction: camera ? "sendrecv" : "recvonly" }));
    await this.#connection.setLocalDescription(await this.#connection.createOffer());
    return this.#local();
  }

  async answered(sdp: string): Promise<void> {
    await this.#connection.setRemoteDescription({ type: "answer", sdp });
  }

  /** The camera starts after the answer went out: answering never waits for it. */
  async show(camera: MediaStreamTrack | null): Promise<void> {
    for (const transceiver of this.#connection.getTransceivers())
      if (transceiver.receiver.track.kind === "video") await transceiver.sender.replaceTrack(camera);
  }

  async stats(): Promise<RTCStatsReport> {
    return this.#connection.getStats();
  }

  close(): void {
    this.#connection.close();
  }

  async #local(): Promise<string> {
    await gathered(this.#connection);
    const description = this.#connection.localDescription;
    if (description === null) throw new Error("no local description");
    return description.sdp;
  }
}
