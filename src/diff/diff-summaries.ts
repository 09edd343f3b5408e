import { diffConsumers } from "./consumer-changes.ts";
import {
  type GateDifference,
  isSecurityRelevant,
  securityRank,
} from "./differences.ts";
import { diffIssuers } from "./issuer-changes.ts";
import { diffRoutes } from "./route-changes.ts";
import { diffLimits, diffSettings } from "./setting-changes.ts";
import type { GateSummary } from "./summary.ts";

/**
 * What changes for callers.
 * @param before undefined when the gate is new: then everything is added.
 * @returns differences in a fixed order; security-relevant ones first, of these the gravest.
 */
export function diffSummaries(
  before: GateSummary | undefined,
  after: GateSummary,
): GateDifference[] {
  const old = before ?? emptyGate(after);
  const all = [
    ...diffSettings(old, after),
    ...diffIssuers(old.auth.issuers, after.auth.issuers),
    ...diffRoutes(old, after),
    ...diffConsumers(old, after),
    ...diffLimits(old, after),
  ].map((one) => ({ ...one, security: isSecurityRelevant(one.code) }));
  return [
    ...all
      .filter(({ security }) => security)
      .sort((one, other) => securityRank(one.code) - securityRank(other.code)),
    ...all.filter(({ security }) => !security),
  ];
}

/** A gate with the same settings, which nobody could call. */
const emptyGate = (gate: GateSummary): GateSummary => ({
  ...gate,
  auth: { ...gate.auth, issuers: [] },
  routes: [],
  consumers: [],
});
