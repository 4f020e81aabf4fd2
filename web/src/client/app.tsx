// The whole client: restores the sign-in, then shows either the sign-in or the desk.
import { useEffect, useMemo, useState } from "react";
import { say, type Language } from "../words";
import { ApiProblem, type Api, type Session } from "../session/api";
import { Desk } from "./desk";
import { DeskView } from "./desk-view";
import { History } from "./history-store";
import { closeInspection, openInspection } from "./inspection";
import { applyTheme, readPreferences, startLanguage, writePreferences, type Preferences } from "../session/preferences";
import { SignIn } from "../session/sign-in";
import { Snapshots } from "./snapshots";
import type { Socket } from "./connection";
import { SurroundingsContext, type Surroundings } from "./surroundings";
import { WordsContext, type Words } from "../session/words";

type Phase = { kind: "restoring" } | { kind: "out"; expired: boolean } | { kind: "in"; session: Session };

const RESTORE_AGAIN_MS = 3_000;

function openSocket(companyId: string): Socket {
  const scheme = window.location.protocol === "https:" ? "wss:" : "ws:";
  return new WebSocket(`${scheme}//${window.location.host}/ws/${encodeURIComponent(companyId)}`) as unknown as Socket;
}

export function ClientApp({ api }: { api: Api }) {
  const [phase, setPhase] = useState<Phase>({ kind: "restoring" });
  const [preferences, setPreferences] = useState<Preferences>(readPreferences);
  const account = phase.kind === "in" ? phase.session.user.language : null;
  const language = startLanguage(preferences, account);
  const words = useMemo<Words>(() => ({ language, say: (key, values) => say(language, key, values) }), [language]);

  const change = (next: Preferences): void => {
    setPreferences(next);
    writePreferences(next);
  };

  useEffect(() => applyTheme(preferences.theme), [preferences.theme]);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  useEffect(() => restore(api, setPhase), [api]);

  return (
    <WordsContext value={words}>
      {phase.kind === "restoring" && <p className="restoring">{words.say("bar.connecting")}</p>}
      {phase.kind === "out" && (
        <SignIn
          api={api}
          expired={phase.expired ? "signin.expired" : null}
          onLanguage={(chosen: Language) => change({ ...preferences, language: chosen })}
          onSession={(session) => setPhase({ kind: "in", session })}
        />
      )}
      {phase.kind === "in" && (
        <SignedIn
          key={phase.session.user.id}
          api={api}
          session={phase.session}
          preferences={preferences}
          setPreferences={change}
          onOut={(expired) => setPhase({ kind: "out", expired })}
        />
      )}
    </WordsContext>
  );
}

/** Tries the refresh cookie; while the platform is away it goes on trying, since nobody has signed out. */
function restore(api: Api, setPhase: (phase: Phase) => void): () => void {
  let wanted = true;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const attempt = async (): Promise<void> => {
    try {
      const session = await api.refresh();
      if (wanted) setPhase({ kind: "in", session });
    } catch (reason) {
      if (!wanted) return;
      if (reason instanceof ApiProblem && reason.away) timer = setTimeout(() => void attempt(), RESTORE_AGAIN_MS);
      else setPhase({ kind: "out", expired: false });
    }
  };
  void attempt();
  return () => {
    wanted = false;
    clearTimeout(timer);
  };
}

interface SignedInProps {
  readonly api: Api;
  readonly session: Session;
  readonly preferences: Preferences;
  readonly setPreferences: (preferences: Preferences) => void;
  readonly onOut: (expired: boolean) => void;
}

function SignedIn({ api, session, preferences, setPreferences, onOut }: SignedInProps) {
  const [parts, setParts] = useState<{ desk: Desk; history: History; snapshots: Snapshots } | null>(null);

  useEffect(() => {
    const desk = new Desk(
      {
        api,
        open: openSocket,
        signedOut: () => onOut(true),
        // eslint-disable-next-line no-console -- the one place that speaks to the browser's log
        log: (message, fields) => console.warn(message, fields),
      },
      () => readPreferences().camera,
    );
    const retry = (): void => desk.retryNow();
    const leave = (event: PageTransitionEvent): void => {
      if (!event.persisted) desk.leave(); // kept pages come back
    };
    desk.start();
    openInspection(desk.media);
    window.addEventListener("online", retry);
    window.addEventListener("pagehide", leave);
    // The desk is made once per sign-in and outlives every render.
    // eslint-disable-next-line react-hooks/set-state-in-effect
    setParts({ desk, history: new History(api), snapshots: new Snapshots(api) });
    return () => {
      window.removeEventListener("online", retry);
      window.removeEventListener("pagehide", leave);
      closeInspection();
      desk.stop();
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `onOut` only changes phase
  }, [api]);

  const surroundings = useMemo<Surroundings | null>(
    () =>
      parts === null
        ? null
        : {
            ...parts,
            api,
            session,
            preferences,
            setPreferences,
            signOut: () => {
              api.signOut().then(
                () => onOut(false),
                () => parts.desk.tell("error.signout"),
              );
            },
          },
    [parts, api, session, preferences, setPreferences, onOut],
  );
  if (surroundings === null) return null;
  return (
    <SurroundingsContext value={surroundings}>
      <DeskView />
    </SurroundingsContext>
  );
}
