// The legs of a call along the seconds: bars for eyes, rows that arrow keys walk, a table for screen readers.
import { IconBell, IconPhone, IconUser, IconUsersGroup } from "@tabler/icons-react";
import { useId, useRef, type KeyboardEvent } from "react";
import { StateMark, type Mark } from "../../parts/state-mark";
import { decimal, running } from "../../words";
import type { AnyKey } from "../../words/portal";
import type { Schemas } from "../http";
import { useWords } from "../surroundings";
import { lengthOf, marksOf, shareOf } from "./axis";

type Row = Schemas["TraceRow"];

const MARKS: Record<Row["state"], Mark> = {
  visitor: "online",
  talked: "online",
  talking: "in_call",
  ringing: "ringing",
  rang: "offline",
  declined: "offline",
  not_tried: "offline",
  silent: "fault",
  lost: "fault",
};
// Silent because somebody wanted it so: nothing is wrong.
const AS_SET = new Set<string | null>(["do_not_disturb", "forwarded", "busy", null]);
const markOf = (row: Row): Mark =>
  row.state === "silent" && row.planned.every((part) => AS_SET.has(part.cause)) && row.planned.length > 0
    ? "offline"
    : MARKS[row.state];
const SHOWN = ["rings", "talks", "silent", "planned"] as const;

export function Timeline({ trace }: { trace: Schemas["TraceView"] }) {
  const { say } = useWords();
  const titled = useId();
  const rows = useRef<HTMLDivElement>(null);
  const lengthS = lengthOf(trace.lasted_s);
  const marks = marksOf(lengthS);
  const walk = (event: KeyboardEvent<HTMLDivElement>): void => {
    const all = [...(rows.current?.querySelectorAll<HTMLElement>("[data-leg]") ?? [])];
    const now = all.indexOf(document.activeElement as HTMLElement);
    const last = all.length - 1;
    const to = { ArrowDown: Math.min(now + 1, last), ArrowUp: Math.max(now - 1, 0), Home: 0, End: last }[event.key];
    if (to === undefined || now < 0) return;
    event.preventDefault();
    all[to]?.focus();
  };
  return (
    <section className="p-card flush p-legs" aria-labelledby={titled}>
      <header>
        <h2 id={titled}>
          {say("call.legs")} <span className="p-plate">{trace.rows.length}</span>
        </h2>
        <p className="p-legend" aria-hidden="true">
          {SHOWN.map((kind) => (
            <span key={kind}>
              <i className={`p-span ${kind}`} />
              {say(`call.legend.${kind}`)}
            </span>
          ))}
        </p>
      </header>
      <div className="p-lanes" ref={rows} onKeyDown={walk} role="list" aria-label={say("call.legs.keys")}>
        <div className="p-axis" aria-hidden="true">
          {marks.map((mark) => (
            <span key={mark} style={{ left: `${shareOf(mark, lengthS)}%` }}>
              {running(mark)}
            </span>
          ))}
        </div>
        {trace.rows.map((row, at) => (
          <Lane key={`${row.kind}-${row.id}`} row={row} lengthS={lengthS} marks={marks} first={at === 0} />
        ))}
      </div>
      <ForReaders trace={trace} />
    </section>
  );
}

interface LaneProps {
  readonly row: Row;
  readonly lengthS: number;
  readonly marks: readonly number[];
  readonly first: boolean;
}

function Lane({ row, lengthS, marks, first }: LaneProps) {
  const label = [row.name, row.detail, row.sentence].filter((part) => part !== "").join(", ");
  return (
    <div className={`p-lane ${row.kind}`} role="listitem" data-leg tabIndex={first ? 0 : -1} aria-label={label}>
      <div className="p-who" aria-hidden="true">
        <span className="p-kind">
          <KindIcon kind={row.kind} />
        </span>
        <span>
          <b>{row.name}</b>
          {row.detail !== "" && <small className="mut">{row.detail}</small>}
        </span>
      </div>
      <div className="p-track" aria-hidden="true">
        {marks.map((mark) => (
          <i key={mark} className="p-mark" style={{ left: `${shareOf(mark, lengthS)}%` }} />
        ))}
        {row.intervals.map((part) => (
          <span
            key={`${part.kind}-${part.from_s}`}
            className={`p-span ${part.kind}`}
            title={part.sentence}
            style={{
              left: `${shareOf(part.from_s, lengthS)}%`,
              width: `${shareOf(part.to_s, lengthS) - shareOf(part.from_s, lengthS)}%`,
            }}
          >
            <em>{part.sentence}</em>
          </span>
        ))}
      </div>
      <p className="p-what" aria-hidden="true">
        {row.state !== "visitor" && <StateMark state={markOf(row)} />}
        <span>{row.sentence}</span>
      </p>
    </div>
  );
}

function KindIcon({ kind }: { kind: Row["kind"] }) {
  const look = { size: 17, stroke: 1.75, "aria-hidden": true } as const;
  if (kind === "visitor" || kind === "station") return <IconBell {...look} />;
  if (kind === "account" || kind === "number") return <IconPhone {...look} />;
  return kind === "user" ? <IconUser {...look} /> : <IconUsersGroup {...look} />;
}

/** The same as a table: who, when what, and why. */
function ForReaders({ trace }: { trace: Schemas["TraceView"] }) {
  const { say, language } = useWords();
  return (
    <div className="p-readers">
      <table>
        <caption>{say("call.legs")}</caption>
        <thead>
          <tr>
            <th scope="col">{say("field.name")}</th>
            <th scope="col">{say("call.course")}</th>
            <th scope="col">{say("calls.became")}</th>
          </tr>
        </thead>
        <tbody>
          {trace.rows.map((row) => (
            <tr key={`${row.kind}-${row.id}`}>
              <th scope="row">{[row.name, row.detail].filter((part) => part !== "").join(", ")}</th>
              <td>
                {row.intervals
                  .map((part) =>
                    say("call.part", {
                      what: say(`call.kind.${part.kind}` as AnyKey),
                      from: decimal(language, part.from_s),
                      to: decimal(language, part.to_s),
                    }),
                  )
                  .join("; ")}
              </td>
              <td>{row.sentence}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
