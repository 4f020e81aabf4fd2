// The keys that work on the call surface, at its foot.
import { Kbd } from "../parts/state-mark";
import type { WordKey } from "../words";
import { keyNames } from "./keys";
import { useSurroundings } from "./surroundings";
import { useWords } from "../session/words";

export function KeyLine({ talking, doors }: { talking: boolean; doors: number }) {
  const { say } = useWords();
  const { preferences } = useSurroundings();
  const rows: [string, WordKey][] = [["↑ ↓", "keys.choose"]];
  if (!talking) rows.push([keyNames.answer, "keys.answer"]);
  if (preferences.singleKeys) {
    if (doors > 0) rows.push([doors === 1 ? "1" : `1 – ${doors}`, "keys.doors"]);
    if (talking)
      rows.push(
        [keyNames.mute, "keys.mute"],
        [keyNames.camera, "keys.camera"],
        [keyNames.keypad, "keys.keypad"],
        [keyNames.end, "keys.end"],
      );
    else rows.push([keyNames.decline, "keys.decline"]);
  }
  return (
    <footer className="keys" aria-label={say("keys.title")}>
      {rows.map(([key, word]) => (
        <span key={word}>
          <Kbd>{key}</Kbd>
          {say(word)}
        </span>
      ))}
      {!preferences.singleKeys && <span>{say("keys.off")}</span>}
    </footer>
  );
}
