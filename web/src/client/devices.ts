// This computer's microphone and camera: the microphone is ready from going on duty on, silent until somebody answers.

export type MicrophoneState = "unknown" | "ready" | "denied" | "missing";

export interface OwnDevices {
  readonly microphone: MicrophoneState;
  readonly camera: boolean; // allowed and there
}

const sound: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const picture: MediaTrackConstraints = {
  width: { ideal: 640 },
  height: { ideal: 480 },
  frameRate: { ideal: 15, max: 25 },
};

async function capture(constraints: MediaStreamConstraints): Promise<MediaStream> {
  const devices = (navigator as { mediaDevices?: MediaDevices }).mediaDevices;
  if (devices === undefined) throw new DOMException("not a secure page", "NotAllowedError");
  return devices.getUserMedia(constraints);
}

function whyNot(reason: unknown): MicrophoneState {
  return reason instanceof DOMException && (reason.name === "NotAllowedError" || reason.name === "SecurityError")
    ? "denied"
    : "missing";
}

export interface DeviceEvents {
  changed(): void;
  ready(): void; // the person has allowed it, perhaps only while somebody talks already
}

export class Devices {
  #microphone: MediaStreamTrack | null = null;
  #camera: MediaStreamTrack | null = null;
  #asking: { readonly camera: boolean; done: Promise<void> } | null = null;
  #talking = false;
  state: OwnDevices = { microphone: "unknown", camera: false };

  constructor(private readonly events: DeviceEvents) {}

  get microphone(): MediaStreamTrack | null {
    return this.#microphone;
  }

  /** What a call that begins now may send: what is there, and what the person is still asked for. */
  get hoped(): { readonly microphone: boolean; readonly camera: boolean } {
    return {
      microphone: this.#asking !== null || this.#microphone !== null,
      camera: this.#asking?.camera === true || this.state.camera,
    };
  }

  /** Asks once for both, so that nothing asks while somebody waits at the door; the camera is let go at once. */
  prepare(wantCamera: boolean): Promise<void> {
    if (this.#microphone?.readyState === "live") return Promise.resolve();
    if (this.#asking !== null) return this.#asking.done;
    const asking = { camera: wantCamera, done: Promise.resolve() };
    this.#asking = asking;
    asking.done = this.#ask(wantCamera, () => this.#asking === asking);
    return asking.done;
  }

  async #ask(wantCamera: boolean, wanted: () => boolean): Promise<void> {
    let camera = false;
    let microphone: MicrophoneState;
    try {
      const stream = await this.#both(wantCamera);
      if (!wanted()) {
        for (const track of stream.getTracks()) track.stop(); // off duty before the person allowed it
        return;
      }
      for (const track of stream.getVideoTracks()) {
        camera = true;
        track.stop();
      }
      this.#adopt(stream.getAudioTracks()[0] ?? null);
      microphone = this.#microphone === null ? "missing" : "ready";
    } catch (reason) {
      if (!wanted()) return;
      microphone = whyNot(reason);
    }
    this.#asking = null;
    this.state = { microphone, camera };
    if (microphone === "ready") this.events.ready();
    this.events.changed();
  }

  setTalking(talking: boolean): void {
    this.#talking = talking;
    if (this.#microphone !== null) this.#microphone.enabled = talking;
  }

  /** The running camera, or null when it is not there. */
  async startCamera(): Promise<MediaStreamTrack | null> {
    if (this.#camera?.readyState === "live") return this.#camera;
    try {
      this.#camera = (await capture({ video: picture })).getVideoTracks()[0] ?? null;
    } catch {
      this.#camera = null; // taken by another program: the call goes on without it, and says so
    }
    this.state = { ...this.state, camera: this.#camera !== null };
    this.events.changed();
    return this.#camera;
  }

  stopCamera(): void {
    this.#camera?.stop();
    this.#camera = null;
    this.events.changed();
  }

  /** Off duty: the browser's recording mark goes out. */
  release(): void {
    this.#asking = null;
    this.#talking = false;
    this.stopCamera();
    this.#microphone?.stop();
    this.#microphone = null;
    this.state = { microphone: "unknown", camera: false };
    this.events.changed();
  }

  async #both(wantCamera: boolean): Promise<MediaStream> {
    if (!wantCamera) return capture({ audio: sound });
    try {
      return await capture({ audio: sound, video: picture });
    } catch {
      return capture({ audio: sound }); // no camera, or not allowed: talking works without
    }
  }

  #adopt(track: MediaStreamTrack | null): void {
    this.#microphone = track;
    if (track === null) return;
    track.enabled = this.#talking;
    track.addEventListener("ended", () => {
      this.#microphone = null;
      this.state = { ...this.state, microphone: "missing" };
      this.events.changed();
    });
  }
}
