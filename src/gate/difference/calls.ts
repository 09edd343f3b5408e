// The calls a gate answers, one method of one path each, and which of them a consumer may make. Pure.
import { namesRoute } from "../access/access.ts";
import { normalizePath } from "../rules/paths.ts";
import type { ConsumerSummary, GateSummary, RouteSummary } from "./summary.ts";

/** @returns `GET /a`, for each method of the routes that the access names and the other does not, in the order of the routes. */
export function callsBeyond(
  access: readonly string[],
  other: readonly string[],
  routes: readonly RouteSummary[],
): string[] {
  const names = (globs: readonly string[], path: string) =>
    globs.some((glob) => namesRoute(glob, path));
  return routes
    .filter(({ path }) => names(access, path) && !names(other, path))
    .flatMap(({ path, methods }) =>
      methods.map((method) => `${method} ${path}`),
    );
}

/** @returns whether the entry of an access lets through every route, also one to come, that the other lets through. */
export function coversGlob(wide: string, narrow: string): boolean {
  if (!narrow.endsWith("/**")) return namesRoute(wide, normalizePath(narrow));
  const prefix = narrow.slice(0, -"/**".length);
  // Only `/**` has everything below it.
  if (prefix === "") return wide === "/**";
  return wide.endsWith("/**") && namesRoute(wide, normalizePath(prefix));
}

/** @returns the ids of the consumers that may make a call to the path; undefined when the user's own authorizer decides. */
export function callersOf(
  gate: GateSummary,
  path: string,
): readonly string[] | undefined {
  if (gate.auth.modes.includes("custom")) return undefined;
  const named = ({ access, disabled }: ConsumerSummary) =>
    !disabled && access.some((glob) => namesRoute(glob, path));
  return gate.consumers.filter(named).map(({ id }) => id);
}
