// One person: their rights, whether they are active, a new password.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { StateMark } from "../../parts/state-mark";
import { useAct } from "../act";
import { GonePerson, isGone } from "../changes/removal";
import { held, type Schemas } from "../http";
import { DeedButton } from "../parts/deed-button";
import { Dialog } from "../parts/dialog";
import { NameDialog } from "../parts/name-dialog";
import { PasswordField } from "../parts/password-field";
import { Answer, Card, Empty, Head } from "../parts/page";
import { GiveDialog, GrantRows } from "../people/grants";
import { PersonSignIn } from "../people/sign-in";
import { person } from "../queries";
import { useMay, usePortal, useWords } from "../surroundings";

export function PersonPage({ userId }: { userId: string }) {
  const { say } = useWords();
  const { client } = usePortal();
  const asked = useQuery(person(client, userId));
  if (isGone(asked) && asked.data !== undefined) return <GonePerson name={asked.data.name} />;
  if (asked.isError && asked.data === undefined) return <Empty text={say("people.gone")} />;
  return <Answer of={asked}>{asked.data !== undefined && <Shown user={asked.data} />}</Answer>;
}

function Shown({ user }: { user: Schemas["UserItem"] }) {
  const { say } = useWords();
  const { client, notices, me } = usePortal();
  const may = useMay();
  const [giving, setGiving] = useState(false);
  const [asking, setAsking] = useState<"name" | "password" | null>(null);
  const manages = may("people.manage") || may("client_users.manage");
  const change = useAct(
    (body: Schemas["UserChange"]) =>
      held(client.PATCH("/api/v1/users/{user_id}", { params: { path: { user_id: user.id } }, body })),
    ["people", "counts"],
    (after, given, again) => {
      if (given.active === false)
        notices.tell("people.deactivated", { name: after.name }, () => again({ active: true }));
      else if (given.active === true) notices.tell("people.activated", { name: after.name });
      else if (given.password !== undefined) notices.tell("people.reset.done", { name: after.name });
      else notices.tell("place.renamed", { name: after.name }, () => again({ name: user.name }));
      setAsking(null);
    },
  );
  return (
    <>
      <Head
        over={<Link to="/people">{say("nav.people")}</Link>}
        title={user.name}
        lead={
          <span className="p-state">
            <StateMark state={user.active ? "online" : "offline"} />
            {say(user.active ? "state.active" : "state.deactivated")} · {user.email ?? say("people.hidden")}
          </span>
        }
      >
        {manages && (
          <>
            <button type="button" className="btn" onClick={() => setAsking("name")}>
              {say("do.rename")}
            </button>
            <button type="button" className="btn" onClick={() => setAsking("password")}>
              {say("people.reset")}
            </button>
            {user.id !== me.user.id && (
              <DeedButton
                label={say(user.active ? "people.deactivate" : "people.activate")}
                working={change.working}
                className="btn"
                onDeed={() => change.run({ active: !user.active })}
              />
            )}
          </>
        )}
      </Head>
      <Card
        title={say("people.rights")}
        flush
        action={
          manages && (
            <button type="button" className="btn sm" onClick={() => setGiving(true)}>
              {say("grant.add")}
            </button>
          )
        }
      >
        {user.grants.length === 0 ? <Empty text={say("people.rights.none")} /> : <GrantRows grants={user.grants} />}
      </Card>
      {manages && user.id !== me.user.id && <PersonSignIn user={user} />}
      {giving && <GiveDialog person={user} onClose={() => setGiving(false)} />}
      {asking === "name" && (
        <NameDialog
          title={say("do.rename")}
          name={user.name}
          working={change.working}
          onClose={() => setAsking(null)}
          onName={(name) => change.run({ name })}
        />
      )}
      {asking === "password" && (
        <PasswordDialog
          working={change.working}
          onClose={() => setAsking(null)}
          onPassword={(password) => change.run({ password })}
        />
      )}
    </>
  );
}

interface PasswordProps {
  readonly working: boolean;
  readonly onClose: () => void;
  readonly onPassword: (password: string) => void;
}

function PasswordDialog({ working, onClose, onPassword }: PasswordProps) {
  const { say } = useWords();
  const [value, setValue] = useState("");
  return (
    <Dialog
      title={say("people.reset")}
      lead={say("people.reset.lead")}
      opened
      onClose={onClose}
      deed={say("people.reset")}
      working={working}
      ready={value !== ""}
      onDeed={() => onPassword(value)}
    >
      <PasswordField
        label={say("field.password")}
        description={say("me.password.rule")}
        value={value}
        autoComplete="new-password"
        onChange={(event) => setValue(event.currentTarget.value)}
        data-autofocus
      />
    </Dialog>
  );
}
