// How calls ended, in words; each notice leaves by itself and can be closed.
import { IconX } from "@tabler/icons-react";
import { useDesk } from "./surroundings";
import { useWords } from "../session/words";

export function NoticeList() {
  const { desk, state } = useDesk();
  const { say } = useWords();
  return (
    <section className="notices" role="log" aria-live="polite" aria-label={say("ended.title")}>
      {state.notices.map((notice) => {
        const station = state.stations.find((known) => known.station_id === notice.station?.station_id);
        const again = notice.own && state.call === null && station?.state === "online";
        return (
          <div key={notice.id} className="notice">
            <span>{say(notice.text, notice.values)}</span>
            {again && (
              <button
                type="button"
                className="btn sm"
                onClick={() => {
                  desk.dismiss(notice.id);
                  void desk.call(station);
                }}
              >
                {say("ended.again")}
              </button>
            )}
            <button
              type="button"
              className="btn ghost square sm"
              aria-label={say("ended.dismiss")}
              onClick={() => desk.dismiss(notice.id)}
            >
              <IconX size={18} stroke={1.75} aria-hidden="true" />
            </button>
          </div>
        );
      })}
    </section>
  );
}
