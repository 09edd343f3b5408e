// Whether what an `up` would do is what the pull request's preview showed. Every doubt is a refusal.
import { sha256 } from "../cloud/names.ts";
import { GateFailure } from "../gate/failure.ts";
import { commentMarker } from "../report/comment.ts";
import {
  comparePlan,
  digestChanges,
  parseReviewMarker,
  type PlanDifference,
  reviewMarker,
  type ReviewMarker,
} from "../report/digest.ts";
import type { Run } from "../report/run.ts";
import { commentWish, findComment } from "./comment.ts";
import { ask } from "./github.ts";
import type { Job } from "./job.ts";
import type { MergedPull } from "./merged.ts";
import type { RetryOptions } from "./retry.ts";
import { isSigned, signReview } from "./signature.ts";
import type { Thread } from "./thread.ts";

/** The line that a preview leaves in its comment; undefined when it is no review. */
export function signPreview(
  run: Run,
  job: Pick<Job, "event" | "pullRequest">,
  secret: string | undefined,
): string | undefined {
  const { pullRequest } = job;
  // Only this event says which commit it is about; a comment's workflow may have checked out anything.
  if (job.event !== "pull_request" || pullRequest === undefined)
    return undefined;
  if (run.command !== "preview" || run.failure !== undefined) return undefined;
  if (secret === undefined || run.filesOnly !== undefined) return undefined;
  const { headSha: sha, number: pull } = pullRequest;
  if (!/^[0-9a-f]{40}$/.test(sha)) return undefined;
  const claim = { gateId: run.gateId, sha, ...digestChanges(run, sha256) };
  return reviewMarker({
    ...claim,
    mac: signReview({ ...claim, pull }, secret),
  });
}

export interface ReviewSources {
  /** Undefined without a token. */
  readonly thread: Thread | undefined;
  /** The stack's review secret; undefined when it has none yet. */
  readonly secret: string | undefined;
  readonly retry: RetryOptions;
}

export interface ReviewCheck {
  readonly failure?: GateFailure;
  /** What would happen and was not reviewed. */
  readonly difference?: PlanDifference;
  /** The review's line, to stay in the comment, so that this job can be run again. */
  readonly line?: string;
}

/**
 * What is compared. A review is of the pull request's last commit (`head.sha`), but what is brought up is the commit that
 * the merge made: other files may have come in with it. So two things must hold: the preview was made for the very commit
 * that was merged, so nothing was pushed after it; and the merged commit, previewed now, would change exactly what that
 * preview showed, so nothing came in from elsewhere: not from the base branch, not from secrets, not from the stack's state.
 */
export async function checkReviewed(
  run: Run,
  sources: ReviewSources,
): Promise<ReviewCheck> {
  // Nothing to bring up needs no review; a job that is run again gets here. Tokens in a table are no change to the engine.
  const isSame = run.changes.length === 0;
  if (isSame && run.after?.auth.store !== "dynamodb") return {};
  const found = await findReview(run, sources);
  if (found instanceof GateFailure) return { failure: found };
  const line = reviewMarker(found);
  const difference = comparePlan(run, found, sha256);
  if (difference === undefined) return { line };
  const failure = refused(
    "what would happen now is not what the preview showed (the report has the difference); open a pull request with what is meant, so that it is previewed again",
  );
  return { failure, difference, line };
}

async function findReview(
  { gateId }: Run,
  { retry, secret, thread }: ReviewSources,
): Promise<ReviewMarker | GateFailure> {
  if (thread === undefined)
    return refused("without a `github-token` the review cannot be read");
  if (secret === undefined)
    return refused(
      "the stack has no key yet that a preview could have been signed with, which it gets when it is brought up; do that once with `require-reviewed: false`",
    );
  const merged = await thread.merged();
  if (!merged.ok) return refused(merged.reason);
  if (merged.value === undefined)
    return refused(
      "this commit was not merged into its branch by a pull request, so there is no preview of it",
    );
  const { number } = merged.value;
  const marker = commentMarker(gateId);
  const comment = await ask(
    () => findComment(thread.comments(number), marker),
    { ...commentWish, to: "read comments", permission: "pull-requests: read" },
    retry,
  );
  if (!comment.ok) return refused(comment.reason);
  const review = parseReviewMarker(comment.value?.body ?? "");
  if (review === undefined)
    return refused(
      `pull request ${number} has no comment of this action with a review in it: its last preview failed, had no credentials, or came before the stack was there`,
    );
  return examine(review, { gateId, pull: merged.value, secret });
}

function examine(
  review: ReviewMarker,
  about: { gateId: string; pull: MergedPull; secret: string },
): ReviewMarker | GateFailure {
  const { gateId, pull, secret } = about;
  if (!isSigned(review, { gateId, pull: pull.number }, secret))
    return refused(
      `the review in the comment of pull request ${pull.number} was not signed by this stack: the comment was changed or copied`,
    );
  if (review.sha !== pull.headSha)
    return refused(
      `the preview was of commit ${review.sha.slice(0, 7)}, but pull request ${pull.number} was merged at ${pull.headSha.slice(0, 7)}`,
    );
  return review;
}

const refused = (why: string): GateFailure =>
  new GateFailure(
    "plan-changed",
    `Nothing was changed, because require-reviewed asks for a review: ${why}`,
  );
