// A password's field, which shows what stands in it when asked to.
import { IconEye, IconEyeOff } from "@tabler/icons-react";
import { useState, type Ref } from "react";
import { useWords } from "./words";

interface Props {
  readonly ref: Ref<HTMLInputElement>;
  readonly label: string;
  readonly autoFocus?: boolean;
}

export function SecretField({ ref, label, autoFocus = false }: Props) {
  const { say } = useWords();
  const [shown, setShown] = useState(false);
  return (
    <>
      <label htmlFor="password">{label}</label>
      <span className="secret">
        <input
          ref={ref}
          id="password"
          className="field"
          type={shown ? "text" : "password"}
          autoComplete="current-password"
          autoFocus={autoFocus}
          data-autofocus={autoFocus ? true : undefined} // where a dialog holds the focus
          aria-describedby="refusal"
        />
        <button
          type="button"
          className="btn ghost peek"
          aria-label={say(shown ? "signin.hide" : "signin.show")}
          onClick={() => setShown(!shown)}
        >
          {shown ? <IconEyeOff size={20} stroke={1.75} /> : <IconEye size={20} stroke={1.75} />}
        </button>
      </span>
    </>
  );
}
