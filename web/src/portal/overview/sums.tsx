// Two sums: stations by state, people.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { StateMark } from "../../parts/state-mark";
import type { Schemas } from "../http";
import { Answer, Card } from "../parts/page";
import { counts } from "../queries";
import { usePortal, useWords } from "../surroundings";

type Counts = Schemas["StationCountsItem"];

const STATES = [
  ["online", "online", "state.online"],
  ["offline", "offline", "state.offline"],
  ["fault", "fault", "state.fault"],
  ["unclaimed", "pending", "state.unclaimed"],
] as const;

export function StationsCard({ places }: { places: readonly Schemas["Branch"][] }) {
  const { say } = useWords();
  const sum = (name: keyof Counts): number => places.reduce((all, { stations }) => all + stations[name], 0);
  const total = STATES.reduce((all, [name]) => all + sum(name), 0);
  return (
    <Card title={say("station.list")} className="bare">
      <p className="p-sum">
        <span className="p-figure">{total}</span> {say(total === 1 ? "over.stations.one" : "over.stations")}
      </p>
      <svg className="p-bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
        {STATES.map(([name], at) => {
          const before = STATES.slice(0, at).reduce((all, [each]) => all + sum(each), 0);
          const of = Math.max(total, 1);
          return (
            <rect key={name} className={name} x={(before / of) * 100} width={(sum(name) / of) * 100} y="0" height="4" />
          );
        })}
      </svg>
      <ul className="p-figures">
        {STATES.map(([name, mark, key]) => (
          <li key={name}>
            <StateMark state={mark} />
            <span>{say(key)}</span>
            <b className="num">{sum(name)}</b>
          </li>
        ))}
      </ul>
    </Card>
  );
}

export function PeopleCard() {
  const { say } = useWords();
  const { client } = usePortal();
  const asked = useQuery(counts(client));
  const shown = asked.data;
  return (
    <Card title={say("people.title")} action={<Link to="/people">{say("do.open")}</Link>}>
      <Answer of={asked}>
        {shown !== undefined && (
          <>
            <p className="p-sum">
              <span className="p-figure">{shown.active}</span>{" "}
              {say(shown.active === 1 ? "over.people.one" : "over.people")}
            </p>
            <ul className="p-figures">
              <li>
                <StateMark state="pending" />
                <span>{say("over.invited")}</span>
                <b className="num">{shown.invited}</b>
              </li>
              <li>
                <StateMark state="offline" />
                <span>{say("state.deactivated")}</span>
                <b className="num">{shown.deactivated}</b>
              </li>
            </ul>
          </>
        )}
      </Answer>
    </Card>
  );
}
