// API keys: what programs use. Each is shown once.
import { TextInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useAct } from "../act";
import { useVanished } from "../changes/removal";
import { held, wish, type Schemas } from "../http";
import { DeedButton } from "../parts/deed-button";
import { Dialog } from "../parts/dialog";
import { Answer, Card, Empty, Head } from "../parts/page";
import { PlacePicker, RolePicker, roleName } from "../parts/pickers";
import { Secret } from "../parts/secret";
import { isoTime, localTime, TimeField, useEnd, useTime, useZone, wrongTimes } from "../parts/times";
import { useWrong } from "../parts/wrong";
import { keys } from "../queries";
import { useMay, usePortal, useWords } from "../surroundings";

const LASTS_MS = 90 * 86_400_000;

export function KeysPage() {
  const { say } = useWords();
  const { client, notices } = usePortal();
  const time = useTime();
  const end = useEnd();
  const asked = useQuery(keys(client));
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<Schemas["CreatedKey"] | null>(null);
  const revoke = useAct(
    ({ id }: Schemas["KeyItem"]) => client.DELETE("/api/v1/keys/{key_id}", { params: { path: { key_id: id } } }),
    ["keys"],
    (_, { name }) => notices.tell("keys.revoked", { name }),
  );
  const mine = useVanished("key", asked.data?.items);
  const items = asked.data?.items ?? [];
  return (
    <>
      <Head title={say("keys.page")} lead={say("keys.lead")}>
        <a className="btn" href="/api/reference" target="_blank" rel="noreferrer">
          {say("keys.reference")}
        </a>
        <button type="button" className="btn pri" onClick={() => setAdding(true)}>
          <IconPlus size={18} stroke={1.75} aria-hidden="true" />
          {say("keys.add")}
        </button>
      </Head>
      <Card title={say("keys.page")} flush className="bare">
        <Answer of={asked}>
          {items.length === 0 ? (
            <Empty text={say("keys.none")} />
          ) : (
            <table className="p-table">
              <thead>
                <tr>
                  <th>{say("field.name")}</th>
                  <th>{say("people.rights")}</th>
                  <th>{say("field.expires")}</th>
                  <th>{say("keys.used")}</th>
                  <th>
                    <span className="visually-hidden">{say("keys.revoke")}</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {items.map((key) => (
                  <tr key={key.id}>
                    <td>
                      <b>{key.name}</b>
                    </td>
                    <td>
                      {say("people.rights.at", {
                        role: roleName(key.role, say),
                        place: key.place.kind === "company" ? say("people.rights.everywhere") : key.place.trail,
                      })}
                    </td>
                    <td data-label={say("field.expires")}>{end(key.expires_at)}</td>
                    <td className="mut" data-label={say("keys.used")}>
                      {key.last_used_at === null ? say("keys.used.never") : time(key.last_used_at)}
                    </td>
                    <td className="p-end">
                      <DeedButton
                        label={say("keys.revoke")}
                        sure={say("keys.revoke.sure")}
                        working={revoke.working}
                        onDeed={() => {
                          mine(key.id);
                          revoke.run(key);
                        }}
                      />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </Answer>
      </Card>
      {adding && (
        <KeyDialog
          onClose={() => setAdding(false)}
          onMade={(key) => {
            setAdding(false);
            setMade(key);
          }}
        />
      )}
      {made !== null && (
        <Dialog
          title={say("keys.made", { name: made.name })}
          lead={say("keys.made.lead")}
          opened
          onClose={() => setMade(null)}
        >
          <Secret text={made.key} />
        </Dialog>
      )}
    </>
  );
}

interface Props {
  readonly onClose: () => void;
  readonly onMade: (key: Schemas["CreatedKey"]) => void;
}

function KeyDialog({ onClose, onMade }: Props) {
  const zone = useZone();
  const { say } = useWords();
  const { client, me } = usePortal();
  const may = useMay();
  const [key] = useState(wish);
  const [name, setName] = useState("");
  const [roleId, setRoleId] = useState<string | null>("role_viewer");
  const [placeId, setPlaceId] = useState<string | null>(me.company.id);
  const [expires, setExpires] = useState(() => localTime(zone, new Date(Date.now() + LASTS_MS).toISOString()));
  const wrong = useWrong("name", "expires_at");
  const add = useAct(
    (body: Schemas["NewKey"]) =>
      held(client.POST("/api/v1/keys", { body, params: { header: { "Idempotency-Key": key } } })),
    ["keys"],
    (made) => onMade(made),
    wrong.refused,
  );
  const deed = (): void => {
    const { ends_at: late } = wrongTimes(zone, "", expires, Date.now());
    if (wrong.found(late === undefined ? {} : { expires_at: late })) return;
    add.run({
      name: name.trim(),
      role_id: roleId ?? "role_viewer",
      place_id: placeId,
      expires_at: isoTime(zone, expires) ?? "",
    });
  };
  return (
    <Dialog
      title={say("keys.add")}
      lead={say("keys.lead")}
      opened
      onClose={onClose}
      deed={say("keys.add")}
      working={add.working}
      ready={name.trim() !== "" && roleId !== null && placeId !== null && expires !== ""}
      lacks={say(
        name.trim() === ""
          ? "lacks.name"
          : roleId === null
            ? "lacks.role"
            : placeId === null
              ? "lacks.place"
              : "lacks.expiry",
      )}
      onDeed={deed}
    >
      <TextInput
        label={say("field.name")}
        value={name}
        error={wrong.at("name")}
        maxLength={120}
        onChange={(event) => setName(event.currentTarget.value)}
        data-autofocus
      />
      <RolePicker
        label={say("field.role")}
        value={roleId}
        onChange={setRoleId}
        only={({ permissions }) => permissions.every((permission) => may(permission))}
      />
      <PlacePicker label={say("field.place")} value={placeId} onChange={setPlaceId} />
      <TimeField label={say("field.expires")} value={expires} onChange={setExpires} error={wrong.at("expires_at")} />
    </Dialog>
  );
}
