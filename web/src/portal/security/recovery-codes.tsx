// Recovery codes, shown once: to copy, to keep as a file.
import { useClipboard } from "@mantine/hooks";
import { IconCheck, IconCopy, IconDownload } from "@tabler/icons-react";
import { Dialog } from "../parts/dialog";
import { usePortal, useWords } from "../surroundings";

const COPIED_MS = 2_000;

/** What is copied and kept: whose they are, and one code a line. */
export function codesText(codes: readonly string[], email: string, host: string): string {
  return [`Antiphon ${host}`, email, "", ...codes, ""].join("\n");
}

export function RecoveryCodes({ codes, onClose }: { codes: readonly string[]; onClose: () => void }) {
  const { say } = useWords();
  const { me } = usePortal();
  const { copied, copy } = useClipboard({ timeout: COPIED_MS });
  const text = codesText(codes, me.user.email, window.location.host);

  const download = (): void => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    link.download = "antiphon-recovery-codes.txt";
    link.click();
    URL.revokeObjectURL(link.href);
  };

  return (
    <Dialog
      title={say("codes.title")}
      lead={say("codes.lead")}
      opened
      once
      deed={say("codes.kept")}
      onClose={onClose}
      onDeed={onClose}
    >
      <ol className="p-codes" aria-label={say("codes.title")}>
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ol>
      <div className="p-deeds start">
        <button type="button" className="btn sm" onClick={() => copy(text)}>
          {copied ? (
            <IconCheck size={17} aria-hidden="true" />
          ) : (
            <IconCopy size={17} stroke={1.75} aria-hidden="true" />
          )}
          <span aria-live="polite">{say(copied ? "do.copied" : "codes.copy")}</span>
        </button>
        <button type="button" className="btn sm" onClick={download}>
          <IconDownload size={17} stroke={1.75} aria-hidden="true" />
          {say("codes.download")}
        </button>
      </div>
    </Dialog>
  );
}
