// Sign-in: e-mail and password, every refusal in words, languages at the foot.
import { IconArrowRight, IconEye, IconEyeOff } from "@tabler/icons-react";
import { useRef, useState, type SyntheticEvent } from "react";
import { Brand } from "../parts/brand";
import type { Language, WordKey, WordValues } from "../words";
import { ApiProblem, type Api, type Session } from "./api";
import { useWords } from "./words";
import { WayPost } from "./way-post";

interface Props {
  readonly api: Api;
  readonly expired: boolean;
  readonly onLanguage: (language: Language) => void;
  readonly onSession: (session: Session) => void;
}

interface Refusal {
  readonly key: WordKey;
  readonly values: WordValues;
}

const THROTTLED_S = 60;

export function refusalOf(reason: unknown): Refusal {
  if (!(reason instanceof ApiProblem)) return { key: "signin.fault", values: {} };
  if (reason.away) return { key: "signin.away", values: {} };
  if (reason.status === 401 || reason.status === 400 || reason.status === 422)
    return { key: "signin.wrong", values: {} };
  if (reason.status === 429)
    return { key: "signin.throttled", values: { seconds: Math.ceil(reason.retryAfterS ?? THROTTLED_S) } };
  return { key: "signin.fault", values: {} };
}

export function SignIn({ api, expired, onLanguage, onSession }: Props) {
  const { say, language } = useWords();
  const [working, setWorking] = useState(false);
  const [shown, setShown] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(expired ? { key: "signin.expired", values: {} } : null);
  const email = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);

  async function submit(event: SyntheticEvent): Promise<void> {
    event.preventDefault();
    if (working) return;
    const mail = email.current?.value.trim() ?? "";
    const secret = password.current?.value ?? "";
    if (mail === "" || secret === "") {
      setRefusal({ key: "signin.missing", values: {} });
      (mail === "" ? email : password).current?.focus();
      return;
    }
    setWorking(true);
    setRefusal(null);
    try {
      onSession(await api.signIn(mail, secret));
    } catch (reason) {
      setRefusal(refusalOf(reason));
      setWorking(false);
      password.current?.focus();
    }
  }

  return (
    <div className="si">
      <section>
        <Brand />
        <main className="fm">
          <h1>{say("signin.title")}</h1>
          <p className="mut">{say("signin.lead")}</p>
          <form onSubmit={(event) => void submit(event)} noValidate>
            <label htmlFor="email">{say("signin.email")}</label>
            <input
              ref={email}
              id="email"
              className="field"
              type="email"
              autoComplete="username"
              inputMode="email"
              autoCapitalize="none"
              spellCheck={false}
              autoFocus
              aria-describedby="refusal"
            />
            <label htmlFor="password">{say("signin.password")}</label>
            <span className="secret">
              <input
                ref={password}
                id="password"
                className="field"
                type={shown ? "text" : "password"}
                autoComplete="current-password"
                aria-describedby="refusal"
              />
              <button
                type="button"
                className="btn ghost peek"
                aria-label={say(shown ? "signin.hide" : "signin.show")}
                onClick={() => setShown(!shown)}
              >
                {shown ? <IconEyeOff size={20} stroke={1.75} /> : <IconEye size={20} stroke={1.75} />}
              </button>
            </span>
            <p id="refusal" className="refusal" role="alert">
              {refusal !== null && (
                <>
                  <i className="st st-fault" aria-hidden="true" />
                  <span>{say(refusal.key, refusal.values)}</span>
                </>
              )}
            </p>
            <button type="submit" className="btn pri big" aria-disabled={working}>
              {say(working ? "signin.working" : "signin.submit")}
              {!working && <IconArrowRight size={18} stroke={1.75} aria-hidden="true" />}
            </button>
          </form>
        </main>
        <footer>
          <div className="lang" role="group" aria-label={say("app.language")}>
            {(["en", "de"] as const).map((each) => (
              <button
                key={each}
                type="button"
                lang={each}
                aria-pressed={language === each}
                onClick={() => onLanguage(each)}
              >
                {each === "en" ? "English" : "Deutsch"}
              </button>
            ))}
          </div>
        </footer>
      </section>
      <aside>
        <WayPost say={say} />
      </aside>
    </div>
  );
}
