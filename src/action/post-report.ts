// Puts the report where people look: into the comment of the pull request, and into the issue about drift.
import { commentMarker, renderComment } from "../report/comment.ts";
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
  const { github, inputs, pullRequest, run, target } = finished;
  const off = inputs?.comment !== true || run.filesOnly !== undefined;
  if (off || github === undefined || pullRequest === undefined) return {};
  const number = await pullRequest.number((target ?? run).command);
  if (!number.ok) return { refused: noComment(number.reason) };
  if (number.value === undefined) return {};
  const result = await upsertComment(pullRequest.comments(number.value), {
    marker: commentMarker(run.gateId),
    body: renderComment(run),
    retry: github.retry,
  });
  return result.posted
    ? { id: result.id }
    : { refused: noComment(result.reason) };
}

const noComment = (reason: string): string =>
  `No comment on the pull request: ${reason}. The summary of this run has the full report`;

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
