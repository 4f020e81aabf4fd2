// One ring plan: who rings when, and what would ring at this minute, with reasons.
import { IconArrowBackUp } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { StateMark } from "../../parts/state-mark";
import { appliesOf, statesOf } from "../ringing/answer";
import { Ask, useAsking, useButtons } from "../ringing/ask";
import { changes, partsOf, type Part } from "../ringing/document";
import { PlanContext } from "../ringing/editing";
import { Faults } from "../ringing/faults";
import { Rules } from "../ringing/rules";
import { useEditing, useRingPlan, type Editing, type View } from "../ringing/use-plan";
import { Week } from "../ringing/week";
import { WhoRings } from "../ringing/who-rings";
import { isGone } from "../changes/removal";
import { DeedButton } from "../parts/deed-button";
import { Answer, Empty, Head } from "../parts/page";
import { useTime } from "../parts/times";
import { useMay, useWords } from "../surroundings";

/** Of a person, contact or ring group; null: of whoever reads. */
export function RingPlanPage({ ownerId }: { ownerId: string | null }) {
  const { say } = useWords();
  const asked = useRingPlan(ownerId);
  if (isGone(asked)) return <Empty text={say("plan.gone")} />;
  return <Answer of={asked}>{asked.data !== undefined && <Shown view={asked.data} ownerId={ownerId} />}</Answer>;
}

function Shown({ view, ownerId }: { view: View; ownerId: string | null }) {
  const { say } = useWords();
  const may = useMay();
  const editing = useEditing(view, ownerId);
  const buttons = useButtons(view.owner.id);
  const asking = useAsking(editing, buttons.all);
  const [wanted, setWanted] = useState<Part | null>(null);
  const applies = asking.at === null ? appliesOf(asking.answer.data, view.owner.id) : new Set<number>();
  const parts = partsOf(editing.plan);
  const now = [...applies].map((at): Part => `rules/${at}/then`).find((part) => parts.includes(part));
  const part = wanted !== null && parts.includes(wanted) ? wanted : (now ?? "otherwise");
  const states = statesOf(asking.at === null ? asking.answer.data : undefined, say);
  return (
    <PlanContext value={{ editing, now: states, applies, part, choose: setWanted }}>
      <PlanHead editing={editing} buttons={buttons} />
      <div className="rp-page">
        <div className="rp-left">
          <Faults />
          <WhoRings />
          <Week />
          <Rules />
        </div>
        {may("ring_plans.read") && <Ask asking={asking} editing={editing} />}
      </div>
    </PlanContext>
  );
}

function PlanHead({ editing, buttons }: { editing: Editing; buttons: ReturnType<typeof useButtons> }) {
  const { say } = useWords();
  const time = useTime();
  const { view, own, drafted, mayEdit, working } = editing;
  const name = editing.name(view.owner);
  const count = changes(editing.inForce, editing.plan);
  const [first] = buttons.all;
  const faulty = view.faults.some(({ refuses }) => refuses);
  const bound = (): string => {
    if (first === undefined) return say("plan.button.none");
    const button = say("plan.button", { button: first.button, station: first.station_name });
    return buttons.all.length === 1 ? button : say("plan.button.more", { button, count: buttons.all.length - 1 });
  };
  return (
    <Head
      over={
        <>
          {own ? (
            <Link to="/profile">{say("nav.profile")}</Link>
          ) : (
            <Link to="/places/$placeId" params={{ placeId: view.place_id }}>
              {view.place}
            </Link>
          )}
          {" › "}
          {say("plan.title")}
        </>
      }
      title={own ? say("plan.mine") : view.owner.kind === "user" ? say("plan.of", { name }) : name}
      lead={
        <span className="p-facts">
          {own && <span>{say("plan.mine.lead")}</span>}
          {buttons.known && <span className="p-chip">{bound()}</span>}
          <span>
            {view.in_force === null
              ? say("plan.never")
              : say("plan.since", { time: time(view.in_force.at), name: view.in_force.by })}
          </span>
        </span>
      }
    >
      {drafted && (
        <span className="rp-chip pend">
          <StateMark state="pending" />
          {say(count === 0 ? "plan.draft.same" : count === 1 ? "plan.draft.one" : "plan.draft", { count })}
        </span>
      )}
      {mayEdit && (
        <>
          {editing.undo !== null && (
            <button type="button" className="btn" onClick={editing.undo}>
              <IconArrowBackUp size={16} stroke={1.75} aria-hidden="true" />
              {say("plan.undo")}
            </button>
          )}
          {drafted && (
            <DeedButton className="btn" label={say("plan.throw_away")} working={working} onDeed={editing.throwAway} />
          )}
          {!drafted && view.undoable && (
            <DeedButton className="btn" label={say("plan.back")} working={working} onDeed={editing.undoInForce} />
          )}
          {drafted && (
            <button
              type="button"
              className="btn pri"
              aria-disabled={working || faulty}
              title={faulty ? say("plan.put.faults") : undefined}
              onClick={() => {
                if (!working && !faulty) editing.putInForce();
              }}
            >
              {say("plan.put")}
            </button>
          )}
        </>
      )}
    </Head>
  );
}
