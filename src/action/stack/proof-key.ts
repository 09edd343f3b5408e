// The proof's key pair of a stack: made once, kept in the stack's encrypted state, read back from there.
import type { OutputMap } from "@pulumi/pulumi/automation";
import type { ProofPublicKey } from "../../../contract/authorizer-settings.ts";
import {
  createProofKey,
  type ProofPrivateKey,
} from "../../proof/credential.ts";

export interface ProofKey {
  readonly publicKey: ProofPublicKey;
  readonly privateKey: ProofPrivateKey;
}

/** @param mask gets the private part before anything else sees it. */
export async function proofKeyFrom(
  outputs: OutputMap,
  mask: (secret: string) => void,
): Promise<ProofKey> {
  const stored: unknown = outputs["proofKey"]?.value;
  const key =
    typeof stored === "string"
      ? pairOf(JSON.parse(stored) as ProofPrivateKey)
      : await createProofKey();
  mask(key.privateKey.d);
  return key;
}

function pairOf(privateKey: ProofPrivateKey): ProofKey {
  const { crv, kty, x } = privateKey;
  return { publicKey: { kty, crv, x }, privateKey };
}
