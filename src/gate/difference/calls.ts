// The calls that a consumer may make, one method of one path or prefix each. Pure.
import { mayCallRoute, pathsOfGrant } from "../access/grants.ts";
import type { Access } from "../gate.ts";
import type { GateSummary, RouteSummary } from "./summary.ts";
import { quoteAll } from "./words.ts";

/** @returns the ids of the consumers that may make a call to the route; undefined when the user's own authorizer decides. */
export function callersOf(
  gate: GateSummary,
  route: Pick<RouteSummary, "path" | "methods">,
): readonly string[] | undefined {
  if (gate.auth.modes.includes("custom")) return undefined;
  return gate.consumers
    .filter(({ access, disabled }) => !disabled && mayCallRoute(access, route))
    .map(({ id }) => id);
}

/** "every route", or "`/a` and `GET, POST /b/c/**`". */
export function wordAccess(access: Access): string {
  if (access === "*") return "every route";
  return quoteAll(
    access.map((grant) =>
      [grant.methods?.join(", "), pathsOfGrant(grant)]
        .filter((one) => one !== undefined)
        .join(" "),
    ),
  );
}
