// The sticky comment about one gate on a pull request. Pure.
import { renderBody } from "./body.ts";
import type { Run } from "./run.ts";
import { brief } from "./writer.ts";

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
