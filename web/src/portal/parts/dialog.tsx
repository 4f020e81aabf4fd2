// A dialog with one form: its fields, its one deed, the way out.
import { Modal } from "@mantine/core";
import type { ReactNode, SyntheticEvent } from "react";
import { useWords } from "../surroundings";
import { useFocusBack } from "./focus-back";

interface Props {
  readonly title: string;
  readonly lead?: string;
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly deed?: string;
  readonly working?: boolean;
  readonly ready?: boolean;
  readonly onDeed?: () => void;
  readonly wide?: boolean;
  /** What it shows is shown once: it goes by its deed alone. */
  readonly once?: boolean;
  readonly children: ReactNode;
}

export function Dialog(props: Props) {
  const { say } = useWords();
  const {
    title,
    lead,
    opened,
    onClose,
    deed,
    working = false,
    ready = true,
    onDeed,
    wide = false,
    once = false,
    children,
  } = props;
  useFocusBack();
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (!working && ready) onDeed?.();
  };
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={title}
      size={wide ? "xl" : "md"}
      lockScroll={false}
      transitionProps={{ duration: 120 }}
      withCloseButton={!once}
      closeOnEscape={!once}
      closeOnClickOutside={!once}
      closeButtonProps={{ "aria-label": say("do.close") }}
    >
      <form className="p-form" onSubmit={submit} noValidate>
        {lead !== undefined && <p className="mut">{lead}</p>}
        {children}
        <div className="p-deeds">
          {!once && (
            <button type="button" className="btn" onClick={onClose}>
              {say(deed === undefined ? "do.close" : "do.cancel")}
            </button>
          )}
          {deed !== undefined && (
            <button type="submit" className="btn pri" aria-disabled={working || !ready}>
              {working ? say("do.working") : deed}
            </button>
          )}
        </div>
      </form>
    </Modal>
  );
}
