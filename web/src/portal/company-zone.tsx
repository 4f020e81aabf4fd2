// The clock by which the portal shows and takes times: the company's, so that everybody speaks of the same times.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ownZone } from "../words";
import { useZoneName, ZoneContext } from "./parts/times";
import { place, tree } from "./queries";
import { useMay, usePortal } from "./surroundings";

export function CompanyZone({ children }: { children: ReactNode }) {
  const { client, me } = usePortal();
  const may = useMay();
  const company = useQuery({ ...place(client, me.company.id), enabled: may("places.read", "/") });
  // Whoever sees but a part of it has the clock of the first place that they see.
  const parts = useInfiniteQuery({ ...tree(client, null), enabled: may("places.read") && !may("places.read", "/") });
  const zone = company.data?.time_zone ?? parts.data?.pages[0]?.items[0]?.time_zone ?? ownZone;
  return <ZoneContext.Provider value={zone}>{children}</ZoneContext.Provider>;
}

/** Which clock that is. */
export function ZoneMark() {
  return <span className="p-zone p-long mut">{useZoneName()}</span>;
}
