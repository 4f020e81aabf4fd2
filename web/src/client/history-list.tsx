// The calls so far, answered or not: picture, cause in words, who was rung; times in the site's zone, named once.
import { Fragment, useSyncExternalStore } from "react";
import { dayKey, dayName, ownZone, zoneName } from "../words";
import { useNow } from "./clock";
import { HistoryRow } from "./history-row";
import { useDesk, useSurroundings } from "./surroundings";
import { useWords } from "../session/words";

export function HistoryList({ stationId = null }: { stationId?: string | null }) {
  const { state } = useDesk();
  const { history } = useSurroundings();
  const { say, language } = useWords();
  const { calls, cursor, phase } = useSyncExternalStore(history.subscribe, history.view);
  const minute = useNow(60_000);
  const zones = new Map(state.stations.map((station) => [station.station_id, station.time_zone]));
  const accounts = new Set(state.stations.flatMap(({ kind, station_id: id }) => (kind === "account" ? [id] : [])));
  const zoneOf = (id: string): string => zones.get(id) ?? state.stations[0]?.time_zone ?? ownZone;
  const here = stationId !== null;
  const shown = here ? calls.filter((call) => call.station_id === stationId).slice(0, 5) : calls;
  const zone = here ? zoneOf(stationId) : zoneOf(calls[0]?.station_id ?? "");

  const dayLabel = (at: number, of: string): string => {
    const day = dayKey(of, at);
    if (day === dayKey(of, minute)) return say("history.today");
    if (day === dayKey(of, minute - 86_400_000)) return say("history.yesterday");
    return dayName(language, of, at);
  };

  return (
    <section className={here ? "card history here" : "history"} aria-labelledby={here ? "here-title" : "history-title"}>
      <header>
        {here ? <h2 id="here-title">{say("call.last")}</h2> : <h1 id="history-title">{say("history.title")}</h1>}
        <span className="sp" />
        <span className="dim xs">{say("history.zone", { zone: zoneName(language, zone, minute) })}</span>
      </header>
      {phase === "loading" && calls.length === 0 && <p className="mut">{say("history.loading")}</p>}
      {phase === "failed" && (
        <div className="empty" role="status">
          <p>{say("history.failed")}</p>
          <button type="button" className="btn" onClick={history.retry}>
            {say("history.retry")}
          </button>
        </div>
      )}
      {phase === "ready" && shown.length === 0 && (
        <div className="empty">
          {here ? (
            <p>{say("call.last.none")}</p>
          ) : (
            <>
              <h2>{say("history.none.title")}</h2>
              <p>{say("history.none.text")}</p>
            </>
          )}
        </div>
      )}
      <ol className="calls">
        {shown.map((call, index) => {
          const of = zoneOf(call.station_id);
          const at = Date.parse(call.started_at);
          const before = shown[index - 1];
          const label = dayLabel(at, of);
          const sameDay =
            before !== undefined && dayLabel(Date.parse(before.started_at), zoneOf(before.station_id)) === label;
          return (
            <Fragment key={call.call_id}>
              {!sameDay && <li className="day">{label}</li>}
              <HistoryRow
                call={call}
                byAccount={accounts.has(call.station_id)}
                zone={of}
                otherZone={of !== zone}
                compact={here}
              />
            </Fragment>
          );
        })}
      </ol>
      {!here && cursor !== null && phase === "ready" && (
        <button type="button" className="btn older" onClick={history.older}>
          {say("history.older")}
        </button>
      )}
    </section>
  );
}
