// Somebody's do not disturb: what holds, who asked for it, more of it, taken away with the way back.
import { IconPlus } from "@tabler/icons-react";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useAct, type Act } from "../act";
import { held, type Client, type Schemas } from "../http";
import { ifUnchanged, tagged } from "../meanwhile";
import { DeedButton } from "../parts/deed-button";
import { Answer, Card, Empty } from "../parts/page";
import { useTime } from "../parts/times";
import type { Refusal } from "../problem";
import { place } from "../queries";
import { useMay, usePortal, useWords } from "../surroundings";
import { QuietDialog } from "./dialog";
import { asSent, begun, daysText, spansText, stillHeld, type QuietItem } from "./words";

type Quiets = Schemas["Quiets"];

/** `userId` null: one's own. */
const readQuiets = (client: Client, userId: string | null) => () =>
  userId === null
    ? client.GET("/api/v1/me/do-not-disturb")
    : client.GET("/api/v1/users/{user_id}/do-not-disturb", { params: { path: { user_id: userId } } });

const quiets = (client: Client, userId: string | null) =>
  queryOptions({ queryKey: ["quiets", userId], queryFn: () => tagged(readQuiets(client, userId)()) });

interface Wish {
  readonly items: Schemas["QuietBody"][];
  readonly was: QuietItem[];
  readonly key: "quiet.set" | "quiet.taken" | "quiet.back";
}

/** Sets all of somebody's do not disturb while it is what was shown. */
export function useSetQuiets(
  userId: string | null,
  done: () => void = () => undefined,
  refused?: (refusal: Refusal) => boolean,
): Act<Wish> {
  const { client, notices } = usePortal();
  return useAct<Wish, Quiets>(
    ({ items, was }) =>
      ifUnchanged<Quiets, Quiets>(readQuiets(client, userId), { items: was }, (header) =>
        userId === null
          ? held(client.PUT("/api/v1/me/do-not-disturb", { params: { header }, body: { items } }))
          : held(
              client.PUT("/api/v1/users/{user_id}/do-not-disturb", {
                params: { path: { user_id: userId }, header },
                body: { items },
              }),
            ),
      ),
    ["quiets", "ring-plans"],
    (after, { was, key }, again) => {
      const back = (): void => again({ items: stillHeld(was).map(asSent), was: after.items, key: "quiet.back" });
      notices.tell(key, {}, key === "quiet.back" ? null : back);
      done();
    },
    refused,
  );
}

export function DoNotDisturb({ userId }: { userId: string | null }) {
  const { say } = useWords();
  const { client } = usePortal();
  const may = useMay();
  const asked = useQuery(quiets(client, userId));
  const [adding, setAdding] = useState(false);
  const set = useSetQuiets(userId);
  const all = asked.data?.items ?? [];
  const items = stillHeld(all);
  const changes = userId === null || may("ring_plans.configure");
  const add = changes && (
    <button type="button" className="btn sm" onClick={() => setAdding(true)}>
      <IconPlus size={17} stroke={1.75} aria-hidden="true" />
      {say("quiet.add")}
    </button>
  );
  return (
    <Card title={say("quiet.title")} lead={say("quiet.lead")} flush action={items.length > 0 && add}>
      <Answer of={asked}>
        {items.length === 0 ? (
          <Empty text={say(userId === null ? "quiet.none.own" : "quiet.none")}>{add}</Empty>
        ) : (
          <table className="p-table">
            <tbody>
              {items.map((item) => (
                <tr key={JSON.stringify(asSent(item))}>
                  <td>
                    <Said item={item} />
                  </td>
                  <td className="p-end">
                    {changes && (
                      <DeedButton
                        label={say("quiet.take")}
                        working={set.working}
                        onDeed={() =>
                          set.run({
                            items: items.filter((one) => one !== item).map(asSent),
                            was: all,
                            key: "quiet.taken",
                          })
                        }
                      />
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Answer>
      {adding && <QuietDialog userId={userId} all={all} onClose={() => setAdding(false)} />}
    </Card>
  );
}

function Said({ item }: { item: QuietItem }) {
  const { say, language } = useWords();
  const time = useTime();
  const begins = begun(item) ? null : say("quiet.from", { time: time(item.starts_at) });
  const ends = item.ends_at === null ? null : say("quiet.until", { time: time(item.ends_at) });
  const main =
    item.times === null
      ? (ends ?? say("quiet.forever"))
      : `${daysText(language, item.times.weekdays ?? [], say("quiet.every_day"))}, ${spansText(item.times.spans ?? [], say("quiet.all_day"))}`;
  return (
    <>
      <b>{main}</b> {item.times !== null && <span className="mut">({item.zone}) </span>}
      {item.times !== null && ends !== null && <span>{ends} </span>}
      {begins !== null && <span>{begins} </span>}
      {item.place_id !== null && <OnlyAt placeId={item.place_id} />}
      <p className="mut">{say("quiet.by", { who: item.set_by, time: time(item.set_at) })}</p>
    </>
  );
}

function OnlyAt({ placeId }: { placeId: string }) {
  const { say } = useWords();
  const { client } = usePortal();
  const there = useQuery({ ...place(client, placeId), retry: false }).data;
  return (
    <span>
      {say("quiet.only")}{" "}
      {there === undefined ? (
        say("quiet.only.unseen")
      ) : (
        <Link to="/places/$placeId" params={{ placeId }}>
          {there.trail}
        </Link>
      )}
    </span>
  );
}
