// The frame of every page: brand, search, state, person; company, tree and pages at the left; notices at the foot.
import { IconMenu2, IconX } from "@tabler/icons-react";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { Brand } from "../parts/brand";
import { StateMark } from "../parts/state-mark";
import type { AnyKey } from "../words/portal";
import { CompanyZone, ZoneMark } from "./company-zone";
import { useLive } from "./live";
import { Navigation } from "./navigation";
import { NoticeBar } from "./notice-bar";
import { PersonMenu } from "./person-menu";
import { Search } from "./search";
import type { Live } from "./stream";
import { useWords } from "./surroundings";

const LIVE: Record<Live, AnyKey> = {
  connecting: "bar.connecting",
  live: "nav.live",
  lost: "nav.live.lost",
  full: "nav.live.full",
};

// Where there is little room; whoever hears the page hears the long words.
const SHORT: Record<Live, AnyKey> = {
  connecting: "nav.live.short.connecting",
  live: "nav.live",
  lost: "nav.live.short",
  full: "nav.live.short",
};

export function Frame() {
  const { say } = useWords();
  const [open, setOpen] = useState(false);
  const live = useLive();
  const path = useRouterState({ select: (state) => state.location.pathname });
  // A page that was chosen closes the menu that it was chosen from.
  // eslint-disable-next-line react-hooks/set-state-in-effect
  useEffect(() => setOpen(false), [path]);
  return (
    <CompanyZone>
      <div className="p-shell" data-nav={open ? "open" : "closed"}>
        <a className="skip" href="#content">
          {say("app.skip")}
        </a>
        <header className="p-top">
          <button
            type="button"
            className="btn ghost square p-burger"
            aria-label={say("nav.menu")}
            aria-expanded={open}
            aria-controls="navigation"
            onClick={() => setOpen(!open)}
          >
            {open ? <IconX size={20} stroke={1.75} /> : <IconMenu2 size={20} stroke={1.75} />}
          </button>
          <Link to="/" className="p-home" aria-label={`Antiphon, ${say("nav.overview")}`}>
            <Brand />
          </Link>
          <Search />
          <span className="p-gap" />
          <ZoneMark />
          <span className="p-live" role="status" title={say("nav.live.hint")}>
            <StateMark state={live === "live" ? "online" : "pending"} />
            <span className="p-long">{say(LIVE[live])}</span>
            <span className="p-short" aria-hidden="true">
              {say(SHORT[live])}
            </span>
          </span>
          <PersonMenu />
        </header>
        <nav id="navigation" className="p-nav" aria-label={say("nav.main")}>
          <Navigation />
        </nav>
        <main id="content" className="p-main" tabIndex={0}>
          <div role="status">{live === "lost" && <p className="p-meanwhile">{say("nav.away")}</p>}</div>
          <Outlet />
        </main>
        <NoticeBar />
      </div>
    </CompanyZone>
  );
}
