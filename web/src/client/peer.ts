// One peer connection of one call: picture while it rings, sound and picture both ways once answered.

// Host candidates are there at once, and those that STUN and TURN give later the media engine learns from our checks: a
// slow server must not delay a picture or an answer.
const GATHERING_MAX_MS = 60;
// On a busy computer even those take longer. A description without any would never get a picture, so it waits for one.
const FIRST_CANDIDATE_MAX_MS = 8_000;
// The engine answers checks before it has our answer, so ICE is through within a few round trips, or somebody blocks it.
const ICE_MAX_MS = 1_000;
const LITERAL = /^[0-9a-f.:]+$/i; // no name that hides an address (mDNS)

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

/** Whether the far end could reach every media section that is in use. */
export function reachable(sdp: string): boolean {
  const sections = sdp.split(/^m=/m).slice(1);
  return sections.every((section) => /^\w+ 0 /.test(section) || /^a=candidate:/m.test(section));
}

/** Until all candidates are known, or those that were there in time; but never without any. */
function gathered(connection: RTCPeerConnection): Promise<void> {
  if (connection.iceGatheringState === "complete") return Promise.resolve();
  return new Promise((resolve) => {
    let late = false;
    const done = (): void => {
      connection.removeEventListener("icegatheringstatechange", changed);
      connection.removeEventListener("icecandidate", changed);
      timers.forEach(clearTimeout);
      resolve();
    };
    const changed = (): void => {
      const enough = late && reachable(connection.localDescription?.sdp ?? "");
      if (enough || connection.iceGatheringState === "complete") done();
    };
    const overdue = (): void => {
      late = true;
      changed();
    };
    const timers = [setTimeout(overdue, GATHERING_MAX_MS), setTimeout(done, FIRST_CANDIDATE_MAX_MS)];
    connection.addEventListener("icegatheringstatechange", changed);
    connection.addEventListener("icecandidate", changed);
  });
}

/** Until ICE has found its way for every section, or it is plain that it takes longer. */
function found(connection: RTCPeerConnection): Promise<void> {
  const state = (): RTCIceConnectionState => connection.iceConnectionState;
  if (state() === "connected" || state() === "completed") return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      connection.removeEventListener("iceconnectionstatechange", changed);
      clearTimeout(timer);
      resolve();
    };
    const changed = (): void => {
      if (state() !== "new" && state() !== "checking") done();
    };
    const timer = setTimeout(done, ICE_MAX_MS);
    connection.addEventListener("iceconnectionstatechange", changed);
  });
}

export interface Way {
  readonly address: string;
  readonly port: number;
}

/** A description whose sections name the addresses at which the engine hears us; `ways` in the order of its sections. */
export function heardAt(sdp: string, ways: readonly (Way | null)[]): string {
  let section = -1;
  return sdp
    .split("\r\n")
    .map((line) => {
      if (line.startsWith("m=")) section += 1;
      const way = ways[section] ?? null;
      if (way === null) return line;
      if (line.startsWith("m=")) return line.replace(/^(m=\w+) [1-9]\d*/, `$1 ${way.port}`);
      return line.startsWith("c=") ? `c=IN IP${way.address.includes(":") ? 6 : 4} ${way.address}` : line;
    })
    .join("\r\n");
}

/** What this end sends, or will send once the person has allowed it: `voice` is the microphone, null as long as it is not there. */
export interface Own {
  readonly microphone: boolean;
  readonly camera: boolean;
  readonly voice: () => MediaStreamTrack | null;
}

export interface PeerEvents {
  changed(): void; // a track arrived
  connected(): void;
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
      if (this.#connection.connectionState === "connected") events.connected();
      if (this.#connection.connectionState === "failed") events.lost();
    });
  }

  /** The complete answer to a recvonly preview, or to the sendrecv offer after Answer when `own` is given. */
  async answer(offer: string, own: Own | null): Promise<string> {
    await this.#connection.setRemoteDescription({ type: "offer", sdp: offer });
    const replaced: Promise<void>[] = [];
    if (own !== null) {
      for (const transceiver of this.#connection.getTransceivers()) {
        if (transceiver.direction === "stopped") continue; // the other end's picture was in no format of ours
        const audio = transceiver.receiver.track.kind === "audio";
        // not waited for: what follows takes its turn after it
        if (audio) replaced.push(transceiver.sender.replaceTrack(own.voice()));
        transceiver.direction = (audio ? own.microphone : own.camera) ? "sendrecv" : "recvonly";
      }
    }
    await Promise.all([...replaced, this.#connection.setLocalDescription()]);
    const sdp = this.#connection.localDescription?.sdp ?? "";
    if (own !== null && reachable(sdp)) return sdp; // on the preview's connection: answering waits for nothing
    return own === null ? this.#reachedByPicture() : this.#local();
  }

  /**
   * A preview's answer names the way that ICE has found. To one who subscribes the engine sends where the description says and
   * nowhere else (docs/decisions/0005), and the first of our addresses is not always one that it reaches.
   */
  async #reachedByPicture(): Promise<string> {
    await found(this.#connection);
    const through = ["connected", "completed"].includes(this.#connection.iceConnectionState);
    const sdp = through ? (this.#connection.localDescription?.sdp ?? "") : await this.#local();
    const ways = this.#connection.getTransceivers().map((transceiver): Way | null => {
      // not every browser has it: there the description stays as it is
      const ice: Partial<RTCIceTransport> | undefined = transceiver.receiver.transport?.iceTransport;
      const pair: RTCIceCandidatePair | null | undefined = ice?.getSelectedCandidatePair?.call(ice);
      const local = pair?.local;
      if (local?.address == null || local.port == null || !LITERAL.test(local.address)) return null;
      return { address: local.address, port: local.port };
    });
    return heardAt(sdp, ways);
  }

  /** The complete offer of a call that starts here. */
  async offer(own: Own): Promise<string> {
    const audio = this.#connection.addTransceiver("audio", { direction: own.microphone ? "sendrecv" : "recvonly" });
    await audio.sender.replaceTrack(own.voice());
    preferH264(this.#connection.addTransceiver("video", { direction: own.camera ? "sendrecv" : "recvonly" }));
    await this.#connection.setLocalDescription(await this.#connection.createOffer());
    return this.#local();
  }

  async answered(sdp: string): Promise<void> {
    await this.#connection.setRemoteDescription({ type: "answer", sdp });
  }

  /** The microphone came after the description went out; a picture that is only looked at is not talked into. */
  async speak(microphone: MediaStreamTrack): Promise<void> {
    for (const transceiver of this.#connection.getTransceivers())
      if (transceiver.receiver.track.kind === "audio" && transceiver.direction === "sendrecv")
        await transceiver.sender.replaceTrack(microphone);
  }

  /** The camera starts after the answer went out: answering never waits for it. */
  async show(camera: MediaStreamTrack | null): Promise<void> {
    for (const transceiver of this.#connection.getTransceivers())
      if (transceiver.receiver.track.kind === "video" && transceiver.direction !== "stopped")
        await transceiver.sender.replaceTrack(camera);
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
