// Whether what an `up` would do is what the pull request's preview showed. Every doubt is a refusal.
import { sha256 } from "../../cloud/names.ts";
import { GateFailure } from "../../gate/failure.ts";
import { commentMarker } from "../../report/comment.ts";
import {
  comparePlan,
  parseReviewMarker,
  type PlanDifference,
  type ReviewMarker,
} from "../../report/digest.ts";
import { canonical } from "../../report/plan.ts";
import { shownText } from "../../report/review-comment.ts";
import type { Run } from "../../report/run.ts";
import { commentWish, findComment } from "../github/comment.ts";
import { ask } from "../github/github.ts";
import type { MergedPull } from "../github/merged.ts";
import type { RetryOptions } from "../github/retry.ts";
import { lineOf, type ReviewLine, type Signer } from "./review-line.ts";
import { isSigned } from "./signature.ts";
import type { Thread } from "../github/thread.ts";

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
  /** The review's line, for the comment of a run that fails, so that the job can be run again. */
  readonly line?: ReviewLine;
}

/**
 * What is compared. A review is of the pull request's last commit (`head.sha`), but what is brought up is the commit that
 * the merge made: other files may have come in with it. So two things must hold: the preview was made for the very commit
 * that was merged, so nothing was pushed after it; and the merged commit, previewed now, would change exactly what that
 * preview showed, so nothing came in from elsewhere: not from the base branch, not from secrets, not from the stack's state.
 * The stack's history is part of what is compared, so a review that was brought up, and undone, is none any more.
 */
export async function checkReviewed(
  run: Run,
  sources: ReviewSources,
): Promise<ReviewCheck> {
  if (isSame(run)) return {};
  const found = await findReview(run, sources);
  if (found instanceof GateFailure) return { failure: found };
  const { review, signer } = found;
  const line = lineOf({ ...review, gateId: run.gateId }, signer);
  const difference = comparePlan(run, review, sha256);
  if (difference === undefined) return { line };
  const failure = refused(
    "what would happen now is not what the preview showed (the report has the difference); open a pull request with what is meant, so that it is previewed again",
  );
  return { failure, difference, line };
}

/** Nothing to bring up needs no review; a job that is run again gets here. */
function isSame({ after, before, changes }: Run): boolean {
  if (changes.length > 0) return false;
  // Tokens in a table are no change to the engine, but the summary names them.
  return (
    after?.auth.store !== "dynamodb" || canonical(before) === canonical(after)
  );
}

interface Found {
  readonly review: ReviewMarker;
  readonly signer: Signer;
}

async function findReview(
  { gateId }: Run,
  { retry, secret, thread }: ReviewSources,
): Promise<Found | GateFailure> {
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
  const body = comment.value?.body ?? "";
  const review = parseReviewMarker(body);
  if (review === undefined)
    return refused(
      `pull request ${number} has no comment of this action with a review in it: its last preview failed, had no credentials, or came before the stack was there`,
    );
  const wrong = examine(review, { body, gateId, pull: merged.value, secret });
  return wrong ?? { review, signer: { pull: number, secret } };
}

interface About {
  readonly body: string;
  readonly gateId: string;
  readonly pull: MergedPull;
  readonly secret: string;
}

function examine(
  review: ReviewMarker,
  { body, gateId, pull, secret }: About,
): GateFailure | undefined {
  if (!isSigned(review, { gateId, pull: pull.number }, secret))
    return refused(
      `the review in the comment of pull request ${pull.number} was not signed by this stack: the comment was changed or copied`,
    );
  if (review.sha !== pull.headSha)
    return refused(
      `the preview was of commit ${review.sha.slice(0, 7)}, but pull request ${pull.number} was merged at ${pull.headSha.slice(0, 7)}`,
    );
  // So written that a time that is not known is too late.
  if (!(review.at < pull.mergedAt))
    return refused(
      `the preview in the comment of pull request ${pull.number} was made after the merge, when nobody had it to review`,
    );
  if (review.text !== sha256(shownText(body)))
    return refused(
      `the text in the comment of pull request ${pull.number} is not what the preview wrote: somebody edited it, so nobody knows what was reviewed`,
    );
  return undefined;
}

const refused = (why: string): GateFailure =>
  new GateFailure(
    "plan-changed",
    `Nothing was changed, because require-reviewed asks for a review: ${why}`,
  );
