// Setting up an authenticator app: its secret to scan or type, then a code that shows that it is there.
import { TextInput } from "@mantine/core";
import { useState } from "react";
import { useAct } from "../act";
import { held, type Schemas } from "../http";
import { Dialog } from "../parts/dialog";
import { QrCode, Secret } from "../parts/secret";
import { usePortal, useWords } from "../surroundings";

interface Props {
  readonly begun: Schemas["BegunFactor"];
  readonly onClose: () => void;
  readonly onCodes: (codes: readonly string[]) => void;
}

/** In fours, as people read letters aloud. */
export function inFours(secret: string): string {
  return (secret.match(/.{1,4}/g) ?? []).join(" ");
}

export function SetUpFactor({ begun, onClose, onCodes }: Props) {
  const { say } = useWords();
  const { client } = usePortal();
  const [code, setCode] = useState("");
  const [wrong, setWrong] = useState(false);
  const confirm = useAct(
    (given: string) => held(client.POST("/api/v1/me/second-factor/confirm", { body: { code: given } })),
    ["security"],
    (made) => onCodes(made.recovery_codes),
    ({ key }) => {
      setWrong(key === "problem.wrong_code");
      return key === "problem.wrong_code";
    },
  );
  return (
    <Dialog
      title={say("factor.add")}
      lead={say("factor.scan")}
      opened
      onClose={onClose}
      deed={say("factor.confirm")}
      working={confirm.working}
      ready={code.trim() !== ""}
      lacks={say("lacks.code")}
      onDeed={() => confirm.run(code.trim())}
    >
      <QrCode text={begun.uri} name={say("factor.qr")} />
      <details className="p-more-ways">
        <summary>{say("factor.type")}</summary>
        <Secret text={begun.secret} shown={inFours(begun.secret)} />
        <a href={begun.uri}>{say("factor.here")}</a>
      </details>
      <TextInput
        label={say("factor.code")}
        value={code}
        inputMode="numeric"
        autoComplete="one-time-code"
        maxLength={40}
        error={wrong ? say("problem.wrong_code") : undefined}
        onChange={(event) => {
          setCode(event.currentTarget.value);
          setWrong(false);
        }}
        data-autofocus
      />
    </Dialog>
  );
}
