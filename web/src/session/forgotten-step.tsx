// A forgotten password: asks for a link by mail. The answer is the same whether or not somebody is known.
import { IconArrowLeft, IconMailForward } from "@tabler/icons-react";
import { useRef, useState, type SyntheticEvent } from "react";
import type { Api } from "./api";
import { refusalOf, RefusalLine, type Refusal } from "./refusal";
import { useWords } from "./words";

interface Props {
  readonly api: Api;
  readonly email: string;
  readonly onBack: () => void;
}

export function ForgottenStep({ api, email: start, onBack }: Props) {
  const { say } = useWords();
  const [asked, setAsked] = useState<string | null>(null);
  const [working, setWorking] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const email = useRef<HTMLInputElement>(null);

  async function submit(event: SyntheticEvent): Promise<void> {
    event.preventDefault();
    const mail = email.current?.value.trim() ?? "";
    if (working) return;
    if (!mail.includes("@")) {
      setRefusal({ key: "signin.forgotten.missing", values: {} });
      email.current?.focus();
      return;
    }
    setWorking(true);
    setRefusal(null);
    try {
      await api.forgotPassword(mail);
      setAsked(mail);
    } catch (reason) {
      setRefusal(refusalOf(reason));
    }
    setWorking(false);
  }

  const back = (
    <button type="button" className="btn ghost" onClick={onBack} autoFocus={asked !== null}>
      <IconArrowLeft size={18} stroke={1.75} aria-hidden="true" />
      {say("signin.back")}
    </button>
  );
  if (asked !== null)
    return (
      <>
        <p role="status">{say("signin.forgotten.sent", { email: asked })}</p>
        <p className="mut">{say("signin.forgotten.none")}</p>
        <div className="ways">{back}</div>
      </>
    );
  return (
    <form onSubmit={(event) => void submit(event)} noValidate>
      <p className="mut">{say("signin.forgotten.lead")}</p>
      <label htmlFor="email">{say("signin.email")}</label>
      <input
        ref={email}
        id="email"
        className="field"
        type="email"
        defaultValue={start}
        autoComplete="username"
        inputMode="email"
        autoCapitalize="none"
        spellCheck={false}
        autoFocus
        aria-describedby="refusal"
      />
      <RefusalLine refusal={refusal} />
      <button type="submit" className="btn pri big" aria-disabled={working}>
        <IconMailForward size={18} stroke={1.75} aria-hidden="true" />
        {say(working ? "signin.forgotten.working" : "signin.forgotten.do")}
      </button>
      <div className="ways">{back}</div>
    </form>
  );
}
