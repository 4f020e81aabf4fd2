// A contact's face: its picture, else its logo, else initials.
import { initials } from "../../parts/initials";
import type { Contact } from "./parties";
import { usePortrait } from "./portraits";

export function ContactFace({ contact }: { contact: Contact }) {
  const kind = contact.picture === null ? "logo" : "picture";
  const shown = usePortrait(contact, kind, "small");
  if (shown !== null) return <img className={`p-face ${kind}`} src={shown} alt="" width={30} height={30} />;
  return (
    <span className="avatar" aria-hidden="true">
      {initials(contact.name)}
    </span>
  );
}
