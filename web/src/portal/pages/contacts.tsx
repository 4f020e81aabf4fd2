// The contacts of the company: whom visitors look for.
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { ContactFace } from "../parties/face";
import { AddParty } from "../parties/add";
import { contacts } from "../parties/parties";
import { Answer, Card, Empty, Head, More } from "../parts/page";
import { TextFilter, useTextFilter } from "../parts/text-filter";
import { useMay, usePortal, useWords } from "../surroundings";

export function ContactsPage() {
  const { say } = useWords();
  const { client } = usePortal();
  const may = useMay();
  const navigate = useNavigate();
  const filter = useTextFilter();
  const [adding, setAdding] = useState(false);
  const asked = useInfiniteQuery(contacts(client, { words: filter.asked }));
  const items = asked.data?.pages.flatMap((page) => page.items) ?? [];
  const add = may("ring_plans.configure") && (
    <button type="button" className="btn pri" onClick={() => setAdding(true)}>
      <IconPlus size={18} stroke={1.75} aria-hidden="true" />
      {say("party.add.contact")}
    </button>
  );
  const none = items.length === 0 && filter.asked === "";
  return (
    <>
      <Head title={say("contact.title")} lead={say("contact.lead")}>
        {!none && add}
      </Head>
      <Card title={say("contact.title")} flush className="bare">
        {!(none && asked.data !== undefined) && (
          <div className="p-filters">
            <TextFilter of={filter} />
          </div>
        )}
        <Answer of={asked}>
          {none && <Empty text={say("contact.none")}>{add}</Empty>}
          {items.length === 0 && !none && <Empty text={say("filter.none", { words: filter.asked })} />}
          {items.length > 0 && (
            <table className="p-table lines">
              <thead>
                <tr>
                  <th>{say("field.name")}</th>
                  <th>{say("contact.company.short")}</th>
                  <th>{say("field.place")}</th>
                </tr>
              </thead>
              <tbody>
                {items.map((one) => (
                  <tr key={one.id}>
                    <td>
                      <Link to="/contacts/$contactId" params={{ contactId: one.id }} className="p-name">
                        <ContactFace contact={one} />
                        <b>{one.name}</b>
                      </Link>
                    </td>
                    <td>{one.company_name}</td>
                    <td>
                      <Link to="/places/$placeId" params={{ placeId: one.place_id }}>
                        {one.place}
                      </Link>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
          <More of={asked} />
        </Answer>
      </Card>
      {adding && (
        <AddParty
          kind="contact"
          onClose={() => setAdding(false)}
          onMade={({ id }) => void navigate({ to: "/contacts/$contactId", params: { contactId: id } })}
        />
      )}
    </>
  );
}
