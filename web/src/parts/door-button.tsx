// The door button: a way-sign plate. One press opens; the plate says what happens, or why it did not.
import {
  IconAlertTriangle,
  IconBarrierBlock,
  IconDoorEnter,
  IconHandStop,
  IconHourglass,
  IconLockOpen,
} from "@tabler/icons-react";
import type { CSSProperties, ReactNode } from "react";
import { doorLook, type DoorAction, type DoorLook, type DoorWaits } from "../client/door-state";
import type { DoorView } from "../contract";
import type { WordKey, WordValues } from "../words";
import { Kbd } from "./state-mark";

interface Props {
  readonly door: DoorView;
  readonly action: DoorAction | undefined;
  readonly online: boolean;
  readonly waits?: DoorWaits;
  readonly now: number;
  readonly size: "large" | "medium" | "small";
  readonly second?: boolean;
  readonly hint?: string | undefined; // the key
  readonly say: (key: WordKey, values?: WordValues) => string;
  readonly onOpen: () => void;
}

const iconSize = { large: 44, medium: 30, small: 20 } as const;

export function DoorButton(props: Props) {
  const { door, action, online, waits = null, now, size, second = false, hint, onOpen } = props;
  const look = doorLook(door, action, online, waits);
  const icon = <DoorIcon look={look} kind={door.kind} size={iconSize[size]} />;
  const words = doorWords(look, props);
  const inert = look === "forbidden" || look === "working" || waits !== null;
  const sign =
    look === "ready" || look === "offline" || look === "sent" ? !second : look === "working" || look === "open";
  return (
    <div className={`door-wrap door-${size}`}>
      <button
        type="button"
        className={`door ${sign ? "door-sign" : "door-plain"} door-${look}`}
        aria-disabled={inert}
        onClick={() => {
          if (!inert) onOpen();
        }}
      >
        <span className="door-face" style={look === "open" ? emptying(action, now) : undefined}>
          {icon}
          <span className="door-words">
            {words.title}
            <small>{words.text}</small>
          </span>
          {hint !== undefined && !inert && <Kbd>{hint}</Kbd>}
        </span>
      </button>
    </div>
  );
}

function DoorIcon({ look, kind, size }: { look: DoorLook; kind: DoorView["kind"]; size: number }): ReactNode {
  const shape = { size, stroke: 1.75, "aria-hidden": true } as const;
  switch (look) {
    case "working":
      return <IconHourglass {...shape} />;
    case "open":
      return <IconDoorEnter {...shape} />;
    case "failed":
      return <IconAlertTriangle {...shape} />;
    case "forbidden":
      return <IconHandStop {...shape} />;
    case "ready":
    case "sent":
    case "waits":
    case "offline":
      return kind === "door" ? <IconLockOpen {...shape} /> : <IconBarrierBlock {...shape} />;
  }
}

/** The plate runs empty with the time. */
function emptying(action: DoorAction | undefined, now: number): CSSProperties {
  if (action?.kind !== "open") return {};
  const share = Math.max(0, Math.min(1, (action.until - now) / Math.max(1, action.until - action.since)));
  return { "--full": `${(share * 100).toFixed(1)}%` } as CSSProperties;
}

function doorWords(look: DoorLook, { door, action, waits, now, say }: Props): { title: string; text: string } {
  const name = { door: door.name };
  switch (look) {
    case "working":
      return { title: say("door.working"), text: `${door.name} · ${say("door.working.text")}` };
    case "open": {
      const seconds = action?.kind === "open" ? Math.max(0, Math.ceil((action.until - now) / 1000)) : 0;
      return { title: say("door.opened"), text: `${door.name} · ${say("door.closes", { seconds })}` };
    }
    case "sent":
      return { title: say("door.sent"), text: `${door.name} · ${say("door.sent.text")}` };
    case "failed":
      return {
        title: `${say("door.failed")}: ${door.name}`,
        text: say(action?.kind === "failed" ? action.cause : "door.failed.other"),
      };
    case "forbidden":
      return { title: say("door.forbidden"), text: say("door.forbidden.text", name) };
    case "offline":
      return { title: say("door.open", name), text: say("door.offline") };
    case "waits":
      return { title: say("door.open", name), text: say(waits === "answer" ? "door.waits.answer" : "door.waits.call") };
    case "ready":
      return { title: say("door.open", name), text: say("door.ready") };
  }
}
