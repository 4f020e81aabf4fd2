// One call: why did it ring, or not, and what can be done about it.
import { IconDownload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { StateMark } from "../../parts/state-mark";
import { decimal, fullTime, zoneName } from "../../words";
import type { AnyKey } from "../../words/portal";
import { Findings } from "../calls/findings";
import { Timeline } from "../calls/timeline";
import type { Schemas } from "../http";
import { Answer, Card, Head } from "../parts/page";
import { Snapshot } from "../parts/snapshot";
import { isGone } from "../changes/removal";
import { callTrace } from "../calls/queries";
import { useMay, usePortal, useWords } from "../surroundings";
import { Nothing } from "./nothing";

type Trace = Schemas["TraceView"];

export function CallPage({ callId }: { callId: string }) {
  const { say, language } = useWords();
  const { client } = usePortal();
  const asked = useQuery(callTrace(client, callId, language));
  if (isGone(asked) && asked.data === undefined) return <Nothing text={say("call.none")} />;
  return <Answer of={asked}>{asked.data !== undefined && <Shown trace={asked.data} />}</Answer>;
}

function Shown({ trace }: { trace: Trace }) {
  const { say, language } = useWords();
  const when = fullTime(language, trace.zone, Date.parse(trace.started_at));
  return (
    <>
      <Head over={<Way trace={trace} when={when} />} title={say(trace.good ? "call.title.good" : titleOf(trace))}>
        <button type="button" className="btn" onClick={() => save(trace)}>
          <IconDownload size={18} stroke={1.75} aria-hidden="true" />
          {say("call.export")}
        </button>
      </Head>
      <div className="p-trace">
        <Asked trace={trace} when={when} />
        <section className="p-card" aria-label={say("call.why")} aria-live="polite">
          <h2 className="p-verdict">
            <StateMark state={trace.good ? "online" : trace.live ? "ringing" : "fault"} />
            {trace.headline}
          </h2>
          <Findings trace={trace} />
        </section>
      </div>
      <Timeline trace={trace} />
      {trace.happenings.some(({ code }) => code !== "ended") && <Happenings trace={trace} />}
      <Decisions trace={trace} />
      <Technical trace={trace} />
    </>
  );
}

function titleOf(trace: Trace): AnyKey {
  return trace.live ? "call.title.live" : "call.title";
}

function Way({ trace, when }: { trace: Trace; when: string }) {
  const { say } = useWords();
  return (
    <nav aria-label={say("nav.calls")}>
      <Link to="/calls">{say("nav.calls")}</Link>
      {" / "}
      <Link to="/calls" search={{ station: trace.station_id }}>
        {trace.station_name}
      </Link>
      {` / ${when}`}
    </nav>
  );
}

/** What was pressed, where, when, and what came of it. */
function Asked({ trace, when }: { trace: Trace; when: string }) {
  const { say, language } = useWords();
  const may = useMay();
  const zone = zoneName(language, trace.zone, Date.parse(trace.started_at));
  const facts: readonly (readonly [AnyKey, string])[] = [
    ["call.pressed", [trace.button_label, trace.button].filter((part) => part !== "").join(", ") || "–"],
    ["call.priority", say(`priority.${trace.priority}`)],
    ["call.at", [trace.station_name, trace.place].filter((part) => part !== "").join(", ")],
    ["call.when", `${when}, ${zone}`],
    ["calls.lasted", say("call.seconds", { s: decimal(language, trace.lasted_s) })],
    ["call.doors", say(trace.doors_opened === 0 ? "call.doors.none" : "calls.door")],
  ];
  return (
    <section className="p-card flush p-asked" aria-label={say("call.asked")}>
      {trace.snapshot_id !== null && may("snapshots.read") && (
        <div className="p-pic">
          <Snapshot id={trace.snapshot_id} name={say("call.picture", { station: trace.station_name })} />
        </div>
      )}
      <dl>
        {facts.map(([key, said]) => (
          <div key={key}>
            <dt>{say(key)}</dt>
            <dd>{said}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Happenings({ trace }: { trace: Trace }) {
  const { say, language } = useWords();
  return (
    <Card title={say("call.happenings")}>
      <ol className="p-happenings">
        {trace.happenings.map((one) => (
          <li key={`${one.code}-${one.at_s}-${one.sentence}`}>
            <span className="num mut">{say("call.seconds", { s: decimal(language, one.at_s) })}</span>
            <span>{one.sentence}</span>
          </li>
        ))}
      </ol>
    </Card>
  );
}

/** Which rules applied at the press; nothing for whom ring plans are not to be read. */
function Decisions({ trace }: { trace: Trace }) {
  const { say } = useWords();
  if (trace.private) return <p className="mut p-note">{say("call.private")}</p>;
  if (trace.decisions.length === 0) return null;
  return (
    <Card title={say("call.decisions")} lead={say("call.decisions.lead")}>
      <ol className="p-happenings wide">
        {trace.decisions.map((one, at) => (
          <li key={`${at}-${one.sentence}`}>
            <span className="mut">{one.owner}</span>
            <span>{one.sentence}</span>
          </li>
        ))}
      </ol>
    </Card>
  );
}

function Technical({ trace }: { trace: Trace }) {
  const { say } = useWords();
  const { technical } = trace;
  const second = (value: number | null): string => (value === null ? "–" : String(value));
  return (
    <details className="p-card p-technical" id="technical">
      <summary>{say("call.technical")}</summary>
      <dl>
        <div>
          <dt>{say("call.id")}</dt>
          <dd>{trace.call_id}</dd>
        </div>
        {technical.sip_call_id !== "" && (
          <div>
            <dt>Call-ID (SIP)</dt>
            <dd>{technical.sip_call_id}</dd>
          </div>
        )}
        {technical.left_out > 0 && (
          <div>
            <dt>{say("call.leftout")}</dt>
            <dd>{technical.left_out}</dd>
          </div>
        )}
      </dl>
      {technical.legs.length > 0 && (
        <table className="p-table lines">
          <thead>
            <tr>
              <th>{say("call.leg")}</th>
              <th>{say("field.name")}</th>
              <th>{say("call.rang")}</th>
              <th>{say("call.answered")}</th>
              <th>{say("call.ended")}</th>
              <th>{say("call.cause")}</th>
            </tr>
          </thead>
          <tbody>
            {technical.legs.map((leg, at) => (
              <tr key={`${at}-${leg.leg_id}`}>
                <td>{leg.leg_id || "–"}</td>
                <td>{leg.device > 1 ? `${leg.name} (${leg.device})` : leg.name}</td>
                <td data-label={say("call.rang")}>{second(leg.rang_s)}</td>
                <td data-label={say("call.answered")}>{second(leg.answered_s)}</td>
                <td data-label={say("call.ended")}>{second(leg.ended_s)}</td>
                <td>
                  {[leg.cause, leg.sip_status === null ? null : `SIP ${leg.sip_status}`].filter(Boolean).join(", ")}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </details>
  );
}

/** The data as the API gave it, as a file. */
function save(trace: Trace): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(trace, null, 2)], { type: "application/json" }));
  link.download = `${trace.call_id}.json`;
  link.click();
  URL.revokeObjectURL(link.href);
}
