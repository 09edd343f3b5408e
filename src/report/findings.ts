// What a run finds that somebody should look at: what changes for callers, and what happens to resources they depend on. Pure.
import {
  differenceCodes,
  type DifferenceCode,
  securityRank,
} from "../gate/difference/difference.ts";
import { diffSummaries } from "../gate/difference/differences.ts";
import type { GateSummary } from "../gate/difference/summary.ts";
import { isNew, isPlanned, isUnknownBefore } from "./gate-before.ts";
import { resourceFindings } from "./resource-findings.ts";
import type { Run } from "./run.ts";

/** The closed list of what `fail-on` and `allow` may name, each with what it means. */
export const findingCodes = {
  ...differenceCodes,
  replace: "a resource is replaced (deployments of the API are not counted)",
  delete: "a resource is deleted (deployments of the API are not counted)",
  drift: "a resource is not as this action left it",
} as const satisfies Readonly<Record<string, string>>;

export type FindingCode = DifferenceCode | "replace" | "delete" | "drift";

export interface Finding {
  readonly code: FindingCode;
  /** A path, a consumer's id, a key of the config (`plans.basic`), or the name of a resource. */
  readonly subject: string;
  /** One sentence without a full stop, starting small; names and values stand between backticks. */
  readonly sentence: string;
  /** Whether a reviewer of access should look. */
  readonly security: boolean;
  /** Other codes that may be true as well but cannot be told: this stops a run where `fail-on` names one of them. */
  readonly standsFor?: readonly FindingCode[];
}

/** A list that is cut keeps its head, so what opens a gate stands first: other code in the authorizer is another authorizer. */
const rankOf = ({ code }: Finding): number =>
  securityRank(code === "drift" ? "auth-changed" : code);

/** @returns findings in a fixed order, what concerns security first. Of a new gate everything is added. */
export function findFindings(run: Run): readonly Finding[] {
  const gate = gateFindings(run);
  const resources = resourceFindings(run);
  // A gate may have thousands of consumers, but it has few resources.
  const security = [...resources, ...gate].filter((one) => one.security);
  return [
    ...security.sort((one, other) => rankOf(one) - rankOf(other)),
    ...[...gate, ...resources].filter((one) => !one.security),
  ];
}

const plain: readonly FindingCode[] = [
  "route-added",
  "consumer-added",
  "issuer-added",
];

/** Those worth a line: of a new gate everything is new, which the table of routes says better than a list. */
export function listedFindings(run: Run): readonly Finding[] {
  const all = findFindings(run);
  return isNew(run) ? all.filter(({ code }) => !plain.includes(code)) : all;
}

function gateFindings(run: Run): Finding[] {
  const { before, after } = run;
  if (!after || !isPlanned(run)) return [];
  const found = diffSummaries(before, after);
  if (!isUnknownBefore(run)) return found;
  // Most of it was there already; what is public is worth a word in any case.
  return [
    unknownFinding(after),
    ...found.filter(({ code }) => code === "public-route"),
  ];
}

/** Public routes are told from the gate as it will be, and a gate that nothing guards too: the default of `fail-on` needs no more. */
function unknownFinding({ routes }: GateSummary): Finding {
  const told = routes.some(({ guarded }) => guarded)
    ? ["public-route", "auth-removed"]
    : ["public-route"];
  const codes = Object.keys(differenceCodes) as DifferenceCode[];
  return {
    code: "auth-changed",
    subject: "gate",
    security: true,
    sentence:
      "what callers could do before is not known, so no change of it can be told",
    standsFor: codes.filter((code) => !told.includes(code)),
  };
}

/** The closed list as a Markdown table, for the documentation. */
export function findingTable(): string {
  const rows = Object.entries(findingCodes).map(
    ([code, line]) => `| \`${code}\` | ${line} |`,
  );
  return ["| Code | Found when |", "| --- | --- |", ...rows].join("\n");
}
