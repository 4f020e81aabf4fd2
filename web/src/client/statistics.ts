// What getStats says about one call, in a few totals.

export interface CallStatistics {
  readonly framesDecoded: number;
  readonly frameWidth: number;
  readonly frameHeight: number;
  readonly framesSent: number;
  readonly soundReceived: number; // total energy of the sound played
  readonly soundSent: number; // total energy of the microphone
  readonly bytesReceived: number;
  readonly bytesSent: number;
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
  const number = (row: Report, name: string): number => (typeof row[name] === "number" ? row[name] : 0);
  report.forEach((entry: Report) => {
    if (entry["type"] === "inbound-rtp") {
      totals.bytesReceived += number(entry, "bytesReceived");
      if (entry["kind"] === "audio") totals.soundReceived += number(entry, "totalAudioEnergy");
      if (entry["kind"] === "video") {
        totals.framesDecoded += number(entry, "framesDecoded");
        totals.frameWidth = number(entry, "frameWidth");
        totals.frameHeight = number(entry, "frameHeight");
      }
    }
    if (entry["type"] === "outbound-rtp") {
      totals.bytesSent += number(entry, "bytesSent");
      if (entry["kind"] === "video") totals.framesSent += number(entry, "framesSent");
    }
    if (entry["type"] === "media-source" && entry["kind"] === "audio")
      totals.soundSent += number(entry, "totalAudioEnergy");
  });
  return totals;
}
