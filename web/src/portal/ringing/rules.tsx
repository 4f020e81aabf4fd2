// Forwarding rules as sentences in their order: the first that matches wins.
import { Switch } from "@mantine/core";
import { IconGripVertical, IconPlus, IconTrash } from "@tabler/icons-react";
import { useRef, useState, type DragEvent, type KeyboardEvent, type MouseEvent } from "react";
import { StateMark } from "../../parts/state-mark";
import { Card } from "../parts/page";
import { usePortal, useWords } from "../surroundings";
import { addRule, inForce, moveRule, NEW_RULE, removeRule, thenOf, withRule, type Rule } from "./document";
import { faultAt, usePlan } from "./editing";
import { RulePart } from "./rule-fields";
import { pieces, sentence } from "./sentence";

export function Rules() {
  const { say } = useWords();
  const { editing, choose } = usePlan();
  const { plan, view, mayEdit, edit } = editing;
  const [said, setSaid] = useState("");
  const [dragged, setDragged] = useState<number | null>(null);
  const list = useRef<HTMLOListElement>(null);
  const max = view.limits.rules;
  const full = plan.rules.length >= max;
  const wrong = view.faults.find(({ field }) => field === "rules")?.sentence;

  const move = (from: number, to: number): void => {
    if (to < 0 || to >= plan.rules.length || from === to) return;
    edit(moveRule(from, to));
    choose("otherwise"); // parts are named by their rules' places
    setSaid(say("rules.moved", { from: from + 1, to: to + 1, count: plan.rules.length }));
    requestAnimationFrame(() =>
      list.current?.querySelectorAll<HTMLElement>(".rp-grip")[to]?.focus({ preventScroll: true }),
    );
  };
  return (
    <Card
      title={say("rules.title")}
      flush
      action={
        <span className="rp-zone">
          <span className="mut p-hint">
            {say("rules.count", { count: plan.rules.length, max })} · {say("rules.first")}
          </span>
          {mayEdit && (
            <button
              type="button"
              className="btn sm"
              aria-disabled={full}
              title={full ? say("rules.full", { max }) : undefined}
              onClick={() => {
                if (full) return;
                edit(addRule(NEW_RULE));
                choose(thenOf(plan.rules.length));
              }}
            >
              <IconPlus size={15} stroke={1.75} aria-hidden="true" />
              {say("rules.add")}
            </button>
          )}
        </span>
      }
    >
      {plan.rules.length === 0 && <p className="p-empty">{say("rules.none")}</p>}
      <ol className="rp-rules" ref={list}>
        {plan.rules.map((rule, at) => (
          <Row key={at} rule={rule} at={at} move={move} dragged={dragged} setDragged={setDragged} />
        ))}
      </ol>
      {full && <p className="mut rp-note">{say("rules.full", { max })}</p>}
      {wrong !== undefined && <p className="rp-wrong rp-note">{wrong}</p>}
      <span className="visually-hidden" aria-live="polite">
        {said}
      </span>
    </Card>
  );
}

interface RowProps {
  readonly rule: Rule;
  readonly at: number;
  readonly move: (from: number, to: number) => void;
  readonly dragged: number | null;
  readonly setDragged: (at: number | null) => void;
}

function Row({ rule, at, move, dragged, setDragged }: RowProps) {
  const { language, say } = useWords();
  const { notices } = usePortal();
  const { editing, applies, choose } = usePlan();
  const { view, mayEdit, edit, name } = editing;
  const number = at + 1;
  const all = pieces(rule, view.owner, name, language, say);
  const fresh = editing.drafted && !inForce(rule, editing.inForce);
  const here = applies.has(at);
  // Faults of its fields stand at the fields too; below the sentence they are read without opening any.
  const wrong = faultAt(view.faults, `rules/${at}`);
  const look = here ? " here" : fresh ? " fresh" : "";
  const press = (event: KeyboardEvent): void => {
    const step = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
    if (!event.altKey || step === 0 || !mayEdit) return;
    event.preventDefault();
    move(at, at + step);
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    if (dragged !== null) move(dragged, at);
    setDragged(null);
  };
  const remove = (event: MouseEvent): void => {
    // What was pressed goes with its row: the focus stays in the list.
    const card = event.currentTarget.closest(".p-card");
    edit(removeRule(at));
    requestAnimationFrame(() => {
      const left = card?.querySelectorAll<HTMLElement>(".rp-grip") ?? [];
      (left[Math.min(at, left.length - 1)] ?? card?.querySelector<HTMLElement>("header button"))?.focus();
    });
    choose("otherwise");
    notices.tell("rules.removed", { number }, () => edit(addRule(rule, at)));
  };
  return (
    <li
      className={`rp-rule${look}${dragged !== null && dragged !== at ? " takes" : ""}${rule.enabled ? "" : " off"}`}
      onKeyDown={press}
      onDragOver={(event) => {
        if (dragged !== null) event.preventDefault();
      }}
      onDrop={drop}
    >
      {mayEdit && (
        <button
          type="button"
          className="rp-grip"
          draggable
          aria-label={say("rules.move", { number })}
          title={say("rules.move.hint")}
          onDragStart={(event) => {
            event.dataTransfer.setData("text/plain", String(at));
            event.dataTransfer.effectAllowed = "move";
            setDragged(at);
          }}
          onDragEnd={() => setDragged(null)}
        >
          <IconGripVertical size={16} stroke={1.75} aria-hidden="true" />
        </button>
      )}
      <span className={here ? "rp-plate" : "rp-plate o"} aria-hidden="true">
        {number}
      </span>
      <div className="rp-sentence" role="group" aria-label={say("rules.name", { number, text: sentence(all) })}>
        {all.map((piece, place) =>
          "part" in piece ? (
            <RulePart key={place} at={at} rule={rule} part={piece.part} text={piece.text} />
          ) : (
            <span key={place}>{piece.text}</span>
          ),
        )}
        {wrong !== undefined && <p className="rp-wrong">{wrong}</p>}
      </div>
      <span className="rp-marks">
        {here && <span className="rp-chip sign">{say("rules.applies")}</span>}
        {fresh && (
          <span className="rp-chip pend">
            <StateMark state="pending" />
            {say("rules.not_in_force")}
          </span>
        )}
        {!rule.enabled && <span className="rp-chip">{say("rules.off")}</span>}
        <Switch
          aria-label={say("rules.enabled", { number })}
          checked={rule.enabled}
          disabled={!mayEdit}
          onChange={(event) => edit(withRule(at, { enabled: event.currentTarget.checked }))}
        />
        {mayEdit && (
          <button
            type="button"
            className="rp-icon"
            aria-label={say("rules.remove", { number })}
            title={say("rules.remove", { number })}
            onClick={remove}
          >
            <IconTrash size={16} stroke={1.75} aria-hidden="true" />
          </button>
        )}
      </span>
    </li>
  );
}
