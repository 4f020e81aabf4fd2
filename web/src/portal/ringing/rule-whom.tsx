// The field of a rule that says who rings then, or as which day the rules below see it.
import { NativeSelect } from "@mantine/core";
import { MemberPicker } from "../parts/member-picker";
import { useWords } from "../surroundings";
import { addStep, thenOf, withRule, withStep, type Rule } from "./document";
import { usePlan } from "./editing";

const DAYS = [1, 2, 3, 4, 5, 6, 7] as const;

export function Whom({ at, rule, close }: { at: number; rule: Rule; close: () => void }) {
  const { say } = useWords();
  const { editing, choose } = usePlan();
  const part = thenOf(at);
  const steps = rule.then?.steps ?? [];
  const ring = (): void =>
    editing.edit(withRule(at, { as_weekday: null, then: rule.then ?? { steps: [], rounds: 1 } }));
  // Such a rule counts for whole days, whatever anybody's state.
  const as = (day: number): void =>
    editing.edit(
      withRule(at, {
        as_weekday: day,
        then: null,
        ...{ when: "always", after_s: null, whose: null },
        times: { ...rule.times, spans: [] },
      }),
    );
  return (
    <>
      <NativeSelect
        label={say("part.kind")}
        value={rule.as_weekday === null ? "ring" : "as"}
        onChange={(event) => (event.currentTarget.value === "ring" ? ring() : as(7))}
        data={(["ring", "as"] as const).map((value) => ({ value, label: say(`part.kind.${value}`) }))}
      />
      {rule.as_weekday !== null && (
        <NativeSelect
          label={say("part.weekday")}
          value={String(rule.as_weekday)}
          onChange={(event) => as(Number(event.currentTarget.value))}
          data={DAYS.map((day) => ({ value: String(day), label: say(`weekday.as.${day}`) }))}
        />
      )}
      {rule.as_weekday === null &&
        (steps.length === 0 ? [{ members: [] }] : steps).map((step, place) => (
          <MemberPicker
            key={place}
            label={say("who.step", { number: place + 1 })}
            value={step.members.map((member) => ({ ...member, name: editing.name(member) }))}
            names={editing.names}
            onChange={(members) => {
              editing.learn(members);
              const bare = members.map(({ kind, id }) => ({ kind, id }));
              editing.edit(steps.length === 0 ? addStep(part, bare) : withStep(part, place, { members: bare }));
            }}
          />
        ))}
      {rule.as_weekday === null && (
        <button
          type="button"
          className="btn sm"
          onClick={() => {
            choose(part);
            close();
          }}
        >
          {say("part.steps")}
        </button>
      )}
    </>
  );
}
