import {
  type AuthorizerSettings,
  type ProofPublicKey,
  readSettings,
  type SettingsConsumer,
  type SettingsIssuer,
  type SettingsRoute,
} from "../../contract/authorizer-settings.ts";
import { factsOf } from "./credential-stores.ts";
import {
  type Consumer,
  type Gate,
  isHttp,
  type Issuer,
  type Route,
  upstreamOf,
} from "./gate.ts";
import { overwrittenHeaders, refusedHeaders } from "./overwritten-headers.ts";
import {
  greedyParameterOf,
  parametersOf,
  placeholdersOf,
  targetUrl,
} from "./paths.ts";
import { type Digest, usageKeyOf } from "./usage-keys.ts";

export interface SettingsParts {
  /** Null when the gate is not proved: then no proof's JWT is accepted at all. */
  readonly proofKey: ProofPublicKey | null;
  readonly sha256: Digest;
  /** Physical names; needed with `store: dynamodb` and with the user's own authorizer. */
  readonly table?: string;
  readonly customFunction?: string;
}

/** @throws Error for a bug of ours: a missing name, undiscovered keys, or settings that the authorizer would refuse at its start */
export function buildSettings(
  gate: Gate,
  { customFunction, proofKey, sha256, table }: SettingsParts,
): AuthorizerSettings {
  const { auth } = gate;
  const upstreams = gate.upstreams.flatMap(({ name, credential }) => {
    if (credential === undefined) return [];
    const { prefix, secret } = credential;
    const { reference } = factsOf(secret);
    return [[name, { prefix, secret: reference }] as const];
  });
  const common = {
    version: 2,
    gate: gate.id,
    stage: gate.stageName,
    routes: gate.routes.map((route) => routeSettings(route, gate)),
    upstreams: Object.fromEntries(upstreams),
    ...(gate.network && { network: gate.network }),
  } as const;
  if (auth.mode === "custom")
    return readSettings({
      ...common,
      issuers: [],
      consumers: [],
      store: null,
      custom: {
        function: needed(customFunction, "custom function"),
        type: auth.type,
      },
      proof: null,
    } satisfies AuthorizerSettings);
  const stored = auth.store === "dynamodb";
  return readSettings({
    ...common,
    issuers: auth.issuers.map(issuerSettings),
    consumers: gate.consumers.map((consumer) =>
      consumerSettings(
        stored ? { ...consumer, tokenHashes: [] } : consumer,
        usageKeyOf(gate, consumer, sha256),
      ),
    ),
    store: stored ? { table: needed(table, "table") } : null,
    custom: null,
    proof: proofKey && { publicKey: proofKey },
  } satisfies AuthorizerSettings);
}

function needed(name: string | undefined, what: string): string {
  if (name === undefined) throw new Error(`no name of the ${what} was given`);
  return name;
}

function routeSettings(route: Route, gate: Gate): SettingsRoute {
  const upstream = upstreamOf(gate, route);
  const used = isHttp(upstream)
    ? placeholdersOf(targetUrl(route, upstream))
    : [];
  return {
    path: route.path,
    methods: route.methods,
    upstream: upstream.credential === undefined ? null : upstream.name,
    tokenHeaders: upstream.tokenHeaders,
    overwritten: overwrittenHeaders(gate, upstream, route).toSorted(),
    queryParameters: isHttp(upstream) ? Object.keys(upstream.query).sort() : [],
    urlParameters: parametersOf(route.path).filter(
      (name) => used.includes(name) && name !== greedyParameterOf(route.path),
    ),
    ...(upstream.kind === "lambda" && {
      refused: refusedHeaders(gate, upstream),
    }),
    ...(route.models && { jsonOnly: true }),
  };
}

function issuerSettings({ keys, ...issuer }: Issuer): SettingsIssuer {
  switch (keys.kind) {
    case "discovery":
      throw new Error(`the keys of ${issuer.name} were not discovered`);
    case "uri":
      return { ...issuer, keys: { uri: keys.uri } };
    case "given": {
      const given = keys.jwks.keys.map((key) => ({ ...key }));
      return { ...issuer, keys: { jwks: { keys: given } } };
    }
  }
}

function consumerSettings(
  { access, disabled, expires, id, identities, network, tokenHashes }: Consumer,
  usageKey: string | undefined,
): SettingsConsumer {
  return {
    id,
    hashes: tokenHashes,
    identities,
    access,
    ...(expires !== undefined && { expires }),
    ...(disabled && { disabled }),
    ...(usageKey !== undefined && { usageKey }),
    ...(network && { network }),
  };
}
