// The sticky comment about one gate on a pull request. Pure.
import { renderBody } from "./body.ts";
import type { Run } from "./report.ts";
import { code, prose } from "./text.ts";

/** GitHub refuses a comment of more than 65,536 characters; bytes are at least as many. */
const commentLimit = 65_000;

/** The hidden first line by which the comment of a gate is found again. */
export function commentMarker(gateId: string): string {
  // Nothing but these characters, so that no id can end the HTML comment.
  const id = gateId.replaceAll(/[^A-Za-z0-9._/-]/g, (character) =>
    encodeURIComponent(character.toWellFormed()),
  );
  return `<!-- ai-gate-action gate=${id} -->`;
}

/** The comment's Markdown, marker first. */
export function renderComment(run: Run): string {
  const marker = `${commentMarker(run.gateId)}\n`;
  const body = renderBody(run, {
    room: commentLimit - marker.length,
    cutNote: "Shortened to fit; the summary of the run has all of it.",
    writer: brief,
  });
  return marker + body;
}

// The report in full, for the step summary. Pure.

/** GitHub drops a step summary of more than 1 MiB; 24 KiB stay for what other parts of the step write. */
const summaryLimit = 1000 * 1024;

/** The summary's Markdown, never longer than GitHub takes. */
export function renderSummary(run: Run): string {
  return renderBody(run, {
    room: summaryLimit,
    cutNote: "Shortened to fit into a step summary.",
    writer: full,
  });
}

// How long a text may be where a report shows it: brief in a comment, whole in the step summary. Pure.

export interface Writer {
  /** A name or value; the limit is what is good for its place in a comment. */
  readonly code: (text: string, limit?: number) => string;
  /** A sentence, likewise. */
  readonly prose: (text: string, limit?: number) => string;
  /** Characters of what the verdict tells of a failure. */
  readonly longestFailure: number;
}

export const brief: Writer = { code, prose, longestFailure: 500 };

/** So much that nothing is cut in earnest; but one name must not take the place of all that follows. */
const longest = 10_000;

const full: Writer = {
  code: (text) => code(text, longest),
  prose: (text) => prose(text, longest, longest),
  longestFailure: longest,
};
