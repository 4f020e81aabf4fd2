// What can be done with a place: rename, move, remove.
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useAct } from "../act";
import { held, type Schemas } from "../http";
import { ifUnchanged, useBase, type Tagged } from "../meanwhile";
import { useMovePlace } from "../moving";
import { useClosing } from "../parts/closing";
import { DeedButton } from "../parts/deed-button";
import { NameDialog } from "../parts/name-dialog";
import { Dialog } from "../parts/dialog";
import { HolderPicker } from "../parts/pickers";
import { useWrong } from "../parts/wrong";
import { readPlace } from "../queries";
import { useMay, usePortal, useWords } from "../surroundings";

type Shown = Schemas["PlaceView"] & Tagged;

export function PlaceDeeds({ here }: { here: Shown }) {
  const { say } = useWords();
  const { client, notices } = usePortal();
  const may = useMay();
  const navigate = useNavigate();
  const move = useMovePlace();
  const [asking, setAsking] = useState<"name" | "move" | null>(null);
  const [into, setInto] = useState<string | null>(null);
  const bring = useAct(
    () => {
      const { kind, name, parent_id, time_zone, language } = here;
      if (kind === "company" || parent_id === null) throw new Error("a company is not removed here");
      return held(client.POST("/api/v1/places", { body: { kind, name, parent_id, time_zone, language } }));
    },
    ["tree", "place", "found"],
    (made) => void navigate({ to: "/places/$placeId", params: { placeId: made.id } }),
  );
  const remove = useAct(
    () =>
      ifUnchanged(
        readPlace(client, here.id),
        { name: here.name, parent_id: here.parent_id },
        (header) => client.DELETE("/api/v1/places/{place_id}", { params: { path: { place_id: here.id }, header } }),
        here.etag,
      ),
    ["tree", "found"],
    () => {
      notices.tell("place.removed", { name: here.name }, () => bring.run(undefined));
      if (here.parent_id === null) void navigate({ to: "/" });
      else void navigate({ to: "/places/$placeId", params: { placeId: here.parent_id } });
    },
  );
  if (!may(here.kind === "company" ? "company.configure" : "places.configure", here.path)) return null;
  return (
    <>
      <button type="button" className="btn" onClick={() => setAsking("name")}>
        {say("do.rename")}
      </button>
      {here.kind !== "company" && here.kind !== "project" && (
        <button type="button" className="btn" onClick={() => setAsking("move")}>
          {say("do.move")}
        </button>
      )}
      {here.kind !== "company" && (
        <DeedButton
          label={say("do.remove")}
          working={remove.working}
          className="btn"
          onDeed={() => remove.run(undefined)}
        />
      )}
      {asking === "name" && <Rename here={here} onClose={() => setAsking(null)} />}
      {asking === "move" && (
        <Dialog
          title={say("place.move.title", { name: here.name })}
          lead={say("place.move.lead")}
          opened
          onClose={() => setAsking(null)}
          deed={say("place.move.here")}
          ready={into !== null && into !== here.parent_id}
          lacks={say("lacks.place")}
          onDeed={() => {
            if (into !== null) move(here, into);
            setAsking(null);
          }}
        >
          <HolderPicker of={here.kind} moved={here} now={here.parent_id} value={into} onChange={setInto} />
        </Dialog>
      )}
    </>
  );
}

interface Wish {
  readonly name: string;
  readonly was: string;
  readonly etag?: string | null;
}

function Rename({ here, onClose }: { here: Shown; onClose: () => void }) {
  const { say } = useWords();
  const close = useClosing(onClose);
  const { client, notices } = usePortal();
  const base = useBase(here);
  const wrong = useWrong("name");
  const { shown } = base;
  const rename = useAct<Wish, unknown>(
    ({ name, was, etag = null }) =>
      ifUnchanged(
        readPlace(client, here.id),
        { name: was },
        (header) =>
          held(
            client.PATCH("/api/v1/places/{place_id}", {
              params: { path: { place_id: here.id }, header },
              body: { name },
            }),
          ),
        etag,
      ),
    ["tree", "place", "stations", "found", "me", "companies", "people", "grants"],
    (_, { name, was, etag }, again) => {
      notices.tell("place.renamed", { name }, etag === undefined ? null : () => again({ name: was, was: name }));
      close();
    },
    (refusal) => base.refused(refusal) || wrong.refused(refusal),
  );
  return (
    <NameDialog
      title={say("do.rename")}
      name={here.name}
      newest={base.newest?.name ?? null}
      error={wrong.at("name")}
      working={rename.working}
      onClose={onClose}
      onName={(name) => {
        wrong.found({});
        rename.run({ name, was: shown.name, etag: shown.etag });
      }}
    />
  );
}
