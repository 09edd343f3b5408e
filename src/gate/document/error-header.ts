// The header by which the gate's own errors are told from an upstream's: the type of gateway response, and a value that only
// this gate has, so that no other answer passes for one. Pure.
import type { ProofPublicKey } from "../../../contract/authorizer-settings.ts";
import type { Digest } from "../access/usage-keys.ts";

export const errorHeader = "x-ai-gate-error";

/** What the marker is made of: the gate's id, and its proof's key where there is one. */
interface MarkerParts {
  readonly sha256: Digest;
  readonly proofKey: ProofPublicKey | null;
}

/** @returns 16 hex digits. */
export const errorMarker = (
  gate: { readonly id: string },
  { proofKey, sha256 }: MarkerParts,
): string => sha256(`${gate.id}\n${proofKey?.x ?? ""}`).slice(0, 16);

/** @returns the header's value: `UNAUTHORIZED 0123456789abcdef`. */
export const errorValue = (type: string, marker: string): string =>
  `${type} ${marker}`;

/** @returns the type of gateway response, when the answer is this gate's own error. */
export function readErrorValue(
  value: string | undefined,
  marker: string,
): string | undefined {
  const [, type, given] =
    /^([A-Z0-9_]{1,64}) ([0-9a-f]{16})$/.exec(value ?? "") ?? [];
  return given === marker ? type : undefined;
}
