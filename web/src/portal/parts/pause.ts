// Where a deed takes a row away, the next row comes under the pointer: for a moment no such deed is taken.
export const PAUSE_MS = 600;

let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

const changed = (): void => {
  for (const listener of listeners) listener();
};

/** From now on, or anew: nothing is taken for `PAUSE_MS`. */
export function pause(): void {
  clearTimeout(timer);
  timer = setTimeout(() => {
    timer = undefined;
    changed();
  }, PAUSE_MS);
  changed();
}

export function paused(): boolean {
  return timer !== undefined;
}

export function whenPauseChanges(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
