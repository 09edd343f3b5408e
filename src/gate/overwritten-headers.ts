// API Gateway passes on every header that is not mapped, so the caller's credential would reach the upstream. The document maps
// these headers, and the authorizer knows them by name. A mapping with an empty source is skipped: `'none'` stands for nothing.
import {
  type Gate,
  type HttpMethod,
  type HttpUpstream,
  isFronted,
  isHttp,
  type LambdaUpstream,
  type Route,
  type Upstream,
} from "./gate.ts";
import { upstreamKind } from "./upstream-kinds.ts";

/** Some servers read a call's path from these. */
const pathHeaders = ["X-Original-URL", "X-Rewrite-URL"];

const credentialHeaders = [
  "Authorization",
  "x-api-key",
  "api-key",
  "x-goog-api-key",
  "Ocp-Apim-Subscription-Key",
  "Proxy-Authorization",
];

const consumerHeader = "X-Gate-Consumer";
/** Of the first API Gateway itself makes the call's method; servers read all three. */
const methodHeaders = [
  "X-HTTP-Method-Override",
  "X-HTTP-Method",
  "X-Method-Override",
];

/** In lower case: headers that the gate sets in every call, or that would change what a call is. */
export const ownHeaders: readonly string[] = [
  consumerHeader,
  ...methodHeaders,
  ...pathHeaders,
].map((name) => name.toLowerCase());

/** Several servers read `x_api_key` as `x-api-key`: to them it is the same name. */
export const sameHeader = (name: string): string =>
  name.toLowerCase().replaceAll("_", "-");

type GateHeaders = Pick<
  Gate,
  "auth" | "cors" | "stripHeaders" | "tokenHeaders" | "upstreams"
>;

/** What no upstream gets as a caller wrote it, whatever its kind. */
const neverPassed = (gate: GateHeaders): string[] => [
  ...gate.tokenHeaders,
  ...credentialHeaders,
  ...pathHeaders,
  ...gate.stripHeaders,
];

/** @returns sources of API Gateway (`context.…`, or a literal in single quotes) by header; every name once, whatever its case. */
export function headerSources(
  gate: GateHeaders,
  {
    credential,
    headers: own,
    kind,
  }: Pick<HttpUpstream, "credential" | "headers" | "kind">,
  { method, stream }: { readonly method: HttpMethod } & Pick<Route, "stream">,
): Readonly<Record<string, string>> {
  // A user's own authorizer may put nothing into its context.
  const consumer =
    gate.auth.mode === "custom" && !isFronted(gate)
      ? "'custom'"
      : "context.authorizer.consumer";
  const headers = {
    ...(gate.cors && upstreamKind(kind).pageHeaders),
    ...own,
  };
  const sources: [string, string][] = [
    ...neverPassed(gate).map((name): [string, string] => [name, "'none'"]),
    [consumerHeader, consumer],
    ...methodHeaders.map((name): [string, string] => [name, `'${method}'`]),
    ...Object.entries(headers).map(([name, value]): [string, string] => [
      name,
      `'${value}'`,
    ]),
  ];
  // An answer that is not streamed is read as text, so it must not come compressed.
  if (!stream) sources.push(["Accept-Encoding", "'identity'"]);
  if (credential !== undefined)
    sources.push([credential.header, "context.authorizer.credential"]);
  const underscored = sources.map(([name, source]): [string, string] => [
    name.replaceAll("-", "_"),
    source,
  ]);
  // The last one wins, under its own spelling; a name that was given wins over another one with underscores.
  const byName = new Map(
    [...underscored, ...sources].map((one) => [one[0].toLowerCase(), one]),
  );
  return Object.fromEntries(byName.values());
}

/** @returns the names of the same headers in lower case; what is not called by a URL gets none of them, but a Lambda function all. */
export function overwrittenHeaders(
  gate: GateHeaders,
  upstream: Upstream,
  { stream }: Pick<Route, "stream">,
): string[] {
  if (upstream.kind === "lambda") return [];
  const called = isHttp(upstream)
    ? upstream
    : { headers: {}, kind: "http" as const };
  const sources = headerSources(gate, called, { method: "GET", stream });
  return Object.keys(sources).map((name) => name.toLowerCase());
}

/**
 * A Lambda function gets every header as it was sent; the one with the caller's credential cannot be kept from it.
 * @returns the names (small letters) of the others, which a call may therefore not carry
 */
export function refusedHeaders(
  gate: GateHeaders,
  { tokenHeaders }: LambdaUpstream,
): string[] {
  const read = tokenHeaders.map((name) => name.toLowerCase());
  const names = [...neverPassed(gate), consumerHeader].map((name) =>
    name.toLowerCase(),
  );
  return [...new Set(names)].filter((name) => !read.includes(name));
}
