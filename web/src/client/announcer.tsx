// What a screen reader hears by itself: who rings, and what became of a door.
import { useDesk } from "./surroundings";
import { useWords } from "../session/words";

export function Announcer() {
  const { state } = useDesk();
  const { say } = useWords();
  const newest = state.ringing.at(-1);
  const ring =
    newest === undefined
      ? ""
      : say("call.announce.ring", { station: newest.station.name, place: newest.station.place });

  const answered = Object.entries(state.doors)
    .filter(([, action]) => action.kind !== "working")
    .sort(([, a], [, b]) => b.since - a.since)[0];
  const name = (doorId: string): string =>
    state.stations.flatMap((station) => station.doors).find((door) => door.door_id === doorId)?.name ?? "";
  let door = "";
  if (answered !== undefined) {
    const [doorId, action] = answered;
    if (action.kind === "open")
      door = say("door.announce.opened", {
        door: name(doorId),
        seconds: Math.round((action.until - action.since) / 1000),
      });
    if (action.kind === "sent") door = say("door.announce.sent", { door: name(doorId) });
    if (action.kind === "failed") door = say("door.announce.failed", { door: name(doorId), cause: say(action.cause) });
  }
  return (
    <>
      <div className="heard" role="status" aria-live="polite">
        {ring}
      </div>
      <div className="heard" role="alert" aria-live="assertive">
        {door}
      </div>
    </>
  );
}
