// The notices at the foot of the page.
import { IconX } from "@tabler/icons-react";
import { useSyncExternalStore } from "react";
import { StateMark } from "../parts/state-mark";
import { usePortal, useWords } from "./surroundings";

export function NoticeBar() {
  const { notices } = usePortal();
  const { say } = useWords();
  const shown = useSyncExternalStore(notices.subscribe, notices.shown);
  return (
    <div className="p-notices" role="status" aria-live="polite">
      {shown.map((notice) => (
        <div key={notice.id} className={notice.bad ? "p-notice bad" : "p-notice"}>
          {notice.bad && <StateMark state="fault" />}
          <span>{say(notice.key, notice.values)}</span>
          {notice.undo !== null && (
            <button
              type="button"
              className="btn sm"
              onClick={() => {
                notice.undo?.();
                notices.close(notice.id);
              }}
            >
              {say("do.undo")}
            </button>
          )}
          <button
            type="button"
            className="btn ghost sm square"
            aria-label={say("do.close")}
            onClick={() => notices.close(notice.id)}
          >
            <IconX size={17} stroke={1.75} aria-hidden="true" />
          </button>
        </div>
      ))}
    </div>
  );
}
