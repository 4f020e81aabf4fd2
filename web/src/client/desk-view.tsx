// The signed-on client: bar on top, the stations while nothing rings, the call surface while something does.
import { useEffect, useState } from "react";
import { CallSound } from "../parts/pictures";
import { Announcer } from "./announcer";
import { Bars } from "./bars";
import { CallSurface } from "./call-surface";
import { Home } from "./home";
import { NoticeList } from "./notice-list";
import { useDesk, useSurroundings } from "./surroundings";
import { useWords } from "../session/words";
import { TopBar } from "./top-bar";

export function DeskView() {
  const { desk, state } = useDesk();
  const { history } = useSurroundings();
  const { say } = useWords();
  const [menuOpen, setMenuOpen] = useState(false);
  const ringing = state.onDuty ? state.ringing : [];
  const busy = state.call !== null || ringing.length > 0;
  const first = ringing[0]?.station.name;
  const talking = state.call?.station.name;
  const title =
    first !== undefined
      ? say("title.ringing", { station: first })
      : talking !== undefined
        ? say("title.call", { station: talking })
        : "Antiphon";

  useEffect(() => {
    if (state.records > 0) history.follow(state.records);
  }, [history, state.records]);
  useEffect(() => {
    document.title = title;
  }, [title]);
  useEffect(() => {
    const mark = document.getElementById("favicon");
    if (mark instanceof HTMLLinkElement) mark.href = first === undefined ? "/mark.svg" : "/mark-ringing.svg";
  }, [first]);

  const sound = state.call?.phase === "talking" ? desk.media.view(state.call.callId ?? "").sound : null;
  return (
    <div className={`desk${busy ? " desk-busy" : ""}`}>
      <a className="skip" href="#content">
        {say("app.skip")}
      </a>
      <TopBar menuOpen={menuOpen} setMenuOpen={setMenuOpen} />
      <Bars />
      <main id="content" tabIndex={-1}>
        {busy ? <CallSurface ringing={ringing} call={state.call} /> : <Home />}
      </main>
      <NoticeList />
      <Announcer />
      {sound !== null && <CallSound stream={sound} />}
    </div>
  );
}
