// The stations directly in a place: their state, what can be done with them, a new one.
import { TextInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { StateMark } from "../../parts/state-mark";
import { useAct } from "../act";
import { held, wish, type Schemas } from "../http";
import { Dialog } from "../parts/dialog";
import { Answer, Card, Empty, More } from "../parts/page";
import { useTime } from "../parts/times";
import { useWrong } from "../parts/wrong";
import { stationsAt } from "../queries";
import { stationState } from "../stations";
import { useMay, usePortal, useWords } from "../surroundings";
import { useClaimCode, type Code } from "./claim-code";
import { StationDeeds } from "./station-deeds";

export function Stations({ here }: { here: Schemas["PlaceItem"] }) {
  const { say } = useWords();
  const { client } = usePortal();
  const may = useMay();
  const time = useTime();
  const asked = useInfiniteQuery(stationsAt(client, here.id));
  const items = asked.data?.pages.flatMap((page) => page.items) ?? [];
  const [adding, setAdding] = useState(false);
  const code = useClaimCode();
  const configures = may("stations.configure", here.path);
  const add = configures && (
    <button type="button" className="btn sm" onClick={() => setAdding(true)}>
      <IconPlus size={17} stroke={1.75} aria-hidden="true" />
      {say("station.add")}
    </button>
  );
  return (
    <Card title={say("station.list")} flush action={items.length > 0 && add}>
      <Answer of={asked}>
        {items.length === 0 ? (
          <Empty text={say("station.none")}>{add}</Empty>
        ) : (
          <table className="p-table">
            <tbody>
              {items.map((station) => {
                const state = stationState(station);
                return (
                  <tr key={station.id}>
                    <td>
                      <Link to="/stations/$stationId" params={{ stationId: station.id }}>
                        <b>{station.name}</b>
                      </Link>{" "}
                      <span className="mut">{station.model}</span>
                    </td>
                    <td>
                      <span className="p-state">
                        <StateMark state={state.mark} />
                        {say(state.key)}
                        {station.since !== null && state.mark !== "online" && (
                          <span className="mut">{say("state.since", { time: time(station.since) })}</span>
                        )}
                      </span>
                      {station.error !== null && <p className="mut">{station.error}</p>}
                    </td>
                    <td className="p-end many">
                      {configures && <StationDeeds station={station} onCode={() => code.renew(station)} />}
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        )}
        <More of={asked} />
      </Answer>
      {adding && <AddStation placeId={here.id} onClose={() => setAdding(false)} onMade={code.show} />}
      {code.dialog}
    </Card>
  );
}

interface AddProps {
  readonly placeId: string;
  readonly onClose: () => void;
  readonly onMade: (code: Code) => void;
}

function AddStation({ placeId, onClose, onMade }: AddProps) {
  const { say } = useWords();
  const { client, notices } = usePortal();
  const [key] = useState(wish);
  const [name, setName] = useState("");
  const [spot, setSpot] = useState("");
  const wrong = useWrong("name", "spot");
  const remove = useAct(
    ({ id }: Schemas["CreatedStation"]) =>
      client.DELETE("/api/v1/stations/{station_id}", { params: { path: { station_id: id } } }),
    ["stations", "tree", "found"],
    (_, { name: gone }) => notices.tell("place.removed", { name: gone }),
  );
  const add = useAct(
    (body: Schemas["NewStation"]) =>
      held(client.POST("/api/v1/stations", { body, params: { header: { "Idempotency-Key": key } } })),
    ["stations", "tree", "found"],
    (made) => {
      notices.tell("place.added", { name: made.name }, () => remove.run(made));
      onClose();
      onMade(made);
    },
    wrong.refused,
  );
  return (
    <Dialog
      title={say("station.add")}
      opened
      onClose={onClose}
      deed={say("station.add")}
      working={add.working}
      ready={name.trim() !== ""}
      lacks={say("lacks.name")}
      onDeed={() => add.run({ name: name.trim(), spot: spot.trim(), place_id: placeId })}
    >
      <TextInput
        label={say("station.name")}
        description={say("station.name.hint")}
        value={name}
        error={wrong.at("name")}
        maxLength={120}
        onChange={(event) => setName(event.currentTarget.value)}
        data-autofocus
      />
      <TextInput
        label={say("station.spot")}
        value={spot}
        error={wrong.at("spot")}
        maxLength={120}
        onChange={(event) => setSpot(event.currentTarget.value)}
      />
    </Dialog>
  );
}
