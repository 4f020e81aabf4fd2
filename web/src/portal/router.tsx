// The portal's paths and what stands at them.
import { createRootRoute, createRoute, createRouter } from "@tanstack/react-router";
import { Allowed } from "./allowed";
import { Frame } from "./frame";
import { AuditPage } from "./pages/audit";
import { CallPage } from "./pages/call";
import { CallsPage } from "./pages/calls";
import { CompaniesPage } from "./pages/companies";
import { ContactPage } from "./pages/contact";
import { ContactsPage } from "./pages/contacts";
import { KeysPage } from "./pages/keys";
import { Nothing } from "./pages/nothing";
import { OverviewPage } from "./pages/overview";
import { PeoplePage } from "./pages/people";
import { PersonPage } from "./pages/person";
import { PlacePage } from "./pages/place";
import { ProfilePage } from "./pages/profile";
import { RingPlanPage } from "./pages/ring-plan";
import { RingPlansPage } from "./pages/ring-plans";
import { RolesPage } from "./pages/roles";
import { StationPage } from "./pages/station";
import type { Permission } from "./surroundings";

const root = createRootRoute({ component: Frame, notFoundComponent: () => <Nothing /> });

const at = <P extends string>(path: P, component: () => React.ReactNode) =>
  createRoute({ getParentRoute: () => root, path, component });

export const placeRoute = createRoute({
  getParentRoute: () => root,
  path: "/places/$placeId",
  component: function Place() {
    const { placeId } = placeRoute.useParams();
    return (
      <Allowed needs="places.read">
        <PlacePage key={placeId} placeId={placeId} />
      </Allowed>
    );
  },
});

export const personRoute = createRoute({
  getParentRoute: () => root,
  path: "/people/$userId",
  component: function Person() {
    const { userId } = personRoute.useParams();
    return (
      <Allowed needs="people.read">
        <PersonPage key={userId} userId={userId} />
      </Allowed>
    );
  },
});

export const ringPlanRoute = createRoute({
  getParentRoute: () => root,
  path: "/ring-plans/$ownerId",
  component: function Plan() {
    const { ownerId } = ringPlanRoute.useParams();
    return (
      <Allowed needs="ring_plans.read">
        <RingPlanPage key={ownerId} ownerId={ownerId} />
      </Allowed>
    );
  },
});

export const callsRoute = createRoute({
  getParentRoute: () => root,
  path: "/calls",
  validateSearch: (search): { station?: string } =>
    typeof search["station"] === "string" ? { station: search["station"] } : {},
  component: function Calls() {
    const { station = null } = callsRoute.useSearch();
    return (
      <Allowed needs="calls.read">
        <CallsPage stationId={station} />
      </Allowed>
    );
  },
});

export const contactRoute = createRoute({
  getParentRoute: () => root,
  path: "/contacts/$contactId",
  component: function OneContact() {
    const { contactId } = contactRoute.useParams();
    return (
      <Allowed needs="ring_plans.read">
        <ContactPage key={contactId} contactId={contactId} />
      </Allowed>
    );
  },
});

export const stationRoute = createRoute({
  getParentRoute: () => root,
  path: "/stations/$stationId",
  component: function Station() {
    const { stationId } = stationRoute.useParams();
    return (
      <Allowed needs="stations.read">
        <StationPage key={stationId} stationId={stationId} />
      </Allowed>
    );
  },
});

export const callRoute = createRoute({
  getParentRoute: () => root,
  path: "/calls/$callId",
  component: function Call() {
    const { callId } = callRoute.useParams();
    return (
      <Allowed needs="calls.read">
        <CallPage key={callId} callId={callId} />
      </Allowed>
    );
  },
});

/** A page for those who have that right. */
const forWhoMay = (needs: Permission, Page: () => React.ReactNode, everywhere = false) =>
  function Guarded() {
    return (
      <Allowed needs={needs} everywhere={everywhere}>
        <Page />
      </Allowed>
    );
  };

const routeTree = root.addChildren([
  at("/", OverviewPage),
  callsRoute,
  callRoute,
  placeRoute,
  at("/people", forWhoMay("people.read", PeoplePage)),
  personRoute,
  at("/contacts", forWhoMay("ring_plans.read", ContactsPage)),
  contactRoute,
  at("/ring-plans", forWhoMay("ring_plans.read", RingPlansPage)),
  stationRoute,
  at("/roles", forWhoMay("people.read", RolesPage)),
  at("/keys", forWhoMay("keys.manage", KeysPage)),
  at("/changes", forWhoMay("audit.read", AuditPage, true)),
  at("/companies", CompaniesPage),
  at("/profile", ProfilePage),
  ringPlanRoute,
  at("/me/ring-plan", () => <RingPlanPage ownerId={null} />),
]);

export function makeRouter() {
  return createRouter({ routeTree, basepath: "/portal" });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
