// What can be done with a station: another name, another place, a new claim code, out of service.
import { useState } from "react";
import { useAct } from "../act";
import { held, type Schemas } from "../http";
import { ifUnchanged, Meanwhile, useBase } from "../meanwhile";
import { useClosing } from "../parts/closing";
import { DeedButton } from "../parts/deed-button";
import { Dialog } from "../parts/dialog";
import { NameDialog } from "../parts/name-dialog";
import { HolderPicker } from "../parts/pickers";
import { useWrong } from "../parts/wrong";
import type { Refusal } from "../problem";
import { readStation } from "../queries";
import { usePortal, useWords } from "../surroundings";

type Station = Schemas["StationItem"];

interface Wish {
  readonly body: Schemas["StationChange"];
  /** What they were shown of what the change is about. */
  readonly was: Partial<Station>;
  readonly back?: true;
}

type Done = (after: Station, wish: Wish, again: (wish: Wish) => void) => void;

/** Changes that station while it is what was shown. */
function useChange(station: Station, done: Done, refused: (refusal: Refusal) => boolean) {
  const { client } = usePortal();
  return useAct<Wish, Station>(
    ({ body, was }) =>
      ifUnchanged(readStation(client, station.id), was, (header) =>
        held(
          client.PATCH("/api/v1/stations/{station_id}", {
            params: { path: { station_id: station.id }, header },
            body,
          }),
        ),
      ),
    ["stations", "tree", "found"],
    done,
    refused,
  );
}

interface Props {
  readonly station: Station;
  readonly onClose: () => void;
}

/** `onCode`: somebody wants a new claim code for it. */
export function StationDeeds({ station, onCode }: { station: Station; onCode: () => void }) {
  const { say } = useWords();
  const { client, notices } = usePortal();
  const [asking, setAsking] = useState<"name" | "move" | null>(null);
  const revoke = useAct(
    () => held(client.POST("/api/v1/stations/{station_id}/revoke", { params: { path: { station_id: station.id } } })),
    ["stations", "tree"],
    () => notices.tell("station.revoked", { name: station.name }),
  );
  const remove = useAct(
    () => client.DELETE("/api/v1/stations/{station_id}", { params: { path: { station_id: station.id } } }),
    ["stations", "tree", "found"],
    () => notices.tell("place.removed", { name: station.name }),
  );
  const given = { station, onClose: () => setAsking(null) };
  return (
    <>
      {station.status !== "claimed" && (
        <button type="button" className="btn sm" onClick={onCode}>
          {say("station.code.new")}
        </button>
      )}
      <button type="button" className="btn sm" onClick={() => setAsking("name")}>
        {say("do.rename")}
      </button>
      <button type="button" className="btn sm" onClick={() => setAsking("move")}>
        {say("do.move")}
      </button>
      {station.status === "unclaimed" && (
        <DeedButton
          label={say("do.remove")}
          sure={say("do.remove.sure")}
          working={remove.working}
          onDeed={() => remove.run(undefined)}
        />
      )}
      {station.status === "claimed" && (
        <DeedButton
          label={say("station.revoke")}
          sure={say("station.revoke.sure")}
          working={revoke.working}
          onDeed={() => revoke.run(undefined)}
        />
      )}
      {asking === "name" && <Rename {...given} />}
      {asking === "move" && <Move {...given} />}
    </>
  );
}

function Rename({ station, onClose }: Props) {
  const { say } = useWords();
  const close = useClosing(onClose);
  const { notices } = usePortal();
  const base = useBase(station);
  const wrong = useWrong("name");
  const change = useChange(
    station,
    ({ name }, { was, back }, again) => {
      const before = was.name ?? "";
      const undo = () => again({ body: { name: before }, was: { name }, back: true });
      notices.tell("place.renamed", { name }, back ? null : undo);
      close();
    },
    (refusal) => base.refused(refusal) || wrong.refused(refusal),
  );
  return (
    <NameDialog
      title={say("do.rename")}
      name={station.name}
      newest={base.newest?.name ?? null}
      error={wrong.at("name")}
      working={change.working}
      onClose={onClose}
      onName={(name) => {
        wrong.found({});
        change.run({ body: { name }, was: { name: base.shown.name } });
      }}
    />
  );
}

function Move({ station, onClose }: Props) {
  const { say } = useWords();
  const close = useClosing(onClose);
  const { notices } = usePortal();
  const base = useBase(station);
  const [into, setInto] = useState<string | null>(null);
  const change = useChange(
    station,
    ({ name, place_id }, { was, back }, again) => {
      const before = was.place_id ?? "";
      const undo = () => again({ body: { place_id: before }, was: { place_id }, back: true });
      notices.tell("place.moved", { name }, back ? null : undo);
      close();
    },
    base.refused,
  );
  return (
    <Dialog
      title={say("place.move.title", { name: station.name })}
      lead={say("station.move.lead")}
      opened
      onClose={onClose}
      deed={say("place.move.here")}
      working={change.working}
      ready={into !== null && into !== base.shown.place_id}
      lacks={say("lacks.place")}
      onDeed={() => {
        if (into !== null) change.run({ body: { place_id: into }, was: { place_id: base.shown.place_id } });
      }}
    >
      <Meanwhile now={base.newest?.place ?? null} />
      <HolderPicker of="station" now={base.shown.place_id} value={into} onChange={setInto} />
    </Dialog>
  );
}
