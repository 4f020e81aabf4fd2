// The keys of the call surface: free in Chromium, Firefox and Edge on three systems, shown on the buttons.

export type Command =
  | { readonly kind: "answer" | "decline" | "mute" | "camera" | "keypad" | "end" }
  | { readonly kind: "choose"; readonly step: 1 | -1 }
  | { readonly kind: "door"; readonly index: number }
  | { readonly kind: "digit"; readonly digit: string };

export const keyNames = {
  answer: "Enter",
  decline: "D",
  mute: "M",
  camera: "C",
  keypad: "K",
  end: "E",
  doors: ["1", "2", "3", "4"],
} as const;

export interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
  readonly repeat: boolean;
  /** The key was pressed on a control that uses it itself (a button, a field). */
  readonly onControl: boolean;
  readonly inField: boolean;
}

export interface KeyContext {
  readonly singleKeys: boolean;
  readonly talking: boolean; // in a call, not only ringing
  readonly keypadOpen: boolean;
}

/** What a key press on the call surface means, or null. `Esc` never ends a call; a held key never acts twice. */
export function commandOf(press: KeyPress, context: KeyContext): Command | null {
  if (press.ctrlKey || press.altKey || press.metaKey || press.repeat || press.inField) return null;
  if (press.key === "ArrowDown") return { kind: "choose", step: 1 };
  if (press.key === "ArrowUp") return { kind: "choose", step: -1 };
  if (press.key === "Enter") return press.onControl || context.talking ? null : { kind: "answer" };
  if (!context.singleKeys) return null;
  if (context.talking && context.keypadOpen && /^[0-9*#]$/.test(press.key)) return { kind: "digit", digit: press.key };
  const door = (keyNames.doors as readonly string[]).indexOf(press.key);
  if (door >= 0) return { kind: "door", index: door };
  const letter = press.key.toUpperCase();
  if (!context.talking) return letter === keyNames.decline ? { kind: "decline" } : null;
  switch (letter) {
    case keyNames.mute:
      return { kind: "mute" };
    case keyNames.camera:
      return { kind: "camera" };
    case keyNames.keypad:
      return { kind: "keypad" };
    case keyNames.end:
      return { kind: "end" };
    default:
      return null;
  }
}
