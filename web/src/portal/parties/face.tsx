// A contact's face: initials.
import { initials } from "../../parts/initials";
import type { Party } from "./parties";

export function ContactFace({ contact }: { contact: Party }) {
  return (
    <span className="avatar" aria-hidden="true">
      {initials(contact.name)}
    </span>
  );
}
