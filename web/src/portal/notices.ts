// What the portal says at the foot of the page: what happened, with the way back; what did not, with the next step.
import type { WordValues } from "../words";
import type { AnyKey } from "../words/portal";

export interface Notice {
  readonly id: number;
  readonly key: AnyKey;
  readonly values: WordValues;
  readonly bad: boolean;
  readonly undo: (() => void) | null;
}

export const NOTICE_MS = 8_000;

export class Notices {
  #shown: readonly Notice[] = [];
  #next = 1;
  readonly #listeners = new Set<() => void>();
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly shown = (): readonly Notice[] => this.#shown;

  /** Something happened; `undo` is the way back, for as long as the notice stands. */
  tell(key: AnyKey, values: WordValues = {}, undo: (() => void) | null = null): void {
    this.#add({ id: this.#next++, key, values, bad: false, undo });
  }

  /** Something did not happen. Stays until it is closed. */
  warn(key: AnyKey, values: WordValues = {}): void {
    this.#add({ id: this.#next++, key, values, bad: true, undo: null });
  }

  readonly close = (id: number): void => {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    this.#shown = this.#shown.filter((notice) => notice.id !== id);
    this.#changed();
  };

  #add(notice: Notice): void {
    const kept = this.#shown.slice(-2); // three at most, the oldest goes
    for (const old of this.#shown.slice(0, -2)) if (!kept.includes(old)) this.close(old.id);
    this.#shown = [...this.#shown, notice].slice(-3);
    if (!notice.bad)
      this.#timers.set(
        notice.id,
        setTimeout(() => this.close(notice.id), NOTICE_MS),
      );
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
