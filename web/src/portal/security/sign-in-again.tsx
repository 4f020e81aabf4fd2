// Somebody who is signed in proves again who they are, before they change how they sign in.
import { Modal } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import type { Session } from "../../session/api";
import { SignInSteps } from "../../session/steps";
import { refusalOf } from "../problem";
import { usePortal, useWords } from "../surroundings";

interface Props {
  readonly then: () => void;
  readonly onSession: (session: Session) => void;
  readonly onClose: () => void;
}

export function SignInAgain({ then, onSession, onClose }: Props) {
  const { say } = useWords();
  const { api, me, notices } = usePortal();
  const queries = useQueryClient();

  async function proved(session: Session): Promise<void> {
    onClose();
    if (session.user.id !== me.user.id) {
      onSession(session); // somebody else's passkey: it is theirs from now on
      return;
    }
    try {
      if (session.company.id !== me.company.id) await api.refresh(); // back to the company they act in
      then();
    } catch (reason) {
      const { key, values } = refusalOf(reason);
      notices.warn(key, values);
    }
    await queries.invalidateQueries({ queryKey: ["sessions"] });
  }

  return (
    <Modal
      opened
      onClose={onClose}
      title={say("again.title")}
      lockScroll={false}
      transitionProps={{ duration: 120 }}
      closeButtonProps={{ "aria-label": say("do.close") }}
    >
      <div className="fm p-again">
        <p className="mut">{say("again.lead", { email: me.user.email })}</p>
        <SignInSteps api={api} known={me.user.email} onSession={(session) => void proved(session)} />
      </div>
    </Modal>
  );
}
