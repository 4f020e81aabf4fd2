// The form of whoever comes by a link, an invitation's or a new password's: its fields, what was refused, its deed.
import { IconArrowRight } from "@tabler/icons-react";
import type { ReactNode, SyntheticEvent } from "react";
import { StateMark } from "../../parts/state-mark";
import type { Refusal } from "../problem";
import { useWords } from "../surroundings";

interface Props {
  readonly deed: string;
  readonly working: boolean;
  readonly onDeed: () => void;
  /** What is about no field of it. */
  readonly refusal: Refusal | null;
  /** The next step after a refusal, which then comes first. */
  readonly instead?: ReactNode;
  /** Another way in. */
  readonly otherwise?: ReactNode;
  readonly children: ReactNode;
}

export function ThresholdForm({ deed, working, onDeed, refusal, instead, otherwise, children }: Props) {
  const { say } = useWords();
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (!working) onDeed();
  };
  return (
    <form className="p-form" onSubmit={submit}>
      {children}
      <p className="refusal" role="alert">
        {refusal !== null && (
          <>
            <StateMark state="fault" />
            <span>{say(refusal.key, refusal.values)}</span>
          </>
        )}
      </p>
      {instead}
      <button type="submit" className={instead ? "btn big" : "btn pri big"} aria-disabled={working}>
        {working ? say("do.working") : deed}
        {!working && <IconArrowRight size={18} stroke={1.75} aria-hidden="true" />}
      </button>
      {otherwise}
    </form>
  );
}
