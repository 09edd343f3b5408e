// What changes for callers between two summaries of a gate, in plain sentences, the security-relevant ones marked. Pure.
import { diffConsumers } from "./consumer-changes.ts";
import { diffGuards } from "./guards.ts";
import { diffIssuers } from "./issuer-changes.ts";
import { diffRoutes } from "./routes.ts";
import { diffLimits, diffSettings } from "./settings.ts";
import type { GateSummary } from "./summary.ts";
import { splitSentence } from "./wording.ts";

/**
 * @param before undefined when the gate is new: then everything is added.
 * @returns differences in a fixed order; security-relevant ones first, of these the gravest.
 */
export function diffSummaries(
  before: GateSummary | undefined,
  after: GateSummary,
): GateDifference[] {
  const old = before ?? nothing(after);
  const all = [
    ...diffGuards(old, after),
    ...diffSettings(old, after),
    ...diffIssuers(old.auth.issuers, after.auth.issuers),
    ...diffRoutes(old, after),
    ...diffConsumers(old, after),
    ...diffLimits(old, after),
  ].flatMap(splitSentence);
  return [
    ...all
      .filter(({ security }) => security)
      .sort((one, other) => securityRank(one.code) - securityRank(other.code)),
    ...all.filter(({ security }) => !security),
  ];
}

/** A gate with the same settings, which nobody could call. */
function nothing(gate: GateSummary): GateSummary {
  return {
    ...gate,
    auth: { ...gate.auth, issuers: [] },
    routes: [],
    consumers: [],
  };
}

// One difference between two summaries of a gate, and the closed list of what a difference can be. Pure.

/** Every kind of difference, with what it means; `fail-on` and `allow` use these words. */
export const differenceCodes = {
  "auth-removed": "no route asks the authorizer any more",
  "auth-changed":
    "another authorizer, other code of your own one, other kinds of credentials, or another issuer behind a name",
  "public-route": "a route may be called by anybody, without a credential",
  "route-closed": "a route that was public asks for a credential",
  "token-header":
    "callers may send their credential in other headers than before; this breaks those who use one that is gone",
  "strip-headers":
    "other headers than before reach upstreams as callers wrote them",
  "url-change":
    "the gate's URL changes or stops answering; this breaks callers",
  "policy-widened":
    "a consumer, an issuer or a role may do more than before: more routes, another token, a later expiry, looser conditions, another audience",
  "policy-narrowed":
    "a consumer or an issuer may do less than before; this can break callers",
  "consumer-added": "a new consumer",
  "consumer-removed": "a consumer that is gone, with all its credentials",
  "consumer-order":
    "JWT consumers are tried in another order, so a token may stand for another consumer",
  "issuer-added": "JWTs of one more issuer are taken",
  "issuer-removed": "JWTs of an issuer are no longer taken",
  "cache-raised":
    "allowed results are cached longer, so a revoked credential lives longer",
  "cache-lowered": "allowed results are cached shorter",
  "limits-raised": "callers may send more requests than before",
  "limits-lowered": "callers may send fewer requests than before",
  "cors-widened": "pages of more origins may call the gate",
  "cors-narrowed": "pages of an origin may no longer call the gate",
  "route-added": "a new route",
  "route-removed":
    "a route that is gone; this breaks its callers, or leads their calls to a wider route",
  "methods-added": "a route answers more methods",
  "methods-removed":
    "a route answers fewer methods; this breaks their callers, or leads their calls to a wider route",
  "upstream-changed": "a route leads somewhere else",
  "credential-changed":
    "a route's upstream gets a credential, none, or another one, or other headers from the gate",
  "delivery-changed": "a route streams, buffers or times out differently",
  "store-changed": "tokens are kept elsewhere",
} as const;

export type DifferenceCode = keyof typeof differenceCodes;

const gravest: readonly string[] = [
  "auth-removed",
  "public-route",
  "auth-changed",
  "token-header",
  "strip-headers",
  "url-change",
  "policy-widened",
  "issuer-added",
  "consumer-added",
  "consumer-order",
  "cache-raised",
  "cors-widened",
  "credential-changed",
  "upstream-changed",
  "store-changed",
  "limits-raised",
] satisfies readonly DifferenceCode[];

/** @returns the place of a code among those that concern security, for a list that may be cut: the gravest has the least. */
export function securityRank(code: string): number {
  const rank = gravest.indexOf(code);
  return rank < 0 ? gravest.length : rank;
}

export interface GateDifference {
  readonly code: DifferenceCode;
  /** What changes, as `allow` names it: a path, a consumer's id, or a key of the config (`plans.basic`). */
  readonly subject: string;
  /** Whether a reviewer of access should look: who can call what, how often, with which credential, where to. */
  readonly security: boolean;
  /** One sentence without a full stop, starting small; names and values stand between backticks. */
  readonly sentence: string;
}
