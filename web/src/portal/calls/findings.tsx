// What kept a call from being answered, each with what can be done about it.
import { Link } from "@tanstack/react-router";
import type { AnyKey } from "../../words/portal";
import type { Schemas } from "../http";
import { useMay, useWords } from "../surroundings";
import { pathOf, rightFor } from "./targets";

export function Findings({ trace }: { trace: Schemas["TraceView"] }) {
  const { say } = useWords();
  if (trace.findings.length === 0) {
    if (trace.live) return <p className="mut">{say("call.live")}</p>;
    return <p className="mut">{say(trace.good ? "call.nothing.good" : "call.nothing")}</p>;
  }
  return (
    <ol className="p-findings">
      {trace.findings.map((finding, at) => (
        <Row key={`${finding.code}-${finding.about}-${at}`} finding={finding} number={at + 1} />
      ))}
    </ol>
  );
}

function Row({ finding, number }: { finding: Schemas["Finding"]; number: number }) {
  const { say } = useWords();
  const may = useMay();
  const { target } = finding;
  return (
    <li className={finding.weight}>
      <span className="p-plate" aria-hidden="true">
        {number}
      </span>
      <p>
        <b>{finding.about === "" ? finding.sentence : `${finding.about}: `}</b>
        {finding.about !== "" && finding.sentence}{" "}
        {finding.advice_sentence !== "" && <span className="mut">{finding.advice_sentence}</span>}
      </p>
      {target !== null && may(rightFor(target.kind)) && (
        <Link to={pathOf(target) as "/"} className="btn sm">
          {say(`call.mend.${target.kind}` as AnyKey)}
        </Link>
      )}
    </li>
  );
}
