// What a review covers, how two of them differ, and the hidden line of a comment that remembers one. Anybody who may write to
// the repository can change that line, so it is signed, and read strictly: what is not as we write it is no marker. Pure.
import { planItems } from "./plan.ts";
import { reviewStart } from "./review-comment.ts";
import type { Run } from "./run.ts";

/** SHA-256 of the text's UTF-8 bytes as 64 lower-case hex digits. */
export type Sha256 = (text: string) => string;

/** What is remembered of a preview. */
export interface Reviewed {
  /** SHA-256 of everything that would happen: the same digest means the same changes, from the same gate to the same gate. */
  readonly digest: string;
  /** The first 8 hex digits of each line's own digest, to tell what is different; empty when there are too many. */
  readonly lines: readonly string[];
}

/** What would happen now and was not reviewed. */
export interface PlanDifference {
  /** In words, what of the plan was not in the reviewed one; all of it when the reviewed one was too long to remember. */
  readonly added: readonly string[];
  /** How many reviewed lines are not in the plan any more; only their digests are known. Undefined when not remembered. */
  readonly removed: number | undefined;
}

/** The marker must leave room for the report it stands in. */
const mostLines = 500;

/** Digests what the run would do. Commit, times, file times and the order of events never change it. */
export function digestChanges(run: Run, sha256: Sha256): Reviewed {
  const lines = planItems(run).map(({ line }) => line);
  return {
    // JSON keeps a line break inside a name from making one line look like two.
    digest: sha256(JSON.stringify(lines)),
    lines:
      lines.length > mostLines ? [] : lines.map((line) => short(line, sha256)),
  };
}

const short = (line: string, sha256: Sha256) => sha256(line).slice(0, 8);

/** @returns undefined when what would happen now is exactly what was reviewed. */
export function comparePlan(
  run: Run,
  reviewed: Reviewed,
  sha256: Sha256,
): PlanDifference | undefined {
  if (digestChanges(run, sha256).digest === reviewed.digest) return undefined;
  const items = planItems(run);
  const word = (some: typeof items) => some.map(({ words }) => words);
  if (reviewed.lines.length === 0)
    return {
      added: word(items.filter(({ compared }) => !compared)),
      removed: undefined,
    };
  const known = new Set(reviewed.lines);
  const now = new Set(items.map(({ line }) => short(line, sha256)));
  return {
    added: word(items.filter(({ line }) => !known.has(short(line, sha256)))),
    removed: reviewed.lines.filter((line) => !now.has(line)).length,
  };
}

/** What a marker says about the preview. */
interface PreviewClaim extends Reviewed {
  /** The head commit the preview was made for: 40 hex digits. */
  readonly sha: string;
  /** When it was signed, in seconds since 1970. */
  readonly at: number;
  /** SHA-256 of `shownText` of the comment: what a reader saw. */
  readonly text: string;
}

/** What is signed. */
export interface ReviewClaim extends PreviewClaim {
  readonly gateId: string;
}

/** A marker as it stands in a comment: to be believed only when `mac` is the right one for `signedText`. */
export interface ReviewMarker extends PreviewClaim {
  /** HMAC-SHA-256 of `signedText`, 64 lower-case hex digits. */
  readonly mac: string;
}

/** The text that the marker's `mac` is made of: unambiguous, since each part is on a line of its own. */
export const signedText = (claim: ReviewClaim): string =>
  [
    "ai-gate-review",
    // No other part could hold a line break, and JSON writes it as `\n`.
    JSON.stringify(claim.gateId),
    claim.sha,
    claim.at,
    claim.text,
    claim.digest,
    claim.lines.join(""),
  ].join("\n");

/** The line, without a line break. */
export function reviewMarker(review: ReviewMarker): string {
  const { sha, at, text, digest, lines, mac } = review;
  const marker = `${reviewStart}sha=${sha} at=${at} text=${text} digest=${digest} lines=${lines.join("")} mac=${mac} -->`;
  if (!form.test(marker)) throw new Error("no marker can be made of this");
  return marker;
}

const form =
  /^<!-- ai-gate-review sha=(?<sha>[0-9a-f]{40}) at=(?<at>[1-9][0-9]{9,10}) text=(?<text>[0-9a-f]{64}) digest=(?<digest>[0-9a-f]{64}) lines=(?<lines>(?:[0-9a-f]{8}){0,500}) mac=(?<mac>[0-9a-f]{64}) -->$/;

type Parts = Readonly<Record<keyof ReviewMarker, string>>;

/**
 * @param comment a whole comment, as GitHub gives it back (which may be with `\r\n`).
 * @returns what its second line says; undefined when that is no marker, or when there is another one in the comment.
 */
export function parseReviewMarker(comment: string): ReviewMarker | undefined {
  const lines = comment.split(/\r?\n/);
  const match = form.exec(lines[1] ?? "");
  const isOnly = comment.split(reviewStart.trimEnd()).length === 2;
  if (match === null || !isOnly) return undefined;
  const { at, lines: digests, ...parts } = match.groups as Parts;
  return { ...parts, at: Number(at), lines: digests.match(/.{8}/g) ?? [] };
}
