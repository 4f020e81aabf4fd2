// One place: the way to it, what lies in it, its stations, who has rights here, its time and language.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { AnyKey } from "../../words/portal";
import { GonePlace, isGone } from "../changes/removal";
import type { Schemas } from "../http";
import type { Tagged } from "../meanwhile";
import { Answer, Card, Empty, Head } from "../parts/page";
import { Nothing } from "./nothing";
import { GiveDialog, GrantRows } from "../people/grants";
import { AccountsHere, PeopleHere } from "../places/belonging";
import { ContactsHere } from "../places/contacts";
import { Inside } from "../places/inside";
import { PlaceDeeds } from "../places/deeds";
import { PlaceSettings } from "../places/settings";
import { Stations } from "../places/stations";
import { grantsAt, place } from "../queries";
import { useMay, usePortal, useWords } from "../surroundings";

export function PlacePage({ placeId }: { placeId: string }) {
  const { say } = useWords();
  const { client } = usePortal();
  const asked = useQuery(place(client, placeId));
  if (isGone(asked))
    return asked.data === undefined ? <Nothing text={say("place.none")} /> : <GonePlace place={asked.data} />;
  return <Answer of={asked}>{asked.data !== undefined && <Shown here={asked.data} />}</Answer>;
}

function Shown({ here }: { here: Schemas["PlaceView"] & Tagged }) {
  const may = useMay();
  return (
    <>
      <Head over={<Way here={here} />} title={here.name}>
        <PlaceDeeds here={here} />
      </Head>
      <div className="p-columns">
        <div>
          {here.kind !== "company" && here.kind !== "project" && <Stations here={here} />}
          {may("ring_plans.read", here.path) && <ContactsHere here={here} />}
          {may("stations.read", here.path) && <AccountsHere placeId={here.id} />}
          {may("people.read", here.path) && here.kind !== "company" && <PeopleHere placeId={here.id} />}
          <Inside here={here} />
        </div>
        <div>
          {may("people.read", here.path) && <RightsHere here={here} />}
          <PlaceSettings here={here} />
        </div>
      </div>
    </>
  );
}

function Way({ here }: { here: Schemas["PlaceView"] }) {
  const { say } = useWords();
  const outer = here.way.filter((place) => place.id !== here.id);
  return (
    <nav aria-label={say("field.place")}>
      {outer.map((place) => (
        <span key={place.id}>
          <Link to="/places/$placeId" params={{ placeId: place.id }}>
            {place.name}
          </Link>
          {" / "}
        </span>
      ))}
      {say(`kind.${here.kind}` as AnyKey)}
    </nav>
  );
}

function RightsHere({ here }: { here: Schemas["PlaceView"] }) {
  const { say } = useWords();
  const { client } = usePortal();
  const may = useMay();
  const [giving, setGiving] = useState(false);
  const asked = useQuery(grantsAt(client, here.id));
  const items = asked.data?.items ?? [];
  const names = new Map(items.map((grant) => [grant.id, grant]));
  const manages = may("people.manage", here.path) || may("client_users.manage", here.path);
  return (
    <Card
      title={say("grant.here")}
      lead={say("grant.here.lead")}
      flush
      action={
        manages && (
          <button type="button" className="btn sm" onClick={() => setGiving(true)}>
            {say("grant.add")}
          </button>
        )
      }
    >
      <Answer of={asked}>
        {items.length === 0 ? (
          <Empty text={say("grant.here.none")} />
        ) : (
          <GrantRows
            grants={items}
            who={(grant) => {
              const shown = names.get(grant.id);
              if (shown === undefined) return null;
              return (
                <>
                  <Link to="/people/$userId" params={{ userId: shown.user_id }}>
                    {shown.user_name}
                  </Link>
                  {shown.guest && <span className="p-chip">{say("people.guest")}</span>}
                </>
              );
            }}
          />
        )}
      </Answer>
      {giving && <GiveDialog at={here} onClose={() => setGiving(false)} />}
    </Card>
  );
}
