// Who each button of a station rings: label, priority, members; added, changed, removed with the way back.
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Fragment, useState } from "react";
import { useAct, type Act } from "../act";
import { held, type Schemas } from "../http";
import { ifUnchanged } from "../meanwhile";
import { MemberLink } from "../parties/plan";
import { DeedButton } from "../parts/deed-button";
import { Answer, Card, Empty } from "../parts/page";
import type { Refusal } from "../problem";
import { useMay, usePortal, useWords } from "../surroundings";
import { AskButton } from "./ask";
import { membersOf, withButton, type Button } from "./bound";
import { ButtonDialog } from "./dialog";
import { buttons, readButtons } from "./queries";

type Shown = Schemas["StationButtons"];

export interface ButtonsWish {
  readonly items: Button[];
  readonly was: Button[];
  readonly key: "button.added" | "button.changed" | "button.removed" | "button.back";
  readonly name: string;
}

/** Sets the station's buttons while they are what was shown. */
export function useSetButtons(
  stationId: string,
  done: () => void = () => undefined,
  refused?: (refusal: Refusal) => boolean,
): Act<ButtonsWish> {
  const { client, notices } = usePortal();
  return useAct<ButtonsWish, Shown>(
    ({ items, was }) =>
      ifUnchanged<Shown, Shown>(readButtons(client, stationId), { items: was }, (header) =>
        held(
          client.PUT("/api/v1/stations/{station_id}/buttons", {
            params: { path: { station_id: stationId }, header },
            body: { items },
          }),
        ),
      ),
    ["stations", "ring-plans"],
    (after, { was, key, name }, again) => {
      const back = (): void => again({ items: was, was: after.items, key: "button.back", name });
      notices.tell(key, { name }, key === "button.back" ? null : back);
      done();
    },
    refused,
  );
}

export function Buttons({ station }: { station: Schemas["StationItem"] }) {
  const { say } = useWords();
  const { client } = usePortal();
  const may = useMay();
  const asked = useQuery(buttons(client, station.id));
  const [editing, setEditing] = useState<Button | "new" | null>(null);
  const set = useSetButtons(station.id);
  const items = asked.data?.items ?? [];
  const names = new Map((asked.data?.members ?? []).flatMap(({ id, name }) => (name === null ? [] : [[id, name]])));
  const configures = may("stations.configure");
  const add = configures && (
    <button type="button" className="btn sm" onClick={() => setEditing("new")}>
      <IconPlus size={17} stroke={1.75} aria-hidden="true" />
      {say("button.add")}
    </button>
  );
  return (
    <Card title={say("button.title")} lead={say("button.lead")} flush action={items.length > 0 && add}>
      <Answer of={asked}>
        {items.length === 0 ? (
          <Empty text={say("button.none")}>{add}</Empty>
        ) : (
          <table className="p-table">
            <tbody>
              {items.map((button) => (
                <tr key={button.name}>
                  <td>
                    <span className="p-plate-name">{button.name}</span>{" "}
                    <b>{button.label === "" ? say("button.unlabelled") : button.label}</b>
                    {button.priority !== "normal" && (
                      <span className={`p-chip${button.priority === "alarm" ? " alarm" : ""}`}>
                        {say(`priority.${button.priority}`)}
                      </span>
                    )}
                    <p className="mut">
                      <Rings button={button} names={names} />
                    </p>
                  </td>
                  <td className="p-end many">
                    {may("ring_plans.read") && <AskButton stationId={station.id} button={button} />}
                    {configures && (
                      <>
                        <button type="button" className="btn sm" onClick={() => setEditing(button)}>
                          {say("do.change")}
                          <span className="visually-hidden"> {button.label || button.name}</span>
                        </button>
                        <DeedButton
                          label={say("do.remove")}
                          working={set.working}
                          onDeed={() =>
                            set.run({
                              items: withButton(items, button.name, null),
                              was: items,
                              key: "button.removed",
                              name: button.label || button.name,
                            })
                          }
                        />
                      </>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Answer>
      {editing !== null && asked.data !== undefined && (
        <ButtonDialog
          stationId={station.id}
          all={items}
          button={editing === "new" ? null : editing}
          names={names}
          onClose={() => setEditing(null)}
        />
      )}
    </Card>
  );
}

/** "Rings: everybody who may answer here, Reception". */
function Rings({ button, names }: { button: Button; names: ReadonlyMap<string, string> }) {
  const { say } = useWords();
  const members = membersOf(button, names);
  const everyone = button.user_ids === null || button.user_ids === undefined;
  if (!everyone && members.length === 0) return <>{say("button.rings.nobody")}</>;
  return (
    <>
      {say("button.rings")}{" "}
      {everyone && (
        <>
          {say("button.everyone")}
          {members.length > 0 && ", "}
        </>
      )}
      {members.map((member, at) => (
        <Fragment key={member.id}>
          {at > 0 && ", "}
          <MemberLink member={{ ...member, name: member.name }} />
        </Fragment>
      ))}
    </>
  );
}
