// One place of the tree, with what lies in it when it is open. Shows only what deviates: a count, and what is wrong.
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useRouterState } from "@tanstack/react-router";
import { useState, type DragEvent } from "react";
import { StateMark } from "../../parts/state-mark";
import type { Schemas } from "../http";
import { useMovePlace } from "../moving";
import { stationsAt } from "../queries";
import { stationState } from "../stations";
import { useMay, usePortal, useWords } from "../surroundings";
import { MoreRows } from "./more-rows";
import { Level } from "./place-tree";
import { fits, useTree } from "./tree-state";

interface Props {
  readonly place: Schemas["Branch"];
  readonly level: number;
  readonly first?: boolean;
}

function total(counts: Schemas["StationCountsItem"]): number {
  return counts.online + counts.offline + counts.fault + counts.unclaimed;
}

export function Branch({ place, level, first = false }: Props) {
  const { say } = useWords();
  const may = useMay();
  const { open, toggle, current, setCurrent, dragged, setDragged } = useTree();
  const navigate = useNavigate();
  const move = useMovePlace();
  const [over, setOver] = useState(false);
  const here = useRouterState({ select: (state) => state.location.pathname.endsWith(`/places/${place.id}`) });
  const opens = place.opens || total(place.stations) > 0;
  const isOpen = opens && open.has(place.id);
  const { offline, fault } = place.stations;
  const takes =
    dragged !== null && dragged.id !== place.id && dragged.parent_id !== place.id && fits(dragged.kind, place.kind);

  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    if (dragged !== null && takes) move(dragged, place.id);
    setDragged(null);
  };

  const wrong = (
    [
      ["fault", fault],
      ["offline", offline],
    ] as const
  ).filter(([, number]) => number > 0);
  return (
    <li role="none">
      <div
        role="treeitem"
        aria-level={level}
        aria-selected={here}
        {...(opens ? { "aria-expanded": isOpen } : {})}
        {...(isOpen ? { "aria-owns": `in-${place.id}` } : {})}
        tabIndex={current === place.id || (current === null && first) ? 0 : -1}
        data-id={place.id}
        data-name={place.name}
        onFocus={() => setCurrent(place.id)}
        className={`p-row${here ? " here" : ""}${over && takes ? " takes" : ""}`}
        data-level={Math.min(level, 6)}
        draggable={may("places.configure", place.path)}
        onDragStart={() => setDragged(place)}
        onDragEnd={() => setDragged(null)}
        onDragOver={(event) => {
          if (takes) event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
        onClick={() => {
          setCurrent(place.id);
          void navigate({ to: "/places/$placeId", params: { placeId: place.id } });
        }}
      >
        <span
          className="p-twist"
          onClick={(event) => {
            event.stopPropagation();
            if (opens) toggle(place.id);
          }}
        >
          {opens && (isOpen ? <IconChevronDown size={15} /> : <IconChevronRight size={15} />)}
        </span>
        <span className="ell">{place.name}</span>
        <span className="p-count">
          {wrong.map(([state]) => (
            <StateMark key={state} state={state} />
          ))}
          {total(place.stations) > 0 && <span className="num">{total(place.stations)}</span>}
          <span className="visually-hidden">
            {wrong.map(([state, number]) => `, ${number} ${say(`state.${state}`)}`).join("")}
          </span>
        </span>
      </div>
      {isOpen && (
        <ul role="group" id={`in-${place.id}`}>
          <Level parentId={place.id} level={level + 1} />
          {(place.kind === "site" || place.kind === "folder") && <Leaves placeId={place.id} level={level + 1} />}
        </ul>
      )}
    </li>
  );
}

function Leaves({ placeId, level }: { placeId: string; level: number }) {
  const { say } = useWords();
  const { client } = usePortal();
  const { current, setCurrent } = useTree();
  const navigate = useNavigate();
  const below = useInfiniteQuery(stationsAt(client, placeId));
  const stations = below.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      {stations.map((station) => {
        const state = stationState(station);
        return (
          <li key={station.id} role="none">
            <div
              role="treeitem"
              aria-level={level}
              aria-selected={false}
              tabIndex={current === station.id ? 0 : -1}
              data-id={station.id}
              data-name={station.name}
              onFocus={() => setCurrent(station.id)}
              className="p-row leaf"
              data-level={Math.min(level, 6)}
              onClick={() => void navigate({ to: "/stations/$stationId", params: { stationId: station.id } })}
            >
              <StateMark state={state.mark} />
              <span className="ell">{station.name}</span>
              <span className="visually-hidden">{say(state.key)}</span>
            </div>
          </li>
        );
      })}
      {below.hasNextPage && <MoreRows of={below} id={`more-stations-${placeId}`} level={level} />}
    </>
  );
}
