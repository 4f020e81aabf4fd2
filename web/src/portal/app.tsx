// The whole portal: restores the sign-in, then shows the sign-in, an invitation, a new password, or the pages.
import { createTheme, MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { ApiProblem, type Api, type Session } from "../session/api";
import { applyTheme, readPreferences, startLanguage, writePreferences, type Preferences } from "../session/preferences";
import { SignIn } from "../session/sign-in";
import { WordsContext } from "../session/words";
import type { Language } from "../words";
import { sayInPortal } from "../words/portal";
import { Accept } from "./accept";
import { makeQueries } from "./asking";
import { Join } from "./join";
import { Reset } from "./reset";
import { SignedIn } from "./signed-in";
import {
  actInOwn,
  afterSignIn,
  forgetInvitation,
  keepInvitation,
  keptInvitation,
  leaveLink,
  resumed,
  signedInAgain,
  spoken,
  startPhase,
  type Phase,
} from "./start";
import { PortalWordsContext, type PortalWords } from "./surroundings";

const RESTORE_AGAIN_MS = 3_000;

const theme = createTheme({
  fontFamily: "var(--font)",
  respectReducedMotion: true,
  cursorType: "pointer",
  defaultRadius: "sm",
});

export function PortalApp({ api }: { api: Api }) {
  const [phase, setPhase] = useState<Phase>(() => startPhase(window.location));
  const [preferences, setPreferences] = useState<Preferences>(readPreferences);
  const account = phase.kind === "in" || phase.kind === "accepting" ? phase.session.user.language : null;
  const language = startLanguage(preferences, account);
  const words = useMemo<PortalWords>(
    () => ({ language, say: (key, values) => sayInPortal(language, key, values) }),
    [language],
  );
  const queries = useMemo(() => makeQueries(), []);
  const dark = useDark(preferences);

  const change = (next: Preferences): void => {
    setPreferences(next);
    writePreferences(next);
  };
  const speak = (chosen: Language | null): void => {
    change({ ...preferences, language: chosen });
    setPhase((now) => spoken(now, chosen));
  };
  const go = (next: Phase): void => {
    leaveLink();
    queries.clear();
    setPhase(next);
  };
  const signedIn = (session: Session): void => go({ kind: "in", session });

  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  useEffect(
    () => (phase.kind === "restoring" ? restore(api, setPhase) : undefined),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once, at the start
    [api],
  );

  const sharedWords = { ...words, language: words.language };
  const onLanguage = (chosen: Language): void => change({ ...preferences, language: chosen });
  return (
    <MantineProvider
      theme={theme}
      forceColorScheme={dark ? "dark" : "light"}
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <WordsContext value={sharedWords}>
        <PortalWordsContext value={words}>
          <QueryClientProvider client={queries}>
            {phase.kind === "restoring" && <p className="restoring">{words.say("bar.connecting")}</p>}
            {phase.kind === "joining" && (
              <Join
                api={api}
                token={phase.token}
                other={phase.other ?? false}
                onLanguage={onLanguage}
                onSession={(session) => {
                  actInOwn(api); // what this tab acted in was somebody else's
                  signedIn(session);
                }}
                onSignedIn={(session) => setPhase({ kind: "accepting", token: phase.token, session, atOnce: false })}
                onAccount={(accepts) => {
                  if (accepts) keepInvitation(phase.token);
                  else forgetInvitation();
                  go({ kind: "out", expired: false });
                }}
              />
            )}
            {phase.kind === "accepting" && (
              <Accept
                api={api}
                token={phase.token}
                session={phase.session}
                atOnce={phase.atOnce}
                onLanguage={onLanguage}
                onDone={(session) => {
                  forgetInvitation();
                  signedIn(session);
                }}
                onOther={() => {
                  forgetInvitation();
                  setPhase({ kind: "joining", token: phase.token, other: true });
                }}
                onOut={() => {
                  keepInvitation(phase.token);
                  go({ kind: "out", expired: true });
                }}
              />
            )}
            {phase.kind === "resetting" && (
              <Reset
                api={api}
                token={phase.token}
                onLanguage={onLanguage}
                onSignIn={(forgotten) => {
                  leaveLink();
                  setPhase({ kind: "out", expired: false, forgotten });
                }}
              />
            )}
            {phase.kind === "out" && (
              <SignIn
                api={api}
                expired={phase.expired ? "signin.expired.portal" : null}
                forgotten={phase.forgotten ?? false}
                invited={keptInvitation() !== null}
                onLanguage={onLanguage}
                onSession={(session) => void signedInAgain(api, session).then((now) => go(afterSignIn(now, true)))}
              />
            )}
            {phase.kind === "in" && (
              <SignedIn
                key={`${phase.session.user.id} ${phase.session.company.id}`}
                api={api}
                preferences={preferences}
                setPreferences={change}
                speak={speak}
                onSession={signedIn}
                onOut={(expired) => {
                  queries.clear();
                  setPhase({ kind: "out", expired });
                }}
              />
            )}
          </QueryClientProvider>
        </PortalWordsContext>
      </WordsContext>
    </MantineProvider>
  );
}

function useDark(preferences: Preferences): boolean {
  const [dark, setDark] = useState(false);
  useEffect(() => {
    const stop = applyTheme(preferences.theme);
    const query = window.matchMedia("(prefers-color-scheme: dark)");
    const look = (): void => setDark(document.documentElement.dataset["theme"] === "dark");
    look();
    query.addEventListener("change", look);
    return () => {
      stop();
      query.removeEventListener("change", look);
    };
  }, [preferences.theme]);
  return dark;
}

/** Tries the refresh cookie; while the platform is away it goes on trying, since nobody has signed out. */
function restore(api: Api, setPhase: (phase: Phase) => void): () => void {
  let wanted = true;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const attempt = async (): Promise<void> => {
    try {
      const session = await resumed(api);
      if (wanted) setPhase(afterSignIn(session, false));
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
