// Picture and sound of this tab's calls: a peer connection per ringing call, upgraded when answered.
import type { IceServer } from "../contract";
import { Devices } from "./devices";
import { Peer, type Own } from "./peer";
import { summarise, type CallStatistics } from "./statistics";

const CAMERA_AFTER_MS = 200;

export interface MediaView {
  readonly picture: MediaStream | null;
  readonly sound: MediaStream | null;
}

export interface MediaEvents {
  changed(): void;
  lost(key: string): void;
  connected(key: string): void; // a connection is up: what is sent to it from now on is seen
  back(key: string): void; // ... and it is the one that was offered anew
}

const iceServer = (server: IceServer): RTCIceServer => ({
  urls: [...server.urls],
  ...(server.username == null ? {} : { username: server.username }),
  ...(server.credential == null ? {} : { credential: server.credential }),
});

export class Media {
  readonly devices: Devices;
  readonly #peers = new Map<string, Peer>();
  readonly #renewing = new Set<string>();
  #iceServers: RTCIceServer[] = [];
  #ownPicture: MediaStream | null = null;
  #muted = false;
  #heard = ""; // the call for which the microphone was opened
  #talks = ""; // the call whose camera was started, or would have been
  #cameraOn = true;

  constructor(private readonly events: MediaEvents) {
    this.devices = new Devices({
      changed: () => events.changed(),
      ready: () => this.#heardFromNowOn(),
    });
  }

  get muted(): boolean {
    return this.#muted;
  }

  get cameraOn(): boolean {
    return this.#cameraOn && this.devices.state.camera;
  }

  get ownPicture(): MediaStream | null {
    return this.#ownPicture;
  }

  useIceServers(servers: readonly IceServer[]): void {
    this.#iceServers = servers.map(iceServer);
  }

  /** Answers a recvonly picture for a ringing call. ICE and DTLS happen now, so that answering is instant. */
  async preview(callId: string, offer: string): Promise<string> {
    this.drop(callId);
    return this.#peer(callId).answer(offer, null);
  }

  /** Answers the sendrecv offer on the preview's own connection, or on a new one where there was no picture. */
  async connect(callId: string, offer: string): Promise<string> {
    this.#openMicrophone(callId); // only who has answered and won is offered this: the first words are not waited for
    return this.#answer(callId, offer);
  }

  async #answer(callId: string, offer: string): Promise<string> {
    const peer = this.#peers.get(callId) ?? this.#peer(callId);
    return peer.answer(offer, this.#own());
  }

  /** Answers on a new connection: the engine that the old one led to is gone. The talk goes on with what was shown. */
  async renew(callId: string, offer: string): Promise<string> {
    this.drop(callId);
    this.#renewing.add(callId);
    const sdp = await this.#answer(callId, offer);
    const camera = this.#ownPicture?.getVideoTracks()[0];
    if (camera !== undefined) await this.#peers.get(callId)?.show(camera);
    return sdp;
  }

  /** The offer of a call that starts here; `key` is the request's id until the platform names the call. */
  async place(key: string): Promise<string> {
    return this.#peer(key).offer(this.#own());
  }

  named(key: string, callId: string): void {
    const peer = this.#peers.get(key);
    if (peer === undefined) return;
    this.#peers.delete(key);
    this.#peers.set(callId, peer);
  }

  async placed(callId: string, answer: string): Promise<void> {
    await this.#peers.get(callId)?.answered(answer);
  }

  /** Somebody talks: the microphone opens, and the camera where wanted. Voices come first: a camera takes all it can get. */
  async talk(callId: string, camera: boolean): Promise<void> {
    if (this.#heard !== callId) this.#openMicrophone(callId); // else it may have been muted meanwhile
    this.#cameraOn = camera;
    await new Promise((voices) => setTimeout(voices, CAMERA_AFTER_MS));
    if (!this.#peers.has(callId)) return;
    this.#talks = callId;
    await this.setCamera(callId, this.#cameraOn);
  }

  #own(): Own {
    return { ...this.devices.hoped, voice: () => this.devices.microphone };
  }

  #heardFromNowOn(): void {
    const voice = this.devices.microphone;
    if (voice === null) return;
    for (const peer of this.#peers.values()) void peer.speak(voice).catch(() => undefined); // closed meanwhile
    if (this.#talks !== "") void this.setCamera(this.#talks, this.#cameraOn);
  }

  #openMicrophone(callId: string): void {
    this.#heard = callId;
    this.#muted = false;
    this.devices.setTalking(true);
  }

  setMuted(muted: boolean): void {
    this.#muted = muted;
    this.devices.setTalking(!muted);
    this.events.changed();
  }

  async setCamera(callId: string, on: boolean): Promise<void> {
    const peer = this.#peers.get(callId);
    this.#cameraOn = on;
    const track = on && this.devices.state.camera ? await this.devices.startCamera() : null;
    // The call may have ended while the camera started.
    if (track === null || peer === undefined || this.#peers.get(callId) !== peer) {
      this.devices.stopCamera();
      this.#ownPicture = null;
    } else {
      this.#ownPicture = new MediaStream([track]);
    }
    await peer?.show(this.#ownPicture === null ? null : track).catch(() => {
      this.events.changed(); // closed meanwhile
    });
    this.events.changed();
  }

  view(key: string): MediaView {
    const peer = this.#peers.get(key);
    const some = (stream: MediaStream | undefined): MediaStream | null =>
      stream === undefined || stream.getTracks().length === 0 ? null : stream;
    return { picture: some(peer?.picture), sound: some(peer?.sound) };
  }

  /** Forgets one call's connection; harmless when there is none. */
  drop(key: string): void {
    this.#peers.get(key)?.close();
    this.#peers.delete(key);
    this.#renewing.delete(key);
  }

  /** Nobody talks any more. */
  silence(): void {
    this.#talks = "";
    this.devices.setTalking(false);
    this.devices.stopCamera();
    this.#ownPicture = null;
  }

  /** Forgets every connection except that of `kept`. */
  dropAllBut(kept: string | null): void {
    for (const key of [...this.#peers.keys()]) if (key !== kept) this.drop(key);
  }

  /** What getStats says about each call, for the page's inspection hook. */
  async statistics(): Promise<Readonly<Record<string, CallStatistics>>> {
    const all: Record<string, CallStatistics> = {};
    for (const [key, peer] of this.#peers) all[key] = summarise(await peer.stats());
    return all;
  }

  #peer(key: string): Peer {
    const peer = new Peer(this.#iceServers, {
      changed: () => this.events.changed(),
      connected: () => {
        if (this.#peers.get(key) !== peer) return;
        this.events.connected(key);
        if (this.#renewing.delete(key)) this.events.back(key);
      },
      lost: () => {
        for (const [id, known] of this.#peers) if (known === peer) this.events.lost(id);
      },
    });
    this.#peers.set(key, peer);
    return peer;
  }
}
