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

export class Devices {
  #microphone: MediaStreamTrack | null = null;
  #camera: MediaStreamTrack | null = null;
  state: OwnDevices = { microphone: "unknown", camera: false };

  constructor(private readonly changed: () => void) {}

  get microphone(): MediaStreamTrack | null {
    return this.#microphone;
  }

  /** Asks once for both, so that nothing asks while somebody waits at the door; the camera is let go at once. */
  async prepare(wantCamera: boolean): Promise<void> {
    if (this.#microphone?.readyState === "live") return;
    let camera = false;
    try {
      const stream = await this.#both(wantCamera);
      for (const track of stream.getVideoTracks()) {
        camera = true;
        track.stop();
      }
      this.#adopt(stream.getAudioTracks()[0] ?? null);
      this.state = { microphone: this.#microphone === null ? "missing" : "ready", camera };
    } catch (reason) {
      this.state = { microphone: whyNot(reason), camera };
    }
    this.changed();
  }

  setTalking(talking: boolean): void {
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
    this.changed();
    return this.#camera;
  }

  stopCamera(): void {
    this.#camera?.stop();
    this.#camera = null;
    this.changed();
  }

  /** Off duty: the browser's recording mark goes out. */
  release(): void {
    this.stopCamera();
    this.#microphone?.stop();
    this.#microphone = null;
    this.state = { microphone: "unknown", camera: false };
    this.changed();
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
    track.enabled = false;
    track.addEventListener("ended", () => {
      this.#microphone = null;
      this.state = { ...this.state, microphone: "missing" };
      this.changed();
    });
  }
}
