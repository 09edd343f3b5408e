// Where calls lead once their own route is gone: API Gateway passes over a path that lacks the method for the next exact one
// that has it, a fixed text before `{name}` before `{name+}`. Pure.
import type { HttpMethod } from "../gate.ts";
import type { RouteSummary } from "./summary.ts";
import { quote, quoteAll } from "./words.ts";

/** "; its `GET` calls now lead to …", for each route that takes some of the calls; nothing when they are refused. */
export function wordFallbacks(
  path: string,
  methods: readonly HttpMethod[],
  routes: readonly RouteSummary[],
): string {
  const takers = Map.groupBy(methods, (method) =>
    fallbackOf(method, path, routes),
  );
  return [...takers]
    .flatMap(([taker, some]) => {
      if (taker === undefined) return [];
      const calls =
        some.length === methods.length ? "calls" : `${quoteAll(some)} calls`;
      return `; its ${calls} now lead to ${quote(taker.target)}, as ${quote(taker.path)} takes them`;
    })
    .join("");
}

function fallbackOf(
  method: HttpMethod,
  path: string,
  routes: readonly RouteSummary[],
): RouteSummary | undefined {
  return routes
    .filter((route) => route.methods.includes(method))
    .filter((route) => takes(route.path, path))
    .toSorted((one, other) => (ranksOf(one) < ranksOf(other) ? -1 : 1))[0];
}

function takes(wide: string, path: string): boolean {
  const [mine, theirs] = [wide.split("/"), path.split("/")];
  const fits = wide.endsWith("+}")
    ? mine.length <= theirs.length
    : mine.length === theirs.length && !path.endsWith("+}");
  return (
    fits &&
    mine.every((part, index) => part.startsWith("{") || part === theirs[index])
  );
}

/** One digit a segment, so that the more exact of two paths for the same call is the lesser text. */
const ranksOf = ({ path }: RouteSummary): string =>
  path
    .split("/")
    .map((part) => (part.endsWith("+}") ? 2 : part.startsWith("{") ? 1 : 0))
    .join("");
