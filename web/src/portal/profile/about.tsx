// One's own name, language and address.
import { Select, TextInput } from "@mantine/core";
import { useState } from "react";
import { useAct } from "../act";
import { held, type Schemas } from "../http";
import { ifUnchanged, Meanwhile, useBase } from "../meanwhile";
import { AddressDialog } from "../parts/address-dialog";
import { useClosing } from "../parts/closing";
import { Card } from "../parts/page";
import { useWrong } from "../parts/wrong";
import { readMe } from "../queries";
import { usePortal, useWords } from "../surroundings";

type Me = Schemas["Me"];
type Own = Pick<Me["user"], "name" | "language">;

interface Wish {
  readonly body: Schemas["MeChange"];
  readonly was: Me["user"];
  readonly back?: true;
}

const LANGUAGES = [
  { value: "de", label: "Deutsch" },
  { value: "en", label: "English" },
];

export function About() {
  const { say } = useWords();
  const { client, me, notices, speak } = usePortal();
  // What was entered and not saved stays, whatever another tab saves; `was` is what it was entered over.
  const [entered, setEntered] = useState<(Own & { was: Me["user"] }) | null>(null);
  const [readdressing, setReaddressing] = useState(false);
  const { name, language } = entered ?? me.user;
  const enter = (next: Partial<Own>): void => setEntered({ name, language, was: entered?.was ?? me.user, ...next });
  const late = entered !== null && (entered.was.name !== me.user.name || entered.was.language !== me.user.language);
  const wrong = useWrong("name");
  const save = useAct<Wish, Me>(
    ({ body, was }) =>
      ifUnchanged(readMe(client), { user: was }, (header) =>
        held(client.PATCH("/api/v1/me", { params: { header }, body })),
      ),
    ["me", "people"],
    (after, { body, was, back }, again) => {
      if (!back) setEntered(null); // what is being entered while something is taken back stays
      if (body.language !== undefined) speak(body.language);
      const before = { name: was.name, ...(body.language === undefined ? {} : { language: was.language }) };
      notices.tell("me.saved", {}, back ? null : () => again({ body: before, was: after.user, back: true }));
    },
    (refusal) => refusal.newest !== undefined || wrong.refused(refusal), // read anew, it is said below
  );
  const deed = (): void => {
    if (save.working || name.trim() === "") return;
    wrong.found({});
    const was = late ? me.user : (entered?.was ?? me.user);
    save.run({ body: { name: name.trim(), ...(language === was.language ? {} : { language }) }, was });
  };
  const spoken = LANGUAGES.find(({ value }) => value === me.user.language)?.label ?? say("me.language.browser");
  return (
    <Card title={say("me.title")} className="bare">
      <div className="p-form">
        <Meanwhile now={late ? [me.user.name, spoken].filter(Boolean).join(", ") : null} />
        <TextInput
          label={say("field.name")}
          value={name}
          error={wrong.at("name")}
          maxLength={120}
          autoComplete="name"
          onChange={(event) => enter({ name: event.currentTarget.value })}
        />
        <Select
          label={say("field.language")}
          data={[{ value: "", label: say("me.language.browser") }, ...LANGUAGES]}
          value={language ?? ""}
          onChange={(chosen) => enter({ language: chosen === "de" || chosen === "en" ? chosen : null })}
          allowDeselect={false}
          comboboxProps={{ withinPortal: false }}
        />
        <div className="p-deeds">
          <button type="button" className="btn" onClick={() => setReaddressing(true)}>
            {say("people.email")}
          </button>
          <button type="button" className="btn pri" aria-disabled={save.working || name.trim() === ""} onClick={deed}>
            {say("do.save")}
          </button>
        </div>
      </div>
      {readdressing && <OwnAddress onClose={() => setReaddressing(false)} />}
    </Card>
  );
}

function OwnAddress({ onClose }: { onClose: () => void }) {
  const { say } = useWords();
  const close = useClosing(onClose);
  const { client, me, notices } = usePortal();
  const base = useBase(me);
  const wrong = useWrong("email");
  const { user: was } = base.shown;
  const change = useAct<{ email: string; was: Me["user"] }, Me>(
    ({ email: next, was: before }) =>
      ifUnchanged(readMe(client), { user: before }, (header) =>
        held(client.POST("/api/v1/me/email", { params: { header }, body: { email: next } })),
      ),
    ["me", "people", "sessions"],
    (after, { was: before }, again) => {
      notices.tell("me.email.done", { email: after.user.email }, () => again({ email: before.email, was: after.user }));
      close();
    },
    (refusal) => base.refused(refusal) || wrong.refused(refusal),
  );
  return (
    <AddressDialog
      own
      lead={say("me.email.lead")}
      email={was.email}
      newest={base.newest === null ? null : `${was.name}, ${was.email}`}
      error={wrong.at("email")}
      working={change.working}
      onClose={onClose}
      onAddress={(email) => {
        wrong.found({});
        change.run({ email, was });
      }}
    />
  );
}
