// What changes for callers between two summaries of a gate, in plain sentences, the security-relevant ones marked. Pure.
import { diffConsumers } from "./consumer-differences.ts";
import { type GateDifference, securityRank } from "./difference.ts";
import { diffGuards } from "./guard-differences.ts";
import { diffIssuers } from "./issuer-differences.ts";
import { diffLimits } from "./limit-differences.ts";
import { diffRoutes } from "./route-differences.ts";
import { splitSentence } from "./sentences.ts";
import { diffSettings } from "./setting-differences.ts";
import type { GateSummary } from "./summary.ts";

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
