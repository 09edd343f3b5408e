// What changes about routes between two summaries. A path may have several routes, one a set of methods, so it is compared
// method by method; methods with the same difference share a sentence. Pure.
import type { HttpMethod } from "../gate.ts";
import { callersOf } from "./calls.ts";
import type { DifferenceCode, GateDifference } from "./difference.ts";
import type { GateSummary, RouteSummary } from "./summary.ts";
import { compareRoutes } from "./route-facts.ts";
import { quote, quoteList, without } from "./words.ts";

/** @returns differences in the order of the paths, those of the newer gate first. */
export function diffRoutes(
  before: GateSummary,
  after: GateSummary,
): GateDifference[] {
  const paths = new Set(
    [...after.routes, ...before.routes].map(({ path }) => path),
  );
  return [...paths].flatMap((path) => {
    const at = ({ routes }: GateSummary) =>
      routes.filter((route) => route.path === path);
    return diffPath({ path, old: at(before), now: at(after), gate: after });
  });
}

interface PathRoutes {
  readonly path: string;
  readonly old: readonly RouteSummary[];
  readonly now: readonly RouteSummary[];
  /** The newer gate. */
  readonly gate: GateSummary;
}

function diffPath(routes: PathRoutes): GateDifference[] {
  const { path, old, now, gate } = routes;
  if (old.length === 0) return now.flatMap((route) => addRoute(route, gate));
  if (now.length === 0) return [removeRoute(path, methodsOf(old))];
  return [...diffMethods(routes), ...diffFacts(routes)];
}

const removeRoute = (
  path: string,
  methods: readonly HttpMethod[],
): GateDifference => ({
  code: "route-removed",
  subject: path,
  security: false,
  sentence: `${wordCalls(methods, path)} is removed`,
});

function addRoute(route: RouteSummary, gate: GateSummary): GateDifference[] {
  const { path, methods, target } = route;
  const calls = wordCalls(methods, path);
  return [
    {
      code: "route-added",
      subject: path,
      security: true,
      sentence: `${calls} is added and leads to ${quote(target)}${wordCallers(route, gate)}`,
    },
    ...openDifference(route, calls),
  ];
}

function wordCallers(route: RouteSummary, gate: GateSummary) {
  const callers = route.guarded ? callersOf(gate, route) : undefined;
  if (!callers) return "";
  return callers.length === 0
    ? "; no consumer may call it"
    : `; ${quoteList(callers)} may call it`;
}

function openDifference(
  { path, guarded }: RouteSummary,
  calls: string,
): GateDifference[] {
  if (guarded) return [];
  return [
    {
      code: "public-route",
      subject: path,
      security: true,
      sentence: `anybody may call ${calls}, without a credential`,
    },
  ];
}

function diffMethods(routes: PathRoutes): GateDifference[] {
  const { path, old, now } = routes;
  const grown = now.flatMap((route) => {
    const methods = without(route.methods, methodsOf(old));
    return methods.length > 0 ? [{ route, methods }] : [];
  });
  return [
    ...grown.flatMap(({ route, methods }): GateDifference[] => [
      {
        code: "methods-added",
        subject: path,
        security: true,
        sentence: `${quote(path)} also answers ${quoteList(methods)}, which leads to ${quote(route.target)}`,
      },
      ...openDifference(route, wordCalls(methods, path)),
    ]),
    ...dropMethods(routes),
  ];
}

function dropMethods({ path, old, now }: PathRoutes): GateDifference[] {
  const methods = without(methodsOf(old), methodsOf(now));
  if (methods.length === 0) return [];
  return [
    {
      code: "methods-removed",
      subject: path,
      security: false,
      sentence: `${quote(path)} no longer answers ${quoteList(methods)}`,
    },
  ];
}

/** The methods that both gates answer, each difference once for all methods that share it. */
function diffFacts({ path, old, now }: PathRoutes): GateDifference[] {
  const pairs = now.flatMap((is) =>
    old.flatMap((was) =>
      is.methods
        .filter((method) => was.methods.includes(method))
        .map((method) => ({ method, facts: compareRoutes(was, is) })),
    ),
  );
  const found = new Map<string, { code: DifferenceCode; methods: string[] }>();
  for (const { method, facts } of pairs)
    for (const { code, words } of facts) {
      const one = found.get(words) ?? { code, methods: [] };
      found.set(words, one);
      one.methods.push(method);
    }
  return [...found].map(([words, { code, methods }]) => ({
    code,
    subject: path,
    security: code !== "delivery-changed",
    sentence: `${methods.length === pairs.length ? quote(path) : wordCalls(methods, path)} ${words}`,
  }));
}

const methodsOf = (routes: readonly RouteSummary[]): HttpMethod[] =>
  routes.flatMap(({ methods }) => methods);

const wordCalls = (methods: readonly string[], path: string): string =>
  quote(`${methods.join(", ")} ${path}`);
