// Which findings stop a run: those that `fail-on` names and `allow` does not. Pure.
import { type Finding, type FindingCode, findingCodes } from "./findings.ts";

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
