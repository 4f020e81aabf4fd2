// One station on the home screen: the picture first, then state, doors and Call.
import { IconPhone, IconVideoOff } from "@tabler/icons-react";
import type { StationView } from "../contract";
import { DoorButton } from "../parts/door-button";
import { Still } from "../parts/pictures";
import { StateMark } from "../parts/state-mark";
import { fullTime, shortTime } from "../words";
import { useNow } from "./clock";
import { doorWaits } from "./door-state";
import { useDesk, useSurroundings } from "./surroundings";
import { useWords } from "../session/words";

export function StationTile({ station }: { station: StationView }) {
  const { desk, state } = useDesk();
  const { snapshots } = useSurroundings();
  const { say, language } = useWords();
  const minute = useNow(60_000);
  const zone = station.time_zone;
  const { snapshot_id: snapshotId, snapshot_at: snapshotAt } = station;
  const callable = station.state === "online" && state.link.kind === "online";
  return (
    <li className="tile">
      <div className="pic">
        {snapshotId === null || snapshotAt === null ? (
          <NoStill station={station} />
        ) : (
          <>
            <Still
              snapshotId={snapshotId}
              load={() => snapshots.load(snapshotId)}
              label={say("station.picture", {
                station: station.name,
                time: fullTime(language, zone, Date.parse(snapshotAt)),
              })}
              lost={say("station.picture.lost")}
            />
            <span className="osd osd-br" aria-hidden="true">
              {shortTime(language, zone, Date.parse(snapshotAt), minute)}
            </span>
          </>
        )}
        <span className="osd osd-tl">
          <StateMark state={station.state} />
          {say(`state.${station.state}`)}
          {station.state === "offline" && station.since !== null && (
            <span>{say("state.since", { time: shortTime(language, zone, Date.parse(station.since), minute) })}</span>
          )}
        </span>
      </div>
      <div className="tile-body">
        <div className="tile-head">
          <div>
            <h2>{station.name}</h2>
            <p className="mut">{station.place}</p>
          </div>
          <button
            type="button"
            className="btn"
            aria-label={say("station.call.name", { station: station.name })}
            aria-disabled={!callable}
            title={
              station.state === "offline"
                ? say("station.offline.call")
                : station.state === "in_call"
                  ? say("station.busy.call")
                  : undefined
            }
            onClick={() => {
              if (callable) void desk.call(station);
            }}
          >
            <IconPhone size={18} stroke={1.75} aria-hidden="true" />
            {say("station.call")}
          </button>
        </div>
        <StationDoors station={station} size="small" callId={null} hints={false} />
      </div>
    </li>
  );
}

/** No promise where none may ever come: a telephone has no camera, and others' stations may send none. */
function NoStill({ station }: { station: StationView }) {
  const { say } = useWords();
  if (station.kind !== "account") return <span className="still-none">{say("station.picture.none")}</span>;
  const telephone = station.doors.length === 0;
  const Icon = telephone ? IconPhone : IconVideoOff;
  return (
    <span className="still-none still-quiet">
      <Icon size={28} stroke={1.75} aria-hidden="true" />
      {say(telephone ? "station.picture.telephone" : "station.picture.account")}
    </span>
  );
}

interface DoorsProps {
  readonly station: StationView;
  readonly size: "large" | "small";
  readonly callId: string | null;
  readonly hints: boolean;
}

/** The doors of a station: the first as the way sign, the others in outline. */
export function StationDoors({ station, size, callId, hints }: DoorsProps) {
  const { desk, state } = useDesk();
  const { say } = useWords();
  const now = useNow(250);
  if (station.doors.length === 0) return size === "large" ? <p className="mut">{say("door.none")}</p> : null;
  return (
    <div className="doors">
      {station.doors.map((door, index) => (
        <DoorButton
          key={door.door_id}
          door={door}
          action={state.doors[door.door_id]}
          online={station.state !== "offline"}
          waits={doorWaits(station, state)}
          now={now}
          size={size === "small" ? "small" : index === 0 ? "large" : "medium"}
          second={index > 0}
          hint={hints && index < 4 ? String(index + 1) : undefined}
          say={say}
          onOpen={() => desk.open(door.door_id, callId)}
        />
      ))}
    </div>
  );
}
