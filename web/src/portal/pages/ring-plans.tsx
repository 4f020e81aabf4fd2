// Ring groups, and what holds for all ring plans.
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { AddParty } from "../parties/add";
import { PartyDeeds } from "../parties/deeds";
import { ringGroups } from "../parties/parties";
import { RingSettings } from "../parties/settings";
import { Answer, Card, Empty, Head, More } from "../parts/page";
import { RingPlanLink } from "../parts/ring-plan-link";
import { TextFilter, useTextFilter } from "../parts/text-filter";
import { useMay, usePortal, useWords } from "../surroundings";

export function RingPlansPage() {
  const { say } = useWords();
  return (
    <>
      <Head title={say("plans.title")} lead={say("plans.lead")} />
      <div className="p-columns">
        <div>
          <Groups />
        </div>
        <div>
          <RingSettings />
        </div>
      </div>
    </>
  );
}

function Groups() {
  const { say } = useWords();
  const { client } = usePortal();
  const may = useMay();
  const filter = useTextFilter();
  const [adding, setAdding] = useState(false);
  const asked = useInfiniteQuery(ringGroups(client, filter.asked));
  const items = asked.data?.pages.flatMap((page) => page.items) ?? [];
  const configures = may("ring_plans.configure");
  const add = configures && (
    <button type="button" className="btn sm" onClick={() => setAdding(true)}>
      <IconPlus size={17} stroke={1.75} aria-hidden="true" />
      {say("party.add.group")}
    </button>
  );
  const none = items.length === 0 && filter.asked === "";
  return (
    <Card title={say("group.title")} lead={say("group.lead")} flush action={!none && add}>
      {!(none && asked.data !== undefined) && (
        <div className="p-filters">
          <TextFilter of={filter} />
        </div>
      )}
      <Answer of={asked}>
        {none && <Empty text={say("group.none")}>{add}</Empty>}
        {items.length === 0 && !none && <Empty text={say("filter.none", { words: filter.asked })} />}
        {items.length > 0 && (
          <table className="p-table">
            <tbody>
              {items.map((group) => (
                <tr key={group.id}>
                  <td>
                    <RingPlanLink ownerId={group.id}>
                      <b>{group.name}</b>
                    </RingPlanLink>{" "}
                    <Link to="/places/$placeId" params={{ placeId: group.place_id }} className="mut">
                      {group.place}
                    </Link>
                  </td>
                  <td className="p-end many">{configures && <PartyDeeds kind="group" party={group} small />}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        <More of={asked} />
      </Answer>
      {adding && <AddParty kind="group" onClose={() => setAdding(false)} />}
    </Card>
  );
}
