// A dialog that gives somebody another e-mail address.
import { TextInput } from "@mantine/core";
import { useState } from "react";
import { Meanwhile } from "../meanwhile";
import { useWords } from "../surroundings";
import { Dialog } from "./dialog";

interface Props {
  readonly lead: string;
  /** The address that there is. */
  readonly email: string;
  /** What somebody else made of it meanwhile. */
  readonly newest: string | null;
  readonly own?: boolean;
  readonly error: string | undefined;
  readonly working: boolean;
  readonly onClose: () => void;
  readonly onAddress: (email: string) => void;
}

export function AddressDialog({ lead, email, newest, own = false, error, working, onClose, onAddress }: Props) {
  const { say } = useWords();
  const [value, setValue] = useState(email);
  return (
    <Dialog
      title={say("people.email")}
      lead={lead}
      opened
      onClose={onClose}
      deed={say("do.save")}
      working={working}
      ready={value.trim() !== "" && value.trim() !== email}
      lacks={say(value.trim() === "" ? "lacks.email" : "lacks.change")}
      onDeed={() => onAddress(value.trim())}
    >
      <Meanwhile now={newest} />
      <TextInput
        label={say("field.email")}
        type="email"
        value={value}
        error={error}
        maxLength={254}
        autoComplete={own ? "email" : "off"}
        onChange={(event) => setValue(event.currentTarget.value)}
        data-autofocus
      />
    </Dialog>
  );
}
