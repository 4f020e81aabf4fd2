// What needs somebody: stations that are offline, that could not take their settings over, that wait for their code.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { StateMark } from "../../parts/state-mark";
import type { Schemas } from "../http";
import { Answer, Card, Empty } from "../parts/page";
import { useTime } from "../parts/times";
import { stationsOf } from "../queries";
import { stationState } from "../stations";
import { usePortal, useWords } from "../surroundings";

const SHOWN = 6;

export function Needs() {
  const { say } = useWords();
  const { client } = usePortal();
  const offline = useQuery(stationsOf(client, { status: "claimed", online: false }, SHOWN));
  const unclaimed = useQuery(stationsOf(client, { status: "unclaimed" }, SHOWN));
  const items = [...(offline.data?.items ?? []), ...(unclaimed.data?.items ?? [])].slice(0, SHOWN);
  return (
    <Card title={say("over.needs")} flush>
      <Answer of={offline}>
        {items.length === 0 ? (
          <Empty text={say("over.needs.none")} />
        ) : (
          <ul className="p-notes">
            {items.map((station) => (
              <Row key={station.id} station={station} />
            ))}
          </ul>
        )}
      </Answer>
    </Card>
  );
}

function Row({ station }: { station: Schemas["StationItem"] }) {
  const { say } = useWords();
  const time = useTime();
  const state = stationState(station);
  const key = station.status === "unclaimed" ? "over.needs.unclaimed" : "over.needs.offline";
  const since = station.since === null ? "" : `, ${say("state.since", { time: time(station.since) })}`;
  return (
    <li>
      <StateMark state={state.mark} />
      <span>
        <b>{say(key, { name: station.name })}</b>
        <small className="mut">
          {station.place}
          {since}
        </small>
      </span>
      <Link className="btn sm" to="/places/$placeId" params={{ placeId: station.place_id }}>
        {say("over.needs.look")}
      </Link>
    </li>
  );
}
