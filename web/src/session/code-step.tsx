// The second step of signing in: the code of the authenticator app, or a recovery code.
import { IconArrowLeft, IconArrowRight } from "@tabler/icons-react";
import { useRef, useState, type SyntheticEvent } from "react";
import { ApiProblem, type Api, type Session } from "./api";
import { refusalOf, RefusalLine, type Refusal } from "./refusal";
import { useWords } from "./words";

interface Props {
  readonly api: Api;
  readonly challenge: string;
  readonly onSession: (session: Session) => void;
  /** Back to the first step; with a refusal when this one took too long. */
  readonly onBack: (refusal: Refusal | null) => void;
}

export function CodeStep({ api, challenge, onSession, onBack }: Props) {
  const { say } = useWords();
  const [recovery, setRecovery] = useState(false);
  const [working, setWorking] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const code = useRef<HTMLInputElement>(null);

  async function submit(event: SyntheticEvent): Promise<void> {
    event.preventDefault();
    const given = code.current?.value.trim() ?? "";
    if (working) return;
    if (given === "") {
      setRefusal({ key: recovery ? "signin.recovery.missing" : "signin.code.missing", values: {} });
      code.current?.focus();
      return;
    }
    setWorking(true);
    setRefusal(null);
    try {
      onSession(await api.passSecond(challenge, given));
    } catch (reason) {
      const said = refusalOf(reason);
      if (reason instanceof ApiProblem && reason.code === "sign_in_expired") {
        onBack(said);
        return;
      }
      setRefusal(recovery && said.key === "signin.code.wrong" ? { key: "signin.recovery.wrong", values: {} } : said);
      setWorking(false);
      code.current?.select();
    }
  }

  const change = (): void => {
    setRecovery(!recovery);
    setRefusal(null);
  };

  return (
    <form onSubmit={(event) => void submit(event)} noValidate>
      <label htmlFor="code">{say(recovery ? "signin.recovery" : "signin.code")}</label>
      <input
        key={recovery ? "recovery" : "app"}
        ref={code}
        id="code"
        className="field code"
        autoComplete={recovery ? "off" : "one-time-code"}
        inputMode={recovery ? "text" : "numeric"}
        maxLength={40}
        autoCapitalize="none"
        spellCheck={false}
        autoFocus
        aria-describedby="refusal"
      />
      <RefusalLine refusal={refusal} />
      <button type="submit" className="btn pri big" aria-disabled={working}>
        {say(working ? "signin.working" : "signin.submit")}
        {!working && <IconArrowRight size={18} stroke={1.75} aria-hidden="true" />}
      </button>
      <div className="ways">
        <button type="button" className="btn ghost" onClick={() => onBack(null)}>
          <IconArrowLeft size={18} stroke={1.75} aria-hidden="true" />
          {say("signin.back")}
        </button>
        <button type="button" className="btn ghost" onClick={change}>
          {say(recovery ? "signin.code.use" : "signin.recovery.use")}
        </button>
      </div>
    </form>
  );
}
