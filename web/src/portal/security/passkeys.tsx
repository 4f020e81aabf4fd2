// One's passkeys: where they are, a new one, another name, removed.
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { knowsPasskeys, newPasskey, type CreationOptions } from "../../session/passkeys";
import { useAct } from "../act";
import { held, type Schemas } from "../http";
import { DeedButton } from "../parts/deed-button";
import { NameDialog } from "../parts/name-dialog";
import { Answer, Card, Empty } from "../parts/page";
import { useTime } from "../parts/times";
import { useWrong } from "../parts/wrong";
import { passkeys } from "../queries";
import { usePortal, useWords } from "../surroundings";
import { browserName } from "./browser-name";

type Passkey = Schemas["PasskeyItem"];

export function Passkeys() {
  const { say } = useWords();
  const { client, notices } = usePortal();
  const asked = useQuery(passkeys(client));
  const [naming, setNaming] = useState<Passkey | "new" | null>(null);
  const wrong = useWrong("name");
  const add = useAct(
    async (name: string) => {
      const { public_key: options } = await held(client.POST("/api/v1/me/passkeys/options"));
      const credential = await newPasskey(options as unknown as CreationOptions);
      return held(client.POST("/api/v1/me/passkeys", { body: { name, credential } }));
    },
    ["security"],
    (made) => {
      setNaming(null);
      notices.tell("passkey.added", { name: made.name });
    },
    (refusal) => {
      const { values } = refusal;
      if (values["code"] !== "conflict") return wrong.refused(refusal);
      notices.warn("passkey.full");
      return true;
    },
  );
  const rename = useAct(
    ({ id, name }: { id: string; name: string; before: string; back?: true }) =>
      held(client.PATCH("/api/v1/me/passkeys/{passkey_id}", { params: { path: { passkey_id: id } }, body: { name } })),
    ["security"],
    (after, { id, name, before, back }, again) => {
      if (!back) setNaming(null);
      notices.tell("place.renamed", { name: after.name }, () => again({ id, name: before, before: name, back: true }));
    },
    wrong.refused,
  );
  const remove = useAct(
    ({ id }: Passkey) => client.DELETE("/api/v1/me/passkeys/{passkey_id}", { params: { path: { passkey_id: id } } }),
    ["security"],
    (_, { name }) => notices.tell("passkey.removed", { name }),
  );
  const items = asked.data?.items ?? [];
  const known = knowsPasskeys();
  return (
    <Card
      title={say("passkey.title")}
      lead={say("passkey.lead")}
      flush
      action={
        known && (
          <button type="button" className="btn sm" onClick={() => setNaming("new")}>
            <IconPlus size={17} stroke={1.75} aria-hidden="true" />
            {say("passkey.add")}
          </button>
        )
      }
    >
      <Answer of={asked}>
        {items.length === 0 ? (
          <Empty text={say(known ? "passkey.none" : "passkey.never")} />
        ) : (
          <table className="p-table">
            <tbody>
              {items.map((item) => (
                <Row
                  key={item.id}
                  item={item}
                  onName={() => setNaming(item)}
                  working={remove.working}
                  onRemove={() => remove.run(item)}
                />
              ))}
            </tbody>
          </table>
        )}
      </Answer>
      {naming === "new" && (
        <NameDialog
          title={say("passkey.add")}
          lead={say("passkey.add.lead")}
          name={browserName(navigator.userAgent)}
          offered
          error={wrong.at("name")}
          working={add.working}
          onClose={() => setNaming(null)}
          onName={(name) => add.run(name)}
        />
      )}
      {naming !== null && naming !== "new" && (
        <NameDialog
          title={say("do.rename")}
          name={naming.name}
          error={wrong.at("name")}
          working={rename.working}
          onClose={() => setNaming(null)}
          onName={(name) => rename.run({ id: naming.id, name, before: naming.name })}
        />
      )}
    </Card>
  );
}

interface RowProps {
  readonly item: Passkey;
  readonly working: boolean;
  readonly onName: () => void;
  readonly onRemove: () => void;
}

function Row({ item, working, onName, onRemove }: RowProps) {
  const { say } = useWords();
  const time = useTime();
  const facts = [
    say("passkey.since", { time: time(item.created_at) }),
    item.last_used_at === null ? say("passkey.unused.yet") : say("me.sessions.used", { time: time(item.last_used_at) }),
    ...(item.portal === window.location.hostname ? [] : [say("passkey.at", { portal: item.portal })]),
  ];
  return (
    <tr>
      <td>
        <b>{item.name}</b>
        <p className="mut">{facts.join(" · ")}</p>
      </td>
      <td className="p-end">
        <button type="button" className="btn sm" onClick={onName}>
          {say("do.rename")}
        </button>
        <DeedButton label={say("do.remove")} sure={say("do.remove.sure")} working={working} onDeed={onRemove} />
      </td>
    </tr>
  );
}
