// One's own profile: name, language, appearance, password, second factor, passkeys, sessions.
import { useWrong } from "../parts/wrong";
import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Theme } from "../../session/preferences";
import { useAct } from "../act";
import type { Schemas } from "../http";
import { DeedButton } from "../parts/deed-button";
import { PasswordField } from "../parts/password-field";
import { Answer, Card, Head } from "../parts/page";
import { useTime } from "../parts/times";
import { About } from "../profile/about";
import { DoNotDisturb } from "../quiet/quiet";
import { sessions } from "../queries";
import { browserName } from "../security/browser-name";
import { Passkeys } from "../security/passkeys";
import { SecondFactor } from "../security/second-factor";
import { usePortal, useWords } from "../surroundings";

export function ProfilePage() {
  const { say } = useWords();
  const { me } = usePortal();
  return (
    <>
      <Head title={say("me.title")} lead={me.user.email}>
        <Link className="btn" to="/me/ring-plan">
          {say("plan.mine")}
        </Link>
      </Head>
      <div className="p-columns">
        <div>
          <About />
          <SecondFactor />
          <Passkeys />
        </div>
        <div>
          <DoNotDisturb userId={null} />
          <Sessions />
          <NewPassword />
          <Appearance />
        </div>
      </div>
    </>
  );
}

function Appearance() {
  const { say } = useWords();
  const { preferences, setPreferences } = usePortal();
  return (
    <Card title={say("me.theme")}>
      <SegmentedControl
        aria-label={say("me.theme")}
        value={preferences.theme}
        onChange={(theme: Theme) => setPreferences({ ...preferences, theme })}
        data={(["system", "light", "dark"] as const).map((theme) => ({
          value: theme,
          label: say(`menu.theme.${theme}`),
        }))}
      />
    </Card>
  );
}

const FIELDS: Readonly<Partial<Record<string, readonly string[]>>> = {
  "problem.wrong_credentials": ["current"],
  "problem.weak_password": ["new"],
};

function NewPassword() {
  const { say } = useWords();
  const { client, notices } = usePortal();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const wrong = useWrong("current", "new");
  const change = useAct(
    (body: Schemas["PasswordChange"]) => client.POST("/api/v1/me/password", { body }),
    ["sessions"],
    () => {
      setCurrent("");
      setNext("");
      notices.tell("me.password.changed");
    },
    (refusal) => wrong.refused({ ...refusal, fields: FIELDS[refusal.key] ?? refusal.fields ?? [] }),
  );
  return (
    <Card title={say("me.password")}>
      <form
        className="p-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (current === "" || next === "" || change.working) return;
          wrong.found({});
          change.run({ current, new: next });
        }}
      >
        <PasswordField
          label={say("me.password.current")}
          value={current}
          error={wrong.at("current")}
          autoComplete="current-password"
          onChange={(event) => setCurrent(event.currentTarget.value)}
        />
        <PasswordField
          label={say("me.password.new")}
          description={say("me.password.rule")}
          value={next}
          error={wrong.at("new")}
          autoComplete="new-password"
          onChange={(event) => setNext(event.currentTarget.value)}
        />
        <div className="p-deeds">
          <button type="submit" className="btn pri" aria-disabled={current === "" || next === "" || change.working}>
            {say("me.password")}
          </button>
        </div>
      </form>
    </Card>
  );
}

function Sessions() {
  const { say } = useWords();
  const { client, notices } = usePortal();
  const time = useTime();
  const asked = useQuery(sessions(client));
  const end = useAct(
    (id: string) => client.DELETE("/api/v1/me/sessions/{session_id}", { params: { path: { session_id: id } } }),
    ["sessions"],
    () => notices.tell("me.sessions.ended"),
  );
  const endOthers = useAct(
    () => client.DELETE("/api/v1/me/sessions"),
    ["sessions"],
    () => notices.tell("me.sessions.others.done"),
  );
  const items = asked.data?.items ?? [];
  return (
    <Card
      title={say("me.sessions")}
      lead={say("me.sessions.lead")}
      flush
      action={
        items.length > 1 && (
          <DeedButton
            label={say("me.sessions.others")}
            working={endOthers.working}
            onDeed={() => endOthers.run(undefined)}
          />
        )
      }
    >
      <Answer of={asked}>
        <table className="p-table">
          <tbody>
            {items.map((session) => (
              <tr key={session.id}>
                <td>
                  <b>{browserName(session.client)}</b>
                  <p className="mut">{session.address}</p>
                </td>
                <td className="mut">
                  {session.this
                    ? say("me.sessions.this")
                    : say("me.sessions.used", { time: time(session.last_used_at) })}
                </td>
                <td className="p-end">
                  {!session.this && (
                    <DeedButton
                      label={say("me.sessions.end")}
                      working={end.working}
                      onDeed={() => end.run(session.id)}
                    />
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Answer>
    </Card>
  );
}
