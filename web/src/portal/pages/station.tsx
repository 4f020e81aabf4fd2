// One station: where it is, how it stands, its buttons and whom they ring, its doors.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { StateMark } from "../../parts/state-mark";
import { Buttons } from "../buttons/buttons";
import { doorsOf, station } from "../buttons/queries";
import { isGone } from "../changes/removal";
import type { Schemas } from "../http";
import { Answer, Card, Empty, Head } from "../parts/page";
import { useTime } from "../parts/times";
import { useClaimCode } from "../places/claim-code";
import { StationDeeds } from "../places/station-deeds";
import { TestCalls } from "../places/test-calls";
import { stationState } from "../stations";
import { useMay, usePortal, useWords } from "../surroundings";
import { Nothing } from "./nothing";

export function StationPage({ stationId }: { stationId: string }) {
  const { client } = usePortal();
  const { say } = useWords();
  const asked = useQuery(station(client, stationId));
  if (isGone(asked)) {
    if (asked.data === undefined) return <Nothing text={say("station.gone")} />;
    return <Nothing text={say("gone.place.unseen", { name: asked.data.name })} />;
  }
  return <Answer of={asked}>{asked.data !== undefined && <Shown shown={asked.data} />}</Answer>;
}

function Shown({ shown }: { shown: Schemas["StationItem"] }) {
  const { say } = useWords();
  const may = useMay();
  const time = useTime();
  const code = useClaimCode();
  const state = stationState(shown);
  return (
    <>
      <Head
        over={
          <Link to="/places/$placeId" params={{ placeId: shown.place_id }}>
            {shown.place}
          </Link>
        }
        title={shown.name}
        lead={
          <span className="p-facts">
            <span className="p-state">
              <StateMark state={state.mark} />
              {say(state.key)}
              {shown.since !== null && state.mark !== "online" && (
                <span>{say("state.since", { time: time(shown.since) })}</span>
              )}
            </span>
            {shown.model !== null && <span>{shown.model}</span>}
            {shown.error !== null && <span>{shown.error}</span>}
          </span>
        }
      >
        {may("stations.configure") && <StationDeeds station={shown} onCode={() => code.renew(shown)} />}
      </Head>
      <div className="p-columns">
        <div>
          <Buttons station={shown} />
        </div>
        <div>
          <Doors stationId={shown.id} />
          <TestCalls station={shown} configures={may("stations.configure")} />
        </div>
      </div>
      {code.dialog}
    </>
  );
}

function Doors({ stationId }: { stationId: string }) {
  const { say } = useWords();
  const { client } = usePortal();
  const asked = useQuery(doorsOf(client, stationId));
  const items = asked.data?.items ?? [];
  return (
    <Card title={say("station.doors")} flush>
      <Answer of={asked}>
        {items.length === 0 ? (
          <Empty text={say("station.doors.none")} />
        ) : (
          <table className="p-table">
            <tbody>
              {items.map((door) => (
                <tr key={door.id}>
                  <td>
                    <b>{door.name}</b>
                  </td>
                  <td className="mut">{say("station.door.pulse", { seconds: door.pulse_s })}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Answer>
    </Card>
  );
}
