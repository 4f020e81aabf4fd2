// What getStats says about one call, in a few totals.

export interface CallStatistics {
  readonly framesDecoded: number;
  readonly frameWidth: number;
  readonly frameHeight: number;
  readonly framesSent: number;
  readonly soundReceived: number; // total energy of the sound played
  readonly soundSent: number; // total energy of the microphone
  readonly soundMissing: number; // share of the sound that was made up, because its packets were late or lost
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly codecsReceived: readonly string[]; // such as "audio/opus", "video/H264", in use, by name
  readonly codecsSent: readonly string[];
}

type Report = Readonly<Record<string, unknown>>;

export function summarise(report: RTCStatsReport): CallStatistics {
  const totals = {
    framesDecoded: 0,
    frameWidth: 0,
    frameHeight: 0,
    framesSent: 0,
    soundReceived: 0,
    soundSent: 0,
    bytesReceived: 0,
    bytesSent: 0,
  };
  let samples = 0;
  let concealed = 0;
  const received = new Set<string>();
  const sent = new Set<string>();
  const codec = (row: Report): string => {
    const named = report.get(String(row["codecId"])) as Report | undefined;
    return typeof named?.["mimeType"] === "string" ? named["mimeType"] : "unknown";
  };
  const number = (row: Report, name: string): number => (typeof row[name] === "number" ? row[name] : 0);
  report.forEach((entry: Report) => {
    if (entry["type"] === "inbound-rtp") {
      totals.bytesReceived += number(entry, "bytesReceived");
      if (number(entry, "bytesReceived") > 0) received.add(codec(entry));
      if (entry["kind"] === "audio") {
        totals.soundReceived += number(entry, "totalAudioEnergy");
        samples += number(entry, "totalSamplesReceived");
        concealed += number(entry, "concealedSamples") - number(entry, "silentConcealedSamples");
      }
      if (entry["kind"] === "video") {
        totals.framesDecoded += number(entry, "framesDecoded");
        totals.frameWidth = number(entry, "frameWidth");
        totals.frameHeight = number(entry, "frameHeight");
      }
    }
    if (entry["type"] === "outbound-rtp") {
      totals.bytesSent += number(entry, "bytesSent");
      if (number(entry, "bytesSent") > 0) sent.add(codec(entry));
      if (entry["kind"] === "video") totals.framesSent += number(entry, "framesSent");
    }
    if (entry["type"] === "media-source" && entry["kind"] === "audio")
      totals.soundSent += number(entry, "totalAudioEnergy");
  });
  return {
    ...totals,
    soundMissing: samples === 0 ? 0 : concealed / samples,
    codecsReceived: [...received].sort(),
    codecsSent: [...sent].sort(),
  };
}
