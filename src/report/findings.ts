// What a run finds that somebody should look at: what changes for callers, and what happens to resources they depend on. Pure.
import {
  differenceCodes,
  type DifferenceCode,
} from "../gate/difference/difference.ts";
import { diffSummaries } from "../gate/difference/differences.ts";
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
}

/** @returns findings in a fixed order, what concerns security first. Of a new gate everything is added. */
export function findFindings(run: Run): readonly Finding[] {
  const all: readonly Finding[] = [
    ...gateFindings(run),
    ...resourceFindings(run),
  ];
  return [
    ...all.filter(({ security }) => security),
    ...all.filter(({ security }) => !security),
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

/** Other commands do not look at the config, and from files alone nothing can be told of the gate that is there. */
function gateFindings(run: Run): Finding[] {
  const { command, before, after, filesOnly } = run;
  const planned = command === "preview" || command === "up";
  if (!planned || !after || filesOnly !== undefined) return [];
  const found = diffSummaries(before, after);
  // A gate that is there but was never summed up has most of it already; what is public is worth a word in any case.
  return before || isNew(run)
    ? found
    : found.filter(({ code }) => code === "public-route");
}

/** Whether the gate is made for the first time: nothing is known of one before, and it had no URL. */
export const isNew = ({ before, changes, urls, filesOnly }: Run): boolean =>
  before === undefined &&
  filesOnly === undefined &&
  (urls === undefined ||
    changes.some(
      ({ op, type, failed }) =>
        op === "create" && type === "aws:apigateway/restApi:RestApi" && !failed,
    ));

/** The closed list as a Markdown table, for the documentation. */
export function findingTable(): string {
  const rows = Object.entries(findingCodes).map(
    ([code, line]) => `| \`${code}\` | ${line} |`,
  );
  return ["| Code | Found when |", "| --- | --- |", ...rows].join("\n");
}
