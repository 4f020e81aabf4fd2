// What keeps this tab from ringing or being heard, each with its one remedy, below the top bar.
import type { ReactNode } from "react";
import { StateMark, type Mark } from "../parts/state-mark";
import { useNow } from "./clock";
import { useDesk } from "./surroundings";
import { useWords } from "../session/words";

export function Bars() {
  const { desk, state } = useDesk();
  const { say } = useWords();
  const { microphone } = desk.media.devices.state;
  const inCall = state.call?.phase === "talking";
  return (
    <div className="bars">
      {state.link.kind === "away" && !inCall && <Away />}
      {state.link.kind === "connecting" && !inCall && (
        <Bar mark="pending" kind="pend" text={say("bar.connecting")} live />
      )}
      {state.link.kind !== "online" && inCall && (
        <Bar mark="fault" kind="fault" text={say("call.signalling_lost")} live>
          {state.link.kind === "away" && (
            <button type="button" className="btn sm" onClick={desk.retryNow}>
              {say("bar.retry")}
            </button>
          )}
        </Bar>
      )}
      {!state.onDuty && (
        <Bar mark="offline" kind="plain" text={say("bar.paused")}>
          <button type="button" className="btn sm" onClick={() => desk.setDuty(true)}>
            {say("bar.paused.action")}
          </button>
        </Bar>
      )}
      {state.onDuty && desk.tone.silenced && (
        <Bar mark="fault" kind="fault" text={say("bar.sound")}>
          <button type="button" className="btn sm" onClick={() => void desk.tone.allow()}>
            {say("bar.sound.action")}
          </button>
        </Bar>
      )}
      {state.onDuty && (microphone === "denied" || microphone === "missing") && (
        <Bar mark="fault" kind="fault" text={say(microphone === "denied" ? "bar.mic.denied" : "bar.mic.missing")}>
          <button type="button" className="btn sm" onClick={() => desk.prepareDevices()}>
            {say("bar.mic.action")}
          </button>
        </Bar>
      )}
    </div>
  );
}

function Away() {
  const { desk, state } = useDesk();
  const { say } = useWords();
  const now = useNow(1000);
  if (state.link.kind !== "away") return null;
  const seconds = Math.max(0, Math.ceil((state.link.retryAt - now) / 1000));
  return (
    <Bar mark="offline" kind="fault" text={say(state.link.tooMany ? "bar.too_many" : "bar.offline", { seconds })}>
      <button type="button" className="btn sm" onClick={desk.retryNow}>
        {say("bar.retry")}
      </button>
    </Bar>
  );
}

interface BarProps {
  readonly mark: Mark;
  readonly kind: "fault" | "pend" | "plain";
  readonly text: string;
  readonly live?: boolean;
  readonly children?: ReactNode;
}

function Bar({ mark, kind, text, live = false, children }: BarProps) {
  return (
    <div className={`bar bar-${kind}`} role={live ? "status" : undefined}>
      <StateMark state={mark} />
      <span>{text}</span>
      {children}
    </div>
  );
}
