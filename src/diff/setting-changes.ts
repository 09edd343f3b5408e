import type { Plan } from "../gate/gate.ts";
import {
  amount,
  compare,
  list,
  type Row,
  rows,
  value,
  widening,
} from "./compare.ts";
import type { Finding } from "./finding-codes.ts";
import { networkRow } from "./network-changes.ts";
import { type AuthMode, type GateSummary, invokePathOf } from "./summary.ts";
import { joinWords, quote, quoteList, quoteShort, without } from "./wording.ts";

/** Who decides on a call, and what holds for the gate as a whole. */
export const diffSettings = (
  before: GateSummary,
  after: GateSummary,
): Finding[] =>
  Object.entries(bySubject).flatMap(([subject, row]) =>
    compare(row, [before, after], subject),
  );

const isGuarded = ({ routes }: GateSummary): boolean =>
  routes.some(({ guarded }) => guarded);

const bySubject: Readonly<Record<string, Row<GateSummary>>> = {
  auth: rows(
    (before, after) =>
      isGuarded(before) && !isGuarded(after) && after.routes.length > 0
        ? [
            [
              "auth-removed",
              "no route of the gate asks the authorizer any more",
            ],
          ]
        : [],
    value(
      "auth-changed",
      ({ auth }) => auth.modes,
      (is, was) =>
        `callers are identified by ${wordModes(is)} instead of ${wordModes(was)}`,
    ),
    ...(["directory", "runtime", "handler", "type"] as const).map((key) =>
      value(
        "auth-changed",
        ({ auth }: GateSummary) => auth.custom?.[key],
        (is, was) =>
          `your own authorizer has the ${key} ${quote(is)} instead of ${quote(was)}`,
      ),
    ),
    value(
      "auth-changed",
      ({ auth }) => auth.custom && (auth.custom.digest ?? ""),
      () =>
        "the files of your own authorizer change; who may call may change with them",
    ),
  ),
  proof: amount(
    widening,
    ({ proof }) => proof,
    (proof) =>
      proof
        ? "the authorizer also lets through the proof's own credential, which may call what each consumer may"
        : "the authorizer no longer lets through the proof's own credential",
  ),
  store: value(
    "store-changed",
    ({ auth }) => (auth.modes.includes("custom") ? undefined : auth.store),
    (store) =>
      store === "dynamodb"
        ? "tokens are looked up in the gate's table, which others can write to, instead of the authorizer's own settings"
        : "tokens are in the authorizer's own settings instead of the gate's table; those that only the table has are refused",
  ),
  "token-header": value(
    "token-header",
    ({ tokenHeaders }) => tokenHeaders.map(lowerCase).sort(),
    (is, was) =>
      `callers send their credential in ${quoteList(is, "or")} instead of ${quoteList(was, "or")}`,
  ),
  "strip-headers": list(
    ["strip-headers", "strip-headers"],
    ({ stripHeaders }, other) =>
      without(stripHeaders, other.stripHeaders, lowerCase).map(quoteShort),
    (names) => `${names} no longer reaches upstreams as callers wrote it`,
    (names) => `${names} may now reach upstreams as callers wrote it`,
  ),
  stage: value(
    "url-change",
    ({ stageName }) => stageName,
    (is, was) =>
      `the gate's URL ends in ${quote(is)} instead of ${quote(was)}; callers need the new one`,
  ),
  "invoke-url": value(
    "url-change",
    invokePathOf,
    (is, was) =>
      `the output \`invoke-url\` leads to the path ${quote(is || "/")} instead of ${quote(was || "/")}, as the first route does`,
  ),
  "cache-ttl": amount(
    ["cache-raised", "cache-lowered"],
    ({ auth }) => auth.cacheTtl,
    (is, was) =>
      `an allowed result is cached ${is} seconds instead of ${was}; a revoked credential passes that long`,
  ),
  network: (was, is) =>
    networkRow(was, is).map(([code, words]) => [code, `callers ${words}`]),
  cors: list(
    ["cors-widened", "cors-narrowed"],
    ({ origins }, other) =>
      other.origins.includes("*")
        ? []
        : without(origins, other.origins).map((origin) =>
            origin === "*" ? everyOrigin(other) : quoteShort(origin),
          ),
    (origins) => `pages of ${origins} may call the gate`,
    (origins) => `pages of ${origins} may no longer call the gate`,
  ),
  metadata: list(
    ["route-added", "route-removed"],
    (one, other) => without(documentsOf(one), documentsOf(other)),
    (documents) => `anybody may read where MCP clients sign in: ${documents}`,
    (documents) => `nobody is told any more where to sign in: ${documents}`,
  ),
  websockets: list(
    ["delivery-changed", "delivery-changed"],
    ({ websockets = [] }, other) =>
      without(websockets, other.websockets ?? []).map(quote),
    (paths) =>
      `the gate answers GET ${paths} itself: 426 to clients that ask for a WebSocket, which go on with HTTP`,
    (paths) => `the gate no longer answers GET ${paths} itself`,
  ),
};

/** "`/.well-known/…` names `https://login.example.com`" */
const documentsOf = ({ metadata = [] }: GateSummary): string[] =>
  metadata.map(
    ({ path, issuers, scopes }) =>
      `${quote(path)} names ${quoteList(issuers)}${scopes.length > 0 ? ` and the scopes ${quoteList(scopes)}` : ""}`,
  );

const everyOrigin = (other: GateSummary): string =>
  other.origins.length > 0 ? "every other origin" : "every origin";

/** Header names have no case. */
const lowerCase = (name: string): string => name.toLowerCase();

const modeWords: Readonly<Record<AuthMode, string>> = {
  token: "tokens",
  jwt: "JWTs",
  "github-oidc": "identities of GitHub workflows",
  custom: "your own authorizer",
};

const wordModes = (modes: readonly AuthMode[]): string =>
  joinWords(modes.map((mode) => modeWords[mode])) || "nothing";

type Limits = Omit<Plan, "name">;

export const unlimited: Limits = { rate: Infinity, burst: Infinity };

/** Whether one allows more in any way; quotas of different periods are not comparable, so each counts as more. */
export function allowsMore(one: Limits, other: Limits): boolean {
  const [quota, least] = [one.quota, other.quota];
  return (
    one.rate > other.rate ||
    one.burst > other.burst ||
    (least !== undefined &&
      (quota === undefined ||
        quota.period !== least.period ||
        quota.limit > least.limit))
  );
}

/** How many requests callers may send. Who gets a plan, or loses it, is a difference of the consumer. */
export const diffLimits = (
  before: GateSummary,
  after: GateSummary,
): Finding[] => [
  ...compare(
    limitRow,
    [before.throttle, after.throttle],
    "throttle",
    "all callers together ",
  ),
  ...after.plans.flatMap((is) => {
    const was = before.plans.find(({ name }) => name === is.name) ?? is;
    const start = `each consumer with the plan ${quote(is.name)} `;
    return compare(limitRow, [was, is], `plans.${is.name}`, start);
  }),
];

const limitRow = amount<Limits, Limits>(
  ["limits-raised", "limits-lowered"],
  (limits) => limits,
  (is, was) => `may send ${wordLimits(is)} instead of ${wordLimits(was)}`,
  allowsMore,
);

const wordLimits = ({ rate, burst, quota }: Limits): string =>
  [
    `${rate} requests a second`,
    `${burst} at once`,
    ...(quota ? [`${quota.limit} a ${quota.period.toLowerCase()}`] : []),
  ].join(", ");
