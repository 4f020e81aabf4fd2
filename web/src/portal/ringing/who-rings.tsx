// "Who rings": the steps of one part of the plan in their order, and what rings when nobody can.
import { NumberInput, Tabs } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { MemberPicker } from "../parts/member-picker";
import type { Member as Picked } from "../parts/members";
import { Card } from "../parts/page";
import { useWords } from "../surroundings";
import {
  addMembers,
  addStep,
  inTurn,
  partsOf,
  stepsOf,
  thenOf,
  together,
  windows,
  withRounds,
  withStep,
  withSteps,
  type Part,
} from "./document";
import { faultAt, usePlan } from "./editing";
import { tabText } from "./sentence";
import { AddMember, MemberRow, StepCard, StepFrame } from "./step-card";

export function WhoRings() {
  const { language, say } = useWords();
  const { editing, part, choose } = usePlan();
  const { plan, view, name } = editing;
  const label = (one: Part): string => {
    const at = plan.rules.findIndex((_, place) => thenOf(place) === one);
    const rule = plan.rules[at];
    return rule === undefined ? say("who.otherwise") : `${at + 1}: ${tabText(rule, view.owner, name, language, say)}`;
  };
  const parts = partsOf(plan);
  return (
    <Card title={say("who.title")} className="rp-whocard">
      <Tabs value={part} onChange={(next) => choose((next ?? "otherwise") as Part)} keepMounted={false}>
        {parts.length > 1 && (
          <Tabs.List aria-label={say("who.parts")}>
            {parts.map((one) => (
              <Tabs.Tab key={one} value={one}>
                {label(one)}
              </Tabs.Tab>
            ))}
          </Tabs.List>
        )}
        {parts.map((one) => (
          <Tabs.Panel key={one} value={one} {...(parts.length > 1 ? {} : { role: "presentation" })}>
            <Steps part={one} />
          </Tabs.Panel>
        ))}
      </Tabs>
    </Card>
  );
}

function Steps({ part }: { part: Part }) {
  const { say } = useWords();
  const { editing } = usePlan();
  const { plan, view, mayEdit, edit } = editing;
  const steps = stepsOf(plan, part);
  const all = steps === null ? [] : windows(steps, view.limits.ring_max_s);
  const wrong = view.faults.filter(
    ({ field }) => field === part || field === `${part}/steps` || field === `${part}/rounds`,
  );
  if (steps === null && part === "otherwise" && view.owner.kind === "user") return <Oneself />;
  if (steps === null || steps.steps.length === 0) return <NoSteps part={part} />;
  return (
    <>
      <ol className="rp-steps">
        {steps.steps.map((step, at) => (
          <StepCard
            key={at}
            part={part}
            at={at}
            step={step}
            window={all[at] ?? [0, 0]}
            many={steps.rounds > 1 || at < steps.steps.length - 1}
          />
        ))}
        <End />
      </ol>
      <div className="rp-foot">
        {mayEdit && (
          <>
            <button
              type="button"
              className="btn sm"
              aria-disabled={steps.steps.length >= view.limits.steps}
              onClick={() => {
                if (steps.steps.length < view.limits.steps) edit(addStep(part, []));
              }}
            >
              <IconPlus size={15} stroke={1.75} aria-hidden="true" />
              {say("who.step.add")}
            </button>
            <NumberInput
              className="rp-rounds"
              label={say("who.rounds")}
              title={say("who.rounds.lead")}
              value={steps.rounds}
              min={1}
              max={view.limits.rounds}
              clampBehavior="strict"
              allowDecimal={false}
              onChange={(rounds) => {
                if (typeof rounds === "number" && rounds >= 1) edit(withRounds(part, rounds));
              }}
            />
          </>
        )}
        <span className="mut p-hint">{say("who.longest", { seconds: view.limits.ring_max_s })}</span>
      </div>
      {wrong.map(({ code, sentence }) => (
        <p key={code} className="rp-wrong">
          {sentence}
        </p>
      ))}
    </>
  );
}

function Oneself() {
  const { say } = useWords();
  const { editing } = usePlan();
  const { owner } = editing.view;
  return (
    <div className="rp-empty">
      <p>{say("who.self", { name: editing.name(owner) })}</p>
      {editing.mayEdit && (
        <button
          type="button"
          className="btn sm"
          onClick={() => editing.edit(withSteps("otherwise", together([{ kind: owner.kind, id: owner.id }])))}
        >
          {say("who.self.change")}
        </button>
      )}
    </div>
  );
}

/** Nobody yet: who it should be, and in which of the two common ways. */
function NoSteps({ part }: { part: Part }) {
  const { say } = useWords();
  const { editing } = usePlan();
  const [chosen, setChosen] = useState<readonly Picked[]>([]);
  const wrong = faultAt(editing.view.faults, part);
  if (!editing.mayEdit) return <p className="rp-empty">{say("ask.nobody")}</p>;
  const begin = (steps: typeof together): void => {
    if (chosen.length === 0) return;
    editing.learn(chosen);
    editing.edit(withSteps(part, steps(chosen.map(({ kind, id }) => ({ kind, id })))));
  };
  return (
    <div className="rp-empty">
      <p>{say("who.empty")}</p>
      <MemberPicker
        label={say("who.empty.whom")}
        value={chosen}
        onChange={setChosen}
        names={editing.names}
        error={editing.drafted ? wrong : undefined}
      />
      <div className="p-deeds">
        <button type="button" className="btn sm" aria-disabled={chosen.length === 0} onClick={() => begin(together)}>
          {say("who.empty.together")}
        </button>
        <button type="button" className="btn sm" aria-disabled={chosen.length === 0} onClick={() => begin(inTurn)}>
          {say("who.empty.turn")}
        </button>
      </div>
    </div>
  );
}

/** What rings when the plan finds nobody. */
function End() {
  const { say } = useWords();
  const { editing } = usePlan();
  const { plan, view, mayEdit, edit, name } = editing;
  const steps = plan.last_resort?.steps ?? [];
  const wrong = faultAt(view.faults, "last_resort");
  return (
    <StepFrame name={say("who.end")} className="rp-end" arrow>
      <header>
        <span className="rp-plate o">{say("who.end")}</span>
        <b>{say("who.end.title")}</b>
      </header>
      <ul>
        {steps.flatMap((step, at) =>
          step.members.map((member) => (
            <MemberRow
              key={`${at} ${member.id}`}
              member={member}
              {...(mayEdit
                ? {
                    label: say("member.remove", { name: name(member), step: say("who.end") }),
                    onRemove: () => {
                      const members = step.members.filter(({ id }) => id !== member.id);
                      const empty = members.length === 0 && steps.length === 1;
                      edit(empty ? withSteps("last_resort", null) : withStep("last_resort", at, { members }));
                    },
                  }
                : {})}
            />
          )),
        )}
        {steps.length === 0 && <li className="mut">{say("who.end.company")}</li>}
      </ul>
      {wrong !== undefined && <p className="rp-wrong">{wrong}</p>}
      {mayEdit && (
        <AddMember
          onAdd={(members) =>
            edit(
              steps.length === 0
                ? withSteps("last_resort", together(members))
                : addMembers("last_resort", steps.length - 1, members),
            )
          }
        />
      )}
    </StepFrame>
  );
}
