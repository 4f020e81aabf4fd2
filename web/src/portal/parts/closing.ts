// Which dialog a deed closes: the one in which it was done, and no other.
import { useState } from "react";

/**
 * Closes this dialog the first time it is called. A way back that is done by the same deed afterwards closes nothing:
 * somebody may be entering something in another dialog by then.
 */
export function useClosing(onClose: () => void): () => void {
  const [close] = useState(() => once(onClose));
  return close;
}

function once(work: () => void): () => void {
  let due = true;
  return () => {
    if (due) work();
    due = false;
  };
}
