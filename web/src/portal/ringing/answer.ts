// What the planner says, as the page shows it: by second, with what each member does, and which rules of a plan apply.
import type { Schemas } from "../http";
import type { Now } from "./editing";
import type { Say } from "./sentence";

type Answer = Schemas["AskAnswer"];

export interface Said {
  readonly member: Schemas["MemberItem"];
  readonly rings: boolean;
  readonly unknown: boolean;
  readonly sentence: string;
}

export interface Moment {
  readonly at_s: number;
  readonly said: readonly Said[];
}

/** Who rings and who does not, gathered by the second at which that is so; who rings first. */
export function bySecond({ legs, silences }: Answer): readonly Moment[] {
  const found = new Map<number, Said[]>();
  const put = (at_s: number, said: Said): void => {
    found.set(at_s, [...(found.get(at_s) ?? []), said]);
  };
  for (const { member, from_s, presence, sentence } of legs)
    put(from_s, { member, rings: true, unknown: presence === "unknown", sentence });
  for (const { member, at_s, sentence } of silences) put(at_s, { member, rings: false, unknown: false, sentence });
  return [...found]
    .sort(([one], [other]) => one - other)
    .map(([at_s, said]) => ({
      at_s,
      said: said.filter((one, at) => at === said.findIndex((like) => alike(one, like))),
    }));
}

function alike(one: Said, other: Said): boolean {
  return one.member.id === other.member.id && one.rings === other.rings && one.sentence === other.sentence;
}

/** What each member does now, in a word. */
export function statesOf(answer: Answer | undefined, say: Say): ReadonlyMap<string, Now> {
  const found = new Map<string, Now>();
  for (const { member, presence } of answer?.legs ?? [])
    if (presence === "online") found.set(member.id, { mark: "online", text: say("state.online") });
  for (const { member, cause, sentence } of answer?.silences ?? []) {
    if (cause === "offline") found.set(member.id, { mark: "offline", text: say("state.offline") });
    else if (cause !== "no_time_left" && cause !== "forwarded" && cause !== "too_many" && cause !== "loop")
      found.set(member.id, { mark: "offline", text: sentence });
  }
  return found;
}

/** The rules of this owner's plan that apply, counted from 0. */
export function appliesOf(answer: Answer | undefined, ownerId: string): ReadonlySet<number> {
  const codes: readonly string[] = ["rule_applies", "rule_adds", "rule_changes_day"];
  const here = answer?.decisions.filter(({ owner, code }) => owner?.id === ownerId && codes.includes(code)) ?? [];
  return new Set(here.flatMap(({ rule }) => (rule === null ? [] : [rule - 1])));
}
