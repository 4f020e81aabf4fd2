// The people of the company, and who is invited.
import { SegmentedControl } from "@mantine/core";
import { IconUserPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { initials } from "../../parts/initials";
import { StateMark } from "../../parts/state-mark";
import { useAct } from "../act";
import type { Schemas } from "../http";
import { InviteDialog, InvitationLink } from "../people/invite";
import { DeedButton } from "../parts/deed-button";
import { Answer, Card, Empty, Head, More } from "../parts/page";
import { RolePicker, roleName } from "../parts/pickers";
import { TextFilter, useTextFilter } from "../parts/text-filter";
import { useTime } from "../parts/times";
import { guests, invitations, people } from "../queries";
import { useMay, usePortal, useWords } from "../surroundings";

type Shown = "active" | "inactive" | "all";

export function PeoplePage() {
  const { say } = useWords();
  const { client } = usePortal();
  const may = useMay();
  const [shown, setShown] = useState<Shown>("active");
  const [roleId, setRoleId] = useState<string | null>(null);
  const filter = useTextFilter();
  const [inviting, setInviting] = useState(false);
  const asked = useInfiniteQuery(
    people(client, { active: shown === "all" ? null : shown === "active", roleId, words: filter.asked }),
  );
  const items = asked.data?.pages.flatMap((page) => page.items) ?? [];
  const invites = may("people.manage") || may("client_users.manage");
  return (
    <>
      <Head title={say("people.title")}>
        {invites && (
          <button type="button" className="btn pri" onClick={() => setInviting(true)}>
            <IconUserPlus size={18} stroke={1.75} aria-hidden="true" />
            {say("people.invite")}
          </button>
        )}
      </Head>
      {invites && <Waiting />}
      <Card title={say("people.title")} flush className="bare">
        <div className="p-filters">
          <TextFilter of={filter} />
          <SegmentedControl
            aria-label={say("people.filter")}
            value={shown}
            onChange={setShown}
            data={[
              { value: "active", label: say("people.filter.active") },
              { value: "inactive", label: say("people.filter.inactive") },
              { value: "all", label: say("people.filter.all") },
            ]}
          />
          <RolePicker label={say("field.role")} all={say("people.filter.role")} value={roleId} onChange={setRoleId} />
        </div>
        <Answer of={asked}>
          {items.length === 0 ? (
            <Empty text={say("people.none")} />
          ) : (
            <table className="p-table lines">
              <thead>
                <tr>
                  <th>{say("field.name")}</th>
                  <th>{say("field.email")}</th>
                  <th>{say("people.rights")}</th>
                  <th>{say("field.state")}</th>
                </tr>
              </thead>
              <tbody>
                {items.map((user) => (
                  <Row key={user.id} user={user} />
                ))}
              </tbody>
            </table>
          )}
          <More of={asked} />
        </Answer>
      </Card>
      <Guests />
      <InviteDialog opened={inviting} onClose={() => setInviting(false)} />
    </>
  );
}

/** Their rights in one line: "Operator at Rainerstraße 12". */
export function useRightsLine(): (user: Pick<Schemas["UserItem"], "grants">) => string {
  const { say } = useWords();
  return (user) => {
    const lines = user.grants.map((grant) =>
      say("people.rights.at", {
        role: roleName(grant.role, say),
        place: grant.place.kind === "company" ? say("people.rights.everywhere") : grant.place.trail,
      }),
    );
    return lines.length === 0 ? say("people.rights.none") : lines.join(" · ");
  };
}

function Row({ user }: { user: Schemas["UserItem"] }) {
  const { say } = useWords();
  const rights = useRightsLine();
  return (
    <tr>
      <td>
        <Link to="/people/$userId" params={{ userId: user.id }} className="p-name">
          <span className="avatar" aria-hidden="true">
            {initials(user.name)}
          </span>
          <b>{user.name}</b>
        </Link>
      </td>
      <td className={user.email === null ? "mut" : ""}>{user.email ?? say("people.hidden")}</td>
      <td>{rights(user)}</td>
      <td>
        <span className="p-state">
          <StateMark state={user.active ? "online" : "offline"} />
          {say(user.active ? "state.active" : "state.deactivated")}
        </span>
      </td>
    </tr>
  );
}

/** People of other companies who have rights here. */
function Guests() {
  const { say } = useWords();
  const { client } = usePortal();
  const rights = useRightsLine();
  const asked = useInfiniteQuery(guests(client));
  const items = asked.data?.pages.flatMap((page) => page.items) ?? [];
  if (items.length === 0) return null;
  return (
    <Card title={say("people.guests")} lead={say("people.guests.lead")} flush>
      <table className="p-table">
        <tbody>
          {items.map((guest) => (
            <tr key={guest.id}>
              <td>
                <Link to="/people/$userId" params={{ userId: guest.id }} className="p-name">
                  <span className="avatar" aria-hidden="true">
                    {initials(guest.name)}
                  </span>
                  <b>{guest.name}</b>
                </Link>
              </td>
              <td>
                <span className="p-chip">{say("people.guest.from", { company: guest.company_name })}</span>
              </td>
              <td className={guest.email === null ? "mut" : ""}>{guest.email ?? say("people.hidden")}</td>
              <td>{rights(guest)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <More of={asked} />
    </Card>
  );
}

function Waiting() {
  const { say } = useWords();
  const { client, notices } = usePortal();
  const time = useTime();
  const asked = useQuery(invitations(client));
  const [shown, setShown] = useState<Schemas["InvitationItem"] | null>(null);
  const revoke = useAct(
    (id: string) => client.DELETE("/api/v1/invitations/{invitation_id}", { params: { path: { invitation_id: id } } }),
    ["invitations", "counts"],
    () => notices.tell("invite.revoked"),
  );
  const items = asked.data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <Card title={say("invite.waiting")} flush>
      <table className="p-table">
        <tbody>
          {items.map((item) => (
            <tr key={item.id}>
              <td>
                <b>{item.name === "" ? (item.email ?? say("invite.anybody")) : item.name}</b>
                {item.name !== "" && item.email !== null && <span className="mut"> {item.email}</span>}
              </td>
              <td>
                {say("people.rights.at", {
                  role: roleName(item.role, say),
                  place: item.place.kind === "company" ? say("people.rights.everywhere") : item.place.trail,
                })}
              </td>
              <td>
                <span className="p-state mut">
                  <StateMark state={item.mailed ? "online" : "pending"} />
                  {say(item.mailed ? "invite.mailed.short" : "invite.mailed.short.not")}
                </span>
              </td>
              <td className="mut">{say("grant.until", { time: time(item.expires_at) })}</td>
              <td className="p-end">
                {item.link !== null && (
                  <button type="button" className="btn sm" onClick={() => setShown(item)}>
                    {say("invite.show")}
                  </button>
                )}
                <DeedButton
                  label={say("invite.revoke")}
                  sure={say("invite.revoke.sure")}
                  working={revoke.working}
                  onDeed={() => revoke.run(item.id)}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <InvitationLink invitation={shown} onClose={() => setShown(null)} />
    </Card>
  );
}
