// What can be done with a person: another name, address or place, a new password, deactivated and active again.
import { useState } from "react";
import { useAct } from "../act";
import { held, type Schemas } from "../http";
import { ifUnchanged, Meanwhile, useBase, type Tagged } from "../meanwhile";
import { AddressDialog } from "../parts/address-dialog";
import { useClosing } from "../parts/closing";
import { DeedButton } from "../parts/deed-button";
import { Dialog } from "../parts/dialog";
import { NameDialog } from "../parts/name-dialog";
import { PasswordField } from "../parts/password-field";
import { PlacePicker } from "../parts/pickers";
import { useWrong } from "../parts/wrong";
import { readPerson } from "../queries";
import type { Refusal } from "../problem";
import { usePortal, useWords } from "../surroundings";

type User = Schemas["UserItem"];
export type ShownUser = User & Tagged;

interface Wish {
  readonly body: Schemas["UserChange"];
  /** What they were shown of what the change is about. */
  readonly was: Partial<User>;
  readonly etag?: string | null;
}

type Done = (after: User, wish: Wish, again: (wish: Wish) => void) => void;

/** Changes that person while they are what was shown. */
function useChange(user: User, done: Done, refused?: (refusal: Refusal) => boolean) {
  const { client } = usePortal();
  return useAct<Wish, User>(
    ({ body, was, etag = null }) =>
      ifUnchanged(
        readPerson(client, user.id),
        was,
        (header) =>
          held(client.PATCH("/api/v1/users/{user_id}", { params: { path: { user_id: user.id }, header }, body })),
        etag,
      ),
    ["people", "counts", "found", "me"],
    done,
    refused,
  );
}

type Asking = "name" | "email" | "place" | "password";

export function PersonDeeds({ user }: { user: ShownUser }) {
  const { say } = useWords();
  const { me, notices } = usePortal();
  const [asking, setAsking] = useState<Asking | null>(null);
  const change = useChange(user, (after, { body }, again) => {
    if (body.active === true) notices.tell("people.activated", { name: after.name });
    else
      notices.tell("people.deactivated", { name: after.name }, () =>
        again({ body: { active: true }, was: { active: false } }),
      );
  });
  if (!user.changeable) return null;
  const themselves = user.id === me.user.id; // how they sign in they change in their profile
  const button = (what: Asking, label: string) => (
    <button type="button" className="btn" onClick={() => setAsking(what)}>
      {label}
    </button>
  );
  const given = { user, onClose: () => setAsking(null) };
  return (
    <>
      {button("name", say("do.rename"))}
      {button("place", say("do.move"))}
      {!themselves && user.email !== null && button("email", say("people.email"))}
      {!themselves && button("password", say("people.reset"))}
      {!themselves && (
        <DeedButton
          label={say(user.active ? "people.deactivate" : "people.activate")}
          working={change.working}
          className="btn"
          onDeed={() => change.run({ body: { active: !user.active }, was: { active: user.active }, etag: user.etag })}
        />
      )}
      {asking === "name" && <Rename {...given} />}
      {asking === "email" && <Readdress {...given} />}
      {asking === "place" && <Move {...given} />}
      {asking === "password" && <NewPassword {...given} />}
    </>
  );
}

interface Props {
  readonly user: ShownUser;
  readonly onClose: () => void;
}

function Rename({ user, onClose }: Props) {
  const { say } = useWords();
  const close = useClosing(onClose);
  const { notices } = usePortal();
  const base = useBase(user);
  const wrong = useWrong("name");
  const { shown } = base;
  const change = useChange(
    user,
    (after, { was }, again) => {
      const name = was.name ?? "";
      notices.tell("place.renamed", { name: after.name }, () => again({ body: { name }, was: { name: after.name } }));
      close();
    },
    (refusal) => base.refused(refusal) || wrong.refused(refusal),
  );
  return (
    <NameDialog
      title={say("do.rename")}
      name={user.name}
      newest={base.newest?.name ?? null}
      error={wrong.at("name")}
      working={change.working}
      onClose={onClose}
      onName={(name) => {
        wrong.found({});
        change.run({ body: { name }, was: { name: shown.name }, etag: shown.etag });
      }}
    />
  );
}

function Readdress({ user, onClose }: Props) {
  const { say } = useWords();
  const close = useClosing(onClose);
  const { notices } = usePortal();
  const base = useBase(user);
  const wrong = useWrong("email");
  const { shown } = base;
  const change = useChange(
    user,
    (after, { was }, again) => {
      const before = was.email ?? "";
      const back = () => again({ body: { email: before }, was: { email: after.email } });
      notices.tell("people.email.done", { name: after.name, email: after.email ?? "" }, back);
      close();
    },
    (refusal) => base.refused(refusal) || wrong.refused(refusal),
  );
  return (
    <AddressDialog
      lead={say("people.email.lead")}
      email={shown.email ?? ""}
      newest={base.newest?.email ?? null}
      error={wrong.at("email")}
      working={change.working}
      onClose={onClose}
      onAddress={(email) => {
        wrong.found({});
        change.run({ body: { email }, was: { email: shown.email }, etag: shown.etag });
      }}
    />
  );
}

function Move({ user, onClose }: Props) {
  const { say } = useWords();
  const close = useClosing(onClose);
  const { notices } = usePortal();
  const base = useBase(user);
  const [into, setInto] = useState<string | null>(null);
  const { shown } = base;
  const change = useChange(
    user,
    (after, { was }, again) => {
      const before = was.place_id ?? "";
      const back = () => again({ body: { place_id: before }, was: { place_id: after.place_id } });
      notices.tell("people.moved", { name: after.name, place: after.place.trail }, back);
      close();
    },
    base.refused,
  );
  return (
    <Dialog
      title={say("people.move", { name: user.name })}
      lead={say("people.move.lead")}
      opened
      onClose={onClose}
      deed={say("place.move.here")}
      working={change.working}
      ready={into !== null && into !== shown.place_id}
      lacks={say("lacks.place")}
      onDeed={() => change.run({ body: { place_id: into }, was: { place_id: shown.place_id }, etag: shown.etag })}
    >
      <Meanwhile now={base.newest?.place.trail ?? null} />
      <PlacePicker label={say("field.place")} value={into} onChange={setInto} />
    </Dialog>
  );
}

function NewPassword({ user, onClose }: Props) {
  const { say } = useWords();
  const { notices } = usePortal();
  const wrong = useWrong("password");
  const [value, setValue] = useState("");
  const change = useChange(
    user,
    (after) => {
      notices.tell("people.reset.done", { name: after.name });
      onClose();
    },
    wrong.refused,
  );
  return (
    <Dialog
      title={say("people.reset")}
      lead={say("people.reset.lead")}
      opened
      onClose={onClose}
      deed={say("people.reset")}
      working={change.working}
      ready={value !== ""}
      lacks={say("lacks.password")}
      onDeed={() => {
        wrong.found({});
        // Nobody was shown the password that there is: what it takes the place of can't be lost.
        change.run({ body: { password: value }, was: {} });
      }}
    >
      <PasswordField
        label={say("field.password")}
        description={say("me.password.rule")}
        value={value}
        error={wrong.at("password")}
        autoComplete="new-password"
        onChange={(event) => setValue(event.currentTarget.value)}
        data-autofocus
      />
    </Dialog>
  );
}
