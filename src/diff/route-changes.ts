import type { HttpMethod } from "../gate/gate.ts";
import { storeNouns } from "../gate/credential-stores.ts";
import { mayCallRoute } from "../gate/grants.ts";
import { type Fact, list, type Row, rows, value, widening } from "./compare.ts";
import { finding, type Finding, type FindingCode } from "./finding-codes.ts";
import type { GateSummary, RouteSummary } from "./summary.ts";
import { joinWords, quote, quoteList, quoteShort, without } from "./wording.ts";

/** In the order of the paths, those of the newer gate first. */
export function diffRoutes(before: GateSummary, after: GateSummary): Finding[] {
  const paths = new Set(
    [...after.routes, ...before.routes].map(({ path }) => path),
  );
  return [...paths].flatMap((path) => {
    const at = ({ routes }: GateSummary) =>
      routes.filter((route) => route.path === path);
    return diffPath(path, at(before), at(after), after);
  });
}

/** The routes of one path: each has methods of its own. */
type Routes = readonly RouteSummary[];

/** Methods with the same difference share a sentence. */
function diffPath(
  path: string,
  was: Routes,
  is: Routes,
  gate: GateSummary,
): Finding[] {
  const found = new Map<string, { code: FindingCode; methods: string[] }>();
  const add = (method: string, facts: readonly Fact[]) => {
    for (const [code, words] of facts) {
      const one = found.get(words) ?? { code, methods: [] };
      found.set(words, one);
      one.methods.push(method);
    }
  };
  for (const route of is) {
    const methods = without(route.methods, methodsOf(was));
    const code = was.length > 0 ? "methods-added" : "route-added";
    const added = addedFacts(code, { ...route, methods }, gate);
    for (const method of route.methods) {
      const old = was.find((one) => one.methods.includes(method));
      add(method, old === undefined ? added : row(old, route));
    }
  }
  for (const method of without(methodsOf(was), methodsOf(is)))
    add(method, [
      [is.length > 0 ? "methods-removed" : "route-removed", "is removed"],
    ]);
  return [...found].map(([words, { code, methods }]) =>
    finding(code, path, `${quote(`${methods.join(", ")} ${path}`)} ${words}`),
  );
}

function addedFacts(
  code: FindingCode,
  route: RouteSummary,
  gate: GateSummary,
): Fact[] {
  const { guarded, models } = route;
  const callers = guarded ? callersOf(gate, route) : undefined;
  const who = callers && `${quoteList(callers) || "no consumer"} may call it`;
  const only = models && `, for ${wordModels(models)} only`;
  const words = `is added and leads to ${wordTarget(route)}${only ?? ""}`;
  return [
    [code, [words, who].filter(Boolean).join("; ")],
    ...(guarded ? [] : [publicFact]),
  ];
}

const wordTarget = ({
  seesCredential,
  target,
  vpcLink,
}: RouteSummary): string =>
  [
    quote(target),
    vpcLink !== undefined && `through the VPC link ${quote(vpcLink)}`,
    seesCredential && "(it sees the caller's credential)",
  ]
    .filter(Boolean)
    .join(" ");

const publicFact: Fact = [
  "public-route",
  "may be called by anybody now, without a credential",
];

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

const methodsOf = (routes: Routes): HttpMethod[] =>
  routes.flatMap(({ methods }) => methods);

const limitedModels = list<readonly string[]>(
  widening,
  (one, other) => without(one, other).map(quoteShort),
  (models, count) => `takes ${plural(count)} ${models} as well`,
  (models, count) => `does not take ${plural(count)} ${models} any more`,
);

const plural = (count: number): string =>
  count === 1 ? "the model" : "the models";

const wordModels = (models: readonly string[]): string =>
  `${plural(models.length)} ${quoteList(models)}`;

const row = rows<RouteSummary>(
  ({ models: was }, { models: is }) => {
    if (was && is) return limitedModels(was, is);
    if (is) return [["policy-narrowed", `takes ${wordModels(is)} only`]];
    return was
      ? [["policy-widened", `takes every model, not ${wordModels(was)} only`]]
      : [];
  },
  (was, is) => {
    if (was.guarded === is.guarded) return [];
    return is.guarded
      ? [["route-closed", "asks for a credential now"]]
      : [publicFact];
  },
  value(
    "upstream-changed",
    (route) => `${quote(route.upstream)} at ${wordTarget(route)}`,
    (is, was) => `leads to ${is} instead of ${was}`,
  ),
  (was, is) =>
    was.answer === undefined ||
    is.answer === undefined ||
    was.answer === is.answer
      ? []
      : [["upstream-changed", "gives another answer of its own than before"]],
  value(
    "credential-changed",
    ({ credential }) => [wordCredential(credential), credential?.digest],
    ([is], [was]) =>
      `sends its upstream ${is} ${is === was ? "of another account or region" : `instead of ${was}`}`,
  ),
  // Of another credential the models are those of another service.
  (was, is) =>
    was.credential?.digest === is.credential?.digest
      ? compareModels(was, is)
      : [],
  statics("headers", "headers"),
  statics("query", "parameters"),
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
);

/** "the secret `key` in `authorization: Bearer`": header names have no case, the word before the secret may have. */
function wordCredential(credential: RouteSummary["credential"]): string {
  if (!credential) return "no credential";
  const { header, prefix, secret, store } = credential;
  const place = [header.toLowerCase(), prefix.trim()].filter(Boolean);
  return `the ${storeNouns[store]} ${quote(secret)} in ${quote(place.join(": "))}`;
}

const compareModels = list<RouteSummary>(
  widening,
  (one, other) => without(modelsOf(one), modelsOf(other)).map(quoteShort),
  (models) => `may use more models of Bedrock: ${models}`,
  (models) => `may no longer use models of Bedrock: ${models}`,
);

const modelsOf = ({ credential }: RouteSummary): readonly string[] =>
  credential?.models ?? [];

/** Static values can be credentials too: they are compared, and never shown. */
function statics(key: "headers" | "query", what: string): Row<RouteSummary> {
  return (before, after) => {
    const [was, is] = [before[key], after[key]];
    const changes = Object.keys({ ...was, ...is })
      .filter((name) => was[name] !== is[name])
      .map((name) => {
        if (was[name] === undefined) return `${quote(name)} added`;
        return `${quote(name)} ${is[name] === undefined ? "removed" : "changed"}`;
      });
    const words = `sends its upstream other static ${what}: ${joinWords(changes)}`;
    return changes.length === 0 ? [] : [["credential-changed", words]];
  };
}
