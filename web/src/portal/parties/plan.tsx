// A ring plan in short, and where its owner is named: what somebody asks before they change or remove it.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { AnyKey } from "../../words/portal";
import type { Schemas } from "../http";
import { Answer, Card, Empty } from "../parts/page";
import { RingPlanLink } from "../parts/ring-plan-link";
import { useTime } from "../parts/times";
import { useMay, usePortal, useWords } from "../surroundings";
import { ringPlan, usedBy } from "./parties";

export function PlanInShort({ ownerId }: { ownerId: string }) {
  const { say, language } = useWords();
  const { client } = usePortal();
  const may = useMay();
  const time = useTime();
  const asked = useQuery(ringPlan(client, ownerId, language));
  const plan = asked.data;
  const names = new Map(plan?.members.map(({ id, name }) => [id, name]));
  const called = (member: { id: string }): string => names.get(member.id) ?? say("member.gone");
  const steps = (plan?.in_force?.plan.otherwise?.steps ?? [])
    .map((step) => step.members.map(called).join(", "))
    .join(say("plan.then"));
  const open = (
    <RingPlanLink ownerId={ownerId} className="btn sm">
      {say(may("ring_plans.configure") ? "plan.edit" : "plan.look")}
    </RingPlanLink>
  );
  return (
    <Card title={say("plan.who")} action={plan?.in_force != null && open}>
      <Answer of={asked}>
        {plan?.in_force === null && (
          <Empty text={say(plan.draft === null ? "plan.none" : "plan.draft.only")}>{open}</Empty>
        )}
        {plan?.in_force != null && (
          <>
            <ul className="p-sentences">
              {plan.in_force.sentences.map((sentence, at) => (
                <li key={at}>{sentence}</li>
              ))}
              {steps !== "" && (
                <li>{say(plan.in_force.sentences.length > 0 ? "plan.otherwise" : "plan.rings", { steps })}</li>
              )}
            </ul>
            <p className="mut">{say("plan.since", { time: time(plan.in_force.at), name: plan.in_force.by })}</p>
            {plan.draft !== null && <p className="mut">{say("plan.draft.too")}</p>}
          </>
        )}
      </Answer>
    </Card>
  );
}

/** A member, with the way to its page where it has one. */
export function MemberLink({ member }: { member: Schemas["MemberItem"] }) {
  const { say } = useWords();
  const name = member.name ?? say("member.gone");
  switch (member.kind) {
    case "contact":
      return (
        <Link to="/contacts/$contactId" params={{ contactId: member.id }}>
          {name}
        </Link>
      );
    case "group":
      return <RingPlanLink ownerId={member.id}>{name}</RingPlanLink>;
    case "user":
      return (
        <Link to="/people/$userId" params={{ userId: member.id }}>
          {name}
        </Link>
      );
    default:
      return <>{name}</>;
  }
}

export function UsedBy({ ownerId }: { ownerId: string }) {
  const { say } = useWords();
  const { client } = usePortal();
  const asked = useQuery(usedBy(client, ownerId));
  const used = asked.data;
  const rows: [string, AnyKey, ReactNode][] = [];
  for (const { station_id: id, station_name: name, button } of used?.at_buttons ?? [])
    rows.push([
      `${id} ${button}`,
      "used.button",
      <Link key={id} to="/stations/$stationId" params={{ stationId: id }}>
        {name}, {button}
      </Link>,
    ]);
  for (const { owner, version } of used?.in_plans ?? [])
    rows.push([`${owner.id} ${version}`, `used.${version}`, <MemberLink key={owner.id} member={owner} />]);
  if (used?.last_resort === true)
    rows.push([
      "last",
      "used.last_resort",
      <Link key="last" to="/ring-plans">
        {say("settings.title")}
      </Link>,
    ]);
  return (
    <Card title={say("used.title")} lead={say("used.lead")} flush>
      <Answer of={asked}>
        {rows.length === 0 && used?.elsewhere === 0 && <Empty text={say("used.none")} />}
        {rows.length > 0 && (
          <table className="p-table">
            <tbody>
              {rows.map(([key, what, where]) => (
                <tr key={key}>
                  <td>{where}</td>
                  <td className="mut">{say(what)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {used !== undefined && used.elsewhere > 0 && <Empty text={say("used.elsewhere", { number: used.elsewhere })} />}
      </Answer>
    </Card>
  );
}
