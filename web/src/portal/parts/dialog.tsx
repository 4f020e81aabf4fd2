// A dialog with one form: its fields, its one deed, the way out.
import { Modal } from "@mantine/core";
import { useId, type ReactNode, type SyntheticEvent } from "react";
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
  /** What is still to be done before the deed can be, said beside it. */
  readonly lacks?: string | null;
  readonly wide?: boolean;
  /** What it shows is shown once: it goes by its deed alone. */
  readonly once?: boolean;
  readonly children: ReactNode;
}

/** The focus begins at the first thing to fill in or press, unless a field says that it is the one: never at the way out. */
function leadFocus(form: HTMLFormElement | null): void {
  if (form?.querySelector("[data-autofocus]") !== null) return;
  form.querySelector("input:not([type=hidden]), select, textarea, button")?.setAttribute("data-autofocus", "");
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
    lacks = null,
    wide = false,
    once = false,
    children,
  } = props;
  useFocusBack();
  const lack = useId();
  const why = ready ? null : lacks;
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
      attributes={{ header: { role: "presentation" } }} // it is no banner of the page
    >
      <form className="p-form" onSubmit={submit} noValidate ref={leadFocus}>
        {lead !== undefined && <p className="mut">{lead}</p>}
        {children}
        <div className="p-deeds">
          {why !== null && (
            <span id={lack} className="mut p-hint">
              {why}
            </span>
          )}
          {!once && (
            <button type="button" className="btn" onClick={onClose}>
              {say(deed === undefined ? "do.close" : "do.cancel")}
            </button>
          )}
          {deed !== undefined && (
            <button
              type="submit"
              className="btn pri"
              aria-disabled={working || !ready}
              aria-describedby={why === null ? undefined : lack}
            >
              {working ? say("do.working") : deed}
            </button>
          )}
        </div>
      </form>
    </Modal>
  );
}
