// An invitation that came on paper, by chat or on another device: its link is pasted here.
import { IconArrowLeft, IconArrowRight } from "@tabler/icons-react";
import { useRef, useState, type SyntheticEvent } from "react";
import { RefusalLine, type Refusal } from "./refusal";
import { useWords } from "./words";

const TOKEN = /invitation_[0-9a-z]{26}\.[0-9]{1,10}\.[A-Za-z0-9_-]{43}/;

/** The token in a pasted link, whatever stands around it; null where there is none. */
export function invitationToken(pasted: string): string | null {
  return TOKEN.exec(pasted.replace(/\s+/g, ""))?.[0] ?? null;
}

interface Props {
  readonly onToken: (token: string) => void;
  readonly onBack: () => void;
}

export function InvitationStep({ onToken, onBack }: Props) {
  const { say } = useWords();
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const link = useRef<HTMLTextAreaElement>(null);

  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    const token = invitationToken(link.current?.value ?? "");
    if (token === null) {
      setRefusal({ key: "signin.invited.missing", values: {} });
      link.current?.focus();
    } else onToken(token);
  };

  return (
    <form onSubmit={submit} noValidate>
      <p className="mut">{say("signin.invited.lead")}</p>
      <label htmlFor="link">{say("signin.invited.link")}</label>
      <textarea
        ref={link}
        id="link"
        className="field link"
        rows={3}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        autoFocus
        aria-describedby="refusal"
      />
      <RefusalLine refusal={refusal} />
      <button type="submit" className="btn pri big">
        {say("signin.invited.do")}
        <IconArrowRight size={18} stroke={1.75} aria-hidden="true" />
      </button>
      <div className="ways">
        <button type="button" className="btn ghost" onClick={onBack}>
          <IconArrowLeft size={18} stroke={1.75} aria-hidden="true" />
          {say("signin.back")}
        </button>
      </div>
    </form>
  );
}
