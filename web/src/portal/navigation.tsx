// The left side: the company, the pages, the tree of places.
import {
  IconAddressBook,
  IconBuildingCommunity,
  IconClock,
  IconHeadset,
  IconHistory,
  IconKey,
  IconLayoutDashboard,
  IconPhone,
  IconShieldCheck,
  IconUserCircle,
  IconUsers,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { CompanySwitch } from "./company-switch";
import { companies } from "./queries";
import { useMay, usePortal, useWords } from "./surroundings";
import { PlaceTree } from "./tree/place-tree";

const ICON = { size: 18, stroke: 1.75, "aria-hidden": true } as const;

interface EntryProps {
  readonly to:
    | "/"
    | "/calls"
    | "/people"
    | "/contacts"
    | "/ring-plans"
    | "/roles"
    | "/keys"
    | "/changes"
    | "/companies"
    | "/profile";
  readonly icon: ReactNode;
  readonly children: ReactNode;
}

function Entry({ to, icon, children }: EntryProps) {
  return (
    <Link to={to} className="p-entry" activeOptions={{ exact: to === "/" }} activeProps={{ className: "here" }}>
      {icon}
      <span className="ell">{children}</span>
    </Link>
  );
}

export function Navigation() {
  const { say } = useWords();
  const { client } = usePortal();
  const may = useMay();
  const several = (useQuery(companies(client)).data?.items.length ?? 1) > 1;
  return (
    <>
      <CompanySwitch />
      <Entry to="/" icon={<IconLayoutDashboard {...ICON} />}>
        {say("nav.overview")}
      </Entry>
      {may("calls.read") && (
        <Entry to="/calls" icon={<IconPhone {...ICON} />}>
          {say("nav.calls")}
        </Entry>
      )}
      {several && (
        <Entry to="/companies" icon={<IconBuildingCommunity {...ICON} />}>
          {say("nav.companies")}
        </Entry>
      )}
      {may("calls.answer") && (
        <a className="p-entry" href="/">
          <IconHeadset {...ICON} />
          <span className="ell">{say("nav.desk")}</span>
        </a>
      )}
      {may("places.read") && (
        <>
          <h2 className="p-over" id="places-title">
            {say("nav.places")}
          </h2>
          <PlaceTree />
        </>
      )}
      {(may("people.read") || may("ring_plans.read") || may("keys.manage") || may("audit.read", "/")) && (
        <h2 className="p-over">{say("nav.who")}</h2>
      )}
      {may("people.read") && (
        <Entry to="/people" icon={<IconUsers {...ICON} />}>
          {say("nav.people")}
        </Entry>
      )}
      {may("ring_plans.read") && (
        <>
          <Entry to="/contacts" icon={<IconAddressBook {...ICON} />}>
            {say("nav.contacts")}
          </Entry>
          <Entry to="/ring-plans" icon={<IconClock {...ICON} />}>
            {say("nav.plans")}
          </Entry>
        </>
      )}
      {may("people.read") && (
        <Entry to="/roles" icon={<IconShieldCheck {...ICON} />}>
          {say("nav.roles")}
        </Entry>
      )}
      {may("keys.manage") && (
        <Entry to="/keys" icon={<IconKey {...ICON} />}>
          {say("nav.keys")}
        </Entry>
      )}
      {may("audit.read", "/") && (
        <Entry to="/changes" icon={<IconHistory {...ICON} />}>
          {say("nav.audit")}
        </Entry>
      )}
      <span className="p-gap" />
      <Entry to="/profile" icon={<IconUserCircle {...ICON} />}>
        {say("nav.profile")}
      </Entry>
    </>
  );
}
