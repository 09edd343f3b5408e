// The settings file that lies beside the built-in authorizer's code: everything it decides by. Pure.
import {
  type AuthorizerSettings,
  type ProofPublicKey,
  readSettings,
  type SettingsConsumer,
  type SettingsIssuer,
  type SettingsRoute,
} from "../../contract/authorizer-settings.ts";
import type { Gate, Issuer, Route } from "./gate.ts";
import { overwrittenHeaders } from "./overwritten-headers.ts";
import {
  greedyParameterOf,
  parametersOf,
  placeholdersOf,
  targetUrl,
} from "./paths.ts";
import { type Digest, usageKeyOf } from "./usage-keys.ts";

/** What settings say of things that only the deploying side knows. */
export interface SettingsParts {
  /** Null when the gate is not proved: then no proof's JWT is accepted at all. */
  readonly proofKey: ProofPublicKey | null;
  readonly sha256: Digest;
  /** Physical name of the table; needed with `store: dynamodb`. */
  readonly table?: string;
  /** Physical name of the user's own authorizer; needed with one. */
  readonly customFunction?: string;
}

/** @throws Error when a name is missing, an issuer's keys were not discovered, or the authorizer would not start: bugs of ours */
export function buildSettings(
  gate: Gate,
  parts: SettingsParts,
): AuthorizerSettings {
  const { auth } = gate;
  const upstreams = gate.upstreams.flatMap(({ name, credential }) =>
    credential === undefined
      ? []
      : [
          [
            name,
            { prefix: credential.prefix, secret: credential.secret },
          ] as const,
        ],
  );
  const custom = auth.mode === "custom";
  // What the authorizer would refuse at its start is not deployed.
  return readSettings({
    version: 2,
    gate: gate.id,
    stage: gate.stageName,
    routes: gate.routes.map((route) => routeSettings(route, gate)),
    upstreams: Object.fromEntries(upstreams),
    issuers: custom ? [] : auth.issuers.map(issuerSettings),
    consumers: consumerSettings(gate, parts.sha256),
    store:
      !custom && auth.store === "dynamodb"
        ? { table: needed(parts.table, "table") }
        : null,
    custom: custom
      ? {
          function: needed(parts.customFunction, "custom function"),
          type: auth.type,
        }
      : null,
    // Only the built-in authorizer knows the proof's credential.
    proof: custom ? null : parts.proofKey && { publicKey: parts.proofKey },
  } satisfies AuthorizerSettings);
}

function needed(name: string | undefined, what: string): string {
  if (name === undefined) throw new Error(`no name of the ${what} was given`);
  return name;
}

function routeSettings(route: Route, gate: Gate): SettingsRoute {
  const upstream = gate.upstreams.find(({ name }) => name === route.upstream);
  if (upstream === undefined)
    throw new Error(`route ${route.path} without upstream ${route.upstream}`);
  const used = placeholdersOf(targetUrl(route, upstream));
  return {
    path: route.path,
    methods: route.methods,
    upstream: upstream.credential === undefined ? null : upstream.name,
    tokenHeaders: gate.tokenHeaders,
    overwritten: overwrittenHeaders(gate, upstream),
    urlParameters: parametersOf(route.path).filter(
      (name) => used.includes(name) && name !== greedyParameterOf(route.path),
    ),
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

function consumerSettings(gate: Gate, sha256: Digest): SettingsConsumer[] {
  const { auth } = gate;
  const bundled = auth.mode === "built-in" && auth.store === "bundled";
  return gate.consumers.map((consumer) => {
    const { id, tokenHashes, identities, access, expires, disabled } = consumer;
    const usageKey = usageKeyOf(gate, consumer, sha256);
    return {
      id,
      hashes: bundled ? tokenHashes : [],
      identities,
      access,
      ...(expires !== undefined && { expires }),
      ...(disabled && { disabled }),
      ...(usageKey !== undefined && { usageKey }),
    };
  });
}

// When the gate's own authorizer stands in front of the user's. Pure.

/**
 * A user's own authorizer cannot hand the gate an upstream's credential: so as soon as there is one, the gate's authorizer
 * takes the calls, asks the user's, and adds the credential.
 */
export function isFronted(gate: Pick<Gate, "auth" | "upstreams">): boolean {
  return (
    gate.auth.mode === "custom" &&
    gate.upstreams.some(({ credential }) => credential !== undefined)
  );
}
