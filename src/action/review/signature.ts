// Signs what a preview showed, so that an `up` can tell whether it was this gate's own preview that showed it.
//
// Whom this holds up: people with write access to the repository but no access to the stack's state. They may edit any
// comment, the action's own too, post comments as a bot through a workflow of theirs, and push after the review.
// - An edited digest has no valid signature: the key is in the stack's encrypted state, and nowhere else.
// - A comment copied from another stack was signed with another key, and names another gate.
// - A comment copied from another pull request carries another number inside its signature.
// - An older comment of the same pull request, put back, was signed for an older head commit.
// - A comment whose visible text was edited, so that it shows less, was signed for another text.
// - A preview that is made, or run again, after the merge was signed too late.
// - A review that was brought up, and undone by another run, was of another point in the stack's history.
// Whom it does not hold up: whoever edits the visible text and puts it back before the merge, which GitHub shows as "edited" in the
// comment's head and keeps in its history; and whoever can decrypt the state, such as a workflow of the branch that gets the same AWS
// credentials, can sign. A preview has to decrypt the state in order to sign, so a role of its own for previews helps nobody:
// what helps is a role that trusts only the reviewed workflow.
import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import {
  type ReviewClaim,
  type ReviewMarker,
  signedText,
} from "../../report/digest.ts";

/** A claim about one pull request. */
export interface Claim extends ReviewClaim {
  readonly pull: number;
}

/** @returns HMAC-SHA-256 of the claim, as 64 lower-case hex digits. */
export function signReview(claim: Claim, secret: string): string {
  // The secret signs nothing itself, so that another use of it, should there ever be one, cannot be mistaken for this one.
  const key = hkdfSync("sha256", secret, "", "ai-gate-action review v1", 32);
  // The text starts with the number, which holds no line break, so no other claim makes the same text.
  const text = `${claim.pull}\n${signedText(claim)}`;
  return createHmac("sha256", Buffer.from(key)).update(text).digest("hex");
}

/** Whether the marker was signed with this secret for this gate and this pull request. */
export function isSigned(
  marker: ReviewMarker,
  about: { readonly gateId: string; readonly pull: number },
  secret: string,
): boolean {
  const expected = Buffer.from(signReview({ ...marker, ...about }, secret));
  const given = Buffer.from(marker.mac);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
