// Where the keyboard stands after a dialog: at what opened it.
import { useEffect, useState } from "react";

let openers: readonly Element[] = []; // of the dialog that was opened last

/** What the focus goes back to, best first: dialogs may follow one another, and a menu goes with its items. */
function asked(): readonly Element[] {
  const active = document.activeElement;
  if (active === null || active === document.body) return [];
  const menu = active.closest("[role=menu]");
  const target = menu === null ? null : document.querySelector(`[aria-controls="${CSS.escape(menu.id)}"]`);
  if (target !== null) return [target];
  return active.closest("[role=dialog]") === null ? [active] : [active, ...openers];
}

/** Gives the focus back when a dialog is unmounted, unless it has gone elsewhere by then. Mantine does so only for dialogs that are closed first. */
export function useFocusBack(): void {
  const [back] = useState(asked); // while it is made, before it takes the focus
  useEffect(() => {
    openers = back;
    return () => {
      const active = document.activeElement;
      if (active !== null && active !== document.body) return;
      const first = back.find((element) => element.isConnected);
      if (first instanceof HTMLElement) first.focus();
    };
  }, [back]);
}
