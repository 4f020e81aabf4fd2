// What somebody with an invitation's link sees: who invites them, and the account that they make.
import { TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { ApiProblem, type Api, type Session } from "../session/api";
import { Threshold } from "../session/threshold";
import type { Language } from "../words";
import type { Schemas } from "./http";
import { roleName } from "./parts/pickers";
import { PasswordField } from "./parts/password-field";
import { ThresholdForm } from "./parts/threshold-form";
import { useWrong } from "./parts/wrong";
import { refusalOf, type Refusal } from "./problem";
import { resumed } from "./start";
import { useWords } from "./surroundings";

interface Props {
  readonly api: Api;
  readonly token: string;
  /** Whoever is signed in here is somebody else. */
  readonly other: boolean;
  readonly onLanguage: (language: Language) => void;
  readonly onSession: (session: Session) => void;
  /** Somebody is signed in already: theirs to accept. */
  readonly onSignedIn: (session: Session) => void;
  /** To the sign-in, with the invitation where it still holds. */
  readonly onAccount: (accepts: boolean) => void;
}

const TAKEN: Refusal = { key: "join.taken", values: {} };
const INVALID: Refusal = { key: "join.invalid", values: {} };

/** Most who are invited are nobody yet; when nobody answers, that is not known. */
function nobodyYet(reason: unknown): null {
  if (reason instanceof ApiProblem && reason.away) throw reason;
  return null;
}

/** An invitation that does not hold any more (or never did), or a platform that does not say so. */
function ofInvitation(reason: unknown): Refusal {
  const over = reason instanceof ApiProblem && ["invitation_invalid", "bad_input"].includes(reason.code);
  return over ? INVALID : refusalOf(reason);
}

export function Join({ api, token, other, onLanguage, onSession, onSignedIn, onAccount }: Props) {
  const { say, language } = useWords();
  const [invited, setInvited] = useState<Schemas["Invited"] | null>(null);
  const [unread, setUnread] = useState<Refusal | null>(null);
  const [attempt, setAttempt] = useState(0);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const wrong = useWrong("name", "email", "password");
  const [working, setWorking] = useState(false);
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");

  useEffect(() => {
    let wanted = true;
    const look = async (): Promise<void> => {
      const session = other ? null : await resumed(api).catch(nobodyYet);
      if (!wanted) return;
      if (session !== null) {
        onSignedIn(session);
        return;
      }
      const found = await api.invitation(token);
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- changes while it is asked
      if (!wanted) return;
      setInvited(found);
      setName(found.name);
      setEmail(found.email ?? "");
      onLanguage(found.language);
    };
    look().catch((reason: unknown) => {
      if (wanted) setUnread(ofInvitation(reason));
    });
    return () => {
      wanted = false;
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once for the link, and at each new attempt
  }, [api, token, attempt]);

  const join = async (): Promise<void> => {
    setWorking(true);
    setRefusal(null);
    wrong.found({});
    try {
      onSession(await api.join({ token, name: name.trim(), email: email.trim(), password, language }));
    } catch (reason) {
      const taken = reason instanceof ApiProblem && reason.code === "email_taken";
      const refused = taken ? TAKEN : refusalOf(reason);
      setRefusal(wrong.refused(refused) ? null : refused);
      setWorking(false);
    }
  };

  return (
    <Threshold onLanguage={onLanguage}>
      {invited === null && unread === null && <p className="mut">{say("list.loading")}</p>}
      {unread !== null && (
        <>
          <h1>{say(unread === INVALID ? "join.invalid.title" : "join.unread.title")}</h1>
          <p role="alert">{say(unread.key, unread.values)}</p>
          {unread === INVALID ? (
            <button type="button" className="btn" onClick={() => onAccount(false)}>
              {say("signin.title")}
            </button>
          ) : (
            <button
              type="button"
              className="btn"
              onClick={() => {
                setUnread(null);
                setAttempt(attempt + 1);
              }}
            >
              {say("do.again")}
            </button>
          )}
        </>
      )}
      {invited !== null && (
        <>
          <h1>{say("join.title", { company: invited.company_name })}</h1>
          <p className="mut">
            {say("join.lead", { role: roleName(invited.role, say), place: invited.place || invited.company_name })}
          </p>
          <ThresholdForm
            deed={say("join.do")}
            working={working}
            onDeed={() => void join()}
            refusal={refusal}
            instead={
              refusal === TAKEN && (
                <button type="button" className="btn pri big" onClick={() => onAccount(true)}>
                  {say("join.taken.do")}
                </button>
              )
            }
            otherwise={
              refusal !== TAKEN && (
                <button type="button" className="btn big" onClick={() => onAccount(true)}>
                  {say("join.have")}
                </button>
              )
            }
          >
            <TextInput
              label={say("field.name")}
              value={name}
              error={wrong.at("name")}
              required
              maxLength={120}
              autoComplete="name"
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <TextInput
              label={say("field.email")}
              type="email"
              value={email}
              error={wrong.at("email")}
              required
              readOnly={invited.email !== null}
              maxLength={254}
              autoComplete="username"
              onChange={(event) => setEmail(event.currentTarget.value)}
            />
            <PasswordField
              label={say("join.password")}
              description={say("me.password.rule")}
              value={password}
              error={wrong.at("password")}
              required
              autoComplete="new-password"
              onChange={(event) => setPassword(event.currentTarget.value)}
            />
          </ThresholdForm>
        </>
      )}
    </Threshold>
  );
}
