// The ring's sound: two notes, call and answer, a fifth apart; louder after ten seconds. Synthesised, nothing to load.

const CALL_HZ = 523.25; // c
const ANSWER_HZ = 783.99; // g, the fifth above
const EVERY_MS = 2_400;
const QUIET = 0.16;
const LOUD = 0.5;
const IN_CALL = 0.05; // somebody is talking: one soft pair only
export const LOUDER_AFTER_MS = 10_000;

export function ringLevel(ringingForMs: number, talking: boolean): number {
  if (talking) return IN_CALL;
  return ringingForMs >= LOUDER_AFTER_MS ? LOUD : QUIET;
}

export class Tone {
  #context: AudioContext | null = null;
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor(private readonly changed: () => void) {}

  /** True when the browser keeps this tab silent until the person does something in it. */
  get silenced(): boolean {
    return this.#context !== null && this.#context.state !== "running";
  }

  /** Makes the sound ready; after a press or key the browser lets it play. */
  async allow(): Promise<void> {
    const context = this.#ready();
    if (context.state !== "running")
      await Promise.race([context.resume(), new Promise((done) => setTimeout(done, 300))]);
    this.changed();
  }

  ring(level: () => number): void {
    if (this.#timer !== null) return;
    this.#ready();
    this.#pair(level());
    this.#timer = setInterval(() => this.#pair(level()), EVERY_MS);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Once, to hear it in the settings. */
  sample(): void {
    void this.allow().then(() => this.#pair(QUIET));
  }

  #ready(): AudioContext {
    if (this.#context === null) {
      this.#context = new AudioContext();
      this.#context.addEventListener("statechange", () => this.changed());
    }
    return this.#context;
  }

  #pair(level: number): void {
    const context = this.#ready();
    if (context.state !== "running") return;
    this.#note(context, CALL_HZ, 0, 0.42, level);
    this.#note(context, ANSWER_HZ, 0.36, 0.9, level);
  }

  #note(context: AudioContext, hertz: number, inS: number, lengthS: number, level: number): void {
    const start = context.currentTime + inS;
    const gain = context.createGain();
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(level, start + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.001, start + lengthS);
    gain.connect(context.destination);
    for (const [multiple, share] of [
      [1, 1],
      [2, 0.25],
    ] as const) {
      const oscillator = context.createOscillator();
      const part = context.createGain();
      oscillator.frequency.value = hertz * multiple;
      part.gain.value = share;
      oscillator.connect(part).connect(gain);
      oscillator.start(start);
      oscillator.stop(start + lengthS);
    }
  }
}
