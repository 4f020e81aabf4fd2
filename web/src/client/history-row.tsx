// One call of the history; unfolds to the legs: who was rung, and what became of it.
import { IconChevronDown, IconDoorEnter, IconPhoneIncoming, IconPhoneOutgoing } from "@tabler/icons-react";
import { memo, useId, useState } from "react";
import type { CallView, LegView } from "../contract";
import { Still } from "../parts/pictures";
import { clockTime, decimal, fullTime, running, zoneName } from "../words";
import { useSurroundings } from "./surroundings";
import { useWords, type Words } from "../session/words";

interface Props {
  readonly call: CallView;
  readonly byAccount: boolean; // of another maker's station
  readonly zone: string;
  readonly otherZone: boolean; // not the zone that the list names
  readonly compact: boolean;
}

/** Why the call ended. A telephone dials numbers, where a station has buttons. */
export function causeText(call: CallView, byAccount: boolean, say: Words["say"]): string {
  if (call.cause === null) return say("history.running");
  if (call.cause === "unknown_button" && byAccount) return say("history.unknown_number", { number: call.button ?? "" });
  if (call.cause === "answered" && call.answered_by !== null)
    return say("history.cause.answered_by", { who: call.answered_by });
  return say(`history.cause.${call.cause}`);
}

/** What became of the doors. A station of another maker does not tell what its digits did. */
export function openedText(call: CallView, byAccount: boolean, say: Words["say"]): string {
  if (byAccount) return say("door.sent");
  return call.doors_opened === 1 ? say("history.opened") : say("history.opened.many", { count: call.doors_opened });
}

function talkText(call: CallView, { say }: Words): string | null {
  if (call.answered_at === null || call.ended_at === null) return null;
  return say("history.talk", { duration: running((Date.parse(call.ended_at) - Date.parse(call.answered_at)) / 1000) });
}

/** Drawn anew only when the call itself changes: the list stands beside everything that happens. */
export const HistoryRow = memo(function HistoryRow({ call, byAccount, zone, otherZone, compact }: Props) {
  const words = useWords();
  const { say, language } = words;
  const { snapshots } = useSurroundings();
  const [open, setOpen] = useState(false);
  const legsId = useId();
  const at = Date.parse(call.started_at);
  const { snapshot_id: snapshotId } = call;
  const missed = call.cause !== null && call.answered_at === null && call.cause !== "declined";
  const talk = talkText(call, words);
  return (
    <li className={`line${missed ? " line-missed" : ""}`}>
      {!compact && (
        <div className="pic thumb">
          {snapshotId === null ? (
            <span className="still-none still-quiet">
              {call.direction === "to_station" ? (
                <IconPhoneOutgoing size={20} stroke={1.75} aria-hidden="true" />
              ) : (
                <IconPhoneIncoming size={20} stroke={1.75} aria-hidden="true" />
              )}
            </span>
          ) : (
            <Still
              snapshotId={snapshotId}
              load={() => snapshots.load(snapshotId)}
              label={say("history.picture", { station: call.station_name, time: fullTime(language, zone, at) })}
              lost=""
            />
          )}
        </div>
      )}
      <div className="line-words">
        {!compact && <b>{call.station_name}</b>}
        <span className="cause">
          {missed && <i className="st st-fault" aria-hidden="true" />}
          {causeText(call, byAccount, say)}
        </span>
        <span className="dim xs">
          {call.direction === "to_station" && (
            <span>
              {call.placed_by === null ? say("history.placed") : say("history.placed.by", { who: call.placed_by })}
            </span>
          )}
          {talk !== null && <span>{talk}</span>}
          {call.media_breaks?.map((gap) => (
            <span key={gap.at}>{say("history.media_break", { seconds: decimal(language, gap.after_s) })}</span>
          ))}
          {call.doors_opened > 0 && (
            <span>
              <IconDoorEnter size={14} stroke={1.75} aria-hidden="true" /> {openedText(call, byAccount, say)}
            </span>
          )}
        </span>
      </div>
      <time className="num" dateTime={call.started_at}>
        {clockTime(language, zone, at)}
        {otherZone && <small>{zoneName(language, zone, at)}</small>}
      </time>
      {!compact && (
        <button
          type="button"
          className="btn ghost square"
          aria-expanded={open}
          aria-controls={legsId}
          aria-label={say("history.legs.show", { station: call.station_name, time: clockTime(language, zone, at) })}
          onClick={() => setOpen(!open)}
        >
          <IconChevronDown size={20} stroke={1.75} aria-hidden="true" className={open ? "turned" : ""} />
        </button>
      )}
      {open && <Legs id={legsId} call={call} words={words} />}
    </li>
  );
});

function legTimes(leg: LegView): string {
  if (leg.rang_at === null || leg.ended_at === null) return "";
  return running((Date.parse(leg.ended_at) - Date.parse(leg.rang_at)) / 1000);
}

function Legs({ id, call, words }: { id: string; call: CallView; words: Words }) {
  const { say } = words;
  const placed = call.direction === "to_station";
  // The first is where the visitor stands, which does not ring.
  const legs = placed ? call.legs : call.legs.slice(1);
  return (
    <div className="legs" id={id}>
      <h3>{say(placed ? "history.legs.placed" : "history.legs")}</h3>
      {legs.length === 0 ? (
        <p className="mut">{say("history.legs.none")}</p>
      ) : (
        <ul>
          {legs.map((leg, index) => (
            <li key={index}>
              <b>{leg.who}</b>
              <span>{say(leg.cause === null ? "leg.running" : `leg.${leg.cause}`)}</span>
              <span className="num dim">{legTimes(leg)}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
