// Roles: those that are shipped, and the company's own.
import { Checkbox, TextInput } from "@mantine/core";
import { IconChevronRight, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { AnyKey } from "../../words/portal";
import { useAct } from "../act";
import { useVanished } from "../changes/removal";
import { held, wish, type Schemas } from "../http";
import { DeedButton } from "../parts/deed-button";
import { Dialog } from "../parts/dialog";
import { Answer, Card, Empty, Head } from "../parts/page";
import { roleName } from "../parts/pickers";
import { RoleText } from "../people/invite";
import { roles } from "../queries";
import { useMay, usePortal, useWords } from "../surroundings";

type Role = Schemas["RoleItem"];
type Named = Role["permissions"][number];

const SENSITIVE: readonly Named[] = [
  "door_log.read",
  "snapshots.read",
  "recordings.read",
  "transcripts.read",
  "people.personal",
];

export function RolesPage() {
  const { say } = useWords();
  const { client, notices } = usePortal();
  const may = useMay();
  const asked = useQuery(roles(client));
  const [edited, setEdited] = useState<Role | "new" | null>(null);
  const makes = may("roles.manage", "/");
  const restore = useAct(
    (role: Role) => held(client.POST("/api/v1/roles", { body: { name: role.name, permissions: role.permissions } })),
    ["roles"],
  );
  const remove = useAct(
    (role: Role) => client.DELETE("/api/v1/roles/{role_id}", { params: { path: { role_id: role.id } } }),
    ["roles"],
    (_, role) => notices.tell("roles.removed", { name: role.name }, () => restore.run(role)),
  );
  const items = asked.data?.items ?? [];
  const own = items.filter((role) => !role.shipped);
  const mine = useVanished("role", asked.data?.items);
  const gone = edited !== null && edited !== "new" && own.every(({ id }) => id !== edited.id);
  return (
    <>
      <Head title={say("roles.title")} lead={say("roles.lead")}>
        {makes && (
          <button type="button" className="btn pri" onClick={() => setEdited("new")}>
            <IconPlus size={18} stroke={1.75} aria-hidden="true" />
            {say("roles.add")}
          </button>
        )}
      </Head>
      <Answer of={asked}>
        <Card title={say("roles.own")} flush>
          {own.length === 0 && <Empty text={say("roles.own.none")} />}
          {own.map((role) => (
            <RoleRow key={role.id} role={role}>
              {makes && (
                <>
                  <button type="button" className="btn sm" onClick={() => setEdited(role)}>
                    {say("roles.edit")}
                  </button>
                  <DeedButton
                    label={say("do.remove")}
                    working={remove.working}
                    onDeed={() => {
                      mine(role.id);
                      remove.run(role);
                    }}
                  />
                </>
              )}
            </RoleRow>
          ))}
        </Card>
        <Card title={say("roles.shipped")} flush>
          {items
            .filter((role) => role.shipped)
            .map((role) => (
              <RoleRow key={role.id} role={role} />
            ))}
        </Card>
      </Answer>
      {edited !== null && !gone && (
        <RoleDialog role={edited === "new" ? null : edited} onClose={() => setEdited(null)} />
      )}
    </>
  );
}

function RoleRow({ role, children }: { role: Role; children?: React.ReactNode }) {
  const { say } = useWords();
  return (
    <div className="p-role">
      <details>
        <summary>
          <IconChevronRight className="p-opens" size={17} stroke={1.75} aria-hidden="true" />
          <span>
            <b>{roleName(role, say)}</b>
            <RoleText roleId={role.id} />
          </span>
        </summary>
        <ul className="p-permissions">
          {role.permissions.map((permission) => (
            <li key={permission}>
              {say(`may.${permission}` as AnyKey)}
              {SENSITIVE.includes(permission) && <span className="p-chip">{say("roles.sensitive")}</span>}
            </li>
          ))}
        </ul>
      </details>
      {Boolean(children) && <span className="p-roledeeds">{children}</span>}
    </div>
  );
}

function RoleDialog({ role, onClose }: { role: Role | null; onClose: () => void }) {
  const { say } = useWords();
  const { client, notices, me } = usePortal();
  const [key] = useState(wish);
  const [name, setName] = useState(role?.name ?? "");
  const [permissions, setPermissions] = useState<readonly string[]>(
    role?.permissions ?? ["places.read", "stations.read"],
  );
  const save = useAct(
    (body: { name: string; permissions: Named[] }) =>
      role === null
        ? held(client.POST("/api/v1/roles", { body, params: { header: { "Idempotency-Key": key } } }))
        : held(client.PATCH("/api/v1/roles/{role_id}", { params: { path: { role_id: role.id } }, body })),
    ["roles", "people", "grants"],
    (after) => {
      notices.tell(role === null ? "roles.added" : "roles.changed", { name: after.name });
      onClose();
    },
  );
  const known = Object.keys(me.rights) as Named[];
  const plain = known.filter((permission) => !SENSITIVE.includes(permission));
  const sensitive = known.filter((permission) => SENSITIVE.includes(permission));
  const box = (permission: Named) => (
    <Checkbox key={permission} value={permission} label={say(`may.${permission}` as AnyKey)} />
  );
  return (
    <Dialog
      title={say(role === null ? "roles.add" : "roles.edit")}
      opened
      wide
      onClose={onClose}
      deed={say("do.save")}
      working={save.working}
      ready={name.trim() !== "" && permissions.length > 0}
      onDeed={() => save.run({ name: name.trim(), permissions: permissions as Named[] })}
    >
      <TextInput
        label={say("field.name")}
        value={name}
        maxLength={120}
        onChange={(event) => setName(event.currentTarget.value)}
        data-autofocus
      />
      <Checkbox.Group
        label={say("roles.permissions")}
        value={[...permissions]}
        onChange={(chosen) => setPermissions(chosen)}
      >
        <div className="p-boxes">{plain.map(box)}</div>
        <p className="p-hint">
          <b>{say("roles.sensitive")}.</b> <span className="mut">{say("roles.sensitive.text")}</span>
        </p>
        <div className="p-boxes">{sensitive.map(box)}</div>
      </Checkbox.Group>
    </Dialog>
  );
}
