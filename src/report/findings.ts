// What a run finds that somebody should look at: what changes for callers, and what happens to resources they depend on. Pure.
import {
  type DifferenceCode,
  differenceCodes,
  securityRank,
} from "../diff/differences.ts";
import { diffSummaries } from "../diff/diff-summaries.ts";
import type { GateSummary } from "../diff/summary.ts";
import type { Run } from "./report.ts";
import { resourceFindings } from "./resource-findings.ts";

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

// Which findings stop a run: those that `fail-on` names and `allow` does not. Pure.

export interface Rules {
  /** Codes of findings that stop a run. */
  readonly failOn: readonly FindingCode[];
  /** Lines `code` or `code subject` of findings that are let through all the same. */
  readonly allow: readonly string[];
}

export interface FindingCheck {
  /** Named by `fail-on`, or standing for what is, and not allowed: each of them stops the run. */
  readonly stopped: readonly Finding[];
  /** Named by `fail-on`, but let through. */
  readonly allowed: readonly Finding[];
  /** Lines of `allow` that match no finding of this run. */
  readonly unused: readonly UnusedLine[];
}

/** An `allow` line without effect: a typo, or no longer needed. */
interface UnusedLine {
  readonly line: string;
  /** One sentence for a warning. */
  readonly message: string;
}

/** Judges what was found; the findings keep their order. */
export function checkFindings(
  findings: readonly Finding[],
  { failOn, allow }: Rules,
): FindingCheck {
  const lines = allow.map((line) => line.trim()).filter(Boolean);
  const isAllowed = (finding: Finding) =>
    lines.some((line) => names(line, finding));
  const named = findings.filter(({ code, standsFor = [] }) =>
    [code, ...standsFor].some((one) => failOn.includes(one)),
  );
  return {
    stopped: named.filter((finding) => !isAllowed(finding)),
    allowed: named.filter(isAllowed),
    unused: lines
      .filter((line) => !findings.some((finding) => names(line, finding)))
      .map((line) => ({ line, message: wordUnused(line, findings) })),
  };
}

/** The line of `allow` that lets one finding through; a gate has one token header, so its code says all. */
export const allowLine = ({ code, subject }: Finding): string =>
  code === "token-header" ? code : `${code} ${subject}`;

/** One sentence for the run's failure; undefined when nothing stops it. */
export function wordStopped({ stopped }: FindingCheck): string | undefined {
  const [first, ...rest] = stopped;
  if (!first) return undefined;
  const more = rest.length > 0 ? ` (and ${rest.length} more)` : "";
  return `fail-on stops this${more}: ${first.sentence}; if it is meant, allow it with \`${allowLine(first)}\``;
}

function names(line: string, { code, subject }: Finding): boolean {
  const { word, rest } = split(line);
  return word === code && (rest === "" || rest === subject);
}

/** The code, and the subject behind it, which may hold spaces. */
function split(line: string): { readonly word: string; readonly rest: string } {
  const word = line.replace(/\s.*/s, "");
  return { word, rest: line.slice(word.length).trim() };
}

function wordUnused(line: string, findings: readonly Finding[]): string {
  const { word } = split(line);
  if (!Object.hasOwn(findingCodes, word))
    return `\`${line}\` in \`allow\` names no finding: its first word must be one of ${Object.keys(findingCodes).join(", ")}`;
  const same = findings.filter(({ code }) => code === word);
  const found = same.map((finding) => `\`${allowLine(finding)}\``).join(", ");
  return found
    ? `\`${line}\` in \`allow\` matches nothing in this run, which has ${found}`
    : `\`${line}\` in \`allow\` matches nothing in this run: take it out once it is not needed`;
}

// What is known of the gate as it was before the run. Pure.

/** Whether the gate is made for the first time: nothing is known of one before, and it had no URL. */
export const isNew = ({ before, changes, urls, filesOnly }: Run): boolean =>
  before === undefined &&
  filesOnly === undefined &&
  (urls === undefined ||
    changes.some(
      ({ op, type, failed }) =>
        op === "create" && type === "aws:apigateway/restApi:RestApi" && !failed,
    ));

/** Whether the run says what changes for callers: other commands do not look at the config, and files alone tell nothing. */
const isPlanned = ({ command, after, filesOnly }: Run): boolean =>
  (command === "preview" || command === "up") &&
  after !== undefined &&
  filesOnly === undefined;

/** Whether there was a gate whose summary cannot be read, as after an upgrade: then no change for callers can be told. */
export const isUnknownBefore = (run: Run): boolean =>
  isPlanned(run) && run.before === undefined && !isNew(run);
