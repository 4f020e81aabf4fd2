// The sign-in page of every application.
import type { Language } from "../words";
import type { Api, Session } from "./api";
import { SignInSteps } from "./steps";
import { Threshold } from "./threshold";

interface Props {
  readonly api: Api;
  /** What to say of a session that has ended; null: none has. */
  readonly expired: "signin.expired" | "signin.expired.portal" | null;
  /** Begin where a forgotten password is asked for. */
  readonly forgotten?: boolean;
  /** They sign in to accept an invitation. */
  readonly invited?: boolean;
  readonly onLanguage: (language: Language) => void;
  readonly onSession: (session: Session) => void;
}

export function SignIn({ api, expired, forgotten = false, invited = false, onLanguage, onSession }: Props) {
  return (
    <Threshold onLanguage={onLanguage}>
      <SignInSteps
        api={api}
        forgotten={forgotten}
        invited={invited}
        refusal={expired === null ? null : { key: expired, values: {} }}
        onSession={onSession}
      />
    </Threshold>
  );
}
