// Something that is shown once: large, to copy, and as a code to scan.
import { useClipboard } from "@mantine/hooks";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { encode } from "uqr";
import { useWords } from "../surroundings";

const COPIED_MS = 2_000;

/** `shown`: the same in a way that is easier to read. */
export function Secret({ text, shown = text, plate = false }: { text: string; shown?: string; plate?: boolean }) {
  const { say } = useWords();
  const { copied, copy } = useClipboard({ timeout: COPIED_MS });
  return (
    <div className="p-secret">
      <output className={plate ? "p-plate" : ""}>{shown}</output>
      <button type="button" className="btn sm" onClick={() => copy(text)}>
        {copied ? <IconCheck size={17} aria-hidden="true" /> : <IconCopy size={17} stroke={1.75} aria-hidden="true" />}
        <span aria-live="polite">{say(copied ? "do.copied" : "do.copy")}</span>
      </button>
    </div>
  );
}

/** A QR code (ISO/IEC 18004), black on white in both themes: that is what cameras read best. */
export function QrCode({ text, name }: { text: string; name: string }) {
  const { data, size } = encode(text, { border: 2 });
  const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
  return (
    <svg className="p-qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={name} shapeRendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
