// Who and what else belongs to a place: people, and accounts of other makers' stations. Nothing is drawn where there is none.
import { infiniteQueryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { held, type Client } from "../http";
import { Card, More } from "../parts/page";
import { usePortal, useWords } from "../surroundings";

const PAGE = 50;

const directly = (placeId: string, cursor: string | null) => ({
  place_id: placeId,
  direct: true,
  limit: PAGE,
  ...(cursor === null ? {} : { cursor }),
});

/** The active people who belong to that very place. */
const peopleAt = (client: Client, placeId: string) =>
  infiniteQueryOptions({
    queryKey: ["people", "at", placeId],
    queryFn: ({ pageParam }) =>
      held(client.GET("/api/v1/users", { params: { query: { ...directly(placeId, pageParam), active: true } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });

const accountsAt = (client: Client, placeId: string) =>
  infiniteQueryOptions({
    queryKey: ["stations", "accounts", placeId],
    queryFn: ({ pageParam }) =>
      held(client.GET("/api/v1/accounts", { params: { query: directly(placeId, pageParam) } })),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });

export function PeopleHere({ placeId }: { placeId: string }) {
  const { say } = useWords();
  const { client } = usePortal();
  const asked = useInfiniteQuery(peopleAt(client, placeId));
  const items = asked.data?.pages.flatMap((page) => page.items) ?? [];
  if (items.length === 0) return null;
  return (
    <Card title={say("place.people")} lead={say("place.people.lead")} flush>
      <table className="p-table">
        <tbody>
          {items.map((user) => (
            <tr key={user.id}>
              <td>
                <Link to="/people/$userId" params={{ userId: user.id }}>
                  <b>{user.name}</b>
                </Link>
              </td>
              <td className="mut">{user.email}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <More of={asked} />
    </Card>
  );
}

export function AccountsHere({ placeId }: { placeId: string }) {
  const { say } = useWords();
  const { client } = usePortal();
  const asked = useInfiniteQuery(accountsAt(client, placeId));
  const items = asked.data?.pages.flatMap((page) => page.items) ?? [];
  if (items.length === 0) return null;
  return (
    <Card title={say("place.accounts")} flush>
      <table className="p-table">
        <tbody>
          {items.map((account) => (
            <tr key={account.id}>
              <td>
                <b>{account.name}</b>
              </td>
              <td className="mut">{account.number}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <More of={asked} />
    </Card>
  );
}
