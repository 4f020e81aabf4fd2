// One person: where they belong, their rights, how they sign in; of a guest only what they may do here.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { StateMark } from "../../parts/state-mark";
import { GonePerson, isGone } from "../changes/removal";
import type { Schemas } from "../http";
import { Nothing } from "./nothing";
import { Answer, Card, Empty, Head } from "../parts/page";
import { PersonDeeds, type ShownUser } from "../people/deeds";
import { GiveDialog, GrantRows } from "../people/grants";
import { PersonSignIn } from "../people/sign-in";
import { DoNotDisturb } from "../quiet/quiet";
import { person } from "../queries";
import { useMay, usePortal, useWords } from "../surroundings";

export function PersonPage({ userId }: { userId: string }) {
  const { say } = useWords();
  const { client } = usePortal();
  const asked = useQuery(person(client, userId));
  if (isGone(asked) && asked.data !== undefined) return <GonePerson name={asked.data.name} />;
  if (asked.isError && asked.data === undefined) return <Nothing text={say("people.gone")} />;
  const shown = asked.data;
  return (
    <Answer of={asked}>
      {shown !== undefined && (shown.kind === "guest" ? <Guest guest={shown} /> : <Shown user={shown} />)}
    </Answer>
  );
}

function Shown({ user }: { user: ShownUser }) {
  const { say } = useWords();
  const { me } = usePortal();
  const may = useMay();
  const [giving, setGiving] = useState(false);
  const gives = may("people.manage") || may("client_users.manage");
  const company = user.place.kind === "company";
  return (
    <>
      <Head
        over={<Link to="/people">{say("nav.people")}</Link>}
        title={user.name}
        lead={
          <span className="p-facts">
            <span className="p-state">
              <StateMark state={user.active ? "online" : "offline"} />
              {say(user.active ? "state.active" : "state.deactivated")}
            </span>
            <span>{user.email ?? say("people.hidden")}</span>
            <span>{company ? say("people.home.company") : say("people.home", { place: user.place.trail })}</span>
          </span>
        }
      >
        {may("ring_plans.read", user.place.path) && (
          <Link className="btn" to="/ring-plans/$ownerId" params={{ ownerId: user.id }}>
            {say("plan.title")}
          </Link>
        )}
        <PersonDeeds user={user} />
      </Head>
      <Card
        title={say("people.rights")}
        flush
        action={
          gives && (
            <button type="button" className="btn sm" onClick={() => setGiving(true)}>
              {say("grant.add")}
            </button>
          )
        }
      >
        {user.grants.length === 0 ? <Empty text={say("people.rights.none")} /> : <GrantRows grants={user.grants} />}
      </Card>
      {may("ring_plans.read") && <DoNotDisturb userId={user.id === me.user.id ? null : user.id} />}
      {user.changeable && user.id !== me.user.id && <PersonSignIn user={user} />}
      {giving && <GiveDialog person={user} onClose={() => setGiving(false)} />}
    </>
  );
}

function Guest({ guest }: { guest: Schemas["GuestItem"] }) {
  const { say } = useWords();
  return (
    <>
      <Head
        over={<Link to="/people">{say("nav.people")}</Link>}
        title={guest.name}
        lead={
          <span className="p-facts">
            <span className="p-chip">{say("people.guest.from", { company: guest.company_name })}</span>
            <span>{guest.email ?? say("people.hidden")}</span>
          </span>
        }
      />
      <Card title={say("people.rights")} lead={say("people.guest.lead", { company: guest.company_name })} flush>
        <GrantRows grants={guest.grants} />
      </Card>
    </>
  );
}
