// The portal's paths and what stands at them.
import { createRootRoute, createRoute, createRouter } from "@tanstack/react-router";
import { Allowed } from "./allowed";
import { Frame } from "./frame";
import { AuditPage } from "./pages/audit";
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
