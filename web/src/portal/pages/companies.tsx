// Integrators: all companies that gave them rights, with their projects' state.
import { useQuery } from "@tanstack/react-query";
import { StateMark } from "../../parts/state-mark";
import type { Schemas } from "../http";
import { companies } from "../queries";
import { Answer, Head } from "../parts/page";
import { usePortal, useWords } from "../surroundings";

export function CompaniesPage() {
  const { say } = useWords();
  const { client, me, actIn } = usePortal();
  const asked = useQuery(companies(client));
  return (
    <>
      <Head title={say("companies.title")} lead={say("companies.lead")} />
      <Answer of={asked}>
        <div className="p-companies">
          {asked.data?.items.map((company) => (
            <section key={company.id} className="p-card" aria-label={company.name}>
              <header>
                <div>
                  {company.own && <span className="p-crumb">{say("companies.own")}</span>}
                  <h2>{company.name}</h2>
                </div>
                {company.id === me.company.id ? (
                  <span className="mut">{say("companies.acting")}</span>
                ) : (
                  <button type="button" className="btn sm" onClick={() => actIn(company.id)}>
                    {say("companies.enter")}
                  </button>
                )}
              </header>
              <StateLine counts={company.stations} />
              <ul className="p-projects">
                {company.projects.map((project) => (
                  <li key={project.id}>
                    <span className="ell">{project.name}</span>
                    <StateLine counts={project.stations} />
                  </li>
                ))}
              </ul>
            </section>
          ))}
        </div>
      </Answer>
    </>
  );
}

const STATES = [
  ["fault", "fault", "state.fault"],
  ["offline", "offline", "state.offline"],
  ["unclaimed", "pending", "state.unclaimed"],
] as const;

/** Only what deviates; all well is one shape and one word. */
export function StateLine({ counts }: { counts: Schemas["StationCountsItem"] }) {
  const { say } = useWords();
  const wrong = STATES.filter(([name]) => counts[name] > 0);
  const total = counts.online + counts.offline + counts.fault + counts.unclaimed;
  return (
    <span className="p-states">
      <span className="num">
        {total} {say(total === 1 ? "over.stations.one" : "over.stations")}
      </span>
      {wrong.map(([name, mark, key]) => (
        <span key={name}>
          <StateMark state={mark} /> {say(key)}: {counts[name]}
        </span>
      ))}
      {wrong.length === 0 && total > 0 && (
        <span>
          <StateMark state="online" /> {say("companies.calm")}
        </span>
      )}
    </span>
  );
}
