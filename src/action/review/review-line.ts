// The hidden line by which a comment remembers a preview: which previews get one, and how it is signed.
import { sha256 } from "../../cloud/names.ts";
import {
  digestChanges,
  type ReviewClaim,
  reviewMarker,
} from "../../report/digest.ts";
import { shownText } from "../../report/review-comment.ts";
import type { Run } from "../../report/run.ts";
import type { Job } from "../job.ts";
import { signReview } from "./signature.ts";

/** Makes the review's line for a comment, whose text it signs too. */
export type ReviewLine = (comment: string) => string;

export interface Signing {
  /** The stack's review secret; undefined when it has none yet. */
  readonly secret: string | undefined;
  /** Seconds since 1970. */
  readonly at: number;
}

/** The line that a preview leaves in its comment; undefined when it is no review. */
export function signPreview(
  run: Run,
  job: Pick<Job, "event" | "action" | "pullRequest">,
  { at, secret }: Signing,
): ReviewLine | undefined {
  const { action, event, pullRequest } = job;
  // Only these say which commit they are about; a comment's workflow may have checked out anything.
  if (!["pull_request", "pull_request_review"].includes(event))
    return undefined;
  // After the merge nobody looks at a preview any more.
  if (action === "closed" || pullRequest?.untrusted !== false) return undefined;
  if (run.command !== "preview" || run.failure !== undefined) return undefined;
  if (secret === undefined || run.filesOnly !== undefined) return undefined;
  const { headSha: sha, number: pull } = pullRequest;
  if (!/^[0-9a-f]{40}$/.test(sha)) return undefined;
  const { gateId } = run;
  const claim = { gateId, sha, at, ...digestChanges(run, sha256) };
  return lineOf(claim, { pull, secret });
}

export interface Signer {
  /** Number of the pull request. */
  readonly pull: number;
  readonly secret: string;
}

/** @returns the line that says the same of whatever comment it is put into. */
export const lineOf =
  (claim: Omit<ReviewClaim, "text">, { pull, secret }: Signer): ReviewLine =>
  (comment) => {
    const whole = { ...claim, text: sha256(shownText(comment)) };
    return reviewMarker({
      ...whole,
      mac: signReview({ ...whole, pull }, secret),
    });
  };
