// The settings file that lies beside the built-in authorizer's code: everything it decides by. Pure.
import { upstreamsOf } from "./access.ts";
import type { Gate, Identity, Issuer, SecretReference } from "../gate.ts";
import { once } from "./once.ts";
import { fittingResources } from "./resources.ts";
import { type Digest, usageKeyOf } from "./usage-keys.ts";

/** An Ed25519 public key (RFC 8037). */
export interface ProofPublicKey {
  readonly kty: "OKP";
  readonly crv: "Ed25519";
  readonly x: string;
}

/** The contract with authorizer/settings.ts, which parses it strictly. */
export interface AuthorizerSettings {
  readonly version: 1;
  /** `<project>/<stack>`: the audience of the proof's JWT. */
  readonly gate: string;
  /** Pinned in every ARN the authorizer allows. */
  readonly stage: string;
  readonly header: string;
  /** Only upstreams with a credential, by name. */
  readonly upstreams: Readonly<
    Record<
      string,
      { readonly prefix: string; readonly secret: SecretReference }
    >
  >;
  /** In the user's order, GitHub last. */
  readonly issuers: readonly IssuerSettings[];
  /** In the user's order: the first whose conditions a JWT meets gets it. */
  readonly consumers: readonly ConsumerSettings[];
  /** The table with token hashes, by its physical name; null when they are here, in `hashes`. */
  readonly store: { readonly table: string } | null;
  /** The user's own authorizer behind this one, by its physical name. */
  readonly custom: { readonly function: string } | null;
  readonly proof: { readonly publicKey: ProofPublicKey } | null;
}

interface IssuerSettings extends Omit<Issuer, "keys"> {
  readonly keys:
    | { readonly uri: string }
    | { readonly jwks: { readonly keys: readonly object[] } };
}

interface ConsumerSettings {
  readonly id: string;
  /** SHA-256, lower-case hex; empty with a table. */
  readonly hashes: readonly string[];
  readonly identities: readonly Identity[];
  /** Last day, UTC, `YYYY-MM-DD`. */
  readonly expires?: string;
  readonly disabled?: true;
  /** The API key by which usage plans count. */
  readonly usageKey?: string;
  /** ARN suffixes after `apiId/stage/`. */
  readonly resources: readonly string[];
  readonly upstreams: readonly string[];
}

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

/** @throws Error when a name is missing, or an issuer's keys were not discovered: bugs of the caller */
export function buildSettings(
  gate: Gate,
  parts: SettingsParts,
): AuthorizerSettings {
  const { auth } = gate;
  const upstreams = gate.upstreams.flatMap(({ name, credential }) =>
    credential === undefined
      ? []
      : [[name, { prefix: credential.prefix, secret: credential.secret }]],
  );
  const custom = auth.mode === "custom";
  return {
    version: 1,
    gate: gate.id,
    stage: gate.stageName,
    header: gate.tokenHeader,
    upstreams: Object.fromEntries(upstreams) as AuthorizerSettings["upstreams"],
    issuers: custom ? [] : auth.issuers.map(issuerSettings),
    consumers: consumerSettings(gate, parts.sha256),
    store:
      !custom && auth.store === "dynamodb"
        ? { table: needed(parts.table, "table") }
        : null,
    custom: custom
      ? { function: needed(parts.customFunction, "custom function") }
      : null,
    // Only the built-in authorizer knows the proof's credential.
    proof: custom ? null : parts.proofKey && { publicKey: parts.proofKey },
  };
}

function needed(name: string | undefined, what: string): string {
  if (name === undefined) throw new Error(`no name of the ${what} was given`);
  return name;
}

function issuerSettings({ keys, ...issuer }: Issuer): IssuerSettings {
  switch (keys.kind) {
    case "discovery":
      throw new Error(`the keys of ${issuer.name} were not discovered`);
    case "uri":
      return { ...issuer, keys: { uri: keys.uri } };
    case "given":
      return { ...issuer, keys: { jwks: keys.jwks } };
  }
}

function consumerSettings(gate: Gate, sha256: Digest): ConsumerSettings[] {
  const { auth } = gate;
  const bundled = auth.mode === "built-in" && auth.store === "bundled";
  const accessOf = once((access: readonly string[]) => ({
    resources: fittingResources(access, gate),
    upstreams: upstreamsOf(access, gate),
  }));
  return gate.consumers.map((consumer) => {
    const { id, tokenHashes, identities, expires, disabled } = consumer;
    const usageKey = usageKeyOf(gate, consumer, sha256);
    return {
      id,
      hashes: bundled ? tokenHashes : [],
      identities,
      ...(expires !== undefined && { expires }),
      ...(disabled && { disabled }),
      ...(usageKey !== undefined && { usageKey }),
      ...accessOf(consumer.access),
    };
  });
}
