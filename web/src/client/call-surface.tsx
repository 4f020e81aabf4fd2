// The call surface: queue at the left, the picture in the middle, doors at the right, actions below the picture.
import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import { doorWaits } from "./door-state";
import { HistoryList } from "./history-list";
import { commandOf, keyNames, type Command } from "./keys";
import { KeyLine } from "./key-line";
import { OwnActions } from "./own-actions";
import { RingQueue } from "./ring-queue";
import { RingActions } from "./ring-actions";
import { Stage } from "./stage";
import type { OwnCall, RingingCall } from "./state";
import { StationDoors } from "./station-tile";
import { useDesk, useSurroundings } from "./surroundings";
import { useWords } from "../session/words";

interface Props {
  readonly ringing: readonly RingingCall[];
  readonly call: OwnCall | null;
}

export function CallSurface({ ringing, call }: Props) {
  const { desk, state } = useDesk();
  const { preferences } = useSurroundings();
  const { say } = useWords();
  const surface = useRef<HTMLDivElement>(null);
  const [keypadOpen, setKeypadOpen] = useState(false);
  const chosen = ringing.find((ring) => ring.callId === state.selected) ?? ringing[0];
  const station = call?.station ?? chosen?.station;
  const doorsWait = station !== undefined && doorWaits(station, state) !== null;
  const callId = call === null ? (chosen?.callId ?? null) : call.callId;

  // Focus comes here when the surface appears, unless the person is in the settings.
  useEffect(() => {
    const busyElsewhere = document.activeElement?.closest("[role=dialog]") !== null && document.activeElement !== null;
    if (!busyElsewhere) surface.current?.focus({ preventScroll: true });
  }, [callId]);

  function run(command: Command): void {
    switch (command.kind) {
      case "choose": {
        const at = ringing.findIndex((ring) => ring.callId === state.selected);
        const next = ringing[Math.max(0, Math.min(ringing.length - 1, at + command.step))];
        if (next !== undefined) desk.select(next.callId);
        return;
      }
      case "answer":
        if (chosen !== undefined) desk.answer(chosen.callId);
        return;
      case "decline":
        if (chosen !== undefined) desk.decline(chosen.callId);
        return;
      case "door": {
        const door = station?.doors[command.index];
        if (doorsWait) return;
        if (door?.may_open === true && state.doors[door.door_id]?.kind !== "working") desk.open(door.door_id, callId);
        return;
      }
      case "mute":
        desk.toggleMute();
        return;
      case "camera":
        desk.toggleCamera();
        return;
      case "keypad":
        setKeypadOpen(!keypadOpen);
        return;
      case "digit":
        desk.digit(command.digit);
        return;
      case "end":
        desk.hangUp();
    }
  }

  function pressed(event: KeyboardEvent): void {
    const target = event.target instanceof Element ? event.target : null;
    const command = commandOf(
      {
        key: event.key,
        ctrlKey: event.ctrlKey,
        altKey: event.altKey,
        metaKey: event.metaKey,
        repeat: event.repeat,
        onControl: target?.closest("button, a, summary") != null,
        inField: target?.closest("input, textarea, select") != null,
      },
      { singleKeys: preferences.singleKeys, talking: call !== null, keypadOpen },
    );
    if (command === null) return;
    event.preventDefault();
    run(command);
  }

  if (station === undefined) return null;
  const doorHints = preferences.singleKeys && !(call !== null && keypadOpen);
  return (
    <div
      ref={surface}
      className={`surface${ringing.length > (call === null ? 1 : 0) ? " surface-queue" : ""}${call === null ? " surface-ringing" : ""}`}
      tabIndex={-1}
      role="group"
      aria-label={say("call.surface", { station: station.name })}
      onKeyDown={pressed}
    >
      <RingQueue ringing={ringing} selected={chosen?.callId ?? null} talking={call !== null} />
      <Stage call={call} ring={call === null ? (chosen ?? null) : null} />
      <aside className="side">
        <section aria-label={say("doors.title")}>
          <StationDoors station={station} size="large" callId={callId} hints={doorHints} />
        </section>
        <HistoryList stationId={station.station_id} />
      </aside>
      {call === null ? (
        chosen !== undefined && <RingActions callId={chosen.callId} keys={preferences.singleKeys} />
      ) : (
        <OwnActions call={call} keypadOpen={keypadOpen} setKeypadOpen={setKeypadOpen} keys={preferences.singleKeys} />
      )}
      <KeyLine talking={call !== null} doors={doorsWait ? 0 : Math.min(keyNames.doors.length, station.doors.length)} />
    </div>
  );
}
