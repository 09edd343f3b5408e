// A comment that holds a review: its second line is the review's, below a separator stands what failed since. Pure.
import type { Run } from "./run.ts";
import { link, prose } from "./text.ts";
import { verdict } from "./verdict.ts";

/** How the line of a review starts. */
export const reviewStart = "<!-- ai-gate-review ";

/** Everything below it was written after the preview, and is no part of what was reviewed. */
const separator = "<!-- ai-gate-since -->";

/** The review's line is the second of the comment, right below the line it is found by. */
export function withReview(comment: string, line: string | undefined): string {
  if (line === undefined) return comment;
  const [first = "", ...rest] = comment.split("\n");
  return [first, line, ...rest].join("\n");
}

/**
 * What a reader saw of a preview's comment: all but the review's line and what came since. The first line counts, since a
 * `<details>` behind its marker would fold away the rest. White space is one space each, since GitHub may give back other line
 * ends, and none at the end of a line.
 */
export function shownText(comment: string): string {
  const [first = "", second = "", ...rest] = previewIn(comment).split(/\r?\n/);
  const hidden = second.startsWith(reviewStart);
  const shown = hidden ? [first, ...rest] : [first, second, ...rest];
  return shown.join("\n").replaceAll(/\s+/g, " ").trim();
}

/** The report escapes every `<` of a name, so the first separator is ours. */
const previewIn = (comment: string): string =>
  comment.split(separator, 1).join("");

/** The preview's comment as it is, with the failure of the run below it, in place of an earlier one. */
export const withFailure = (comment: string, run: Run): string =>
  `${previewIn(comment).trimEnd()}\n\n${separator}\n${shortReport(run)}`;

const mostCharacters = 2000;

/** Escaped, a text can be eighteen times as long, so the longest one that fits is taken. */
function shortReport(run: Run): string {
  const parts = ["since the preview above", link("run", run.runUrl)];
  const texts = [800, 400, 200, 60].map(
    (limit) =>
      `> [!CAUTION]\n> **${prose(verdict(run), limit)}**\n\n${parts.filter(Boolean).join(" · ")}\n`,
  );
  return texts.find((text) => text.length <= mostCharacters) ?? "";
}
