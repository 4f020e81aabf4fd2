// The tab's one WebSocket to its company's call service: Hello, fresh tokens, heartbeat, reconnecting.
import { parseReceived, type ClientMessage, type ServerMessage } from "../contract";

export interface Socket {
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  send(data: string): void;
  close(code?: number): void;
}

export interface Grant {
  readonly token: string;
  readonly expiresAt: number; // ms, this computer's clock
}

export interface ConnectionPorts {
  open(): Socket;
  /** A token for the next Hello: the present one when it lasts, else a fresh one. Rejects with `signedOut` or anything else. */
  grant(fresh: boolean): Promise<Grant>;
  onDuty(): boolean;
  random(): number;
  now(): number;
  /** A rejection of `grant` that only a new sign-in heals. */
  signedOut(reason: unknown): boolean;
  received(message: ServerMessage): void;
  unknown(frame: string): void;
  link(state: "connecting" | "online" | { retryInMs: number; tooMany: boolean }): void;
  ended(): void;
}

const CLOSE_GOODBYE = 1000; // told on purpose: nobody waits for this tab
const CLOSE_UNAUTHENTICATED = 4401;
const CLOSE_TOO_MANY = 4429;
const CLOSE_RESTART = 4503;

const BACK_OFF_FIRST_MS = 500;
const BACK_OFF_MAX_MS = 15_000;
const RESTART_MS = 300;
const TOO_MANY_MS = 30_000;
const WELCOME_MAX_MS = 8_000;
const PING_EVERY_MS = 15_000;
const SILENCE_MAX_MS = 8_000; // after a ping
const REFRESH_BEFORE_MS = 60_000;

type Timer = ReturnType<typeof setTimeout>;

export class Connection {
  #socket: Socket | null = null;
  #welcomed = false;
  #clientId: string | null = null;
  #failures = 0;
  #stopped = true;
  #freshToken = false;
  #timers = new Set<Timer>();
  #silence: Timer | null = null;

  constructor(private readonly ports: ConnectionPorts) {}

  start(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    void this.#connect();
  }

  stop(): void {
    this.#stopped = true;
    this.#drop();
  }

  /** Try at once instead of waiting: the person asked, or the network came back. */
  retryNow(): void {
    if (this.#stopped || this.#socket !== null) return;
    this.#clearTimers();
    void this.#connect();
  }

  /** False when there is no connection: nothing is queued, since a late press must not open a door. */
  send(message: ClientMessage): boolean {
    if (this.#socket === null || !this.#welcomed) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  async #connect(): Promise<void> {
    this.ports.link("connecting");
    const grant = await this.#grant();
    if (grant === null || this.#stopped || this.#socket !== null) return;
    const socket = this.ports.open();
    this.#socket = socket;
    const mine = (): boolean => this.#socket === socket;
    socket.onopen = () => {
      if (mine()) this.#hello(grant);
    };
    socket.onmessage = (event) => {
      if (mine()) this.#message(event.data, grant);
    };
    socket.onclose = (event) => {
      if (mine()) this.#closed(event.code);
    };
    this.#later(WELCOME_MAX_MS, () => {
      if (mine() && !this.#welcomed) this.#abandon();
    });
  }

  async #grant(): Promise<Grant | null> {
    try {
      const grant = await this.ports.grant(this.#freshToken);
      this.#freshToken = false;
      return grant;
    } catch (reason) {
      if (this.ports.signedOut(reason)) {
        this.stop();
        this.ports.ended();
      } else if (!this.#stopped) {
        this.#retry(this.#backOff());
      }
      return null;
    }
  }

  #hello(grant: Grant): void {
    // Coming back under the same id keeps a conversation that outlived the socket.
    const resume = this.#clientId === null ? {} : { resume: this.#clientId };
    this.#socket?.send(JSON.stringify({ type: "hello", token: grant.token, on_duty: this.ports.onDuty(), ...resume }));
  }

  #message(data: unknown, grant: Grant): void {
    if (this.#silence !== null) clearTimeout(this.#silence);
    const message = parseReceived(data);
    if (message === null) {
      this.ports.unknown(typeof data === "string" ? data : "");
      return;
    }
    const first = message.type === "welcome" && !this.#welcomed;
    if (first) {
      this.#welcomed = true;
      this.#failures = 0;
      this.#clientId = message.client_id;
      this.#ping();
      this.#renewBefore(grant.expiresAt);
    }
    this.ports.received(message);
    if (first) this.ports.link("online");
  }

  #ping(): void {
    this.#later(PING_EVERY_MS, () => {
      if (this.#socket === null) return;
      this.#socket.send(JSON.stringify({ type: "ping" }));
      this.#silence = this.#later(SILENCE_MAX_MS, () => this.#abandon());
      this.#ping();
    });
  }

  #renewBefore(expiresAt: number): void {
    const inMs = Math.max(1_000, expiresAt - this.ports.now() - REFRESH_BEFORE_MS);
    this.#later(inMs, () => {
      void this.#renew();
    });
  }

  async #renew(): Promise<void> {
    const socket = this.#socket;
    try {
      const grant = await this.ports.grant(true);
      if (this.#socket !== socket || socket === null) return;
      this.#hello(grant);
      this.#renewBefore(grant.expiresAt);
    } catch (reason) {
      if (this.#socket !== socket) return;
      if (this.ports.signedOut(reason)) {
        this.stop();
        this.ports.ended();
      } else {
        this.#later(5_000, () => void this.#renew());
      }
    }
  }

  #closed(code: number): void {
    const wasWelcomed = this.#welcomed;
    this.#drop();
    if (this.#stopped) return;
    if (code === CLOSE_UNAUTHENTICATED) {
      this.#freshToken = true;
      this.#retry(wasWelcomed || this.#failures === 0 ? 0 : this.#backOff());
      this.#failures += 1;
    } else if (code === CLOSE_TOO_MANY) {
      this.#retry(TOO_MANY_MS, true);
    } else if (code === CLOSE_RESTART) {
      this.#retry(RESTART_MS + this.ports.random() * BACK_OFF_FIRST_MS);
    } else {
      this.#retry(this.#backOff());
    }
  }

  /** The socket is silent: a half-open connection would swallow rings. */
  #abandon(): void {
    const socket = this.#socket;
    this.#drop();
    socket?.close();
    if (!this.#stopped) this.#retry(this.#backOff());
  }

  #backOff(): number {
    const full = Math.min(BACK_OFF_MAX_MS, BACK_OFF_FIRST_MS * 2 ** this.#failures);
    this.#failures += 1;
    return full / 2 + (this.ports.random() * full) / 2;
  }

  #retry(inMs: number, tooMany = false): void {
    this.#clearTimers();
    this.ports.link({ retryInMs: inMs, tooMany });
    this.#later(inMs, () => void this.#connect());
  }

  #drop(): void {
    this.#clearTimers();
    const socket = this.#socket;
    this.#socket = null;
    this.#welcomed = false;
    if (this.#stopped) socket?.close(CLOSE_GOODBYE);
  }

  #later(inMs: number, work: () => void): Timer {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, inMs);
    this.#timers.add(timer);
    return timer;
  }

  #clearTimers(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#silence = null;
  }
}
