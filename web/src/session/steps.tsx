// The steps of signing in, one after the other: password or passkey, a code where it is asked for, a forgotten password, an
// invitation.
import { useState } from "react";
import type { Api, Session } from "./api";
import { CodeStep } from "./code-step";
import { ForgottenStep } from "./forgotten-step";
import { InvitationStep } from "./invitation-step";
import { PasswordStep } from "./password-step";
import type { Refusal } from "./refusal";
import { useWords } from "./words";

type Step =
  | { kind: "password"; refusal: Refusal | null }
  | { kind: "code"; challenge: string }
  | { kind: "forgotten" | "invited" };

interface Props {
  readonly api: Api;
  /** Who proves who they are; without it whoever comes signs in, under a title. */
  readonly known?: string;
  readonly refusal?: Refusal | null;
  readonly forgotten?: boolean;
  /** They sign in to accept an invitation. */
  readonly invited?: boolean;
  readonly onSession: (session: Session) => void;
}

export function SignInSteps({ api, known, refusal = null, forgotten = false, invited = false, onSession }: Props) {
  const { say } = useWords();
  const [step, setStep] = useState<Step>(forgotten ? { kind: "forgotten" } : { kind: "password", refusal });
  const [email, setEmail] = useState(known ?? "");
  const titled = known === undefined;
  switch (step.kind) {
    case "password":
      return (
        <>
          {titled && <h1>{say("signin.title")}</h1>}
          {titled && <p className="mut">{say(invited ? "signin.lead.invited" : "signin.lead")}</p>}
          <PasswordStep
            api={api}
            email={email}
            known={!titled}
            before={step.refusal}
            onSession={onSession}
            onChallenge={(challenge, typed) => {
              setEmail(typed);
              setStep({ kind: "code", challenge });
            }}
            onForgotten={(typed) => {
              setEmail(typed);
              setStep({ kind: "forgotten" });
            }}
            onInvited={() => setStep({ kind: "invited" })}
          />
        </>
      );
    case "code":
      return (
        <>
          {titled && <h1>{say("signin.code.title")}</h1>}
          <p className="mut">{say("signin.code.lead")}</p>
          <CodeStep
            api={api}
            challenge={step.challenge}
            onSession={onSession}
            onBack={(said) => setStep({ kind: "password", refusal: said })}
          />
        </>
      );
    case "invited":
      return (
        <>
          <h1>{say("signin.invited.title")}</h1>
          <InvitationStep
            onToken={(token) => window.location.assign(`/join#${token}`)}
            onBack={() => setStep({ kind: "password", refusal: null })}
          />
        </>
      );
    case "forgotten":
      return (
        <>
          <h1>{say("signin.forgotten.title")}</h1>
          <ForgottenStep api={api} email={email} onBack={() => setStep({ kind: "password", refusal: null })} />
        </>
      );
  }
}
