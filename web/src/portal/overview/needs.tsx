// What needs somebody: stations whose test call failed, that are offline, or that wait for their code.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { StateMark } from "../../parts/state-mark";
import type { Schemas } from "../http";
import { Answer, Card, Empty } from "../parts/page";
import { useTime } from "../parts/times";
import { failingTests } from "../places/test-queries";
import { stationsOf } from "../queries";
import { stationState } from "../stations";
import { usePortal, useWords } from "../surroundings";

const SHOWN = 6;

export function Needs() {
  const { say } = useWords();
  const { client } = usePortal();
  const offline = useQuery(stationsOf(client, { status: "claimed", online: false }, SHOWN));
  const unclaimed = useQuery(stationsOf(client, { status: "unclaimed" }, SHOWN));
  const failing = useQuery(failingTests(client, SHOWN));
  const failed = failing.data?.items ?? [];
  const items = [...(offline.data?.items ?? []), ...(unclaimed.data?.items ?? [])].slice(0, SHOWN - failed.length);
  return (
    <Card title={say("over.needs")} flush>
      <Answer of={offline}>
        {items.length + failed.length === 0 ? (
          <Empty text={say("over.needs.none")} />
        ) : (
          <ul className="p-notes">
            {failed.map((one) => (
              <Failed key={one.station_id} failing={one} />
            ))}
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

function Failed({ failing }: { failing: Schemas["FailingStation"] }) {
  const { say } = useWords();
  const time = useTime();
  return (
    <li>
      <StateMark state="fault" />
      <span>
        <b>{say("over.needs.test", { name: failing.station_name })}</b>
        <small className="mut">
          {say(`tests.outcome.${failing.outcome}`)} {say("state.since", { time: time(failing.since) })}
        </small>
      </span>
      <Link className="btn sm" to="/places/$placeId" params={{ placeId: failing.place_id }}>
        {say("over.needs.look")}
      </Link>
    </li>
  );
}
