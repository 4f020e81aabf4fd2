// One button: its name, its label, its priority, whom it rings.
import { Select, Switch, TextInput } from "@mantine/core";
import { useState } from "react";
import { Meanwhile, useBase } from "../meanwhile";
import { useClosing } from "../parts/closing";
import { Dialog } from "../parts/dialog";
import { MemberPicker } from "../parts/member-picker";
import type { MemberKind } from "../parts/members";
import { useWrong } from "../parts/wrong";
import { useWords } from "../surroundings";
import { boundTo, freshName, membersOf, PRIORITIES, withButton, type Button, type Priority } from "./bound";
import { useSetButtons } from "./buttons";

const WHOM: readonly MemberKind[] = ["contact", "group", "user", "station", "account"];
const BESIDE: readonly MemberKind[] = ["contact", "group", "station", "account"]; // people ring anyway
const NAME = /^[a-z0-9-]{1,32}$/;

interface Props {
  readonly stationId: string;
  readonly all: Button[];
  /** null: a new one. */
  readonly button: Button | null;
  readonly names: ReadonlyMap<string, string>;
  readonly onClose: () => void;
}

export function ButtonDialog({ stationId, all, button, names, onClose }: Props) {
  const { say } = useWords();
  const close = useClosing(onClose);
  const base = useBase({ items: all });
  const wrong = useWrong("name", "label");
  const [name, setName] = useState(button?.name ?? freshName(all));
  const [label, setLabel] = useState(button?.label ?? "");
  const [priority, setPriority] = useState<Priority>(button?.priority ?? "normal");
  const [everyone, setEveryone] = useState(button !== null && (button.user_ids ?? null) === null);
  const [members, setMembers] = useState(button === null ? [] : membersOf(button, names));
  const set = useSetButtons(stationId, close, (refusal) => base.refused(refusal) || wrong.refused(refusal));
  const { items } = base.shown;
  const taken = name !== button?.name && items.some((one) => one.name === name);
  const next = boundTo({ name, label: label.trim(), priority }, everyone, members);
  return (
    <Dialog
      title={say(button === null ? "button.add" : "button.change")}
      opened
      onClose={onClose}
      deed={say(button === null ? "do.add" : "do.save")}
      working={set.working}
      ready={NAME.test(name) && !taken}
      lacks={say(taken ? "button.name.taken" : "button.name.wrong")}
      onDeed={() => {
        wrong.found({});
        set.run({
          items: withButton(items, button?.name ?? null, next),
          was: items,
          key: button === null ? "button.added" : "button.changed",
          name: next.label || next.name,
        });
      }}
    >
      <Meanwhile now={base.newest === null ? null : base.newest.items.map((one) => one.label || one.name).join(", ")} />
      <TextInput
        label={say("button.label")}
        description={say("button.label.hint")}
        value={label}
        error={wrong.at("label")}
        maxLength={120}
        onChange={(event) => setLabel(event.currentTarget.value)}
        data-autofocus
      />
      <Switch
        label={say("button.everyone.switch")}
        checked={everyone}
        onChange={(event) => {
          const all = event.currentTarget.checked;
          setEveryone(all);
          if (all) setMembers(members.filter(({ kind }) => kind !== "user"));
        }}
      />
      <MemberPicker
        label={say(everyone ? "button.also" : "button.whom")}
        description={say("button.whom.hint")}
        value={members}
        names={names}
        kinds={everyone ? BESIDE : WHOM}
        onChange={setMembers}
      />
      <Select
        label={say("button.priority")}
        description={say(`priority.${priority}.text`)}
        data={PRIORITIES.map((one) => ({ value: one, label: say(`priority.${one}`) }))}
        value={priority}
        onChange={(chosen) => setPriority(PRIORITIES.find((one) => one === chosen) ?? "normal")}
        allowDeselect={false}
        comboboxProps={{ withinPortal: false }}
      />
      <TextInput
        label={say("button.name")}
        description={say("button.name.hint")}
        value={name}
        error={wrong.at("name")}
        maxLength={32}
        onChange={(event) => setName(event.currentTarget.value.trim().toLowerCase())}
      />
    </Dialog>
  );
}
