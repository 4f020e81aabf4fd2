// Test calls of a station: one now, what came of the last ones, and when it places them by itself.
import { useQuery } from "@tanstack/react-query";
import { useAct } from "../act";
import { held, type Schemas } from "../http";
import { Answer, Card, Empty } from "../parts/page";
import { useTime } from "../parts/times";
import { usePortal, useWords } from "../surroundings";
import { testCalls } from "./test-queries";
import { TestSchedule } from "./test-schedule";

type Test = Schemas["TestCallItem"];

interface Props {
  readonly station: Pick<Schemas["StationItem"], "id" | "status">;
  /** Whether they may place one and change the schedule. */
  readonly configures: boolean;
}

export function TestCalls({ station, configures }: Props) {
  const { say } = useWords();
  const { client } = usePortal();
  const asked = useQuery(testCalls(client, station.id));
  const begin = useAct<undefined, Test>(
    () =>
      held(client.POST("/api/v1/stations/{station_id}/test-calls", { params: { path: { station_id: station.id } } })),
    ["test-calls", "failing-test-calls"],
  );
  const tests = asked.data?.items ?? [];
  const running = begin.working || tests.some(({ outcome }) => outcome === null);
  const newest = tests.find(({ outcome }) => outcome !== null);
  return (
    <Card
      title={say("tests.title")}
      lead={say("tests.lead")}
      action={
        configures &&
        station.status === "claimed" && (
          <button type="button" className="btn sm" disabled={running} onClick={() => begin.run(undefined)}>
            {say("tests.now")}
          </button>
        )
      }
    >
      <p role="status">{running ? say("tests.running") : newest?.outcome && say(`tests.outcome.${newest.outcome}`)}</p>
      <Answer of={asked}>{tests.length === 0 ? <Empty text={say("tests.none")} /> : <Results tests={tests} />}</Answer>
      <TestSchedule stationId={station.id} configures={configures} />
    </Card>
  );
}

function Results({ tests }: { tests: readonly Test[] }) {
  const { say } = useWords();
  const time = useTime();
  return (
    <table className="p-table">
      <caption className="sr">{say("tests.caption")}</caption>
      <thead>
        <tr>
          <th scope="col">{say("tests.col.when")}</th>
          <th scope="col">{say("tests.col.result")}</th>
          <th scope="col">{say("tests.col.measured")}</th>
        </tr>
      </thead>
      <tbody>
        {tests.map((test) => (
          <tr key={test.id}>
            <td>
              {time(test.asked_at)}
              <small className="mut">
                {" "}
                {test.asked_by === null ? say("tests.by.schedule") : say("tests.by", { name: test.asked_by })}
              </small>
            </td>
            <td>{test.outcome === null ? say("tests.running") : say(`tests.outcome.${test.outcome}`)}</td>
            <td>
              {test.set_up_ms !== null && say("tests.measured", { ms: test.set_up_ms, packets: test.packets ?? 0 })}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
