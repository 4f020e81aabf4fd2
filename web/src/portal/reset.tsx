// What somebody with a link for a new password sees: the password's field, then the way to the sign-in.
import { IconArrowRight } from "@tabler/icons-react";
import { useState } from "react";
import { ApiProblem, type Api } from "../session/api";
import { Threshold } from "../session/threshold";
import type { Language } from "../words";
import { PasswordField } from "./parts/password-field";
import { ThresholdForm } from "./parts/threshold-form";
import { useWrong } from "./parts/wrong";
import { refusalOf, type Refusal } from "./problem";
import { useWords } from "./surroundings";

interface Props {
  readonly api: Api;
  readonly token: string;
  readonly onLanguage: (language: Language) => void;
  /** To the sign-in; or to where another link is asked for. */
  readonly onSignIn: (forgotten: boolean) => void;
}

export function Reset({ api, token, onLanguage, onSignIn }: Props) {
  const { say } = useWords();
  const [state, setState] = useState<"open" | "working" | "done" | "invalid">("open");
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [password, setPassword] = useState("");

  const wrong = useWrong("password");

  const set = async (): Promise<void> => {
    if (password === "") return;
    setState("working");
    setRefusal(null);
    wrong.found({});
    try {
      await api.resetPassword(token, password);
      setState("done");
    } catch (reason) {
      const invalid = reason instanceof ApiProblem && reason.code === "reset_invalid";
      setState(invalid ? "invalid" : "open");
      const refused = refusalOf(reason);
      if (!invalid) setRefusal(wrong.refused(refused) ? null : refused);
    }
  };

  if (state === "done" || state === "invalid")
    return (
      <Threshold onLanguage={onLanguage}>
        <h1>{say(state === "done" ? "reset.done" : "reset.invalid")}</h1>
        <p role="status">{say(state === "done" ? "reset.done.text" : "reset.invalid.text")}</p>
        <button type="button" className="btn pri big" onClick={() => onSignIn(state === "invalid")} autoFocus>
          {say(state === "done" ? "signin.title" : "reset.again")}
          <IconArrowRight size={18} stroke={1.75} aria-hidden="true" />
        </button>
      </Threshold>
    );
  return (
    <Threshold onLanguage={onLanguage}>
      <h1>{say("reset.title")}</h1>
      <p className="mut">{say("reset.lead")}</p>
      <ThresholdForm deed={say("reset.do")} working={state === "working"} onDeed={() => void set()} refusal={refusal}>
        <PasswordField
          label={say("me.password.new")}
          description={say("me.password.rule")}
          value={password}
          error={wrong.at("password")}
          autoFocus
          autoComplete="new-password"
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
      </ThresholdForm>
    </Threshold>
  );
}
