// The controls of a call, always in this order: mute, camera, keypad, end.
import {
  IconDialpad,
  IconMicrophone,
  IconMicrophoneOff,
  IconPhoneOff,
  IconVideo,
  IconVideoOff,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Kbd } from "../parts/state-mark";
import { keyNames } from "./keys";
import type { OwnCall } from "./state";
import { useDesk } from "./surroundings";
import { useWords } from "../session/words";

interface Props {
  readonly call: OwnCall;
  readonly keypadOpen: boolean;
  readonly setKeypadOpen: (open: boolean) => void;
  readonly keys: boolean;
}

const digits = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"] as const;
const shape = { size: 24, stroke: 1.75, "aria-hidden": true } as const;

export function OwnActions({ call, keypadOpen, setKeypadOpen, keys }: Props) {
  const { desk } = useDesk();
  const { say } = useWords();
  const talking = call.phase === "talking";
  const { muted, cameraOn } = desk.media;
  const camera = desk.media.devices.state.camera;
  return (
    <div className="actions own-actions">
      {keypadOpen && talking && (
        <div className="keypad" role="group" aria-label={say("call.keypad.label")}>
          {digits.map((digit) => (
            <button key={digit} type="button" className="btn din" onClick={() => desk.digit(digit)}>
              {digit}
            </button>
          ))}
        </div>
      )}
      <Control
        pressed={muted}
        disabled={!talking || desk.media.devices.microphone === null}
        label={say("call.mute")}
        hint={keys ? keyNames.mute : null}
        onPress={() => desk.toggleMute()}
      >
        {muted ? <IconMicrophoneOff {...shape} /> : <IconMicrophone {...shape} />}
      </Control>
      <Control
        pressed={!cameraOn}
        disabled={!talking || !camera}
        label={say(camera ? "call.camera.off" : "call.camera.none")}
        hint={keys ? keyNames.camera : null}
        onPress={() => desk.toggleCamera()}
      >
        {cameraOn ? <IconVideo {...shape} /> : <IconVideoOff {...shape} />}
      </Control>
      <Control
        pressed={keypadOpen}
        disabled={!talking}
        label={say("call.keypad")}
        hint={keys ? keyNames.keypad : null}
        onPress={() => setKeypadOpen(!keypadOpen)}
      >
        <IconDialpad {...shape} />
      </Control>
      <button
        type="button"
        className="b end"
        aria-disabled={call.phase === "ending"}
        aria-keyshortcuts={keys ? keyNames.end : undefined}
        onClick={() => desk.hangUp()}
      >
        <IconPhoneOff {...shape} />
        <span>{say(call.placed && !talking ? "call.cancel" : "call.end")}</span>
        {keys && <Kbd>{keyNames.end}</Kbd>}
      </button>
    </div>
  );
}

interface ControlProps {
  readonly pressed: boolean;
  readonly disabled: boolean;
  readonly label: string;
  readonly hint: string | null;
  readonly onPress: () => void;
  readonly children: ReactNode;
}

function Control({ pressed, disabled, label, hint, onPress, children }: ControlProps) {
  return (
    <button
      type="button"
      className="b"
      aria-pressed={pressed}
      aria-disabled={disabled}
      aria-keyshortcuts={hint ?? undefined}
      onClick={() => {
        if (!disabled) onPress();
      }}
    >
      {children}
      <span>{label}</span>
      {hint !== null && <Kbd>{hint}</Kbd>}
    </button>
  );
}
