// A dialog that gives something another name.
import { TextInput } from "@mantine/core";
import { useState } from "react";
import { Meanwhile } from "../meanwhile";
import { useWords } from "../surroundings";
import { Dialog } from "./dialog";

interface NameProps {
  readonly title: string;
  readonly lead?: string;
  /** The name that there is; with `offered` one to begin with. */
  readonly name: string;
  readonly offered?: boolean;
  /** The name that somebody else gave it meanwhile. */
  readonly newest?: string | null;
  /** What is wrong with the name. */
  readonly error?: string | undefined;
  readonly working: boolean;
  readonly onClose: () => void;
  readonly onName: (name: string) => void;
}

export function NameDialog(props: NameProps) {
  const { title, lead, name, offered = false, newest = null, error, working, onClose, onName } = props;
  const { say } = useWords();
  const [value, setValue] = useState(name);
  const ready = value.trim() !== "" && (offered || value.trim() !== (newest ?? name));
  return (
    <Dialog
      title={title}
      opened
      onClose={onClose}
      {...(lead === undefined ? {} : { lead })}
      deed={offered ? title : say("do.save")}
      working={working}
      ready={ready}
      lacks={say(value.trim() === "" ? "lacks.name" : "lacks.change")}
      onDeed={() => onName(value.trim())}
    >
      <Meanwhile now={newest} />
      <TextInput
        label={say("field.name")}
        value={value}
        error={error}
        maxLength={120}
        onChange={(event) => setValue(event.currentTarget.value)}
        data-autofocus
      />
    </Dialog>
  );
}
