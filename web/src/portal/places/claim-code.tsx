// A station's claim code: shown once, to whoever asked for it.
import { useState, type ReactNode } from "react";
import { useAct } from "../act";
import { held, type Schemas } from "../http";
import { Dialog } from "../parts/dialog";
import { Secret } from "../parts/secret";
import { useTime } from "../parts/times";
import { usePortal, useWords } from "../surroundings";

export interface Code {
  readonly name: string;
  readonly claim_code: string;
  readonly claim_code_expires_at: string;
}

interface ClaimCode {
  readonly show: (code: Code) => void;
  /** Makes a new one. */
  readonly renew: (station: Schemas["StationItem"]) => void;
  readonly dialog: ReactNode;
}

export function useClaimCode(): ClaimCode {
  const { say } = useWords();
  const { client } = usePortal();
  const time = useTime();
  const [code, setCode] = useState<Code | null>(null);
  const renew = useAct(
    (station: Schemas["StationItem"]) =>
      held(client.POST("/api/v1/stations/{station_id}/claim-code", { params: { path: { station_id: station.id } } })),
    ["stations"],
    (made, station) => setCode({ ...made, name: station.name }),
  );
  const dialog = code !== null && (
    <Dialog
      title={say("station.code", { name: code.name })}
      lead={say("station.code.lead", { time: time(code.claim_code_expires_at) })}
      opened
      onClose={() => setCode(null)}
    >
      <Secret text={code.claim_code} plate />
    </Dialog>
  );
  return { show: setCode, renew: renew.run, dialog };
}
