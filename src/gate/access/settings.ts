// The settings file that lies beside the built-in authorizer's code: everything it decides by. Pure.
import { resourcesOf, upstreamsOf } from "./access.ts";
import type { Gate, SecretReference } from "../gate.ts";

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
  readonly consumers: readonly {
    readonly id: string;
    /** SHA-256, lower-case hex. */
    readonly hashes: readonly string[];
    /** Last day, UTC, `YYYY-MM-DD`. */
    readonly expires?: string;
    /** ARN suffixes after `apiId/stage/`. */
    readonly resources: readonly string[];
    readonly upstreams: readonly string[];
  }[];
  readonly proof: { readonly publicKey: ProofPublicKey } | null;
}

/** @param proofPublicKey null when the gate is not proved: then no JWT is accepted at all. */
export function buildSettings(
  gate: Gate,
  proofPublicKey: ProofPublicKey | null,
): AuthorizerSettings {
  const upstreams = gate.upstreams.flatMap(({ name, credential }) =>
    credential === undefined
      ? []
      : [[name, { prefix: credential.prefix, secret: credential.secret }]],
  );
  return {
    version: 1,
    gate: gate.id,
    stage: gate.stageName,
    header: gate.tokenHeader,
    upstreams: Object.fromEntries(upstreams) as AuthorizerSettings["upstreams"],
    consumers: gate.consumers.map(({ id, tokenHashes, expires, access }) => ({
      id,
      hashes: tokenHashes,
      ...(expires !== undefined && { expires }),
      resources: resourcesOf(access, gate.routes),
      upstreams: upstreamsOf(access, gate),
    })),
    proof: proofPublicKey && { publicKey: proofPublicKey },
  };
}
