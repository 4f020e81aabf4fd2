// What can be done with a contact or ring group: another name, another company, another place, removed.
import { TextInput } from "@mantine/core";
import { useState } from "react";
import { useAct } from "../act";
import { ifUnchanged, Meanwhile, useBase } from "../meanwhile";
import { useClosing } from "../parts/closing";
import { DeedButton } from "../parts/deed-button";
import { Dialog } from "../parts/dialog";
import { PlacePicker } from "../parts/pickers";
import { useWrong } from "../parts/wrong";
import { usePortal, useWords } from "../surroundings";
import { readParty, useChangeParty, type Party, type PartyKind } from "./parties";

interface Props {
  readonly kind: PartyKind;
  readonly party: Party;
  /** They stand in a row of a list. */
  readonly small?: boolean;
  readonly onRemoved?: () => void;
}

export function PartyDeeds({ kind, party, small = false, onRemoved }: Props) {
  const { say } = useWords();
  const { client, notices } = usePortal();
  const [asking, setAsking] = useState<"name" | "move" | null>(null);
  const remove = useAct(
    () =>
      ifUnchanged(readParty(client, kind, party.id), { name: party.name, place_id: party.place_id }, (header) =>
        kind === "contact"
          ? client.DELETE("/api/v1/contacts/{contact_id}", { params: { path: { contact_id: party.id }, header } })
          : client.DELETE("/api/v1/ring-groups/{group_id}", { params: { path: { group_id: party.id }, header } }),
      ),
    ["found", "ring-plans"],
    () => {
      notices.tell("place.removed", { name: party.name });
      onRemoved?.();
    },
  );
  const className = small ? "btn sm" : "btn";
  const given = { kind, party, onClose: () => setAsking(null) };
  return (
    <>
      <button type="button" className={className} onClick={() => setAsking("name")}>
        {say("do.rename")}
      </button>
      <button type="button" className={className} onClick={() => setAsking("move")}>
        {say("do.move")}
      </button>
      <DeedButton
        label={say("do.remove")}
        sure={say("do.remove.sure")}
        working={remove.working}
        className={className}
        onDeed={() => remove.run(undefined)}
      />
      {asking === "name" && <Rename {...given} />}
      {asking === "move" && <Move {...given} />}
    </>
  );
}

interface Asking {
  readonly kind: PartyKind;
  readonly party: Party;
  readonly onClose: () => void;
}

function Rename({ kind, party, onClose }: Asking) {
  const { say } = useWords();
  const close = useClosing(onClose);
  const { notices } = usePortal();
  const base = useBase(party);
  const wrong = useWrong("name", "company_name");
  const [name, setName] = useState(party.name);
  const [company, setCompany] = useState(party.company_name ?? "");
  const of = (called: string, at: string) => ({ name: called, ...(kind === "contact" ? { company_name: at } : {}) });
  const shown = of(base.shown.name, base.shown.company_name ?? "");
  const wanted = of(name.trim(), company.trim());
  const change = useChangeParty(
    kind,
    party.id,
    (after, { was, back }, again) => {
      const is = of(after.name, after.company_name ?? "");
      const before = of(was.name ?? "", was.company_name ?? "");
      const undo = () => again({ body: before, was: is, back: true });
      notices.tell("party.renamed", { name: after.name }, back ? null : undo);
      close();
    },
    (refusal) => base.refused(refusal) || wrong.refused(refusal),
  );
  return (
    <Dialog
      title={say("do.rename")}
      opened
      onClose={onClose}
      deed={say("do.save")}
      working={change.working}
      ready={wanted.name !== "" && JSON.stringify(wanted) !== JSON.stringify(shown)}
      onDeed={() => {
        wrong.found({});
        change.run({ body: wanted, was: shown });
      }}
    >
      <Meanwhile
        now={base.newest === null ? null : [base.newest.name, base.newest.company_name].filter(Boolean).join(", ")}
      />
      <TextInput
        label={say("field.name")}
        value={name}
        error={wrong.at("name")}
        maxLength={120}
        onChange={(event) => setName(event.currentTarget.value)}
        data-autofocus
      />
      {kind === "contact" && (
        <TextInput
          label={say("contact.company")}
          value={company}
          error={wrong.at("company_name")}
          maxLength={120}
          onChange={(event) => setCompany(event.currentTarget.value)}
        />
      )}
    </Dialog>
  );
}

function Move({ kind, party, onClose }: Asking) {
  const { say } = useWords();
  const close = useClosing(onClose);
  const { notices } = usePortal();
  const base = useBase(party);
  const [into, setInto] = useState<string | null>(null);
  const change = useChangeParty(
    kind,
    party.id,
    ({ name, place_id }, { was, back }, again) => {
      const before = was.place_id ?? "";
      const undo = () => again({ body: { place_id: before }, was: { place_id }, back: true });
      notices.tell("place.moved", { name }, back ? null : undo);
      close();
    },
    base.refused,
  );
  return (
    <Dialog
      title={say("place.move.title", { name: party.name })}
      lead={say("party.move.lead")}
      opened
      onClose={onClose}
      deed={say("place.move.here")}
      working={change.working}
      ready={into !== null && into !== base.shown.place_id}
      lacks={say("lacks.place")}
      onDeed={() => {
        if (into !== null) change.run({ body: { place_id: into }, was: { place_id: base.shown.place_id } });
      }}
    >
      <Meanwhile now={base.newest?.place ?? null} />
      <PlacePicker label={say("field.place")} value={into} onChange={setInto} />
    </Dialog>
  );
}
