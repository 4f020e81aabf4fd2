// The portal's paths and what stands at them.
import { createRootRoute, createRoute, createRouter } from "@tanstack/react-router";
import { Frame } from "./frame";
import { AuditPage } from "./pages/audit";
import { CompaniesPage } from "./pages/companies";
import { KeysPage } from "./pages/keys";
import { Nothing } from "./pages/nothing";
import { OverviewPage } from "./pages/overview";
import { PeoplePage } from "./pages/people";
import { PersonPage } from "./pages/person";
import { PlacePage } from "./pages/place";
import { ProfilePage } from "./pages/profile";
import { RolesPage } from "./pages/roles";

const root = createRootRoute({ component: Frame, notFoundComponent: () => <Nothing /> });

const at = <P extends string>(path: P, component: () => React.ReactNode) =>
  createRoute({ getParentRoute: () => root, path, component });

export const placeRoute = createRoute({
  getParentRoute: () => root,
  path: "/places/$placeId",
  component: function Place() {
    return <PlacePage key={placeRoute.useParams().placeId} placeId={placeRoute.useParams().placeId} />;
  },
});

export const personRoute = createRoute({
  getParentRoute: () => root,
  path: "/people/$userId",
  component: function Person() {
    return <PersonPage key={personRoute.useParams().userId} userId={personRoute.useParams().userId} />;
  },
});

const routeTree = root.addChildren([
  at("/", OverviewPage),
  placeRoute,
  at("/people", PeoplePage),
  personRoute,
  at("/roles", RolesPage),
  at("/keys", KeysPage),
  at("/changes", AuditPage),
  at("/companies", CompaniesPage),
  at("/profile", ProfilePage),
]);

export function makeRouter() {
  return createRouter({ routeTree, basepath: "/portal" });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
