// A ring plan as it is edited: every change makes a new one. Parts are named as the API names fields: `rules/0/then`, `otherwise`.
import type { Schemas } from "../http";

export type Member = Schemas["MemberDocument"];
export type Step = Schemas["StepDocument"];
export type Steps = Schemas["StepsDocument"];
export type Times = Required<Schemas["TimesDocument"]>;
export type Rule = Required<Omit<Schemas["RuleDocument"], "times">> & { readonly times: Times };
export interface Plan {
  readonly rules: readonly Rule[];
  readonly otherwise: Steps | null;
  readonly last_resort: Steps | null;
  readonly zone: string | null;
  readonly holidays: Required<Schemas["CalendarDocument"]> | null;
}
export type Change = (plan: Plan) => Plan;

/** Where steps stand in a plan. */
export type Part = "otherwise" | "last_resort" | `rules/${number}/then`;

export const ANY_TIME: Times = { weekdays: [], from_date: null, to_date: null, spans: [], holidays: "as_any_day" };
export const NEW_STEP_S = 20;

/** The plan with everything that may be left out written down; null: nothing is planned yet. */
export function planOf(document: Schemas["PlanDocument"] | null | undefined): Plan {
  return {
    rules: (document?.rules ?? []).map(ruleOf),
    otherwise: document?.otherwise ?? null,
    last_resort: document?.last_resort ?? null,
    zone: document?.zone ?? null,
    holidays: document?.holidays ?? null,
  };
}

function ruleOf(rule: Schemas["RuleDocument"]): Rule {
  return {
    when: rule.when,
    after_s: rule.after_s ?? null,
    whose: rule.whose ?? null,
    times: { ...ANY_TIME, ...rule.times },
    then: rule.then ?? null,
    as_weekday: rule.as_weekday ?? null,
    enabled: rule.enabled,
    draft: rule.draft,
  };
}

/** As it is sent. */
export function documentOf(plan: Plan): Schemas["PlanDocument"] {
  return { ...plan, rules: [...plan.rules] };
}

export const NEW_RULE: Rule = {
  when: "always",
  after_s: null,
  whose: null,
  times: { ...ANY_TIME, weekdays: [1, 2, 3, 4, 5], spans: [{ start: "08:00", end: "17:00" }] },
  then: { steps: [], rounds: 1 },
  as_weekday: null,
  enabled: true,
  draft: false,
};

// -- steps -----------------------------------------------------------------------------------------------------------

export function thenOf(at: number): Part {
  return `rules/${at}/then`;
}

function ruleAt(part: Part): number {
  return Number(part.split("/")[1]);
}

/** The parts that steps can be seen of: every rule that rings somebody, and otherwise. */
export function partsOf(plan: Plan): readonly Part[] {
  const rules = plan.rules.flatMap((rule, at) => (rule.as_weekday === null ? [thenOf(at)] : []));
  return [...rules, "otherwise"];
}

export function stepsOf(plan: Plan, part: Part): Steps | null {
  if (part === "otherwise" || part === "last_resort") return plan[part];
  return plan.rules[ruleAt(part)]?.then ?? null;
}

export function withSteps(part: Part, steps: Steps | null): Change {
  if (part === "otherwise" || part === "last_resort") return (plan) => ({ ...plan, [part]: steps });
  return withRule(ruleAt(part), { then: steps });
}

const NO_STEPS: Steps = { steps: [], rounds: 1 };

function changed(part: Part, change: (steps: Steps) => Steps): Change {
  return (plan) => withSteps(part, change(stepsOf(plan, part) ?? NO_STEPS))(plan);
}

export function withStep(part: Part, at: number, step: Partial<Step>): Change {
  return changed(part, (steps) => ({
    ...steps,
    steps: steps.steps.map((one, place) => (place === at ? { ...one, ...step } : one)),
  }));
}

/** One more step. Only the last may ring as long as there is time: who was last gets an end. */
export function addStep(part: Part, members: readonly Member[]): Change {
  return changed(part, (steps) => ({
    ...steps,
    steps: [
      ...steps.steps.map((step) => ({ ...step, seconds: step.seconds ?? NEW_STEP_S })),
      { members: [...members], seconds: steps.rounds > 1 ? NEW_STEP_S : null },
    ],
  }));
}

export function removeStep(part: Part, at: number): Change {
  return (plan) => {
    const steps = stepsOf(plan, part) ?? NO_STEPS;
    const left = steps.steps.filter((_, place) => place !== at);
    return withSteps(part, left.length === 0 && !part.startsWith("rules") ? null : { ...steps, steps: left })(plan);
  };
}

export function addMembers(part: Part, at: number, members: readonly Member[]): Change {
  return changed(part, (steps) => ({
    ...steps,
    steps: steps.steps.map((one, place) => {
      if (place !== at) return one;
      const there = new Set(one.members.map(({ id }) => id));
      return { ...one, members: [...one.members, ...members.filter(({ id }) => !there.has(id))] };
    }),
  }));
}

/** How often in all; each step needs an end as soon as it is more than once. */
export function withRounds(part: Part, rounds: number): Change {
  return changed(part, (steps) => ({
    rounds,
    steps: rounds > 1 ? steps.steps.map((step) => ({ ...step, seconds: step.seconds ?? NEW_STEP_S })) : steps.steps,
  }));
}

/** From which second until before which each step rings in the first round, as if somebody could ring in each. */
export function windows(steps: Steps, ringMaxS: number): readonly (readonly [number, number])[] {
  let from = 0;
  return steps.steps.map(({ seconds }) => {
    const to = seconds == null ? Math.max(ringMaxS, from) : from + seconds;
    const window = [from, to] as const;
    from = to;
    return window;
  });
}

/** Everybody together, or one after another: what a plan can begin with. */
export function together(members: readonly Member[]): Steps {
  return { steps: [{ members: [...members], seconds: null }], rounds: 1 };
}

export function inTurn(members: readonly Member[]): Steps {
  const last = members.length - 1;
  return {
    steps: members.map((member, at) => ({ members: [member], seconds: at === last ? null : NEW_STEP_S })),
    rounds: 1,
  };
}

// -- rules -----------------------------------------------------------------------------------------------------------

export function withRule(at: number, rule: Partial<Rule>): Change {
  return (plan) => ({ ...plan, rules: plan.rules.map((one, place) => (place === at ? { ...one, ...rule } : one)) });
}

export function addRule(rule: Rule, at = Infinity): Change {
  return (plan) => ({ ...plan, rules: [...plan.rules.slice(0, at), rule, ...plan.rules.slice(at)] });
}

export function removeRule(at: number): Change {
  return (plan) => ({ ...plan, rules: plan.rules.filter((_, place) => place !== at) });
}

/** The rule stands at place `to` afterwards; beyond an end nothing changes. */
export function moveRule(from: number, to: number): Change {
  return (plan) => {
    const rule = plan.rules[from];
    if (rule === undefined || to < 0 || to >= plan.rules.length) return plan;
    return addRule(rule, to)(removeRule(from)(plan));
  };
}

/** What a rule is in this state for needs: seconds with `no_answer` alone. */
export function inState(rule: Rule, when: Rule["when"], owner: Member): Partial<Rule> {
  const asks = when === "always" ? null : rule.whose;
  const after_s = when === "no_answer" ? (rule.after_s ?? NEW_STEP_S) : null;
  return { when, after_s, whose: owner.kind === "user" && asks?.id === owner.id ? null : asks };
}

// -- draft and in force ----------------------------------------------------------------------------------------------

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Whether the rule stands like this in the plan that is in force. */
export function inForce(rule: Rule, plan: Plan): boolean {
  return plan.rules.some((one) => same(one, rule));
}

/** How many changes there are between the two: rules added, changed or removed, their order, and everything else once each. */
export function changes(before: Plan, after: Plan): number {
  const added = after.rules.filter((rule) => !inForce(rule, before)).length;
  const gone = before.rules.filter((rule) => !inForce(rule, after)).length;
  const order = added === 0 && gone === 0 && !same(before.rules, after.rules) ? 1 : 0;
  const others = (["otherwise", "last_resort", "zone", "holidays"] as const).filter(
    (name) => !same(before[name], after[name]) && (name !== "zone" || before.zone !== null), // it is written down with the first draft
  );
  return Math.max(added, gone) + order + others.length;
}
