// What the platform, or the browser, refused on the way in: in words, and where they stand.
import { StateMark } from "../parts/state-mark";
import type { WordKey, WordValues } from "../words";
import { ApiProblem } from "./api";
import { PasskeyNotUsed } from "./passkeys";
import { useWords } from "./words";

export interface Refusal {
  readonly key: WordKey;
  readonly values: WordValues;
}

const THROTTLED_S = 60;

const KNOWN: Readonly<Partial<Record<string, WordKey>>> = {
  wrong_code: "signin.code.wrong",
  sign_in_expired: "signin.code.late",
  mail_not_set: "signin.forgotten.no_mail",
  passkey_refused: "signin.passkey.refused",
  passkeys_need_name: "signin.passkey.name",
};

export function refusalOf(reason: unknown): Refusal {
  if (reason instanceof PasskeyNotUsed) return { key: "signin.passkey.unused", values: {} };
  if (!(reason instanceof ApiProblem)) return { key: "signin.fault", values: {} };
  if (reason.away) return { key: "signin.away", values: {} };
  const known = KNOWN[reason.code];
  if (known !== undefined) return { key: known, values: {} };
  if (reason.status === 401 || reason.status === 400 || reason.status === 422)
    return { key: "signin.wrong", values: {} };
  if (reason.status === 429)
    return { key: "signin.throttled", values: { seconds: Math.ceil(reason.retryAfterS ?? THROTTLED_S) } };
  return { key: "signin.fault", values: {} };
}

export function RefusalLine({ refusal }: { refusal: Refusal | null }) {
  const { say } = useWords();
  return (
    <p id="refusal" className="refusal" role="alert">
      {refusal !== null && (
        <>
          <StateMark state="fault" />
          <span>{say(refusal.key, refusal.values)}</span>
        </>
      )}
    </p>
  );
}
