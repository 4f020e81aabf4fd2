// The contacts that are directly in a place.
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Schemas } from "../http";
import { AddParty } from "../parties/add";
import { ContactFace } from "../parties/face";
import { contacts } from "../parties/parties";
import { Answer, Card, Empty, More } from "../parts/page";
import { useMay, usePortal, useWords } from "../surroundings";

export function ContactsHere({ here }: { here: Schemas["PlaceItem"] }) {
  const { say } = useWords();
  const { client } = usePortal();
  const may = useMay();
  const [adding, setAdding] = useState(false);
  const asked = useInfiniteQuery(contacts(client, { at: here.id }));
  const items = asked.data?.pages.flatMap((page) => page.items) ?? [];
  const add = may("ring_plans.configure", here.path) && (
    <button type="button" className="btn sm" onClick={() => setAdding(true)}>
      <IconPlus size={17} stroke={1.75} aria-hidden="true" />
      {say("party.add.contact")}
    </button>
  );
  return (
    <Card title={say("contact.title")} flush action={items.length > 0 && add}>
      <Answer of={asked}>
        {items.length === 0 ? (
          <Empty text={say("contact.none.here")}>{add}</Empty>
        ) : (
          <table className="p-table">
            <tbody>
              {items.map((one) => (
                <tr key={one.id}>
                  <td>
                    <Link to="/contacts/$contactId" params={{ contactId: one.id }} className="p-name">
                      <ContactFace contact={one} />
                      <b>{one.name}</b>
                    </Link>
                  </td>
                  <td className="mut">{one.company_name}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        <More of={asked} />
      </Answer>
      {adding && <AddParty kind="contact" at={here} onClose={() => setAdding(false)} />}
    </Card>
  );
}
