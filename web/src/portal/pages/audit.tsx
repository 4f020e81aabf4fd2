// Who changed what.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { audit, person } from "../queries";
import { Answer, Card, Empty, Head, More } from "../parts/page";
import { useTime } from "../parts/times";
import { usePortal, useWords } from "../surroundings";
import type { Schemas } from "../http";

export function AuditPage() {
  const { say } = useWords();
  const { client } = usePortal();
  const asked = useInfiniteQuery(audit(client));
  const items = asked.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <Head title={say("audit.title")} lead={say("audit.lead")} />
      <Card title={say("audit.title")} flush className="bare">
        <Answer of={asked}>
          {items.length === 0 ? (
            <Empty text={say("audit.none")} />
          ) : (
            <table className="p-table">
              <thead>
                <tr>
                  <th>{say("audit.when")}</th>
                  <th>{say("audit.who")}</th>
                  <th>{say("audit.what")}</th>
                </tr>
              </thead>
              <tbody>
                {items.map((item) => (
                  <Row key={item.id} item={item} />
                ))}
              </tbody>
            </table>
          )}
          <More of={asked} />
        </Answer>
      </Card>
    </>
  );
}

function Row({ item }: { item: Schemas["AuditItem"] }) {
  const time = useTime();
  const details = Object.entries(item.details).map(([key, value]) => `${key}: ${String(value)}`);
  return (
    <tr>
      <td>
        <time dateTime={item.at}>{time(item.at)}</time>
      </td>
      <td>
        <Who item={item} />
      </td>
      <td>
        <code>{item.action}</code> <span className="mut">{details.join(", ")}</span>
      </td>
    </tr>
  );
}

function Who({ item }: { item: Schemas["AuditItem"] }) {
  const { say } = useWords();
  const { client, me } = usePortal();
  const asks = item.actor_kind === "user" && item.actor_id !== null && item.actor_id !== me.user.id;
  const known = useQuery({ ...person(client, item.actor_id ?? ""), enabled: asks, retry: false });
  if (item.actor_kind === "machine") return say("audit.machine");
  if (item.actor_kind === "key") return say("audit.key", { id: item.actor_id ?? "" });
  if (item.actor_id === me.user.id) return say("audit.you");
  return known.data?.name ?? say("people.guest");
}
