// Where a route leads. A route that ends in a greedy parameter appends what it matched to the upstream's URL; any other
// leads to exactly that URL. `{name}` in the URL stands for the route's path parameter. Pure.
import type { Route, Upstream } from "../gate.ts";
import { greedyParameterOf, parametersOf } from "./paths.ts";
import type { Report } from "../read/place.ts";
import type { PlacedRoute } from "./routes.ts";
import { placeholdersOf } from "./urls.ts";
import { quoted } from "../read/words.ts";

/** @returns the URL API Gateway calls for the route, with `{name}` placeholders. */
export function targetUrl(
  route: Pick<Route, "path">,
  upstream: Pick<Upstream, "url">,
): string {
  const greedy = greedyParameterOf(route.path);
  return greedy === undefined || placeholdersOf(upstream.url).includes(greedy)
    ? upstream.url
    : `${upstream.url}/{${greedy}}`;
}

/** Reports placeholders no route fills; warns of paths that get lost on the way. */
export function checkTargets(
  routes: readonly PlacedRoute[],
  upstreams: readonly Upstream[],
  { report, warn }: { report: Report; warn: Report },
): void {
  for (const { route, draft } of routes) {
    const upstream = upstreams.find(({ name }) => name === route.upstream);
    if (upstream === undefined) continue;
    const parameters = parametersOf(route.path);
    const used = placeholdersOf(targetUrl(route, upstream));
    const unfilled = used.filter((name) => !parameters.includes(name));
    const unused = parameters.filter((name) => !used.includes(name));
    const { place } = draft.upstream;
    if (unfilled.length > 0)
      report(
        place,
        `the URL of upstream ${quoted(upstream.name)} has {${unfilled.join("}, {")}}, which the path ${quoted(route.path)} does not: add it to the path, or use another upstream`,
      );
    if (unused.length > 0)
      warn(
        place,
        `the upstream does not see {${unused.join("}, {")}} of ${quoted(route.path)}: put it into the URL of upstream ${quoted(upstream.name)} if it should`,
      );
    else if (
      greedyParameterOf(route.path) === undefined &&
      sharesGreedy(route, routes)
    )
      warn(
        place,
        `${quoted(route.path)} leads to ${upstream.url} itself, since only {proxy+} appends to the URL: give it an upstream with the full URL if that is not meant`,
      );
  }
}

function sharesGreedy(route: Route, routes: readonly PlacedRoute[]): boolean {
  return routes.some(
    ({ route: other }) =>
      other.upstream === route.upstream &&
      greedyParameterOf(other.path) !== undefined,
  );
}
