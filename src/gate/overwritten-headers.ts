// The headers of a call that the caller does not decide. API Gateway passes on every header that is not mapped, so the caller's
// credential would reach the upstream; and it skips a mapping whose source is empty, so `none` stands where there is
// nothing to send. The document maps these headers, and the authorizer knows them by name. Pure.
import type { Gate, HttpMethod, Upstream } from "./gate.ts";
import { isFronted } from "./authorizer-settings.ts";

/** Where SDKs put their keys, and what some servers read a call's method, path or caller from. */
const always = [
  "Authorization",
  "x-api-key",
  "api-key",
  "x-goog-api-key",
  "Ocp-Apim-Subscription-Key",
  "Proxy-Authorization",
  "X-Original-URL",
  "X-Rewrite-URL",
];

const consumerHeader = "X-Gate-Consumer";
const methodHeader = "X-HTTP-Method-Override";

/** Headers that the gate sets in every call, or that would change what a call is; in small letters. */
export const ownHeaders: readonly string[] = [
  consumerHeader,
  methodHeader,
  "X-Original-URL",
  "X-Rewrite-URL",
].map((name) => name.toLowerCase());

/** Several servers read `x_api_key` as `x-api-key`: to them it is the same name. */
export const sameHeader = (name: string): string =>
  name.toLowerCase().replaceAll("_", "-");

type GateHeaders = Pick<
  Gate,
  "auth" | "stripHeaders" | "tokenHeaders" | "upstreams"
>;

/** @returns sources of API Gateway (`context.…`, or a literal in single quotes) by header; every name once, whatever its case. */
export function headerSources(
  gate: GateHeaders,
  { credential, headers }: Upstream,
  method: HttpMethod,
): Readonly<Record<string, string>> {
  // A user's own authorizer may put nothing into its context.
  const consumer =
    gate.auth.mode === "custom" && !isFronted(gate)
      ? "'custom'"
      : "context.authorizer.consumer";
  const none = [...gate.tokenHeaders, ...always, ...gate.stripHeaders];
  const sources: (readonly [string, string])[] = [
    ...none.map((name) => [name, "'none'"] as const),
    [consumerHeader, consumer],
    [methodHeader, `'${method}'`],
    ...Object.entries(headers).map(
      ([name, value]) => [name, `'${value}'`] as const,
    ),
  ];
  if (credential !== undefined)
    sources.push([credential.header, "context.authorizer.credential"]);
  const twins = sources.map(
    ([name, source]) => [name.replaceAll("-", "_"), source] as const,
  );
  // The last one wins, under its own spelling; a name that was given wins over the twin of another.
  const byName = new Map(
    [...twins, ...sources].map((one) => [one[0].toLowerCase(), one]),
  );
  return Object.fromEntries(byName.values());
}

/** @returns the same headers by name, in small letters. */
export const overwrittenHeaders = (
  gate: GateHeaders,
  upstream: Upstream,
): string[] =>
  Object.keys(headerSources(gate, upstream, "GET")).map((name) =>
    name.toLowerCase(),
  );
