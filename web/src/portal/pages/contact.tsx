// One contact: where it is, who rings for it, where it is named.
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { isGone } from "../changes/removal";
import { PartyDeeds } from "../parties/deeds";
import { contact, type Contact } from "../parties/parties";
import { Portraits } from "../parties/portrait-cards";
import { PlanInShort, UsedBy } from "../parties/plan";
import { Answer, Head } from "../parts/page";
import { useMay, usePortal, useWords } from "../surroundings";
import { Nothing } from "./nothing";

export function ContactPage({ contactId }: { contactId: string }) {
  const { client } = usePortal();
  const { say } = useWords();
  const asked = useQuery(contact(client, contactId));
  if (isGone(asked)) {
    if (asked.data === undefined) return <Nothing text={say("contact.gone")} />;
    return <Nothing text={say("gone.place.unseen", { name: asked.data.name })} />;
  }
  return <Answer of={asked}>{asked.data !== undefined && <Shown shown={asked.data} />}</Answer>;
}

function Shown({ shown }: { shown: Contact }) {
  const { say } = useWords();
  const may = useMay();
  const navigate = useNavigate();
  return (
    <>
      <Head
        over={<Link to="/contacts">{say("contact.title")}</Link>}
        title={shown.name}
        lead={
          <span className="p-facts">
            {shown.company_name !== "" && <span>{shown.company_name}</span>}
            <Link to="/places/$placeId" params={{ placeId: shown.place_id }}>
              {shown.place}
            </Link>
          </span>
        }
      >
        {may("ring_plans.configure") && (
          <PartyDeeds kind="contact" party={shown} onRemoved={() => void navigate({ to: "/contacts" })} />
        )}
      </Head>
      <div className="p-columns">
        <div>
          <PlanInShort ownerId={shown.id} />
          <UsedBy ownerId={shown.id} />
        </div>
        <div>
          <Portraits contact={shown} />
        </div>
      </div>
    </>
  );
}
