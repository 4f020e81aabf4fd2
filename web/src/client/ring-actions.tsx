// Answer and Decline.
import { IconPhone, IconPhoneOff } from "@tabler/icons-react";
import { Kbd } from "../parts/state-mark";
import { keyNames } from "./keys";
import { useDesk } from "./surroundings";
import { useWords } from "../session/words";

export function RingActions({ callId, keys }: { callId: string; keys: boolean }) {
  const { desk } = useDesk();
  const { say } = useWords();
  return (
    <div className="actions ring-actions">
      <button type="button" className="go" aria-keyshortcuts={keyNames.answer} onClick={() => desk.answer(callId)}>
        <IconPhone size={32} stroke={1.75} aria-hidden="true" />
        {say("call.answer")}
        <Kbd>{keyNames.answer}</Kbd>
      </button>
      <button
        type="button"
        className="no"
        aria-keyshortcuts={keys ? keyNames.decline : undefined}
        onClick={() => desk.decline(callId)}
      >
        <IconPhoneOff size={24} stroke={1.75} aria-hidden="true" />
        {say("call.decline")}
        {keys && <Kbd>{keyNames.decline}</Kbd>}
      </button>
    </div>
  );
}
