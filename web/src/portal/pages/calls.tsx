// The history: every call with what became of it, those that go on first among equals.
import { SegmentedControl } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { StateMark, type Mark } from "../../parts/state-mark";
import { running } from "../../words";
import type { Schemas } from "../http";
import { Answer, Card, Empty, Head, More } from "../parts/page";
import { PlacePicker } from "../parts/pickers";
import { useTime } from "../parts/times";
import { callHistory, type CallsShown } from "../calls/queries";
import { usePortal, useWords } from "../surroundings";

export function CallsPage({ stationId }: { stationId: string | null }) {
  const { say } = useWords();
  const { client } = usePortal();
  const [shown, setShown] = useState<CallsShown>("all");
  const [placeId, setPlaceId] = useState<string | null>(null);
  const asked = useInfiniteQuery(callHistory(client, { shown, placeId, stationId }));
  const items = asked.data?.pages.flatMap((page) => page.items) ?? [];
  const narrowed = shown !== "all" || placeId !== null || stationId !== null;
  return (
    <>
      <Head title={say("nav.calls")} lead={say("calls.lead")} />
      <Card title={say("nav.calls")} flush className="bare">
        <div className="p-filters">
          <SegmentedControl
            aria-label={say("calls.filter")}
            value={shown}
            onChange={setShown}
            data={[
              { value: "all", label: say("calls.filter.all") },
              { value: "unanswered", label: say("calls.filter.unanswered") },
              { value: "answered", label: say("calls.filter.answered") },
              { value: "live", label: say("calls.filter.live") },
            ]}
          />
          <PlacePicker label={say("field.place")} value={placeId} onChange={setPlaceId} />
          {stationId !== null && (
            <Link to="/calls" className="btn sm">
              <IconX size={16} stroke={1.75} aria-hidden="true" />
              {say("calls.filter.station", { station: items[0]?.station_name ?? say("calls.station") })}
            </Link>
          )}
        </div>
        <Answer of={asked}>
          {items.length === 0 ? (
            <Empty text={say(narrowed ? "calls.none.narrowed" : "over.calls.none")} />
          ) : (
            <table className="p-table lines">
              <thead>
                <tr>
                  <th>{say("calls.when")}</th>
                  <th>{say("calls.where")}</th>
                  <th>{say("calls.button")}</th>
                  <th>{say("calls.became")}</th>
                  <th>{say("calls.lasted")}</th>
                </tr>
              </thead>
              <tbody>
                {items.map((call) => (
                  <Row key={call.call_id} call={call} />
                ))}
              </tbody>
            </table>
          )}
          <More of={asked} />
        </Answer>
      </Card>
    </>
  );
}

function markOf(call: Schemas["CallView"]): Mark {
  if (call.ended_at === null) return call.answered_at === null ? "ringing" : "in_call";
  return call.answered_at === null ? "fault" : "online";
}

/** What became of a call, in a few words. */
export function useOutcome(): (call: Schemas["CallView"]) => string {
  const { say } = useWords();
  return (call) => {
    const who = call.answered_by ?? call.placed_by ?? "";
    if (call.ended_at === null) return say(call.answered_at === null ? "over.ringing" : "over.talking");
    if (call.answered_at !== null) return say("calls.answered", { who });
    if (call.cause === "cancelled") return say("calls.left");
    return say(call.cause === "declined" ? "calls.declined" : "calls.nobody");
  };
}

function Row({ call }: { call: Schemas["CallView"] }) {
  const { say } = useWords();
  const time = useTime();
  const outcome = useOutcome();
  const ended = call.ended_at;
  return (
    <tr className="p-call">
      <td>
        <Link to="/calls/$callId" params={{ callId: call.call_id }} className="num">
          <time dateTime={call.started_at}>{time(call.started_at)}</time>
        </Link>
      </td>
      <td>
        <b>{call.station_name}</b> <span className="mut">{call.place}</span>
      </td>
      <td className="mut">
        {call.direction === "to_station" ? say("over.placed", { who: call.placed_by ?? "" }) : call.button}
      </td>
      <td>
        <span className="p-state">
          <StateMark state={markOf(call)} />
          {outcome(call)}
          {call.doors_opened > 0 && <span className="p-chip">{say("calls.door")}</span>}
        </span>
      </td>
      <td className="num mut">
        {ended !== null && running((Date.parse(ended) - Date.parse(call.started_at)) / 1_000)}
      </td>
    </tr>
  );
}
