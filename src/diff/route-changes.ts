import type { HttpMethod } from "../gate/gate.ts";
import { mayCallRoute } from "../gate/grants.ts";
import { amount, type Fact, type Row, value } from "./compare.ts";
import type { Difference } from "./differences.ts";
import type { GateSummary, RouteSummary } from "./summary.ts";
import { joinWords, quote, quoteList, without } from "./wording.ts";

/** Differences in the order of the paths, those of the newer gate first. */
export function diffRoutes(
  before: GateSummary,
  after: GateSummary,
): Difference[] {
  const paths = new Set(
    [...after.routes, ...before.routes].map(({ path }) => path),
  );
  return [...paths].flatMap((path) => {
    const at = ({ routes }: GateSummary) =>
      routes.filter((route) => route.path === path);
    const [was, is] = [at(before), at(after)];
    return [
      ...addedMethods(was, is, after),
      ...removedMethods(path, was, is),
      ...changedMethods(path, was, is),
    ];
  });
}

/** The routes of one path: each has methods of its own. */
type Routes = readonly RouteSummary[];

function addedMethods(
  was: Routes,
  is: Routes,
  gate: GateSummary,
): Difference[] {
  return is.flatMap((route): Difference[] => {
    const { path, target, guarded } = route;
    const methods = without(route.methods, methodsOf(was));
    if (methods.length === 0) return [];
    const calls = wordCalls(methods, path);
    const added: Difference = {
      code: was.length > 0 ? "methods-added" : "route-added",
      subject: path,
      sentence: `${calls} is added and leads to ${quote(target)}${wordCallers({ ...route, methods }, gate)}`,
    };
    return guarded
      ? [added]
      : [
          added,
          {
            code: "public-route",
            subject: path,
            sentence: `anybody may call ${calls}, without a credential`,
          },
        ];
  });
}

function wordCallers(route: RouteSummary, gate: GateSummary): string {
  const callers = route.guarded ? callersOf(gate, route) : undefined;
  if (!callers) return "";
  return callers.length === 0
    ? "; no consumer may call it"
    : `; ${quoteList(callers)} may call it`;
}

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

function removedMethods(path: string, was: Routes, is: Routes): Difference[] {
  const methods = without(methodsOf(was), methodsOf(is));
  if (methods.length === 0) return [];
  return [
    {
      code: is.length > 0 ? "methods-removed" : "route-removed",
      subject: path,
      sentence: `${wordCalls(methods, path)} is removed`,
    },
  ];
}

/** The methods that both gates answer; those with the same difference share a sentence. */
function changedMethods(path: string, was: Routes, is: Routes): Difference[] {
  const found = new Map<string, Fact & { readonly methods: string[] }>();
  for (const route of is)
    for (const method of route.methods) {
      const old = was.find(({ methods }) => methods.includes(method));
      if (old === undefined) continue;
      for (const fact of rows.flatMap((row) => row(old, route))) {
        const one = found.get(fact.words) ?? { ...fact, methods: [] };
        found.set(fact.words, one);
        one.methods.push(method);
      }
    }
  return [...found.values()].map(({ code, words, methods }) => ({
    code,
    subject: path,
    sentence: `${wordCalls(methods, path)} ${words}`,
  }));
}

const methodsOf = (routes: Routes): HttpMethod[] =>
  routes.flatMap(({ methods }) => methods);

const wordCalls = (methods: readonly string[], path: string): string =>
  quote(`${methods.join(", ")} ${path}`);

const rows: readonly Row<RouteSummary>[] = [
  amount(
    ["public-route", "route-closed"],
    ({ guarded }) => !guarded,
    (open) =>
      open
        ? "may be called by anybody now, without a credential"
        : "asks for a credential now",
  ),
  value(
    "upstream-changed",
    ({ upstream, target }) => `${quote(upstream)} at ${quote(target)}`,
    (is, was) => `leads to ${is} instead of ${was}`,
  ),
  value(
    "credential-changed",
    (route) => [wordCredential(route), route.credentialDigest],
    ([is], [was]) =>
      `sends its upstream ${is} ${is === was ? "of another account or region" : `instead of ${was}`}`,
  ),
  diffHeaders,
  value(
    "delivery-changed",
    ({ stream }) => stream,
    (stream) =>
      stream
        ? "streams its answers instead of buffering them"
        : "buffers its answers instead of streaming them",
  ),
  value(
    "delivery-changed",
    ({ timeout }) => timeout,
    (is, was) => `waits ${is} seconds for its upstream instead of ${was}`,
  ),
];

/** "the secret `key` in `authorization: Bearer`": header names have no case, the word before the secret may have. */
function wordCredential({
  credential,
  credentialHeader = "",
  credentialPrefix = "",
  credentialSecret = "",
  credentialStore,
}: RouteSummary): string {
  if (!credential) return "no credential";
  const kind = credentialStore === "ssm" ? "parameter" : "secret";
  const header = [credentialHeader.toLowerCase(), credentialPrefix.trim()];
  return `the ${kind} ${quote(credentialSecret)} in ${quote(header.filter(Boolean).join(": "))}`;
}

/** Static headers can be credentials too: their values are compared, and never shown. */
function diffHeaders(before: RouteSummary, after: RouteSummary): Fact[] {
  const [was, is] = [before.headers, after.headers];
  const names = Object.keys({ ...was, ...is }).filter(
    (name) => was[name] !== is[name],
  );
  const changes = names.map((name) => {
    if (was[name] === undefined) return `${quote(name)} added`;
    return `${quote(name)} ${is[name] === undefined ? "removed" : "changed"}`;
  });
  return names.length === 0
    ? []
    : [
        {
          code: "credential-changed",
          words: `sends its upstream other static headers: ${joinWords(changes)}`,
        },
      ];
}
