// Who changed what.
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { ChangeRow } from "../changes/row";
import { Answer, Card, Empty, Head, More } from "../parts/page";
import { audit } from "../queries";
import { usePortal, useWords } from "../surroundings";

export function AuditPage() {
  const { say } = useWords();
  const { client } = usePortal();
  const asked = useInfiniteQuery(audit(client));
  const pages = asked.data?.pages;
  const items = pages?.flatMap((page) => page.items) ?? [];
  const names = useMemo(
    () => new Map(pages?.flatMap((page) => page.names.map((one) => [one.id, one] as const)) ?? []),
    [pages],
  );
  return (
    <>
      <Head title={say("audit.title")} lead={say("audit.lead")} />
      <Card title={say("audit.title")} flush className="bare">
        <Answer of={asked}>
          {items.length === 0 ? (
            <Empty text={say("audit.none")} />
          ) : (
            <ol className="p-changes">
              {items.map((item) => (
                <ChangeRow key={item.id} item={item} names={names} />
              ))}
            </ol>
          )}
          <More of={asked} />
        </Answer>
      </Card>
    </>
  );
}
