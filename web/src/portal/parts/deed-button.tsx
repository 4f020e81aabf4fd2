// The button of a deed that takes something away: a second click of a double click does nothing.
import { useEffect, useState, useSyncExternalStore } from "react";
import { pause, paused, whenPauseChanges } from "./pause";

export const SURE_MS = 6_000;

interface Props {
  readonly label: string;
  /** For what has no way back: the button's words after a first press; only a second one carries it out. */
  readonly sure?: string;
  readonly working: boolean;
  readonly className?: string;
  readonly onDeed: () => void;
}

export function DeedButton({ label, sure, working, className = "btn sm", onDeed }: Props) {
  const waits = useSyncExternalStore(whenPauseChanges, paused);
  const [asked, setAsked] = useState(false);
  // What was taken away is gone from the page now, however long it took.
  useEffect(() => (working ? pause : undefined), [working]);
  useEffect(() => {
    if (!asked) return undefined;
    const timer = setTimeout(() => setAsked(false), SURE_MS);
    return () => clearTimeout(timer);
  }, [asked]);
  const press = (): void => {
    if (working || paused()) return;
    pause();
    const carriesOut = sure === undefined || asked;
    setAsked(!carriesOut);
    if (carriesOut) onDeed();
  };
  return (
    <>
      <button
        type="button"
        className={asked ? `${className} pri` : className}
        aria-disabled={working || waits}
        onClick={press}
        onBlur={() => setAsked(false)}
        onKeyDown={(event) => {
          if (event.repeat) event.preventDefault(); // a key that is held down presses once
        }}
      >
        {asked ? sure : label}
      </button>
      {sure !== undefined && (
        <span className="visually-hidden" aria-live="polite">
          {asked ? sure : ""}
        </span>
      )}
    </>
  );
}
