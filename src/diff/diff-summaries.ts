import { diffConsumers } from "./consumer-changes.ts";
import { diffEndpoint } from "./endpoint-changes.ts";
import type { Finding } from "./finding-codes.ts";
import { diffIssuers } from "./issuer-changes.ts";
import { diffRecords } from "./record-changes.ts";
import { diffRoles } from "./role-changes.ts";
import { diffRoutes } from "./route-changes.ts";
import { diffLimits, diffSettings } from "./setting-changes.ts";
import type { GateSummary } from "./summary.ts";

/**
 * What changes for callers, in a fixed order.
 * @param before undefined when the gate is new: then everything is added.
 */
export function diffSummaries(
  before: GateSummary | undefined,
  after: GateSummary,
): Finding[] {
  const old = before ?? {
    ...after,
    auth: { ...after.auth, issuers: [] },
    routes: [],
    consumers: [],
    metadata: [],
  };
  return [
    ...diffSettings(old, after),
    ...diffEndpoint(old, after),
    ...diffIssuers(old.auth.issuers, after.auth.issuers),
    ...diffRoutes(old, after),
    ...diffConsumers(old, after),
    ...diffLimits(old, after),
    ...diffRecords(before ?? {}, after),
    ...diffRoles(old, after),
  ];
}
