// Routes that an `up` took away: which they are, and the checks that they are gone. Pure.
import type { Gate, Route } from "../gate/gate.ts";
import type { Check } from "./check.ts";
import { routesAt, samplePath } from "./paths.ts";

/** A path with the methods that it does not answer any more. */
export type RemovedRoute = Pick<Route, "path" | "methods">;

/** Compares the routes before an `up` with those after it, method by method. */
export function removedRoutes(
  before: readonly RemovedRoute[],
  after: readonly RemovedRoute[],
): RemovedRoute[] {
  return before.flatMap(({ path, methods }) => {
    const kept = after
      .filter((route) => route.path === path)
      .flatMap((route) => route.methods);
    const gone = methods.filter((method) => !kept.includes(method));
    return gone.length > 0 ? [{ path, methods: gone }] : [];
  });
}

/** The gate no longer knows the route; or, where a wider route takes the call now, it asks for a credential. */
export function removedChecks(
  gate: Gate,
  removed: readonly RemovedRoute[],
): Check[] {
  return removed.flatMap(({ path, methods }) =>
    methods.map((method) => {
      const asked = { method, path: samplePath(path) };
      const covered = routesAt(gate, asked).length > 0;
      return {
        id: `removed ${method} ${path}`,
        title: `${method} ${path}, removed`,
        ...asked,
        credential: "none" as const,
        expect: covered ? "gone-or-guarded" : "unknown",
      };
    }),
  );
}
