// The company at a glance: what happens now, what needs somebody, whether it is in order; the first steps of a new one.
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { clockTime, dayName, zoneName } from "../../words";
import { FirstRing, FirstRun } from "../overview/first-run";
import { LastCalls, LiveCalls, useNoCallYet } from "../overview/calls";
import { Needs } from "../overview/needs";
import { PeopleCard, StationsCard } from "../overview/sums";
import type { Schemas } from "../http";
import { Answer, Head } from "../parts/page";
import { useZone } from "../parts/times";
import { AddPlace } from "../places/inside";
import { tree } from "../queries";
import { useMay, usePortal, useWords } from "../surroundings";

export function OverviewPage() {
  const { say } = useWords();
  const { client, me } = usePortal();
  const may = useMay();
  const [adding, setAdding] = useState(false);
  const asked = useInfiniteQuery(tree(client, null));
  const roots = asked.data?.pages.flatMap((page) => page.items) ?? [];
  const sum = (name: keyof Schemas["StationCountsItem"]): number =>
    roots.reduce((all, { stations }) => all + stations[name], 0);
  const running = sum("online") + sum("offline") + sum("fault") > 0;
  const founds = may("company.configure", "/") && may("stations.configure", "/");
  const silent = useNoCallYet() && running && founds;
  if (asked.data !== undefined && !running && founds)
    return <FirstRun unclaimed={sum("unclaimed")} revoked={sum("revoked")} />;
  return (
    <>
      <Head over={say("kind.company")} title={me.company.name}>
        <Now />
        {may("company.configure", "/") && (
          <button type="button" className="btn pri" onClick={() => setAdding(true)}>
            <IconPlus size={18} stroke={1.75} aria-hidden="true" />
            {say("over.project")}
          </button>
        )}
      </Head>
      {silent && <FirstRing />}
      {may("calls.read") && <LiveCalls />}
      <div className="p-cards">
        <div className="wide">
          {may("stations.read") && <Needs />}
          {may("calls.read") && <LastCalls />}
        </div>
        <div>
          <Answer of={asked}>
            <StationsCard places={roots} />
          </Answer>
          {may("people.read") && <PeopleCard />}
        </div>
      </div>
      {adding && <AddPlace parent={{ id: me.company.id, kind: "company" }} onClose={() => setAdding(false)} />}
    </>
  );
}

const TICK_MS = 10_000;

function Now() {
  const { say, language } = useWords();
  const zone = useZone();
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <span className="mut p-now">
      {say("over.at", {
        day: dayName(language, zone, now),
        time: clockTime(language, zone, now),
        zone: zoneName(language, zone, now),
      })}
    </span>
  );
}
