// The operator's desk: joins connection, media, sound and state. The screens only read it and press its buttons.
import type { ClientMessage, ServerMessage, StationView } from "../contract";
import type { WordKey } from "../words";
import type { Api } from "../session/api";
import { ApiProblem } from "../session/api";
import { Connection, type Socket } from "./connection";
import { doorTakesPress } from "./door-state";
import { Media } from "./media";
import { serverNow } from "../session/server-clock";
import { Negotiation } from "./negotiation";
import { reduce } from "./reduce";
import { initialState, type Action, type ClientState } from "./state";
import { ringLevel, Tone } from "./tone";

export interface DeskPorts {
  readonly api: Api;
  open(companyId: string): Socket;
  signedOut(): void;
  /** A frame that this client does not know, for the browser's log. */
  log(message: string, fields: Readonly<Record<string, unknown>>): void;
}

// Camera wishes are asked for at the moment of the answer, so a change in the settings counts at once.
export type WantsCamera = () => boolean;

const newId = (): string => crypto.randomUUID();

export class Desk {
  readonly media: Media;
  readonly tone: Tone;
  #state: ClientState = initialState(true);
  #version = 0;
  readonly #listeners = new Set<() => void>();
  readonly #connection: Connection;
  readonly #negotiation: Negotiation;
  #clock: ReturnType<typeof setInterval> | null = null;

  constructor(
    ports: DeskPorts,
    private readonly wantsCamera: WantsCamera,
  ) {
    this.media = new Media({
      changed: () => this.#changed(),
      lost: (callId) => this.#mediaLost(callId),
      connected: (callId) => this.#negotiation.connected(callId),
      back: (callId) => this.#apply({ type: "media_back", callId, now: serverNow() }),
    });
    this.tone = new Tone(() => this.#changed());
    this.#negotiation = new Negotiation(this.media, {
      send: (message) => this.#connection.send(message),
      picture: (callId, picture) => this.#apply({ type: "picture", callId, picture }),
      failed: (callId) => this.#mediaFailed(callId),
      wantsCamera,
    });
    this.#connection = new Connection({
      open: () => ports.open(ports.api.session?.company.id ?? ""),
      grant: async (fresh) => {
        const known = ports.api.session;
        const lasts = known !== null && Date.parse(known.expires_at) - serverNow() > 30_000;
        const session = lasts && !fresh ? known : await ports.api.refresh();
        return { token: session.access_token, expiresAt: Date.parse(session.expires_at) - serverNow() + Date.now() };
      },
      onDuty: () => this.#state.onDuty,
      random: Math.random,
      now: Date.now,
      signedOut: (reason) => reason instanceof ApiProblem && reason.status === 401,
      received: (message) => this.#received(message),
      unknown: (frame) => ports.log("message outside the contract ignored", { length: frame.length }),
      link: (link) => this.#link(link),
      ended: () => ports.signedOut(),
    });
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  readonly version = (): number => this.#version;
  get state(): ClientState {
    return this.#state;
  }

  start(): void {
    this.#connection.start();
    this.#clock = setInterval(() => this.#apply({ type: "time", now: serverNow() }), 500);
    this.prepareDevices();
    void this.tone.allow();
  }

  stop(): void {
    if (this.#clock !== null) clearInterval(this.#clock);
    this.#connection.stop();
    this.tone.stop();
    this.media.dropAllBut(null);
    this.media.devices.release();
  }

  retryNow = (): void => this.#connection.retryNow();
  select = (callId: string): void => this.#apply({ type: "select", callId });
  tell = (text: WordKey): void => this.#apply({ type: "tell", text, now: serverNow() });
  dismiss = (noticeId: string): void => this.#apply({ type: "dismiss", noticeId });

  /** Asks for the microphone again: it was allowed or plugged in meanwhile. */
  prepareDevices(): void {
    void this.media.devices.prepare(this.wantsCamera());
  }

  setDuty(onDuty: boolean): void {
    this.#apply({ type: "duty", onDuty });
    this.#connection.send({ type: "set_duty", on_duty: onDuty });
    if (onDuty) this.prepareDevices();
    else if (this.#state.call === null) this.media.devices.release();
  }

  answer(callId: string): void {
    void this.tone.allow();
    if (this.#state.call !== null) this.hangUp();
    this.#request({ type: "answer", request_id: newId(), call_id: callId });
  }

  decline(callId: string): void {
    if (this.#request({ type: "decline", request_id: newId(), call_id: callId })) this.media.drop(callId);
  }

  hangUp(): void {
    const callId = this.#state.call?.callId ?? null;
    // Before the platform named the call there is nothing to hang up yet: it is hung up when the name comes.
    if (callId === null) this.#apply({ type: "abandon" });
    else this.#request({ type: "hang_up", request_id: newId(), call_id: callId });
  }

  /** The page is closed or reloaded: sound and picture end with it, so the other end is told now. */
  leave(): void {
    if (this.#state.call?.callId != null) this.hangUp();
  }

  async call(station: StationView): Promise<void> {
    if (this.#state.call !== null) return;
    const requestId = newId();
    this.#apply({ type: "placing", requestId, station, now: serverNow() });
    this.prepareDevices(); // off duty it was let go
    try {
      const sdp = await this.media.place(requestId);
      if (!this.#placing(requestId)) {
        this.media.drop(requestId);
        return;
      }
      if (this.#request({ type: "call_station", request_id: requestId, station_id: station.station_id, sdp })) return;
      this.#lost(null, "error.offline");
    } catch {
      this.#lost(null, "error.media");
    }
    this.media.drop(requestId);
  }

  open(doorId: string, callId: string | null): void {
    if (!doorTakesPress(this.#state.doors[doorId], serverNow())) return;
    this.#request({ type: "open_door", request_id: newId(), door_id: doorId, call_id: callId });
  }

  digit(digit: string): void {
    const callId = this.#state.call?.callId ?? null;
    if (callId !== null) this.#request({ type: "dtmf", request_id: newId(), call_id: callId, digit });
  }

  toggleMute(): void {
    this.media.setMuted(!this.media.muted);
  }

  toggleCamera(): void {
    const callId = this.#state.call?.callId ?? null;
    if (callId !== null) void this.media.setCamera(callId, !this.media.cameraOn);
  }

  #placing(requestId: string): boolean {
    return this.#state.call?.requestId === requestId;
  }

  #request(message: ClientMessage): boolean {
    const now = serverNow();
    const sent = this.#connection.send(message);
    this.#apply({ type: sent ? "sent" : "unsent", message, now });
    return sent;
  }

  #received(message: ServerMessage): void {
    const before = this.#state;
    this.#apply({ type: "received", message, now: serverNow() });
    this.#negotiation.received(message, before, this.#state);
  }

  #mediaFailed(callId: string): void {
    this.#connection.send({ type: "hang_up", request_id: newId(), call_id: callId });
    this.media.drop(callId);
    this.#lost(callId, "error.media");
  }

  #mediaLost(callId: string): void {
    if (this.#state.call?.callId === callId) {
      this.#connection.send({ type: "hang_up", request_id: newId(), call_id: callId });
      this.#lost(callId, "ended.lost");
    } else {
      this.#apply({ type: "picture", callId, picture: "failed" });
    }
  }

  #lost(callId: string | null, text: "ended.lost" | "error.media" | "error.offline"): void {
    this.#apply({ type: "lost", callId, text, now: serverNow() });
  }

  #link(link: "connecting" | "online" | { retryInMs: number; tooMany: boolean }): void {
    const now = serverNow();
    if (link === "connecting" || link === "online") this.#apply({ type: "link", link: { kind: link }, now });
    else
      this.#apply({ type: "link", link: { kind: "away", retryAt: now + link.retryInMs, tooMany: link.tooMany }, now });
  }

  #apply(action: Action): void {
    const before = this.#state;
    this.#state = reduce(before, action);
    if (before.call !== null && this.#state.call === null) {
      this.media.drop(before.call.callId ?? before.call.requestId);
      this.media.silence();
      if (!this.#state.onDuty) this.media.devices.release();
    }
    this.#ring();
    if (this.#state !== before) this.#changed();
  }

  #ring(): void {
    if (this.#state.ringing.length === 0 || !this.#state.onDuty) this.tone.stop();
    else
      this.tone.ring(() => {
        const first = this.#state.ringing[0];
        return ringLevel(first === undefined ? 0 : serverNow() - first.startedAt, this.#state.call !== null);
      });
  }

  #changed(): void {
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }
}
