// A contact's face: its picture, else its logo, else initials.
import { initials } from "../../parts/initials";
import { Drawn } from "./drawn";
import type { Contact } from "./parties";
import { usePortrait } from "./portraits";

export function ContactFace({ contact }: { contact: Contact }) {
  const kind = contact.picture === null ? "logo" : "picture";
  const shown = usePortrait(contact, kind, "small");
  if (shown !== null) return <Drawn blob={shown} alt="" className={`p-face ${kind}`} />;
  return (
    <span className="avatar" aria-hidden="true">
      {initials(contact.name)}
    </span>
  );
}
