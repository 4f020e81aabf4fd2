// What somebody with an account and an invitation's link sees: the offer, then where they have rights now.
import { useEffect, useRef, useState } from "react";
import { StateMark } from "../parts/state-mark";
import { ApiProblem, type Api, type Session } from "../session/api";
import { Threshold } from "../session/threshold";
import type { Language } from "../words";
import { connect, held, type Schemas } from "./http";
import { roleName } from "./parts/pickers";
import { refusalOf, type Refusal } from "./problem";
import { COMPANY_KEY } from "./start";
import { useWords } from "./surroundings";

interface Company {
  readonly id: string;
  readonly name: string;
}

type Step =
  | { kind: "asking" | "working" }
  | { kind: "refused"; refusal: Refusal }
  | { kind: "accepted"; company: Company | null };

interface Props {
  readonly api: Api;
  readonly token: string;
  readonly session: Session;
  readonly atOnce: boolean;
  readonly onLanguage: (language: Language) => void;
  readonly onDone: (session: Session) => void;
  /** Somebody else than who is signed in here. */
  readonly onOther: () => void;
  readonly onOut: () => void;
}

export function Accept({ api, token, session, atOnce, onLanguage, onDone, onOther, onOut }: Props) {
  const { say } = useWords();
  const [invited, setInvited] = useState<Schemas["Invited"] | null>(null);
  const [step, setStep] = useState<Step>({ kind: atOnce ? "working" : "asking" });
  const began = useRef(false);
  const refuse = (reason: unknown): void => setStep({ kind: "refused", refusal: refusalOf(reason) });

  const accept = async (to: Schemas["Invited"]): Promise<void> => {
    setStep({ kind: "working" });
    const client = connect(api, onOut);
    try {
      await client.POST("/api/v1/me/invitations", { body: { token } });
      // It is accepted: that is said, even where the list does not come. What begins later is not in it yet.
      const { items } = await held(client.GET("/api/v1/me/companies")).catch(() => ({ items: [] }));
      setStep({ kind: "accepted", company: items.find((company) => company.id === to.company_id) ?? null });
    } catch (reason) {
      refuse(reason);
    }
  };

  useEffect(() => {
    if (began.current) return; // an invitation is accepted once
    began.current = true;
    api.invitation(token).then((found) => {
      setInvited(found);
      if (atOnce) void accept(found);
    }, refuse);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once for the link
  }, [api, token]);

  const enter = async (company: Company): Promise<void> => {
    setStep({ kind: "working" });
    try {
      api.actIn(company.id);
      const there = await api.refresh();
      sessionStorage.setItem(COMPANY_KEY, company.id);
      onDone(there);
    } catch (reason) {
      api.actIn(sessionStorage.getItem(COMPANY_KEY));
      if (reason instanceof ApiProblem && reason.status === 401) onOut();
      else refuse(reason);
    }
  };
  const there = step.kind === "accepted" ? step.company : null;
  const stay = (
    <button type="button" className="btn big" onClick={() => onDone(api.session ?? session)}>
      {say(step.kind === "asking" ? "accept.not" : "accept.stay", { company: session.company.name })}
    </button>
  );
  const what =
    invited === null
      ? null
      : { role: roleName(invited.role, say), place: invited.place || invited.company_name, name: session.user.name };
  return (
    <Threshold onLanguage={onLanguage}>
      {invited !== null && <h1>{say("join.title", { company: invited.company_name })}</h1>}
      {(step.kind === "working" || (step.kind === "asking" && what === null)) && (
        <p className="mut" role="status">
          {say(step.kind === "working" ? "do.working" : "list.loading")}
        </p>
      )}
      {step.kind === "asking" && invited !== null && what !== null && (
        <>
          <p className="mut">{say("join.lead", what)}</p>
          <div className="p-form">
            <button type="button" className="btn pri big" onClick={() => void accept(invited)}>
              {say("accept.do", what)}
            </button>
            <button type="button" className="btn big" onClick={onOther}>
              {say("accept.other", what)}
            </button>
            {stay}
          </div>
        </>
      )}
      {step.kind === "refused" && (
        <>
          <p className="refusal" role="alert">
            <StateMark state="fault" />
            <span>{say(step.refusal.key, step.refusal.values)}</span>
          </p>
          <div className="p-form">
            {step.refusal.key === "problem.invitation_for_other" && (
              <button type="button" className="btn pri big" onClick={onOther}>
                {say("accept.other", { name: session.user.name })}
              </button>
            )}
            {stay}
          </div>
        </>
      )}
      {step.kind === "accepted" && invited !== null && what !== null && (
        <>
          <p role="status">{say("accept.done", { ...what, company: invited.company_name })}</p>
          <div className="p-form">
            {there !== null && (
              <button type="button" className="btn pri big" onClick={() => void enter(there)}>
                {say("companies.enter")}
              </button>
            )}
            {there?.id !== session.company.id && stay}
          </div>
        </>
      )}
    </Threshold>
  );
}
