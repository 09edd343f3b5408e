// The rules of routes: each one's path, methods and timeout, and what they may not do together. Pure.
import { type HttpMethod, httpMethods, type Route } from "../../gate/gate.ts";
import type { Draft, DraftRoute } from "../draft.ts";
import type { Given, Place, Report } from "../location.ts";
import { listed, quoted, unknown } from "../messages.ts";
import { checkPath, nodesOf, siblingClash, type Variables } from "./paths.ts";

/** A route that holds, with its place for the checks that come later. */
export interface PlacedRoute {
  readonly route: Route;
  readonly draft: DraftRoute;
}

/** API Gateway's resources per API; every node of the path tree is one, and so are the root and /healthz. */
const mostResources = 300;

/** @returns the routes that hold; the others were reported. None of too many: everything else would be compared with each. */
export function checkRoutes(
  draft: Pick<Draft, "routes" | "upstreams" | "whole">,
  report: Report,
): PlacedRoute[] {
  const names = draft.upstreams.map(({ name }) => name);
  const routes: PlacedRoute[] = [];
  const variables: Variables = new Map();
  for (const one of draft.routes) {
    const route = checkRoute(one, report);
    if (draft.whole && !names.includes(one.upstream.value))
      report(
        one.upstream.place,
        unknown(
          "upstream",
          one.upstream.value,
          names,
          "define it in `upstreams`",
        ),
      );
    if (route === undefined) continue;
    reportClashes(route, one, { routes, variables, report });
    routes.push({ route, draft: one });
  }
  const nodes = nodesOf(routes.map(({ route }) => route.path)).size + 2;
  if (nodes > mostResources)
    report(
      routesPlace(draft.routes),
      `the routes need ${nodes} API Gateway resources (one for each path and each path on the way to it), more than the ${mostResources} an API may have: merge some under {proxy+}`,
    );
  if (draft.routes.length === 0 && draft.whole)
    report(
      { where: "routes" },
      "no route was given: add `routes`, each with a path and the name of an upstream",
    );
  return nodes > mostResources ? [] : routes;
}

function routesPlace(routes: readonly DraftRoute[]): Place {
  const { position } = routes[0]?.place ?? {};
  return { where: "routes", ...(position && { position }) };
}

function checkRoute(draft: DraftRoute, report: Report): Route | undefined {
  const path = checkPath(draft.path, report);
  const methods = checkMethods(draft.methods, report);
  const most = draft.stream ? 900 : 29;
  const timeout = draft.timeout?.value ?? most;
  if (draft.timeout !== undefined && timeout > most)
    report(
      draft.timeout.place,
      `${timeout} seconds is too long for a route that does not stream: use at most ${most}, or stream: true`,
    );
  if (path === undefined || methods === undefined) return undefined;
  return {
    path,
    methods,
    upstream: draft.upstream.value,
    stream: draft.stream,
    timeout,
  };
}

function checkMethods(
  { value, place }: Given<readonly string[]>,
  report: Report,
): HttpMethod[] | undefined {
  const given = value.map((method) => method.trim().toUpperCase());
  const wrong = given.filter((method) => method !== "ANY" && !isMethod(method));
  for (const method of wrong) report(place, methodFault(method));
  const all = given.flatMap((method) =>
    method === "ANY" ? httpMethods : [method],
  );
  if (new Set(all).size < all.length)
    report(
      place,
      `the methods ${given.join(", ")} name one method twice (ANY is all of them): remove one`,
    );
  if (given.length === 0)
    report(
      place,
      `no method was given: name at least one of ${listed(httpMethods)}`,
    );
  return wrong.length > 0 || given.length === 0
    ? undefined
    : httpMethods.filter((method) => all.includes(method));
}

function methodFault(method: string): string {
  return method === "OPTIONS"
    ? "OPTIONS cannot be a route's method: it belongs to CORS, so use `cors` in the config file"
    : `${quoted(method)} is no HTTP method the gate knows: use ${listed([...httpMethods, "ANY"])}`;
}

function isMethod(text: string): text is HttpMethod {
  return (httpMethods as readonly string[]).includes(text);
}

function reportClashes(
  route: Route,
  draft: DraftRoute,
  {
    routes,
    variables,
    report,
  }: {
    routes: readonly PlacedRoute[];
    variables: Variables;
    report: Report;
  },
): void {
  const twins = routes.filter((other) => other.route.path === route.path);
  const methods = route.methods.filter((method) =>
    twins.some((twin) => twin.route.methods.includes(method)),
  );
  if (methods.length > 0)
    report(
      draft.path.place,
      `${methods.join(", ")} ${route.path} is defined twice: remove one of them`,
    );
  const clash = siblingClash(route.path, variables);
  if (clash !== undefined)
    report(
      draft.path.place,
      `the path ${quoted(route.path)} has a parameter where ${quoted(clash)} has another, which API Gateway refuses: give both the same {name}, or a literal segment`,
    );
}
