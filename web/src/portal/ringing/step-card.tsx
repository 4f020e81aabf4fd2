// One step as a card: who rings together, from which second to which, and how they are now.
import { NumberInput } from "@mantine/core";
import {
  IconAddressBook,
  IconArrowRight,
  IconBell,
  IconDeviceLandlinePhone,
  IconPhone,
  IconPlus,
  IconTrash,
  IconUsersGroup,
  IconX,
} from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { initials } from "../../parts/initials";
import { StateMark } from "../../parts/state-mark";
import { MemberPicker } from "../parts/member-picker";
import { useWords } from "../surroundings";
import { addMembers, removeStep, withStep, type Member, type Part, type Step } from "./document";
import { faultAt, usePlan } from "./editing";

const ICON = { size: 15, stroke: 1.75, "aria-hidden": true } as const;

const PICTURE: Record<Member["kind"], ReactNode> = {
  user: null,
  group: <IconUsersGroup {...ICON} />,
  contact: <IconAddressBook {...ICON} />,
  station: <IconBell {...ICON} />,
  account: <IconDeviceLandlinePhone {...ICON} />,
  number: <IconPhone {...ICON} />,
};

export function MemberRow({ member, onRemove, label }: { member: Member; onRemove?: () => void; label?: string }) {
  const { say } = useWords();
  const { editing, now } = usePlan();
  const name = editing.name(member);
  const state = now.get(member.id);
  return (
    <li className="rp-member">
      <span className="avatar soft" aria-hidden="true">
        {PICTURE[member.kind] ?? initials(name)}
      </span>
      <span className="rp-who">
        <b>{name}</b>
        <small>
          {state !== undefined && <StateMark state={state.mark} />}
          {state?.text ?? say(`kind.${member.kind}`)}
        </small>
      </span>
      {onRemove !== undefined && (
        <button
          type="button"
          className="rp-icon"
          aria-label={label}
          title={label}
          onClick={(event) => {
            event.currentTarget.closest(".rp-step")?.querySelector<HTMLElement>(".rp-add")?.focus(); // this one goes
            onRemove();
          }}
        >
          <IconX size={15} stroke={1.75} aria-hidden="true" />
        </button>
      )}
    </li>
  );
}

interface FrameProps {
  readonly name: string;
  readonly className?: string;
  /** It comes after another one. */
  readonly arrow: boolean;
  readonly children: ReactNode;
}

export function StepFrame({ name, className = "", arrow, children }: FrameProps) {
  return (
    <li className="rp-cell">
      {arrow && (
        <span className="rp-arrow" aria-hidden="true">
          <IconArrowRight size={18} stroke={1.75} />
        </span>
      )}
      <div className={`rp-step ${className}`} role="group" aria-label={name}>
        {children}
      </div>
    </li>
  );
}

interface Props {
  readonly part: Part;
  readonly at: number;
  readonly step: Step;
  readonly window: readonly [number, number];
  readonly many: boolean;
}

export function StepCard({ part, at, step, window, many }: Props) {
  const { say } = useWords();
  const { editing } = usePlan();
  const { faults } = editing.view;
  const here = `${part}/steps/${at}`;
  const number = at + 1;
  const title = at > 0 ? "who.then" : step.members.length > 1 ? "who.together" : "who.first";
  const wrong =
    faultAt(faults, `${here}/members`) ??
    (faults.some(({ field }) => field === here) ? faultAt(faults, here) : undefined);
  return (
    <StepFrame name={say("who.step", { number })} arrow={at > 0}>
      <header>
        <span className="rp-plate">{number}</span>
        <b>{say(title)}</b>
        <span className="rp-window">{say("who.window", { from: window[0], to: window[1] })}</span>
        {editing.mayEdit && (
          <button
            type="button"
            className="rp-icon"
            aria-label={say("who.step.remove", { number })}
            title={say("who.step.remove", { number })}
            onClick={(event) => {
              event.currentTarget.closest(".rp-whocard")?.querySelector<HTMLElement>(".rp-foot button")?.focus();
              editing.edit(removeStep(part, at));
            }}
          >
            <IconTrash size={15} stroke={1.75} aria-hidden="true" />
          </button>
        )}
      </header>
      <ul>
        {step.members.map((member) => (
          <MemberRow
            key={`${member.kind} ${member.id}`}
            member={member}
            {...(editing.mayEdit
              ? {
                  label: say("member.remove", { name: editing.name(member), step: number }),
                  onRemove: () =>
                    editing.edit(withStep(part, at, { members: step.members.filter(({ id }) => id !== member.id) })),
                }
              : {})}
          />
        ))}
      </ul>
      {wrong !== undefined && <p className="rp-wrong">{wrong}</p>}
      {editing.mayEdit && (
        <>
          <AddMember onAdd={(members) => editing.edit(addMembers(part, at, members))} />
          <Seconds
            value={step.seconds ?? null}
            label={say("who.seconds", { number })}
            last={!many}
            error={faultAt(faults, `${here}/seconds`)}
            onChange={(seconds) => editing.edit(withStep(part, at, { seconds }))}
          />
        </>
      )}
    </StepFrame>
  );
}

/** A field that opens where somebody is added, and closes when they are. */
export function AddMember({ onAdd }: { onAdd: (members: readonly Member[]) => void }) {
  const { say } = useWords();
  const { editing } = usePlan();
  const [open, setOpen] = useState<boolean | null>(null); // null: it was never open
  if (open !== true)
    return (
      <button type="button" className="rp-add" autoFocus={open === false} onClick={() => setOpen(true)}>
        <IconPlus size={15} stroke={1.75} aria-hidden="true" />
        {say("member.add")}
      </button>
    );
  return (
    <div
      className="rp-adding"
      onKeyDown={(event) => {
        if (event.key === "Escape") setOpen(false);
      }}
    >
      <MemberPicker
        label={say("member.add")}
        value={[]}
        names={editing.names}
        offered={[{ ...editing.view.owner, name: editing.view.owner.name }].filter(({ kind }) => kind === "user")}
        focused
        onChange={(members) => {
          editing.learn(members);
          onAdd(members.map(({ kind, id }) => ({ kind, id })));
          setOpen(false);
        }}
      />
    </div>
  );
}

interface SecondsProps {
  readonly value: number | null;
  readonly label: string;
  /** The last step may ring as long as there is time. */
  readonly last: boolean;
  readonly error: string | undefined;
  readonly onChange: (seconds: number | null) => void;
}

export function Seconds({ value, label, last, error, onChange }: SecondsProps) {
  const { say } = useWords();
  const { editing } = usePlan();
  const [typed, setTyped] = useState<number | string>(value ?? "");
  const [shown, setShown] = useState(value);
  const [wrong, setWrong] = useState(false);
  const { step_min_s: min, step_max_s: max } = editing.view.limits;
  if (shown !== value) {
    setShown(value); // changed elsewhere: undone, or by another step
    setTyped(value ?? "");
  }
  const keep = (): void => {
    const seconds = typed === "" ? null : Number(typed);
    const fits = seconds === null ? last : Number.isInteger(seconds) && seconds >= min && seconds <= max;
    setWrong(!fits);
    if (fits && seconds !== value) onChange(seconds);
  };
  return (
    <NumberInput
      className="rp-seconds"
      label={say("who.seconds.short")}
      aria-label={label}
      value={typed}
      onChange={setTyped}
      onBlur={keep}
      onKeyDown={(event) => {
        if (event.key === "Enter") keep();
      }}
      placeholder={last ? say("who.seconds.open") : ""}
      min={0}
      allowDecimal={false}
      allowNegative={false}
      hideControls
      error={wrong ? say("who.seconds.wrong", { min, max }) : error}
    />
  );
}
