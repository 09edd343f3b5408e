import {
  readSettings,
  type AuthorizerSettings,
  type SettingsConsumer,
  type SettingsIssuer,
  type SettingsRoute,
} from "../contract/authorizer-settings.ts";
import type { Consumer, Issuer, KnownToken } from "./callers.ts";
import type { CustomAnswer } from "./custom-policy.ts";
import { parseJson } from "./json.ts";
import { holdAll } from "./jwt/condition.ts";
import { allowedTypes } from "./jwt/envelope.ts";
import { createProofIssuer } from "./jwt/proof.ts";
import { type MayCallFrom, readNetwork } from "./network.ts";

export interface Route extends Pick<
  SettingsRoute,
  "path" | "urlParameters" | "queryParameters" | "jsonOnly"
> {
  readonly upstream: Upstream | null;
  /** Lower case. */
  readonly tokenHeaders: readonly string[];
  /** Whether a header (lower case) never reaches the upstream as the caller wrote it. */
  readonly isOverwritten: (name: string) => boolean;
  /** Whether a call may not carry a header of this name (lower case), or of one that servers take for it. */
  readonly isRefused: (name: string) => boolean;
  /** Whether it differs from one of these in hyphens and underscores only: `x-gate_consumer`. */
  readonly isTwin: (name: string) => boolean;
}

export type Upstream = AuthorizerSettings["upstreams"][string] & {
  readonly name: string;
};

/** Maps, so that no caller's text names a property of Object.prototype. */
export interface Settings {
  readonly stage: string;
  readonly mayCallFrom: MayCallFrom;
  /** By `routeKey`. */
  readonly routes: ReadonlyMap<string, Route>;
  readonly upstreams: readonly Upstream[];
  readonly consumers: ReadonlyMap<unknown, Consumer>;
  /** By SHA-256, lower-case hex. */
  readonly tokens: ReadonlyMap<string, KnownToken>;
  /** By `iss`; the proof is one of them. */
  readonly issuers: ReadonlyMap<unknown, Issuer>;
  readonly table: string | null;
  readonly custom: CustomAuthorizer | null;
}

export type CustomAuthorizer = NonNullable<AuthorizerSettings["custom"]> & {
  /** Its answer for the current call. */
  readonly answer?: CustomAnswer;
};

export const routeKey = (method: string, path: string): string =>
  `${method} ${path}`;

/** Reads settings.json once per cold start. @throws InvalidData naming the place, never a value */
export function parseSettings(json: string): Settings {
  const file = readSettings(parseJson(json));
  const { custom, gate, proof, stage, store } = file;
  const upstreams = new Map(
    Object.entries(file.upstreams).map(([name, one]) => [
      name,
      { ...one, name },
    ]),
  );
  const consumers = new Map<unknown, Consumer>();
  const tokens = new Map<string, KnownToken>();
  for (const [index, { hashes, ...written }] of file.consumers.entries()) {
    const consumer = toConsumer(written, `settings.consumers[${index}]`);
    consumers.set(consumer.id, consumer);
    for (const hash of hashes) tokens.set(hash, { consumer });
  }
  const issuers = new Map<unknown, Issuer>(
    file.issuers.map((issuer) => [
      issuer.issuer,
      toIssuer(issuer, file.consumers, consumers),
    ]),
  );
  if (proof) {
    const issuer = createProofIssuer({ ...proof, gate, stage, consumers });
    issuers.set(issuer.issuer, issuer);
  }
  return {
    stage,
    mayCallFrom: readNetwork(file.network, "settings.network"),
    routes: new Map(file.routes.flatMap((route) => toRoutes(route, upstreams))),
    upstreams: [...upstreams.values()],
    consumers,
    tokens,
    issuers,
    table: store?.table ?? null,
    custom,
  };
}

function toRoutes(
  {
    jsonOnly,
    methods,
    overwritten,
    path,
    queryParameters,
    refused = [],
    tokenHeaders,
    upstream,
    urlParameters,
  }: SettingsRoute,
  upstreams: ReadonlyMap<string, Upstream>,
): [string, Route][] {
  const names = tokenHeaders.map((name) => name.toLowerCase());
  const replaced = new Set([...names, ...overwritten]);
  const plain = new Set([...replaced].map(withUnderscores));
  const unwanted = new Set(refused.map(withUnderscores));
  const route: Route = {
    path,
    urlParameters,
    queryParameters,
    ...(jsonOnly && { jsonOnly }),
    upstream: (upstream !== null && upstreams.get(upstream)) || null,
    tokenHeaders: names,
    isOverwritten: (name) => replaced.has(name),
    isRefused: (name) => unwanted.has(withUnderscores(name)),
    isTwin: (name) => plain.has(withUnderscores(name)),
  };
  return methods.map((method) => [routeKey(method, path), route]);
}

const withUnderscores = (name: string): string => name.replaceAll("-", "_");

function toConsumer(
  {
    access,
    disabled,
    expires,
    id,
    network,
    usageKey,
  }: Omit<SettingsConsumer, "hashes">,
  where: string,
): Consumer {
  return {
    id,
    access,
    disabled,
    expires: expires === undefined ? undefined : endOf(expires),
    usageKey,
    mayCallFrom: readNetwork(network, `${where}.network`),
  };
}

/** The end of the day, UTC. */
const endOf = (day: string): number =>
  Date.parse(`${day}T00:00:00Z`) + 24 * 60 * 60_000;

function toIssuer(
  { keys, maxLifetime = Infinity, name, ...others }: SettingsIssuer,
  written: readonly SettingsConsumer[],
  consumers: ReadonlyMap<unknown, Consumer>,
): Issuer {
  // In the order of the consumers: the first whose conditions hold gets the token.
  const identities = written.flatMap(({ id, identities: all }) =>
    all
      .filter(({ issuer }) => issuer === name)
      .map(({ conditions }) => ({ id, conditions })),
  );
  return {
    ...others,
    name,
    maxLifetime,
    mode: name === "github" ? "github-oidc" : "jwt",
    types: allowedTypes,
    ...("uri" in keys ? { uri: keys.uri, jwks: { keys: [] } } : keys),
    findConsumer: (claims) =>
      consumers.get(
        identities.find(({ conditions }) => holdAll(conditions, claims))?.id,
      ),
  };
}
