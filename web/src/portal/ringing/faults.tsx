// What is wrong with a draft, in one list; each of it stands at its field too.
import { useWords } from "../surroundings";
import type { Schemas } from "../http";
import { thenOf, type Part } from "./document";
import { usePlan } from "./editing";

type Fault = Schemas["FaultItem"];

/** Which part a fault is in, by its field, and the number of its rule (counted from 1). */
export function placeOf(field: string): { part: Part | null; rule: number | null } {
  const rule = /^rules\/(\d+)/.exec(field)?.[1];
  if (rule !== undefined) return { part: thenOf(Number(rule)), rule: Number(rule) + 1 };
  return { part: field.startsWith("otherwise") ? "otherwise" : null, rule: null };
}

export function Faults() {
  const { say } = useWords();
  const { editing } = usePlan();
  const { faults } = editing.view;
  const list = (title: "plan.faults" | "plan.hints", refuses: boolean) => {
    const some = faults.filter((fault) => fault.refuses === refuses);
    if (some.length === 0) return null;
    return (
      <section className={refuses ? "rp-faults" : "rp-faults hint"} aria-label={say(title)}>
        <h2>{say(title)}</h2>
        <ul>
          {some.map((fault, at) => (
            <Row key={at} fault={fault} />
          ))}
        </ul>
      </section>
    );
  };
  return (
    <div aria-live="polite">
      {list("plan.faults", true)}
      {list("plan.hints", false)}
    </div>
  );
}

function Row({ fault }: { fault: Fault }) {
  const { say } = useWords();
  const { choose } = usePlan();
  const { part, rule } = placeOf(fault.field);
  const text = fault.sentence;
  const said = (): string => {
    if (rule !== null) return say("plan.faults.rule", { number: rule, text });
    if (part === "otherwise") return say("plan.faults.otherwise", { text });
    return fault.field.startsWith("last_resort") ? say("plan.faults.end", { text }) : text;
  };
  return (
    <li>
      {part === null ? (
        said()
      ) : (
        <button type="button" className="rp-link" onClick={() => choose(part)}>
          {said()}
        </button>
      )}
    </li>
  );
}
