// Pictures: the live one of a call, and the last one of a station or caller.
import { IconPhotoOff } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";

interface LiveProps {
  readonly stream: MediaStream;
  readonly label: string;
  readonly className?: string;
  /** Called with the first frame drawn. */
  readonly onPicture?: () => void;
}

export function LivePicture({ stream, label, className, onPicture }: LiveProps) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const element = video.current;
    if (element !== null && element.srcObject !== stream) element.srcObject = stream;
  }, [stream]);
  // Captions of speech come with the assistant; a door station's sound has none.
  return (
    <video ref={video} className={className} autoPlay muted playsInline aria-label={label} onLoadedData={onPicture} />
  );
}

/** The visitor's sound. A key or press answered the call, so the browser lets it play. */
export function CallSound({ stream }: { stream: MediaStream }) {
  const audio = useRef<HTMLAudioElement>(null);
  useEffect(() => {
    const element = audio.current;
    if (element !== null && element.srcObject !== stream) element.srcObject = stream;
  }, [stream]);
  return <audio ref={audio} autoPlay />;
}

interface StillProps {
  readonly load: () => Promise<ImageBitmap>;
  readonly snapshotId: string;
  readonly label: string;
  readonly lost: string;
}

export function Still({ load, snapshotId, label, lost }: StillProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [failedId, setFailedId] = useState<string | null>(null);
  const fetchPicture = useRef(load);
  useEffect(() => {
    fetchPicture.current = load;
  });
  useEffect(() => {
    let wanted = true;
    fetchPicture.current().then(
      (picture) => {
        const target = canvas.current;
        if (!wanted || target === null) return;
        target.width = picture.width;
        target.height = picture.height;
        target.getContext("2d")?.drawImage(picture, 0, 0);
      },
      () => {
        if (wanted) setFailedId(snapshotId);
      },
    );
    return () => {
      wanted = false;
    };
  }, [snapshotId]);
  if (failedId === snapshotId)
    return (
      <span className="still-none">
        <IconPhotoOff size={20} stroke={1.75} aria-hidden="true" />
        <span>{lost}</span>
      </span>
    );
  return <canvas ref={canvas} className="still" role="img" aria-label={label} width={16} height={10} />;
}
