// The part of a summary that says who a consumer is and what it may. Pure.
import type { Consumer } from "../gate.ts";
import type { AuthMode, ConsumerSummary, Digest } from "./summary.ts";

export const builtInModes = ["token", "jwt", "github-oidc"] as const;

/** By what a consumer is known, in one order. */
export function modesOf({ tokenHashes, identities }: Consumer): AuthMode[] {
  const known = {
    token: tokenHashes.length > 0,
    jwt: identities.some(({ issuer }) => issuer !== "github"),
    "github-oidc": identities.some(({ issuer }) => issuer === "github"),
  };
  return builtInModes.filter((mode) => known[mode]);
}

/** Field by field, so that nothing secret can slip in with a new one. */
export function summarizeConsumer(
  consumer: Consumer,
  digest: Digest,
): ConsumerSummary {
  const { id, tokenHashes, identities, access, expires, disabled, plan } =
    consumer;
  return {
    id,
    modes: modesOf(consumer),
    tokenIds: tokenHashes.map((hash) => digest(id, hash)).sort(),
    identities,
    access,
    ...(expires !== undefined && { expires }),
    disabled,
    ...(plan !== undefined && { plan }),
  };
}
