// Calls that ring at once, longest first. The list never re-sorts under the pointer.
import { LivePicture } from "../parts/pictures";
import { StateMark } from "../parts/state-mark";
import { running } from "../words";
import { useNow } from "./clock";
import { MAIN_BUTTON, type RingingCall } from "./state";
import { useDesk } from "./surroundings";
import { useWords } from "../session/words";

interface Props {
  readonly ringing: readonly RingingCall[];
  readonly selected: string | null;
  readonly talking: boolean;
}

// Past this, the seconds are shown as late.
const LATE_MS = 20_000;

export function RingQueue({ ringing, selected, talking }: Props) {
  const { desk } = useDesk();
  const { say } = useWords();
  const now = useNow(1000);
  return (
    <section className="queue">
      <div className="queue-head">
        <h2>{say("call.waiting")}</h2>
        <span className="dim">{say("call.order")}</span>
      </div>
      {ringing.length > 0 && (
        <ul
          role="listbox"
          aria-label={say("call.queue")}
          tabIndex={0}
          aria-activedescendant={selected === null ? undefined : `ring-${selected}`}
        >
          {ringing.map((ring) => {
            const { picture } = desk.media.view(ring.callId);
            const waited = now - ring.startedAt;
            return (
              <li
                key={ring.callId}
                id={`ring-${ring.callId}`}
                role="option"
                aria-selected={ring.callId === selected}
                className={`q${ring.callId === selected ? " q-chosen" : ""}${waited > LATE_MS ? " q-late" : ""}`}
                onClick={() => desk.select(ring.callId)}
              >
                <span className="pic" aria-hidden="true">
                  {picture !== null && <LivePicture stream={picture} label="" />}
                </span>
                <span className="q-words">
                  <span className="q-top">
                    <StateMark state="ringing" />
                    <b>{ring.station.name}</b>
                    <span className="din sec" aria-hidden="true">
                      {running(waited / 1000)}
                    </span>
                  </span>
                  <span className="dim xs">{ring.station.place}</span>
                  {ring.button !== MAIN_BUTTON && (
                    <span className="mut xs q-foot">{say("call.button", { button: ring.button })}</span>
                  )}
                </span>
              </li>
            );
          })}
        </ul>
      )}
      {talking && selected !== null && (
        <button type="button" className="btn wide" onClick={() => desk.answer(selected)}>
          {say("call.switch")}
        </button>
      )}
    </section>
  );
}
