// The bar on top: who, what waits, whether this tab rings, and the settings of this browser.
import { IconSettings } from "@tabler/icons-react";
import { useEffect, useRef } from "react";
import { Brand } from "../parts/brand";
import { initials } from "../parts/initials";
import { StateMark } from "../parts/state-mark";
import { running } from "../words";
import { useNow } from "./clock";
import { SettingsMenu } from "./settings-menu";
import { useDesk, useSurroundings } from "./surroundings";
import { useWords } from "../session/words";

interface Props {
  readonly menuOpen: boolean;
  readonly setMenuOpen: (open: boolean) => void;
}

export function TopBar({ menuOpen, setMenuOpen }: Props) {
  const { desk, state } = useDesk();
  const { session } = useSurroundings();
  const { say } = useWords();
  const menu = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const name = state.userName === "" ? session.user.name : state.userName;

  useEffect(() => {
    if (!menuOpen) return undefined;
    const away = (event: Event): void => {
      if (event.target instanceof Node && menu.current?.contains(event.target) === false) setMenuOpen(false);
    };
    const escape = (event: KeyboardEvent): void => {
      if (event.key !== "Escape") return;
      setMenuOpen(false);
      opener.current?.focus();
    };
    document.addEventListener("pointerdown", away);
    document.addEventListener("keydown", escape);
    return () => {
      document.removeEventListener("pointerdown", away);
      document.removeEventListener("keydown", escape);
    };
  }, [menuOpen, setMenuOpen]);

  return (
    <header className="top">
      <Brand />
      <span className="room ell">{state.companyName === "" ? session.company.name : state.companyName}</span>
      <span className="sp" />
      {state.onDuty && state.ringing.length > 0 && <Waiting />}
      <span className="sp" />
      <DutySwitch />
      <span className="who">
        <span className="avatar" aria-hidden="true">
          {initials(name)}
        </span>
        <b className="ell">{name}</b>
      </span>
      <div className="menu-place" ref={menu}>
        <button
          ref={opener}
          type="button"
          className="btn ghost square"
          aria-label={say("top.menu")}
          aria-expanded={menuOpen}
          aria-haspopup="dialog"
          onClick={() => setMenuOpen(!menuOpen)}
        >
          <IconSettings size={22} stroke={1.75} aria-hidden="true" />
        </button>
        {menuOpen && <SettingsMenu tone={desk.tone} />}
      </div>
    </header>
  );
}

function Waiting() {
  const { state } = useDesk();
  const { say } = useWords();
  const now = useNow(1000);
  const longest = state.ringing[0];
  return (
    <>
      <span className="nmr">
        <b className="din">{state.ringing.length}</b>
        <small>{say("top.waiting")}</small>
      </span>
      {longest !== undefined && (
        <span className="nmr">
          <b className="din">{running((now - longest.startedAt) / 1000)}</b>
          <small>{say("top.longest")}</small>
        </span>
      )}
    </>
  );
}

function DutySwitch() {
  const { desk, state } = useDesk();
  const { say } = useWords();
  const talking = state.call !== null;
  return (
    <span className="duty">
      <span className={`chip ${talking || state.onDuty ? "live" : "line"}`}>
        <StateMark state={talking ? "in_call" : state.onDuty ? "online" : "offline"} />
        {say(talking ? "state.in_call" : state.onDuty ? "top.ready" : "top.paused")}
      </span>
      <button
        type="button"
        role="switch"
        aria-checked={state.onDuty}
        className="duty-switch"
        onClick={() => desk.setDuty(!state.onDuty)}
      >
        <span className="sw" aria-hidden="true" />
        <span>{say(state.onDuty ? "top.duty" : "top.duty.off")}</span>
      </button>
    </span>
  );
}
