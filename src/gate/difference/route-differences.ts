// What changes about routes between two summaries. A path may have several routes, one a set of methods, so it is compared
// method by method. Pure.
import type { GateDifference } from "./differences.ts";
import type { RouteSummary } from "./summary.ts";

/** @returns routes added and removed, methods and upstreams changed, in the order of the paths. */
export function diffRoutes(
  before: readonly RouteSummary[],
  after: readonly RouteSummary[],
): GateDifference[] {
  const paths = new Set([...after, ...before].map(({ path }) => path));
  return [...paths].flatMap((path) =>
    diffPath(
      path,
      before.filter((route) => route.path === path),
      after.filter((route) => route.path === path),
    ),
  );
}

function diffPath(
  path: string,
  before: readonly RouteSummary[],
  after: readonly RouteSummary[],
): GateDifference[] {
  if (before.length === 0)
    return after.map((route) => ({
      kind: "route-added",
      subject: path,
      security: true,
      sentence: `${route.methods.join(", ")} ${path} is added and leads to ${route.target}`,
    }));
  if (after.length === 0)
    return [
      {
        kind: "route-removed",
        subject: path,
        security: false,
        sentence: `${methodsOf(before).join(", ")} ${path} is removed`,
      },
    ];
  return [
    ...diffMethods(path, methodsOf(before), methodsOf(after)),
    ...diffTargets(path, before, after),
  ];
}

function diffMethods(
  path: string,
  before: readonly string[],
  after: readonly string[],
): GateDifference[] {
  const added = after.filter((method) => !before.includes(method));
  const removed = before.filter((method) => !after.includes(method));
  const parts = [
    ...(added.length > 0 ? [`also answers ${added.join(", ")}`] : []),
    ...(removed.length > 0 ? [`no longer answers ${removed.join(", ")}`] : []),
  ];
  if (parts.length === 0) return [];
  return [
    {
      kind: "methods-changed",
      subject: path,
      security: added.length > 0,
      sentence: `${path} ${parts.join(" and ")}`,
    },
  ];
}

function diffTargets(
  path: string,
  before: readonly RouteSummary[],
  after: readonly RouteSummary[],
): GateDifference[] {
  const changed = after.flatMap((route) =>
    before
      .filter((old) =>
        route.methods.some((method) => old.methods.includes(method)),
      )
      .filter(
        (old) =>
          old.target !== route.target || old.credential !== route.credential,
      )
      .map((old) => wordTarget(path, old, route)),
  );
  return [...new Set(changed)].map((sentence) => ({
    kind: "upstream-changed",
    subject: path,
    security: true,
    sentence,
  }));
}

function wordTarget(
  path: string,
  before: RouteSummary,
  after: RouteSummary,
): string {
  if (before.target !== after.target)
    return `${path} leads to ${after.target} instead of ${before.target}`;
  return after.credential
    ? `${path} now sends a credential to ${after.host}`
    : `${path} no longer sends a credential to ${after.host}`;
}

function methodsOf(routes: readonly RouteSummary[]): string[] {
  return routes.flatMap(({ methods }) => methods);
}
