// Which calls a consumer may make more and less. Pure.
import { coversGrant, grantsFor, pathsOfGrant } from "../access/grants.ts";
import type { Access } from "../gate.ts";
import { noChange, type ConsumerChange, type Moves } from "./moves.ts";
import type { RouteSummary } from "./summary.ts";
import { quoteAll } from "./words.ts";

/** Calls that come and go with their route are the route's difference, not the consumer's. */
export function diffAccess({ was, is, before, after }: ConsumerChange): Moves {
  if (JSON.stringify(was.access) === JSON.stringify(is.access)) return noChange;
  const routes = after.routes.flatMap((route) => kept(route, before.routes));
  return {
    wider: wordMove("may also call", was.access, is.access, routes),
    narrower: wordMove("may no longer call", is.access, was.access, routes),
  };
}

type Route = Pick<RouteSummary, "path" | "methods">;

/** The route with the methods that its path also had before. */
function kept({ path, methods }: Route, before: readonly Route[]): Route[] {
  const old = before.filter((route) => route.path === path);
  return [
    {
      path,
      methods: methods.filter((method) =>
        old.some((route) => route.methods.includes(method)),
      ),
    },
  ];
}

/** @param routes whose calls are compared. */
function wordMove(
  words: string,
  less: Access,
  more: Access,
  routes: readonly Route[],
): string[] {
  const calls = routes.flatMap(({ path, methods }) =>
    methods.flatMap((method) => {
      const known = grantsFor(less, path, method);
      return grantsFor(more, path, method)
        .filter((grant) => !known.some((wide) => coversGrant(wide, grant)))
        .map((grant) => `${method} ${pathsOfGrant(grant)}`);
    }),
  );
  const parts = [
    ...(calls.length > 0 ? [quoteAll(calls)] : []),
    ...(more === "*" && less !== "*" ? ["every route to come"] : []),
  ];
  return parts.length > 0 ? [`${words} ${parts.join(", and ")}`] : [];
}
