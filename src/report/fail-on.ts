// What `fail-on` and `allow` may name, and which findings of a run they stop.
import { type DifferenceCode, differenceCodes } from "../diff/differences.ts";

export const findingCodes = {
  ...differenceCodes,
  replace: "a resource is replaced (deployments of the API are not counted)",
  delete: "a resource is deleted (deployments of the API are not counted)",
  drift: "a resource was changed or deleted outside this action",
} as const satisfies Readonly<Record<string, string>>;

export type FindingCode = DifferenceCode | "replace" | "delete" | "drift";

export interface Finding {
  readonly code: FindingCode;
  /** A path, a consumer's id, a key of the config (`plans.basic`), or the name of a resource. */
  readonly subject: string;
  /** One sentence in lower case without a full stop; names and values stand between backticks. */
  readonly sentence: string;
  readonly security: boolean;
  /** Codes that may apply as well but cannot be checked: `fail-on` stops this finding for each of them. */
  readonly standsFor?: readonly FindingCode[];
}

export interface Rules {
  readonly failOn: readonly FindingCode[];
  /** Lines `code` or `code subject`. */
  readonly allow: readonly string[];
}

export interface FindingCheck {
  readonly stopped: readonly Finding[];
  readonly allowed: readonly Finding[];
  /** A warning for each line of `allow` that matches no finding of this run. */
  readonly unused: readonly string[];
}

export function checkFindings(
  findings: readonly Finding[],
  { failOn, allow }: Rules,
): FindingCheck {
  const lines = allow.map((line) => line.trim()).filter(Boolean);
  const isAllowed = (finding: Finding) =>
    lines.some((line) => matches(line, finding));
  const named = findings.filter(({ code, standsFor = [] }) =>
    [code, ...standsFor].some((one) => failOn.includes(one)),
  );
  return {
    stopped: named.filter((finding) => !isAllowed(finding)),
    allowed: named.filter(isAllowed),
    unused: lines
      .filter((line) => !findings.some((finding) => matches(line, finding)))
      .map((line) => unusedMessage(line, findings)),
  };
}

/** The line of `allow` that allows one finding. A gate has one token header, so that code needs no subject. */
export const allowLine = ({ code, subject }: Finding): string =>
  code === "token-header" ? code : `${code} ${subject}`;

export function wordStopped({ stopped }: FindingCheck): string | undefined {
  const [first, ...rest] = stopped;
  if (!first) return undefined;
  const more = rest.length > 0 ? ` (and ${rest.length} more)` : "";
  return `fail-on stops this${more}: ${first.sentence}; to accept it, add \`${allowLine(first)}\` to \`allow\``;
}

function matches(line: string, { code, subject }: Finding): boolean {
  const word = codeOf(line);
  // The subject may contain spaces.
  const rest = line.slice(word.length).trim();
  return word === code && (rest === "" || rest === subject);
}

const codeOf = (line: string): string => line.replace(/\s.*/s, "");

function unusedMessage(line: string, findings: readonly Finding[]): string {
  const word = codeOf(line);
  if (!Object.hasOwn(findingCodes, word))
    return `Unknown finding \`${line}\` in \`allow\`: use one of ${Object.keys(findingCodes).join(", ")}`;
  const same = findings.filter(({ code }) => code === word);
  const found = same.map((finding) => `\`${allowLine(finding)}\``).join(", ");
  return found
    ? `\`${line}\` in \`allow\` matches no finding of this run: use ${found}`
    : `\`${line}\` in \`allow\` matches no finding of this run: remove it when it is no longer needed`;
}
