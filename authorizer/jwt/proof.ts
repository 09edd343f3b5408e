// The proof's JWTs: at most five minutes, for this gate, stage and one consumer, signed with the stack's Ed25519 key.
import type { ProofPublicKey } from "../../contract/authorizer-settings.ts";
import type { Consumer, Issuer } from "../callers.ts";
import { assertCaller } from "../failure.ts";

export interface ProofTarget {
  /** RFC 8037. */
  readonly publicKey: ProofPublicKey;
  readonly gate: string;
  readonly stage: string;
  readonly consumers: ReadonlyMap<unknown, Consumer>;
}

/** No URL, so no configured issuer can have the name. */
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
