// A dialog that gives something another name.
import { TextInput } from "@mantine/core";
import { useState } from "react";
import { useWords } from "../surroundings";
import { Dialog } from "./dialog";

interface NameProps {
  readonly title: string;
  readonly lead?: string;
  /** The name that there is; with `offered` one to begin with. */
  readonly name: string;
  readonly offered?: boolean;
  readonly working: boolean;
  readonly onClose: () => void;
  readonly onName: (name: string) => void;
}

export function NameDialog({ title, lead, name, offered = false, working, onClose, onName }: NameProps) {
  const { say } = useWords();
  const [value, setValue] = useState(name);
  const ready = value.trim() !== "" && (offered || value.trim() !== name);
  return (
    <Dialog
      title={title}
      opened
      onClose={onClose}
      {...(lead === undefined ? {} : { lead })}
      deed={offered ? title : say("do.save")}
      working={working}
      ready={ready}
      onDeed={() => onName(value.trim())}
    >
      <TextInput
        label={say("field.name")}
        value={value}
        maxLength={120}
        onChange={(event) => setValue(event.currentTarget.value)}
        data-autofocus
      />
    </Dialog>
  );
}
