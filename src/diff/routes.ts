// What changes about routes between two summaries. A path may have several routes, one a set of methods, so it is compared
// method by method; methods with the same difference share a sentence. Pure.
import type { Access, HttpMethod } from "../gate/gate.ts";
import { mayCallRoute, pathsOfGrant } from "../gate/grants.ts";
import type { DifferenceCode, GateDifference } from "./differences.ts";
import type { GateSummary, RouteSummary } from "./summary.ts";
import { quote, quoteAll, quoteList, without } from "./wording.ts";

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

// What differs about one call between two gates: who may make it, where it leads, with which credential, how it is answered. Pure.

interface Fact {
  readonly code: DifferenceCode;
  /** What follows the name of the route in a sentence. */
  readonly words: string;
}

function compareRoutes(before: RouteSummary, after: RouteSummary): Fact[] {
  return [
    ...compareGuards(before, after),
    ...compareTargets(before, after),
    ...compareCredentials(before, after),
    ...compareDelivery(before, after),
  ];
}

function compareGuards(before: RouteSummary, after: RouteSummary): Fact[] {
  if (before.guarded === after.guarded) return [];
  return after.guarded
    ? [{ code: "route-closed", words: "asks for a credential now" }]
    : [
        {
          code: "public-route",
          words: "may be called by anybody now, without a credential",
        },
      ];
}

function compareTargets(before: RouteSummary, after: RouteSummary): Fact[] {
  const change = (was: string, is: string) =>
    `leads to ${quote(is)} instead of ${quote(was)}`;
  if (before.target !== after.target)
    return [
      { code: "upstream-changed", words: change(before.target, after.target) },
    ];
  if (before.upstream === after.upstream) return [];
  const words = `${change(before.upstream, after.upstream)}, at the same address`;
  return [{ code: "upstream-changed", words }];
}

function compareCredentials(before: RouteSummary, after: RouteSummary): Fact[] {
  return [...wordCredentials(before, after), ...wordHeaders(before, after)].map(
    (words) => ({ code: "credential-changed", words }),
  );
}

function wordCredentials(before: RouteSummary, after: RouteSummary): string[] {
  const host = quote(after.host);
  if (after.credential && !before.credential)
    return [`now sends a credential to ${host}`];
  if (before.credential && !after.credential)
    return [`no longer sends a credential to ${host}`];
  const [was, is] = [wordSecret(before), wordSecret(after)];
  const [old, now] = [placeOf(before), placeOf(after)];
  const moved =
    was === is && before.credentialDigest !== after.credentialDigest;
  return [
    ...(was === is ? [] : [`sends ${host} ${is} instead of ${was}`]),
    ...(moved ? [`sends ${host} ${is} of another account or region`] : []),
    // Header names have no case, the word before the secret may have.
    ...(old.compared === now.compared
      ? []
      : [
          `sends ${host} its credential in ${quote(now.shown)} instead of ${quote(old.shown)}`,
        ]),
  ];
}

const wordSecret = ({
  credentialSecret = "",
  credentialStore = "secrets-manager",
}: RouteSummary): string =>
  credentialStore === "ssm"
    ? `the parameter ${quote(credentialSecret)}`
    : `the secret ${quote(credentialSecret)}`;

/** `Authorization: Bearer`, as the config has it. */
function placeOf({
  credentialHeader = "",
  credentialPrefix = "",
}: RouteSummary) {
  const rest = credentialPrefix && `: ${credentialPrefix.trim()}`;
  return {
    shown: credentialHeader + rest,
    compared: credentialHeader.toLowerCase() + rest,
  };
}

/** Static headers can be credentials too: their values are compared, and never shown. */
function wordHeaders(before: RouteSummary, after: RouteSummary): string[] {
  const [was, is] = [before.headers, after.headers];
  const [old, now] = [Object.keys(was), Object.keys(is)];
  const kept = now.filter((name) => old.includes(name));
  const host = quote(after.host);
  const word = (names: readonly string[]) =>
    `the ${names.length === 1 ? "header" : "headers"} ${quoteAll(names)}`;
  const say = (names: readonly string[], words: string) =>
    names.length > 0 ? [words] : [];
  const changed = kept.filter((name) => was[name] !== is[name]);
  const [added, gone] = [without(now, old), without(old, now)];
  return [
    ...say(changed, `sends ${host} ${word(changed)} with another value`),
    ...say(added, `also sends ${host} ${word(added)}`),
    ...say(gone, `no longer sends ${host} ${word(gone)}`),
  ];
}

function compareDelivery(before: RouteSummary, after: RouteSummary): Fact[] {
  const words = [
    ...(before.stream === after.stream
      ? []
      : [
          after.stream
            ? "streams its answers instead of buffering them"
            : "buffers its answers instead of streaming them",
        ]),
    ...(before.timeout === after.timeout
      ? []
      : [
          `waits ${after.timeout} seconds for its upstream instead of ${before.timeout}`,
        ]),
  ];
  return words.map((one) => ({ code: "delivery-changed", words: one }));
}

// The calls that a consumer may make, one method of one path or prefix each. Pure.

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
