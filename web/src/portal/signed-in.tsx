// Everything behind the sign-in: who it is, what they may do, the event stream, the pages.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import type { Api, Session } from "../session/api";
import type { Preferences } from "../session/preferences";
import type { Language } from "../words";
import { connect, held } from "./http";
import { Notices } from "./notices";
import { refusalOf } from "./problem";
import { makeRouter } from "./router";
import { SignInAgain } from "./security/sign-in-again";
import { COMPANY_KEY } from "./start";
import { follow, type Live } from "./stream";
import { LiveContext } from "./live";
import { PortalContext, useWords, type Portal } from "./surroundings";

interface Props {
  readonly api: Api;
  readonly preferences: Preferences;
  readonly setPreferences: (preferences: Preferences) => void;
  readonly speak: (language: Language | null) => void;
  readonly onSession: (session: Session) => void;
  readonly onOut: (expired: boolean) => void;
}

export function SignedIn({ api, preferences, setPreferences, speak, onSession, onOut }: Props) {
  const { say } = useWords();
  const queries = useQueryClient();
  const [live, setLive] = useState<Live>("connecting");
  const [notices] = useState(() => new Notices());
  const [router] = useState(makeRouter);
  const [proving, setProving] = useState<{ then: () => void } | null>(null);
  // Both only change what is shown: whoever holds on to an older one does the same with it.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const client = useMemo(() => connect(api, () => onOut(true)), [api]);
  const me = useQuery({ queryKey: ["me"], queryFn: () => held(client.GET("/api/v1/me")) });

  // eslint-disable-next-line react-hooks/exhaustive-deps -- as above
  useEffect(() => follow(api, queries, setLive, () => onOut(true)), [api, queries]);
  const portal = useMemo<Portal | null>(() => {
    if (me.data === undefined) return null;
    return {
      api,
      client,
      me: me.data,
      notices,
      preferences,
      setPreferences,
      speak,
      actIn: (companyId) => {
        api.actIn(companyId);
        api.refresh().then(
          (session) => {
            sessionStorage.setItem(COMPANY_KEY, companyId);
            window.history.replaceState(null, "", "/portal");
            onSession(session);
          },
          (reason: unknown) => {
            api.actIn(sessionStorage.getItem(COMPANY_KEY));
            const { key, values } = refusalOf(reason);
            notices.warn(key, values);
          },
        );
      },
      signOut: () => {
        sessionStorage.removeItem(COMPANY_KEY);
        api.actIn(null);
        api.signOut().then(
          () => onOut(false),
          () => notices.warn("error.signout"),
        );
      },
      prove: (then) => setProving({ then }),
    };
  }, [api, client, me.data, notices, preferences, setPreferences, speak, onSession, onOut]);

  // What is shown, and entered, stays while the platform is away.
  if (me.isError && me.data === undefined) {
    const { key, values } = refusalOf(me.error);
    return (
      <p className="restoring" role="alert">
        {say(key, values)}{" "}
        <button type="button" className="btn" onClick={() => void me.refetch()}>
          {say("do.again")}
        </button>
      </p>
    );
  }
  if (portal === null) return <p className="restoring">{say("bar.connecting")}</p>;
  return (
    <PortalContext value={portal}>
      <LiveContext value={live}>
        <RouterProvider router={router} />
        {proving !== null && <SignInAgain then={proving.then} onSession={onSession} onClose={() => setProving(null)} />}
      </LiveContext>
    </PortalContext>
  );
}
