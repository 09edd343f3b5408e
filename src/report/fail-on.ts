// Which findings of a run `fail-on` stops, and `allow` lets through.
import {
  type Finding,
  type FindingCode,
  findingCodes,
} from "../diff/finding-codes.ts";

export interface FindingCheck {
  readonly stopped: readonly Finding[];
  readonly allowed: readonly Finding[];
  /** A warning for each line of `allow` that matches no finding of this run. */
  readonly unused: readonly string[];
}

/** @param rules `allow` has lines `code` or `code subject`. */
export function checkFindings(
  findings: readonly Finding[],
  {
    failOn,
    allow,
  }: {
    readonly failOn: readonly FindingCode[];
    readonly allow: readonly string[];
  },
): FindingCheck {
  const lines = allow
    .map((line) => line.trim().replace(/\s+/, " "))
    .filter(Boolean);
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

const matches = (line: string, { code, subject }: Finding): boolean =>
  line === code || line === `${code} ${subject}`;

function unusedMessage(line: string, findings: readonly Finding[]): string {
  const [word = ""] = line.split(" ");
  if (!Object.hasOwn(findingCodes, word))
    return `Unknown finding \`${line}\` in \`allow\`: use one of ${Object.keys(findingCodes).join(", ")}`;
  const same = findings.filter(({ code }) => code === word);
  const found = same.map((finding) => `\`${allowLine(finding)}\``).join(", ");
  const todo = found ? `use ${found}` : "remove it when it is no longer needed";
  return `\`${line}\` in \`allow\` matches no finding of this run: ${todo}`;
}
