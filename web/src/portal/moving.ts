// Moves a place with everything in it, and back.
import { useAct } from "./act";
import { held, type Schemas } from "./http";
import { ifUnchanged } from "./meanwhile";
import { readPlace } from "./queries";
import { usePortal } from "./surroundings";

interface Moved {
  readonly place: Pick<Schemas["PlaceItem"], "id" | "name" | "parent_id">;
  readonly to: string;
  readonly back: boolean;
}

/** `move(place, intoId)`; the notice offers the way back. */
export function useMovePlace(): (place: Moved["place"], into: string) => void {
  const { client, notices } = usePortal();
  const { run } = useAct<Moved, unknown>(
    ({ place, to }) =>
      ifUnchanged(readPlace(client, place.id), { parent_id: place.parent_id }, (header) =>
        held(
          client.PATCH("/api/v1/places/{place_id}", {
            params: { path: { place_id: place.id }, header },
            body: { parent_id: to },
          }),
        ),
      ),
    ["tree", "place", "stations", "people", "grants"],
    (_, { place, to, back }, again) => {
      const before = place.parent_id;
      const undo =
        before === null || back ? null : () => again({ place: { ...place, parent_id: to }, to: before, back: true });
      notices.tell("place.moved", { name: place.name }, undo);
    },
  );
  return (place, into) => run({ place, to: into, back: false });
}
