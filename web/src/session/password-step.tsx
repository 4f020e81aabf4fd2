// The first step of signing in: e-mail and password, or a passkey.
import { IconArrowRight, IconFingerprint, IconQrcode } from "@tabler/icons-react";
import { useRef, useState, type SyntheticEvent } from "react";
import type { Api, Session } from "./api";
import { knowsPasskeys } from "./passkeys";
import { refusalOf, RefusalLine, type Refusal } from "./refusal";
import { SecretField } from "./secret-field";
import { useWords } from "./words";

interface Props {
  readonly api: Api;
  readonly email: string;
  /** Somebody who is known already proves who they are. */
  readonly known: boolean;
  readonly before: Refusal | null;
  readonly onSession: (session: Session) => void;
  readonly onChallenge: (challenge: string, email: string) => void;
  readonly onForgotten: (email: string) => void;
  readonly onInvited: () => void;
}

export function PasswordStep(props: Props) {
  const { api, email: start, known, before, onSession, onChallenge, onForgotten, onInvited } = props;
  const { say } = useWords();
  const [working, setWorking] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(before);
  const email = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const mail = (): string => email.current?.value.trim() ?? start;

  async function attempt(work: () => Promise<void>): Promise<void> {
    if (working) return;
    setWorking(true);
    setRefusal(null);
    try {
      await work();
    } catch (reason) {
      setRefusal(refusalOf(reason));
      setWorking(false);
    }
  }

  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    const secret = password.current?.value ?? "";
    if (mail() === "" || secret === "") {
      setRefusal({ key: "signin.missing", values: {} });
      (mail() === "" ? email : password).current?.focus();
      return;
    }
    void attempt(async () => {
      try {
        const answer = await api.signIn(mail(), secret);
        if ("challenge" in answer) onChallenge(answer.challenge, mail());
        else onSession(answer);
      } catch (reason) {
        password.current?.focus();
        throw reason;
      }
    });
  };

  return (
    <>
      <form onSubmit={submit} noValidate>
        {!known && <label htmlFor="email">{say("signin.email")}</label>}
        <input
          ref={email}
          id="email"
          className="field"
          type="email"
          hidden={known}
          readOnly={known}
          defaultValue={start}
          autoComplete="username"
          inputMode="email"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus={start === ""}
          aria-describedby="refusal"
        />
        <SecretField ref={password} label={say("signin.password")} autoFocus={start !== ""} />
        <RefusalLine refusal={refusal} />
        <button type="submit" className="btn pri big" aria-disabled={working}>
          {say(working ? "signin.working" : "signin.submit")}
          {!working && <IconArrowRight size={18} stroke={1.75} aria-hidden="true" />}
        </button>
        {!known && (
          <button type="button" className="btn ghost aside" onClick={() => onForgotten(mail())}>
            {say("signin.forgotten")}
          </button>
        )}
      </form>
      {(knowsPasskeys() || !known) && <p className="or">{say("signin.or")}</p>}
      <div className="others">
        {knowsPasskeys() && (
          <button
            type="button"
            className="btn big"
            aria-disabled={working}
            onClick={() => void attempt(async () => onSession(await api.signInByPasskey()))}
          >
            <IconFingerprint size={20} stroke={1.75} aria-hidden="true" />
            {say("signin.passkey")}
          </button>
        )}
        {!known && (
          <button type="button" className="btn big" onClick={onInvited}>
            <IconQrcode size={20} stroke={1.75} aria-hidden="true" />
            {say("signin.invited")}
          </button>
        )}
      </div>
    </>
  );
}
