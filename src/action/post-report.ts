// Puts the report where people look: into the comment of the pull request, and into the issue about drift.
import { commentMarker, renderComment } from "../report/comment.ts";
import { parseReviewMarker } from "../report/digest.ts";
import { withFailure, withReview } from "../report/review-comment.ts";
import { upsertComment } from "./github/comment.ts";
import { issuesOf, keepDriftIssue } from "./github/drift-issue.ts";
import type { Finished } from "./run.ts";

export interface Posted {
  readonly id?: number;
  /** Why there is no comment, as a warning. */
  readonly refused?: string;
}

/** Creates or updates the comment; nothing for a run that has no pull request, or was told not to. */
export async function postComment(finished: Finished): Promise<Posted> {
  const { github, inputs, run, target, thread } = finished;
  const off = inputs?.comment !== true || run.filesOnly !== undefined;
  if (off || github === undefined || thread === undefined) return {};
  const number = await thread.number((target ?? run).command);
  if (!number.ok) return { refused: noComment(number.reason) };
  if (number.value === undefined) return {};
  const result = await upsertComment(thread.comments(number.value), {
    marker: commentMarker(run.gateId),
    body: (present) => bodyOf(finished, present),
    retry: github.retry,
  });
  return result.posted
    ? { id: result.id }
    : { refused: noComment(result.reason) };
}

const noComment = (reason: string): string =>
  `No comment on the pull request: ${reason}. The summary of this run has the full report`;

/** @param present the comment as it is. */
export function bodyOf(
  finished: Pick<Finished, "inputs" | "reviewLine" | "run" | "target">,
  present = "",
): string {
  const { reviewLine, run } = finished;
  if (isWaiting(finished) && parseReviewMarker(present) !== undefined)
    return withFailure(present, run);
  const comment = renderComment(run);
  return withReview(comment, reviewLine?.(comment));
}

/** Whether the `up` failed before it had read its review: the job can only be run again while the review is there. */
const isWaiting = ({
  inputs,
  reviewLine,
  run,
  target,
}: Parameters<typeof bodyOf>[0]): boolean =>
  (target ?? run).command === "up" &&
  run.failure !== undefined &&
  reviewLine === undefined &&
  inputs?.requireReviewed === true;

/** @returns why the issue could not be kept, as a warning. */
export async function postDrift({
  github,
  inputs,
  run,
}: Finished): Promise<string | undefined> {
  const { failure } = run;
  if (inputs?.driftIssue !== true || run.command !== "drift") return undefined;
  // What the engine could not find out is no reason to close anything.
  const known = failure === undefined || failure.reason === "drift";
  if (!known || github === undefined || run.filesOnly !== undefined)
    return undefined;
  const marker = commentMarker(run.gateId).replace(
    "ai-gate-action",
    "ai-gate-drift",
  );
  const asked = await keepDriftIssue(issuesOf(github), {
    marker,
    title: `AI gate ${run.stack}: drift`,
    body: `${marker}\n${renderComment(run)}`,
    drifted: failure !== undefined,
    retry: github.retry,
  });
  return asked.ok ? undefined : `No issue about drift: ${asked.reason}`;
}
