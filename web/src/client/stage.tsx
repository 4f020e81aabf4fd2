// The middle of the call surface: who and where, the running seconds, and the picture as large as it gets.
import { IconEye, IconMicrophoneOff, IconPhone, IconPhoneCall, IconVideo, IconVideoOff } from "@tabler/icons-react";
import { useState } from "react";
import { LivePicture, Still } from "../parts/pictures";
import { StateMark } from "../parts/state-mark";
import { fullTime, running, zoneName, type WordKey } from "../words";
import { useNow } from "./clock";
import { MAIN_BUTTON, type OwnCall, type RingingCall } from "./state";
import { useDesk, useSurroundings } from "./surroundings";
import { useWords } from "../session/words";

// A device that agreed to send its picture and has not by now has none to send.
const PICTURE_MAX_MS = 8_000;

interface Props {
  readonly call: OwnCall | null;
  readonly ring: RingingCall | null;
}

export function Stage({ call, ring }: Props) {
  const { desk } = useDesk();
  const { say } = useWords();
  const station = call?.station ?? ring?.station;
  const key = call === null ? ring?.callId : (call.callId ?? call.requestId);
  if (station === undefined || key === undefined) return null;
  const { picture } = desk.media.view(key);
  const label = say("call.preview.alt", { station: station.name, place: station.place });
  return (
    <section className={`stage${picture === null && !pictureExpected(call, ring) ? " stage-blank" : ""}`}>
      <Heading call={call} ring={ring} />
      <div className="pic stage-pic">
        {picture === null ? (
          <NoPicture call={call} ring={ring} />
        ) : (
          <FirstFrame key={key} stream={picture} label={label} />
        )}
        <StageWords call={call} ring={ring} />
        <OwnPicture call={call} />
      </div>
    </section>
  );
}

function Heading({ call, ring }: Props) {
  const { say } = useWords();
  const now = useNow(1000);
  const station = call?.station ?? ring?.station;
  if (station === undefined) return null;
  const since = call?.since ?? ring?.startedAt ?? now;
  const state = call === null ? "ringing" : call.phase === "talking" || call.phase === "ending" ? "in_call" : "pending";
  const word: WordKey =
    call === null
      ? "state.ringing"
      : state === "in_call"
        ? "state.in_call"
        : call.placed
          ? "state.calling"
          : "call.answering";
  return (
    <div className="stage-title">
      <span className={`plate-mark ${call === null ? "plate-ring" : "plate-live"}`} aria-hidden="true">
        <IconPhoneCall size={30} stroke={1.75} />
      </span>
      <div className="stage-who">
        <h1>{station.name}</h1>
        <p className="mut">
          {station.place}
          {ring !== null && ring.button !== MAIN_BUTTON && <> · {say("call.button", { button: ring.button })}</>}
        </p>
      </div>
      <span className={`chip ${call === null ? "sign" : state === "pending" ? "pend" : "live"}`}>
        <StateMark state={state} />
        {say(word)}
      </span>
      <span
        className="din running"
        role="timer"
        aria-live="off"
        aria-label={say(call === null ? "call.rings_for" : "call.lasts")}
      >
        {running((now - since) / 1000)}
      </span>
    </div>
  );
}

/** The picture, with a word until its first frame is there. */
function FirstFrame({ stream, label }: { stream: MediaStream; label: string }) {
  const { say } = useWords();
  const [drawn, setDrawn] = useState(false);
  const now = useNow(1000);
  const [since] = useState(now);
  return (
    <>
      <LivePicture stream={stream} label={label} className="live-picture" onPicture={() => setDrawn(true)} />
      {!drawn && (
        <p className="wait" role="status">
          {say(now - since < PICTURE_MAX_MS ? "call.preview.loading" : "call.picture.none")}
        </p>
      )}
    </>
  );
}

/** False where none will come, or an old one is all there is. */
function pictureExpected(call: OwnCall | null, ring: RingingCall | null): boolean {
  if (call !== null) return call.video && call.station.kind !== "account";
  return ring?.picture === "coming" || ring?.picture === "live";
}

function noPictureWords(call: OwnCall | null, ring: RingingCall | null): WordKey | null {
  const account = (call ?? ring)?.station.kind === "account";
  if (ring !== null) {
    if (ring.picture === "coming") return "call.preview.loading";
    return account && ring.picture === "none" ? "call.preview.later" : previewWords[ring.picture];
  }
  if (call?.phase !== "talking") return null;
  return account || !call.video ? "call.picture.none" : "call.preview.loading";
}

function NoPicture({ call, ring }: Props) {
  const { snapshots } = useSurroundings();
  const { say } = useWords();
  const station = call?.station ?? ring?.station;
  if (station === undefined) return null;
  const { snapshot_id: snapshotId, name } = station;
  if (snapshotId === null) {
    const words = noPictureWords(call, ring);
    const Icon = station.kind === "account" ? IconPhone : pictureExpected(call, ring) ? IconVideo : IconVideoOff;
    return (
      <div className="no-picture">
        <Icon size={48} stroke={1.75} aria-hidden="true" />
        {words !== null && <p>{say(words)}</p>}
      </div>
    );
  }
  return (
    <div className="before">
      <Still
        snapshotId={snapshotId}
        load={() => snapshots.load(snapshotId)}
        label={name}
        lost={say("station.picture.lost")}
      />
    </div>
  );
}

const previewWords = {
  coming: "call.preview",
  live: "call.preview",
  failed: "call.preview.failed",
  none: "call.preview.none",
} as const;

function StageWords({ call, ring }: Props) {
  const { desk } = useDesk();
  const { say, language } = useWords();
  const now = useNow(1000);
  const station = call?.station ?? ring?.station;
  if (station === undefined) return null;
  const zone = station.time_zone;
  // Without any picture the words stand in its middle.
  const blank = ring !== null && station.snapshot_id === null && desk.media.view(ring.callId).picture === null;
  const unheard = call?.phase === "talking" && desk.media.devices.microphone === null;
  const left = call?.endsAt == null ? null : Math.max(0, Math.round((call.endsAt - now) / 1000));
  return (
    <>
      {ring !== null && !blank && (
        <span className="osd osd-tl">
          <IconEye size={17} stroke={1.75} aria-hidden="true" />
          {say(
            station.kind === "account" && ring.picture === "none" ? "call.preview.later" : previewWords[ring.picture],
          )}
        </span>
      )}
      <span className="osd osd-tr">
        {fullTime(language, zone, now)} {zoneName(language, zone, now).split(" (")[0]}
      </span>
      <div className="osd-stack" role="status">
        {unheard && (
          <span className="osd osd-warn">
            <IconMicrophoneOff size={17} stroke={1.75} aria-hidden="true" />
            {say("call.no_mic")}
          </span>
        )}
        {call?.digit != null && <span className="osd">{say("call.digit", { digit: call.digit })}</span>}
        {call?.phase === "calling" && (
          <span className="osd">
            {say("call.dialling", { station: station.name })} {say("call.dialling.text")}
          </span>
        )}
      </div>
      {call?.warned === true && left !== null && (
        <p className="limit" role="alert">
          <i className="st st-fault" aria-hidden="true" />
          <LimitText seconds={left} />
        </p>
      )}
    </>
  );
}

/** Seconds run for the eye; a screen reader hears the warning once. */
function LimitText({ seconds }: { seconds: number }) {
  const { say } = useWords();
  const [first] = useState(seconds);
  return (
    <>
      <span className="heard">{say("call.limit", { seconds: first })}</span>
      <span aria-hidden="true">{say("call.limit", { seconds })}</span>
    </>
  );
}

function OwnPicture({ call }: { call: OwnCall | null }) {
  const { desk } = useDesk();
  const { say } = useWords();
  if (call === null || desk.media.ownPicture === null) return null;
  return (
    <figure className="own">
      <LivePicture stream={desk.media.ownPicture} label={say("call.own")} className="mirrored" />
    </figure>
  );
}
