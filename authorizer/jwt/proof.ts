// The deploy job's own checks as one more issuer: a JWT of at most five minutes, signed with the stack's Ed25519 key, that
// names this gate, this stage and the consumer whose access is being proved. Pure.
import type { ProofPublicKey } from "../../contract/authorizer-settings.ts";
import type { Consumer, Issuer } from "../callers.ts";
import { assertCaller } from "../failure.ts";

/** Whom a proof can stand for, and what it must be made out to. */
export interface ProofTarget {
  /** An Ed25519 public key as a JWK, RFC 8037. */
  readonly publicKey: ProofPublicKey;
  readonly gate: string;
  readonly stage: string;
  readonly consumers: ReadonlyMap<unknown, Consumer>;
}

/** Its name is no URL, so that no configured issuer can be taken for it. */
const proofIssuer = "ai-gate-action";

export const createProofIssuer = (target: ProofTarget): Issuer => ({
  name: proofIssuer,
  mode: "proof",
  issuer: proofIssuer,
  audiences: [target.gate],
  audienceClaim: "aud",
  algorithms: ["EdDSA"],
  types: ["jwt"],
  jwks: { keys: [target.publicKey] },
  clockSkew: 30,
  maxLifetime: 300,
  conditions: [],
  findConsumer: ({ stage, run, sub }) => {
    assertCaller(stage === target.stage, "claim-stage");
    assertCaller(
      typeof run === "string" && run.length > 0 && run.length <= 256,
      "claim-run",
    );
    return target.consumers.get(sub);
  },
});
