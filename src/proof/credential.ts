// The proof's own credential: a key pair made once per stack, and short JWTs signed with it that name gate, run and consumer.
import { exportJWK, generateKeyPair, importJWK, SignJWT } from "jose";
import type { ProofPublicKey } from "../../contract/authorizer-settings.ts";

/** The half that lives in the stack's encrypted state only. */
export interface ProofPrivateKey extends ProofPublicKey {
  readonly d: string;
}

export interface ProofClaims {
  /** `<project>/<stack>`: the audience. */
  readonly gate: string;
  readonly stage: string;
  /** The consumer whose access is being proved. */
  readonly consumer: string;
  /** Names the run, for the authorizer's log. */
  readonly run: string;
  readonly now: Date;
}

/** How long a proof JWT lives, in seconds; the authorizer refuses anything longer. */
export const proofLifetime = 300;

/** A token that no consumer has: of the right shape, so that the authorizer has to look it up. */
export const wrongToken = "ai-gate-proof.wrong-credential.0123456789";

/** A new Ed25519 key pair as JWKs. */
export async function createProofKey(): Promise<{
  publicKey: ProofPublicKey;
  privateKey: ProofPrivateKey;
}> {
  const pair = await generateKeyPair("EdDSA", { extractable: true });
  const { x, d } = await exportJWK(pair.privateKey);
  if (!x || !d) throw new Error("the new proof key lacks a half");
  const publicKey = { kty: "OKP", crv: "Ed25519", x } as const;
  return { publicKey, privateKey: { ...publicKey, d } };
}

/** A JWT of at most five minutes. Throws when the private key is not an Ed25519 JWK. */
export async function signProof(
  privateKey: ProofPrivateKey,
  claims: ProofClaims,
): Promise<string> {
  const issued = Math.floor(claims.now.getTime() / 1000);
  const key = await importJWK({ ...privateKey }, "EdDSA");
  return new SignJWT({ stage: claims.stage, run: claims.run })
    .setProtectedHeader({ alg: "EdDSA", typ: "JWT" })
    .setIssuer("ai-gate-action")
    .setAudience(claims.gate)
    .setSubject(claims.consumer)
    .setIssuedAt(issued)
    .setExpirationTime(issued + proofLifetime)
    .sign(key);
}

/** The header that carries a token: with the scheme `Bearer` in `Authorization`, bare in any other header. */
export function credentialHeader(
  tokenHeader: string,
  token: string,
): Readonly<Record<string, string>> {
  const bearer = tokenHeader.toLowerCase() === "authorization";
  return { [tokenHeader]: bearer ? `Bearer ${token}` : token };
}
