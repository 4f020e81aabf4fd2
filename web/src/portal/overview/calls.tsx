// Calls that go on, with their picture and their seconds; the last ones below.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { StateMark } from "../../parts/state-mark";
import { running } from "../../words";
import { Answer, Card, Empty } from "../parts/page";
import { Snapshot } from "../parts/snapshot";
import { useTime } from "../parts/times";
import type { Schemas } from "../http";
import { calls } from "../queries";
import { useMay, usePortal, useWords } from "../surroundings";

const TILES = 3;
const LAST = 8;

/** Whether the company's history is known, and empty. */
export function useNoCallYet(): boolean {
  const { client } = usePortal();
  const may = useMay();
  const asked = useQuery({ ...calls(client, false, LAST + TILES), enabled: may("calls.read", "/") });
  return asked.data?.items.length === 0;
}

export function LiveCalls() {
  const { say } = useWords();
  const { client } = usePortal();
  const asked = useQuery(calls(client, true, 50));
  const items = asked.data?.items ?? [];
  return (
    <section className="p-nowrow" aria-label={say("over.now")}>
      <h2 className="p-over">{say("over.now")}</h2>
      {asked.data !== undefined && items.length === 0 && <p className="p-dashed">{say("over.now.none")}</p>}
      <div className="p-tiles">
        {items.slice(0, TILES).map((call) => (
          <Tile key={call.call_id} call={call} />
        ))}
        {items.length > TILES && <p className="mut">{say("over.now.more", { count: items.length - TILES })}</p>}
      </div>
    </section>
  );
}

function Tile({ call }: { call: Schemas["CallView"] }) {
  const { say } = useWords();
  const talking = call.answered_at !== null;
  return (
    <article className={talking ? "p-tile" : "p-tile hot"} aria-label={call.station_name}>
      <div className="p-pic">
        {call.snapshot_id !== null && <Snapshot id={call.snapshot_id} name={call.station_name} />}
        <span className="p-osd">
          <StateMark state={talking ? "in_call" : "ringing"} />
          {say(talking ? "over.talking" : "over.ringing")}
        </span>
        <Seconds since={call.answered_at ?? call.started_at} />
      </div>
      <div className="p-tiletext">
        <Link to="/calls/$callId" params={{ callId: call.call_id }} className="ell">
          <b>{call.station_name}</b>
        </Link>
        <span className="mut ell">{call.place}</span>
        <span className="ell">{detail(call, say)}</span>
      </div>
    </article>
  );
}

function detail(call: Schemas["CallView"], say: ReturnType<typeof useWords>["say"]): string {
  if (call.placed_by !== null) return say("over.placed", { who: call.placed_by });
  if (call.answered_by !== null) return say("over.answered", { who: call.answered_by });
  return say("over.rings", { button: call.button });
}

function Seconds({ since }: { since: string }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return <span className="p-seconds num">{running((now - Date.parse(since)) / 1_000)}</span>;
}

export function LastCalls() {
  const { say } = useWords();
  const { client } = usePortal();
  const time = useTime();
  const asked = useQuery(calls(client, false, LAST + TILES));
  const items = (asked.data?.items ?? []).filter((call) => call.ended_at !== null).slice(0, LAST);
  return (
    <Card title={say("over.calls")} action={<Link to="/calls">{say("over.calls.all")}</Link>} flush>
      <Answer of={asked}>
        {items.length === 0 ? (
          <Empty text={say("over.calls.none")} />
        ) : (
          <table className="p-table">
            <tbody>
              {items.map((call) => (
                <tr key={call.call_id}>
                  <td>
                    <Link to="/calls/$callId" params={{ callId: call.call_id }}>
                      <time dateTime={call.started_at}>{time(call.started_at)}</time>
                    </Link>
                  </td>
                  <td>
                    <b>{call.station_name}</b> <span className="mut">{call.place}</span>
                  </td>
                  <td className={call.answered_at === null ? "p-missed" : ""}>
                    {call.answered_at === null ? say("over.missed") : (call.answered_by ?? call.placed_by ?? "")}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Answer>
    </Card>
  );
}
