import { describe, expect, it } from "vitest";
import { appliesOf, bySecond, statesOf } from "../../src/portal/ringing/answer";
import * as edit from "../../src/portal/ringing/document";
import { faultAt } from "../../src/portal/ringing/editing";
import { placeOf } from "../../src/portal/ringing/faults";
import { momentIn, wallTime } from "../../src/portal/parts/moment";
import { pieces, sentence, tabText, type Say } from "../../src/portal/ringing/sentence";
import { sayInPortal } from "../../src/words/portal";

const user = (id: string): edit.Member => ({ kind: "user", id });
const [anna, bernd, clara] = [user("Anna"), user("Bernd"), user("Clara")];
const house: edit.Member = { kind: "contact", id: "Haus" };
const empty = edit.planOf(null);
const two = edit.withSteps("otherwise", edit.inTurn([anna, bernd]))(empty);
const rule = (more: Partial<edit.Rule>): edit.Rule => ({ ...edit.NEW_RULE, ...more });
const rules = (...some: edit.Rule[]): edit.Plan => ({ ...two, rules: some });
const then = edit.together([anna]);

describe("the steps of a plan", () => {
  it("ring one after another, the last as long as there is time", () => {
    expect(two.otherwise?.steps.map(({ seconds }) => seconds)).toEqual([20, null]);
    expect(edit.windows(edit.inTurn([anna, bernd]), 60)).toEqual([
      [0, 20],
      [20, 60],
    ]);
  });

  it("get an end when another comes behind, or when they come more than once", () => {
    const three = edit.addStep("otherwise", [clara])(two);
    expect(three.otherwise?.steps.map(({ seconds }) => seconds)).toEqual([20, 20, null]);
    const round = edit.withRounds("otherwise", 2)(two);
    expect(round.otherwise).toEqual({ rounds: 2, steps: [expect.anything(), { members: [bernd], seconds: 20 }] });
  });

  it("take nobody in twice", () => {
    const more = edit.addMembers("otherwise", 0, [anna, clara])(two);
    expect(more.otherwise?.steps[0]?.members).toEqual([anna, clara]);
  });

  it("are none when the last is removed, but a rule keeps an empty list", () => {
    const one = edit.withSteps("last_resort", then)(two);
    expect(edit.removeStep("last_resort", 0)(one).last_resort).toBeNull();
    const ruled = edit.removeStep(edit.thenOf(0), 0)(rules(rule({ then })));
    expect(ruled.rules[0]?.then).toEqual({ steps: [], rounds: 1 });
  });

  it("are found under the rules that ring somebody, and otherwise", () => {
    const plan = rules(rule({ as_weekday: 7, then: null }), rule({ then }));
    expect(edit.partsOf(plan)).toEqual(["rules/1/then", "otherwise"]);
    expect(edit.stepsOf(plan, "rules/1/then")).toEqual(then);
  });
});

describe("the rules of a plan", () => {
  const [one, other, third] = [rule({ after_s: 1 }), rule({ after_s: 2 }), rule({ after_s: 3 })];

  it("move, and stay where they are at the ends", () => {
    const plan = rules(one, other, third);
    expect(edit.moveRule(2, 0)(plan).rules).toEqual([third, one, other]);
    expect(edit.moveRule(0, -1)(plan)).toBe(plan);
    expect(edit.moveRule(2, 3)(plan)).toBe(plan);
  });

  it("come back to their place when a removal is undone", () => {
    const plan = rules(one, other, third);
    expect(edit.addRule(other, 1)(edit.removeRule(1)(plan))).toEqual(plan);
  });

  it("have seconds only where nobody answers, and somebody only where there is a state", () => {
    const busy = rule({ when: "busy", whose: bernd });
    expect(edit.inState(busy, "no_answer", house)).toEqual({ when: "no_answer", after_s: 20, whose: bernd });
    expect(edit.inState({ ...busy, after_s: 5 }, "always", house)).toEqual({
      when: "always",
      after_s: null,
      whose: null,
    });
  });

  it("count as changes of a draft: new, changed, gone, in another order", () => {
    const plan = rules(one, other);
    expect(edit.changes(plan, plan)).toBe(0);
    expect(edit.changes(plan, rules(one, other, third))).toBe(1);
    expect(edit.changes(plan, rules(one, third))).toBe(1);
    expect(edit.changes(plan, rules(other, one))).toBe(1);
    expect(edit.changes(plan, { ...rules(one), last_resort: then })).toBe(2);
  });
});

const en: Say = (key, values) => sayInPortal("en", key, values);
const de: Say = (key, values) => sayInPortal("de", key, values);
const name = ({ id }: edit.Member): string => id;
const said = (one: edit.Rule, owner = house): string => sentence(pieces(one, owner, name, "en", en));
const gesagt = (one: edit.Rule, owner = house): string => sentence(pieces(one, owner, name, "de", de));

describe("a rule as a sentence", () => {
  it("says days, times, whether anything else is asked, and whom", () => {
    const office = rule({ then: edit.inTurn([anna, bernd]) });
    expect(said(office)).toBe("On Mondays to Fridays, from 8:00 to 17:00, in any case, ring Anna, then Bernd.");
    expect(gesagt(office)).toBe("Montags bis freitags von 8:00 bis 17:00 läutet in jedem Fall Anna, dann Bernd.");
    const parts = pieces(office, house, name, "en", en).flatMap((piece) => ("part" in piece ? [piece.part] : []));
    expect(parts).toEqual(["days", "times", "state", "whom"]);
  });

  it("says in which state of whom it applies", () => {
    const busy = rule({ when: "busy", whose: bernd, times: edit.ANY_TIME, then: edit.together([anna, clara]) });
    expect(said(busy)).toBe("Every day, all day, when Bernd is in another call, ring Anna and Clara instead.");
    expect(gesagt(busy)).toBe(
      "Jeden Tag ganztags, wenn Bernd in einem anderen Gespräch ist, läuten stattdessen Anna und Clara.",
    );
  });

  it("says after how long somebody comes in addition", () => {
    const late = rule({ when: "no_answer", after_s: 15, times: edit.ANY_TIME, then });
    expect(said(late)).toContain("when nobody has answered for 15 s, also ring Anna.");
    expect(said(late, anna)).toContain("when Anna has not answered for 15 s");
  });

  it("says dates and holidays, and as which day it rings", () => {
    const days = rule({ as_weekday: 7, then: null, times: { ...edit.ANY_TIME, holidays: "only" } });
    expect(said(days)).toBe("On public holidays, ring as on Sundays.");
    expect(gesagt(days)).toBe("An Feiertagen läutet es wie am Sonntag.");
    const dates = { ...edit.ANY_TIME, from_date: "2026-12-07", to_date: "2026-12-08" };
    expect(said(rule({ times: dates, then }))).toMatch(/^From 7 Dec 2026 to 8 Dec 2026, all day/);
    const some = { ...edit.ANY_TIME, weekdays: [6, 1], holidays: "never" as const };
    expect(said(rule({ times: some, then }))).toMatch(/^On Mondays and Saturdays, except on public holidays/);
  });

  it("names its tab by when it is in force", () => {
    expect(tabText(rule({}), house, name, "en", en)).toBe("On Mondays to Fridays, from 8:00 to 17:00");
    expect(tabText(rule({ when: "busy", whose: bernd }), house, name, "en", en)).toBe("When Bernd is in another call");
  });
});

describe("a moment by the clock on a plan's wall", () => {
  it("is found in summer and winter, whatever zone the browser is in", () => {
    expect(momentIn("Europe/Vienna", "2026-11-23T14:32")).toBe("2026-11-23T13:32:00.000Z");
    expect(momentIn("Europe/Vienna", "2026-07-01T14:32")).toBe("2026-07-01T12:32:00.000Z");
    expect(wallTime("Europe/Vienna", Date.parse("2026-11-23T13:32:10Z"))).toBe("2026-11-23T14:32");
    expect(momentIn("Europe/Vienna", "")).toBeNull();
  });
});

describe("what would ring", () => {
  const member = { kind: "user" as const, id: "Anna", name: "Anna" };
  const leg = { member, from_s: 20, to_s: 40, rings_busy: false, presence: "online" as const, via: [], sentence: "R." };
  const base = { at_s: 0, joins_until_s: null, rule: null, rule_of: null, limit: null, via: [], sentence: "N." };
  const quiet = { ...base, member: { ...member, id: "Bernd" }, cause: "do_not_disturb" as const };
  const decision = { code: "rule_applies" as const, owner: member, rule: 3, step: null, why: null, weekday: 1 };
  const answer = {
    legs: [leg],
    silences: [quiet, quiet],
    decisions: [{ ...decision, holiday: null, sentence: "" }],
  } as unknown as Parameters<typeof bySecond>[0];

  it("is told by the second, each once", () => {
    const told = bySecond(answer).map(({ at_s, said: all }) => [at_s, ...all.map(({ rings }) => rings)]);
    expect(told).toEqual([
      [0, false],
      [20, true],
    ]);
  });

  it("says how members are, and which rules of the plan apply", () => {
    expect(statesOf(answer, en).get("Anna")?.mark).toBe("online");
    expect(statesOf(answer, en).get("Bernd")?.text).toBe("N.");
    expect([...appliesOf(answer, "Anna")]).toEqual([2]);
    expect([...appliesOf(answer, "Bernd")]).toEqual([]);
  });
});

describe("faults", () => {
  const fault = (field: string) => ({
    code: "step_too_short" as const,
    field,
    limit: 5,
    refuses: true,
    sentence: "Short.",
  });

  it("stand at their fields, and below the part that they are in", () => {
    const faults = [fault("rules/1/then/steps/0/seconds")];
    expect(faultAt(faults, "rules/1/then/steps/0/seconds")).toBe("Short.");
    expect(faultAt(faults, "rules/1")).toBe("Short.");
    expect(faultAt(faults, "rules/11", "otherwise")).toBeUndefined();
    expect(placeOf("rules/1/then/steps/0/seconds")).toEqual({ part: "rules/1/then", rule: 2 });
    expect(placeOf("otherwise/steps/0").part).toBe("otherwise");
    expect(placeOf("zone")).toEqual({ part: null, rule: null });
  });
});
