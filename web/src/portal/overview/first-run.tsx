// A company without a station in service: four steps to one door that rings.
import { TextInput } from "@mantine/core";
import { IconCheck, IconUserPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { ownZone } from "../../words";
import { useAct } from "../act";
import { held, wish, type Schemas } from "../http";
import { Answer, usePageTitle } from "../parts/page";
import { Secret } from "../parts/secret";
import { useTime } from "../parts/times";
import { useWrong } from "../parts/wrong";
import { InviteDialog } from "../people/invite";
import { stationsOf } from "../queries";
import { useMay, usePortal, useWords } from "../surroundings";

const STEPS = [1, 2, 3, 4] as const;

export type Step = (typeof STEPS)[number];

/** The step that is next, where no station is in service: a revoked one counts for nothing. */
export function nextStep(sites: number, unclaimed: number): Exclude<Step, 4> {
  if (unclaimed > 0) return 3;
  return sites > 0 ? 2 : 1;
}

export function FirstRun({ unclaimed, revoked }: { unclaimed: number; revoked: number }) {
  const { say } = useWords();
  const { client, me } = usePortal();
  const sites = useQuery({
    queryKey: ["tree", "first site"],
    queryFn: () => held(client.GET("/api/v1/places", { params: { query: { kind: ["site"], limit: 1 } } })),
  });
  const site = sites.data?.items[0];
  const [inviting, setInviting] = useState(false);
  usePageTitle(say("nav.overview"));
  if (sites.data === undefined) return <Answer of={sites}>{null}</Answer>;
  const at = nextStep(sites.data.items.length, unclaimed);
  return (
    <div className="p-first">
      <h1>{say("first.title", { name: me.user.name.split(" ")[0] ?? me.user.name })}</h1>
      <p className="mut p-firstlead">{say("first.lead")}</p>
      <Steps at={at} />
      <section className="p-card p-firstcard">
        {at === 1 && <FirstPlace />}
        {at === 2 && site !== undefined && <FirstStation site={site} revoked={revoked > 0} />}
        {at === 3 && <FirstCode />}
      </section>
      <section className="p-card p-firstmore">
        <h2>{say("first.people")}</h2>
        <p className="mut">{say("first.people.text")}</p>
        <button type="button" className="btn sm" onClick={() => setInviting(true)}>
          <IconUserPlus size={17} stroke={1.75} aria-hidden="true" />
          {say("first.people.do")}
        </button>
      </section>
      <InviteDialog opened={inviting} onClose={() => setInviting(false)} />
    </div>
  );
}

function Steps({ at }: { at: Step }) {
  const { say } = useWords();
  return (
    <ol className="p-steps">
      {STEPS.map((step) => (
        <li key={step} aria-current={step === at ? "step" : undefined}>
          <span className="p-plate">
            {step < at ? <IconCheck size={18} stroke={2} role="img" aria-label={say("first.done")} /> : step}
          </span>
          <span>
            <b>{say(`first.${step}`)}</b>
            <small>{say(`first.${step}.text`)}</small>
          </span>
        </li>
      ))}
    </ol>
  );
}

/** The last step, over the overview: there is a station, and nobody has rung it yet. */
export function FirstRing() {
  const { say } = useWords();
  const may = useMay();
  return (
    <section className="p-firstring" aria-label={say("first.ring")}>
      <Steps at={4} />
      <div className="p-card">
        <div>
          <h2>{say("first.ring")}</h2>
          <p className="mut">{say("first.ring.lead")}</p>
        </div>
        {may("calls.answer") && (
          <a className="btn pri" href="/">
            {say("nav.desk")}
          </a>
        )}
      </div>
    </section>
  );
}

function FirstPlace() {
  const { say } = useWords();
  const { client, me } = usePortal();
  const [keys] = useState(() => [wish(), wish()] as const);
  const [project, setProject] = useState(me.company.name);
  const [site, setSite] = useState("");
  const projectWrong = useWrong("name");
  const siteWrong = useWrong("name");
  const made = useRef(false); // the project: what is refused from then on is about the site
  const make = useAct(
    async () => {
      const outer = await held(
        client.POST("/api/v1/places", {
          body: { kind: "project", name: project.trim(), parent_id: me.company.id },
          params: { header: { "Idempotency-Key": keys[0] } },
        }),
      );
      made.current = true;
      return held(
        client.POST("/api/v1/places", {
          body: { kind: "site", name: site.trim(), parent_id: outer.id, time_zone: ownZone },
          params: { header: { "Idempotency-Key": keys[1] } },
        }),
      );
    },
    ["tree", "place"],
    () => undefined,
    (refusal) => (made.current ? siteWrong : projectWrong).refused(refusal),
  );
  const ready = project.trim() !== "" && site.trim() !== "";
  return (
    <form
      className="p-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (!ready || make.working) return;
        made.current = false;
        projectWrong.found({});
        siteWrong.found({});
        make.run(undefined);
      }}
    >
      <h2>{say("first.place")}</h2>
      <p className="mut">{say("first.place.lead")}</p>
      <TextInput
        label={say("first.place.project")}
        value={project}
        error={projectWrong.at("name")}
        maxLength={120}
        onChange={(event) => setProject(event.currentTarget.value)}
      />
      <TextInput
        label={say("first.place.site")}
        value={site}
        error={siteWrong.at("name")}
        maxLength={120}
        placeholder="Rainerstraße 12"
        onChange={(event) => setSite(event.currentTarget.value)}
      />
      <button type="submit" className="btn pri big" aria-disabled={!ready || make.working}>
        {say(make.working ? "do.working" : "first.place.do")}
      </button>
    </form>
  );
}

function FirstStation({ site, revoked }: { site: Schemas["PlaceItem"]; revoked: boolean }) {
  const { say } = useWords();
  const { client } = usePortal();
  const [key] = useState(wish);
  const [name, setName] = useState("");
  const wrong = useWrong("name");
  const add = useAct(
    (body: Schemas["NewStation"]) =>
      held(client.POST("/api/v1/stations", { body, params: { header: { "Idempotency-Key": key } } })),
    ["tree", "stations"],
    () => undefined,
    wrong.refused,
  );
  return (
    <form
      className="p-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() === "" || add.working) return;
        wrong.found({});
        add.run({ name: name.trim(), spot: "", place_id: site.id });
      }}
    >
      <h2>{say("first.station")}</h2>
      <p className="mut">{say("first.station.lead")}</p>
      {revoked && <p className="mut">{say("first.station.revoked")}</p>}
      <TextInput
        label={say("first.station.name")}
        description={site.trail}
        value={name}
        error={wrong.at("name")}
        maxLength={120}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <button type="submit" className="btn pri big" aria-disabled={name.trim() === "" || add.working}>
        {say(add.working ? "do.working" : "first.station.do")}
      </button>
    </form>
  );
}

function FirstCode() {
  const { say } = useWords();
  const { client } = usePortal();
  const time = useTime();
  const [code, setCode] = useState<Schemas["ClaimCode"] | null>(null);
  const asked = useQuery(stationsOf(client, { status: "unclaimed" }, 1));
  const station = asked.data?.items[0];
  const renew = useAct(
    (id: string) =>
      held(client.POST("/api/v1/stations/{station_id}/claim-code", { params: { path: { station_id: id } } })),
    [],
    (made) => setCode(made),
  );
  // None any more: the overview hears of it too, and goes on by itself.
  if (station === undefined) return <Answer of={asked}>{say("list.loading")}</Answer>;
  return (
    <div className="p-form">
      <h2>{say("first.code")}</h2>
      <p className="mut">{say("first.code.lead")}</p>
      <p>
        <b>{station.name}</b> <span className="mut">{station.place}</span>
      </p>
      {code === null ? (
        <button type="button" className="btn pri big" onClick={() => renew.run(station.id)}>
          {say("first.code.new")}
        </button>
      ) : (
        <>
          <Secret text={code.claim_code} plate />
          <p className="mut">{say("grant.until", { time: time(code.claim_code_expires_at) })}</p>
        </>
      )}
    </div>
  );
}
