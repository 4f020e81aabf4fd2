// Home: the stations with their state, last picture and doors; beside them the calls.
import { useState } from "react";
import { HistoryList } from "./history-list";
import { StationTile } from "./station-tile";
import { useDesk } from "./surroundings";
import { useWords } from "../session/words";

export function Home() {
  const { state } = useDesk();
  const { say } = useWords();
  const [narrowView, setNarrowView] = useState<"stations" | "history">("stations");
  const views = ["stations", "history"] as const;
  return (
    <div className={`home home-${narrowView}`}>
      <nav className="views" aria-label={say("tabs.label")}>
        {views.map((view) => (
          <button key={view} type="button" aria-pressed={view === narrowView} onClick={() => setNarrowView(view)}>
            {say(`tabs.${view}`)}
          </button>
        ))}
      </nav>
      <section className="stations" aria-labelledby="stations-title">
        <h1 id="stations-title">{say("tabs.stations")}</h1>
        {state.stations.length === 0 ? (
          <div className="empty">
            {state.welcomed ? (
              <>
                <h2>{say("station.none.title")}</h2>
                <p>{say("station.none.text")}</p>
              </>
            ) : (
              <p>{say("station.loading")}</p>
            )}
          </div>
        ) : (
          <ul className="tiles">
            {state.stations.map((station) => (
              <StationTile key={station.station_id} station={station} />
            ))}
          </ul>
        )}
      </section>
      <HistoryList />
    </div>
  );
}
