// What changes for callers between two summaries of a gate, in plain sentences, the security-relevant ones marked. Pure.
import { diffConsumers } from "./consumer-differences.ts";
import { diffRoutes } from "./route-differences.ts";
import type { GateSummary } from "./summary.ts";

type DifferenceKind =
  | "route-added"
  | "route-removed"
  | "methods-changed"
  | "upstream-changed"
  | "auth-changed"
  | "token-header-changed"
  | "cache-ttl-changed"
  | "consumer-added"
  | "consumer-removed"
  | "access-changed"
  | "cors-changed";

export interface GateDifference {
  readonly kind: DifferenceKind;
  /** The path, consumer id or key that changes. */
  readonly subject: string;
  /** Whether a reviewer of access should look: who can call what, with which credential, where to. */
  readonly security: boolean;
  /** One plain sentence, without a full stop. */
  readonly sentence: string;
}

/**
 * @param before undefined when the gate is new: then everything is added.
 * @returns differences in a fixed order; security-relevant ones first.
 */
export function diffSummaries(
  before: GateSummary | undefined,
  after: GateSummary,
): GateDifference[] {
  const all = [
    ...(before === undefined ? [] : settingDifferences(before, after)),
    ...diffRoutes(before?.routes ?? [], after.routes),
    ...diffConsumers(before?.consumers ?? [], after.consumers),
  ];
  return [
    ...all.filter(({ security }) => security),
    ...all.filter(({ security }) => !security),
  ];
}

function settingDifferences(
  before: GateSummary,
  after: GateSummary,
): GateDifference[] {
  const [oldTtl, newTtl] = [before.auth.cacheTtl, after.auth.cacheTtl];
  return [
    ...difference(before.auth.mode !== after.auth.mode, {
      kind: "auth-changed",
      subject: "auth",
      security: true,
      sentence: `the authorizer changes from ${before.auth.mode} to ${after.auth.mode}`,
    }),
    ...difference(headerOf(before) !== headerOf(after), {
      kind: "token-header-changed",
      subject: "token-header",
      security: true,
      sentence: `callers send their token in ${after.tokenHeader} instead of ${before.tokenHeader}`,
    }),
    ...difference(oldTtl !== newTtl, {
      kind: "cache-ttl-changed",
      subject: "cache-ttl",
      // A longer cache is a longer life for a revoked token.
      security: newTtl > oldTtl,
      sentence: `allowed results are cached ${newTtl} seconds instead of ${oldTtl}`,
    }),
    ...difference(wordOrigins(before) !== wordOrigins(after), {
      kind: "cors-changed",
      subject: "cors",
      security: after.origins.some(
        (origin) => !before.origins.includes(origin),
      ),
      sentence: `pages that may call the gate: ${wordOrigins(after)} instead of ${wordOrigins(before)}`,
    }),
  ];
}

function difference(changed: boolean, words: GateDifference): GateDifference[] {
  return changed ? [words] : [];
}

function headerOf({ tokenHeader }: GateSummary): string {
  return tokenHeader.toLowerCase();
}

function wordOrigins({ origins }: GateSummary): string {
  return origins.length === 0 ? "none" : origins.join(", ");
}
