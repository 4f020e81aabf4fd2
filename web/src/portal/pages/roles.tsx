// Roles: those that are shipped, and the company's own.
import { Checkbox, TextInput } from "@mantine/core";
import { IconChevronRight, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useRouterState } from "@tanstack/react-router";
import { useState } from "react";
import type { AnyKey } from "../../words/portal";
import { useAct } from "../act";
import { useVanished } from "../changes/removal";
import { held, wish, type Schemas } from "../http";
import { ifUnchanged, Meanwhile, useBase } from "../meanwhile";
import { DeedButton } from "../parts/deed-button";
import { Dialog } from "../parts/dialog";
import { Answer, Card, Empty, Head } from "../parts/page";
import { roleName } from "../parts/pickers";
import { RoleText } from "../people/invite";
import { useWrong } from "../parts/wrong";
import { readRole, roles } from "../queries";
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
    ["roles", "found"],
  );
  const remove = useAct(
    (role: Role) =>
      ifUnchanged(readRole(client, role.id), { name: role.name, permissions: role.permissions }, (header) =>
        client.DELETE("/api/v1/roles/{role_id}", { params: { path: { role_id: role.id }, header } }),
      ),
    ["roles", "found"],
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
  const wanted = useRouterState({ select: (state) => state.location.hash }); // search leads to one of them
  return (
    <div className="p-role" id={role.id}>
      <details open={wanted === role.id}>
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
  const may = useMay();
  const [key] = useState(wish);
  const [name, setName] = useState(role?.name ?? "");
  const [permissions, setPermissions] = useState<readonly string[]>(
    role?.permissions ?? ["places.read", "stations.read"],
  );
  const wrong = useWrong("name");
  const base = useBase<Pick<Role, "name" | "permissions">>(role ?? { name: "", permissions: [] });
  const save = useAct<{ body: Pick<Role, "name" | "permissions">; was: Pick<Role, "name" | "permissions"> }, Role>(
    ({ body, was }) =>
      role === null
        ? held(client.POST("/api/v1/roles", { body, params: { header: { "Idempotency-Key": key } } }))
        : ifUnchanged(readRole(client, role.id), { name: was.name, permissions: was.permissions }, (header) =>
            held(client.PATCH("/api/v1/roles/{role_id}", { params: { path: { role_id: role.id }, header }, body })),
          ),
    ["roles", "people", "grants", "found"],
    (after) => {
      notices.tell(role === null ? "roles.added" : "roles.changed", { name: after.name });
      onClose();
    },
    (refusal) => base.refused(refusal) || wrong.refused(refusal),
  );
  const { newest } = base;
  const now =
    newest === null
      ? null
      : `${newest.name} (${newest.permissions.map((each) => say(`may.${each}` as AnyKey)).join(", ")})`;
  const known = Object.keys(me.rights).filter((right) => may(right, "/")) as Named[]; // a role holds in the whole company
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
      lacks={say(name.trim() === "" ? "lacks.name" : "lacks.permissions")}
      onDeed={() => {
        wrong.found({});
        save.run({ body: { name: name.trim(), permissions: permissions as Named[] }, was: base.shown });
      }}
    >
      <Meanwhile now={now} />
      <TextInput
        label={say("field.name")}
        value={name}
        error={wrong.at("name")}
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
