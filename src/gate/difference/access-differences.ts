// Which calls a consumer may make more and less. Pure.
import { coversGrant, grantsFor, pathsOfGrant } from "../access/grants.ts";
import type { Access } from "../gate.ts";
import { noChange, type ConsumerChange, type Moves } from "./moves.ts";
import type { GateSummary } from "./summary.ts";
import { quoteAll } from "./words.ts";

export function diffAccess({ was, is, before, after }: ConsumerChange): Moves {
  if (JSON.stringify(was.access) === JSON.stringify(is.access)) return noChange;
  return {
    wider: wordMove("may also call", was.access, is.access, after),
    narrower: wordMove("may no longer call", is.access, was.access, before),
  };
}

function wordMove(
  words: string,
  less: Access,
  more: Access,
  { routes }: Pick<GateSummary, "routes">,
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
