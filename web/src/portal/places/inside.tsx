// The places directly in this one, each with the state of its stations.
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { AnyKey } from "../../words/portal";
import { useAct } from "../act";
import { held, wish, type Schemas } from "../http";
import { ifUnchanged } from "../meanwhile";
import { StateLine } from "../pages/companies";
import { NameDialog } from "../parts/name-dialog";
import { Answer, Card, Empty, More } from "../parts/page";
import { useWrong } from "../parts/wrong";
import { readPlace, tree } from "../queries";
import { useMay, usePortal, useWords } from "../surroundings";

type Kind = "project" | "site" | "folder";
export const INNER: Record<Schemas["PlaceItem"]["kind"], Kind> = {
  company: "project",
  project: "site",
  site: "folder",
  folder: "folder",
};

const NOTHING: Record<Schemas["PlaceItem"]["kind"], AnyKey> = {
  company: "place.inside.none.company",
  project: "place.inside.none.project",
  site: "place.inside.none",
  folder: "place.inside.none",
};

export function Inside({ here }: { here: Schemas["PlaceItem"] }) {
  const { say } = useWords();
  const { client } = usePortal();
  const may = useMay();
  const [adding, setAdding] = useState(false);
  const asked = useInfiniteQuery(tree(client, here.id));
  const items = asked.data?.pages.flatMap((page) => page.items) ?? [];
  const inner = INNER[here.kind];
  const makes = may(here.kind === "company" ? "company.configure" : "places.configure", here.path);
  const add = makes && (
    <button type="button" className="btn sm" onClick={() => setAdding(true)}>
      <IconPlus size={17} stroke={1.75} aria-hidden="true" />
      {say(`place.add.${inner}`)}
    </button>
  );
  return (
    <Card title={say("place.inside")} flush action={items.length > 0 && add}>
      <Answer of={asked}>
        {items.length === 0 ? (
          <Empty text={say(NOTHING[here.kind])}>{add}</Empty>
        ) : (
          <table className="p-table">
            <tbody>
              {items.map((place) => (
                <tr key={place.id}>
                  <td>
                    <Link to="/places/$placeId" params={{ placeId: place.id }}>
                      <b>{place.name}</b>
                    </Link>{" "}
                    <span className="mut">{say(`kind.${place.kind}` as AnyKey)}</span>
                  </td>
                  <td>
                    <StateLine counts={place.stations} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        <More of={asked} />
      </Answer>
      {adding && <AddPlace parent={here} onClose={() => setAdding(false)} />}
    </Card>
  );
}

export function AddPlace({
  parent,
  onClose,
}: {
  parent: Pick<Schemas["PlaceItem"], "id" | "kind">;
  onClose: () => void;
}) {
  const { say } = useWords();
  const { client, notices } = usePortal();
  const [key] = useState(wish);
  const wrong = useWrong("name");
  const kind = INNER[parent.kind];
  const remove = useAct(
    ({ id, name }: Schemas["PlaceView"]) =>
      ifUnchanged(readPlace(client, id), { name }, (header) =>
        client.DELETE("/api/v1/places/{place_id}", { params: { path: { place_id: id }, header } }),
      ),
    ["tree", "place", "found"],
  );
  const add = useAct(
    (name: string) =>
      held(
        client.POST("/api/v1/places", {
          body: { kind, name, parent_id: parent.id },
          params: { header: { "Idempotency-Key": key } },
        }),
      ),
    ["tree", "place", "found"],
    (made) => {
      notices.tell("place.added", { name: made.name }, () => remove.run(made));
      onClose();
    },
    wrong.refused,
  );
  return (
    <NameDialog
      title={say(`place.add.${kind}`)}
      name=""
      error={wrong.at("name")}
      working={add.working}
      onClose={onClose}
      onName={(name) => {
        wrong.found({});
        add.run(name);
      }}
    />
  );
}
