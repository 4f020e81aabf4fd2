// Moves a place with everything in it, and back.
import { useAct } from "./act";
import { held, type Schemas } from "./http";
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
      held(
        client.PATCH("/api/v1/places/{place_id}", {
          params: { path: { place_id: place.id } },
          body: { parent_id: to },
        }),
      ),
    ["tree", "place", "stations"],
    (_, { place, back }, again) => {
      const before = place.parent_id;
      const undo = before === null || back ? null : () => again({ place, to: before, back: true });
      notices.tell("place.moved", { name: place.name }, undo);
    },
  );
  return (place, into) => run({ place, to: into, back: false });
}
