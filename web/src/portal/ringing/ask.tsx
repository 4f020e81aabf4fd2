// "What would ring now?": asks the planner of real calls; rings nothing.
import { NativeSelect, SegmentedControl, TextInput } from "@mantine/core";
import { keepPreviousData, useQueries, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { useEffect, useId, useState } from "react";
import { StateMark } from "../../parts/state-mark";
import { held, type Client, type Schemas } from "../http";
import { Answer, Card } from "../parts/page";
import { useMay, usePortal, useWords } from "../surroundings";
import { bySecond } from "./answer";
import { documentOf } from "./document";
import { momentIn, wallTime } from "../parts/moment";
import type { Editing } from "./use-plan";

export type Button = Schemas["NamedAtButton"];

const usedBy = (client: Client, ownerId: string) => ({
  queryKey: ["used-by", ownerId],
  queryFn: () => held(client.GET("/api/v1/ring-plans/{owner_id}/used-by", { params: { path: { owner_id: ownerId } } })),
});

const NESTED_MAX = 5; // so many plans that name this one are looked through for their buttons

/** The buttons by which calls come to this plan: its own, and those of the plans that name it. */
export function useButtons(ownerId: string): { all: readonly Button[]; known: boolean } {
  const { client } = usePortal();
  const may = useMay();
  const enabled = may("ring_plans.read");
  const own = useQuery({ ...usedBy(client, ownerId), enabled });
  const owners = (own.data?.in_plans ?? []).filter(({ version }) => version === "in_force").slice(0, NESTED_MAX);
  const others = useQueries({ queries: owners.map(({ owner }) => usedBy(client, owner.id)) });
  const all = [own, ...others].flatMap(({ data }) => data?.at_buttons ?? []);
  const each = new Map(all.map((button) => [`${button.station_id} ${button.button}`, button]));
  return { all: [...each.values()], known: own.data !== undefined };
}

export interface Asking {
  readonly answer: UseQueryResult<Schemas["AskAnswer"]>;
  readonly buttons: readonly Button[];
  readonly button: Button | null;
  readonly setButton: (at: number) => void;
  readonly at: string | null;
  readonly setAt: (local: string | null) => void;
  readonly withDraft: boolean;
  readonly setWithDraft: (draft: boolean) => void;
}

const AGAIN_MS = 20_000;

export function useAsking(editing: Editing, buttons: readonly Button[]): Asking {
  const { language } = useWords();
  const { client } = usePortal();
  const [chosen, setButton] = useState(0);
  const [at, setAt] = useState<string | null>(null);
  const [draft, setDraft] = useState(true);
  const { view, plan, drafted } = editing;
  const button = buttons[chosen] ?? buttons[0] ?? null;
  const withDraft = draft && drafted;
  const zone = (view.draft ?? view.in_force)?.zone ?? view.zone;
  const moment = at === null ? null : momentIn(zone, at);
  const body = {
    station_id: button?.station_id ?? "",
    button: button?.button ?? "",
    moment,
    language,
    draft: withDraft ? { owner_id: view.owner.id, plan: documentOf(plan) } : null,
  };
  // What is drafted is asked about when it is kept: half a change is nobody's question.
  const answer = useQuery({
    queryKey: ["ring-ask", JSON.stringify(body)],
    queryFn: () => held(client.POST("/api/v1/ring-plans/ask", { body })),
    enabled: button !== null && !editing.working && (at === null || moment !== null),
    placeholderData: keepPreviousData,
    refetchInterval: at === null ? AGAIN_MS : false,
  });
  return { answer, buttons, button, setButton, at, setAt, withDraft, setWithDraft: setDraft };
}

/** What a button is called where it is chosen. */
function useButtonName(): (button: Button) => string {
  const { say } = useWords();
  return ({ button, station_name: station }) => say("plan.button", { button, station });
}

export function Ask({ asking, editing }: { asking: Asking; editing: Editing }) {
  const { say } = useWords();
  const name = useButtonName();
  const { view, drafted } = editing;
  const zone = (view.draft ?? view.in_force)?.zone ?? view.zone;
  const { at, setAt, buttons, button } = asking;
  return (
    <Card title={say("ask.title")} className="rp-ask">
      {button === null ? (
        <p className="mut">{say("ask.none")}</p>
      ) : (
        <>
          <div className="rp-askfields">
            <NativeSelect
              label={say("ask.button")}
              value={String(buttons.indexOf(button))}
              onChange={(event) => asking.setButton(Number(event.currentTarget.value))}
              data={buttons.map((one, place) => ({ value: String(place), label: name(one) }))}
            />
            <NativeSelect
              label={say("ask.when")}
              value={at === null ? "now" : "other"}
              onChange={(event) => setAt(event.currentTarget.value === "now" ? null : wallTime(zone, Date.now()))}
              data={(["now", "other"] as const).map((value) => ({ value, label: say(`ask.when.${value}`) }))}
            />
            {at !== null && (
              <TextInput
                type="datetime-local"
                label={say("ask.moment", { zone })}
                value={at}
                onChange={(event) => setAt(event.currentTarget.value)}
              />
            )}
            {drafted && view.in_force !== null && (
              <SegmentedControl
                aria-label={say("ask.by")}
                size="xs"
                value={asking.withDraft ? "draft" : "in_force"}
                onChange={(by) => asking.setWithDraft(by === "draft")}
                data={(["draft", "in_force"] as const).map((value) => ({ value, label: say(`ask.by.${value}`) }))}
              />
            )}
          </div>
          <p className="mut p-hint">{say("ask.lead")}</p>
          <div className="rp-answer">
            <Answer of={asking.answer}>
              {asking.answer.data !== undefined && <Told answer={asking.answer.data} ownerId={view.owner.id} />}
            </Answer>
          </div>
        </>
      )}
    </Card>
  );
}

function Told({ answer, ownerId }: { answer: Schemas["AskAnswer"]; ownerId: string }) {
  const { say } = useWords();
  const why = useId();
  const moments = bySecond(answer);
  const unknown = answer.legs.some(({ member, presence }) => member.kind === "user" && presence === "unknown");
  return (
    <>
      <Spoken answer={answer} />
      {answer.finds_nobody && <p className="rp-nobody">{say("ask.nobody")}</p>}
      <ol className="rp-moments">
        {moments.map(({ at_s, said }) => (
          <li key={at_s}>
            <h3 className="rp-second">{say("ask.second", { seconds: at_s })}</h3>
            <ul>
              {said.map(({ member, rings, sentence, unknown: tried }, at) => (
                <li key={at} className={rings ? "yes" : "no"}>
                  <StateMark state={!rings ? "offline" : tried ? "pending" : "online"} />
                  <span>
                    <b>{member.name ?? (member.kind === "number" ? member.id : say("member.gone"))}</b>
                    <small>{sentence}</small>
                  </span>
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
      {unknown && <p className="mut p-hint">{say("ask.unknown")}</p>}
      {!answer.finds_nobody && <p className="mut p-hint">{say("ask.ends", { seconds: answer.ends_at_s })}</p>}
      {answer.decisions.length > 0 && (
        <section className="rp-why" aria-labelledby={why}>
          <h3 id={why}>{say("ask.why")}</h3>
          <ul>
            {answer.decisions.map(({ sentence, owner }, at) => (
              <li key={at}>
                {owner !== null && owner.id !== ownerId && owner.name !== null && `${owner.name}: `}
                {sentence}
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

/** Who would ring, said when it changes; not the rest, which can be read. */
function Spoken({ answer }: { answer: Schemas["AskAnswer"] }) {
  const { say } = useWords();
  const text = bySecond(answer)
    .flatMap(({ at_s, said }) =>
      said.map(({ member, rings }) => {
        const name = member.name ?? member.id;
        return `${say("ask.second", { seconds: at_s })}: ${name}: ${say(rings ? "ask.rings" : "ask.rings_not")}.`;
      }),
    )
    .join(" ");
  const [said, setSaid] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setSaid(text), 0); // a region that comes with its words is not read
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <p className="visually-hidden" aria-live="polite">
      {said}
    </p>
  );
}
