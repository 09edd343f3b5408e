// Whom JWTs stand for once a consumer they stood for is gone, or asks more of them: consumers are tried in order, and the
// first that fits decides, so they may fall to one that may do more. Pure.
import { diffAccess } from "./access-differences.ts";
import { coversIdentity, excludesIdentity } from "./conditions.ts";
import {
  diffDisabled,
  diffExpiry,
  diffPlan,
  uncovered,
} from "./consumer-moves.ts";
import type { GateDifference } from "./difference.ts";
import type { ConsumerSummary, GateSummary } from "./summary.ts";
import { quote, quoteList } from "./words.ts";

interface Gates {
  readonly before: GateSummary;
  readonly after: GateSummary;
}

const none = { identities: [] };

/**
 * @param was a consumer of the older gate.
 * @returns the consumers that JWTs which stood for it may stand for now.
 */
export function heirsOf(
  was: ConsumerSummary,
  { before, after }: Gates,
): ConsumerSummary[] {
  const is = after.consumers.find(({ id }) => id === was.id) ?? none;
  const heirs = uncovered(was, is).flatMap((lost) => {
    const earlier = before.consumers.slice(0, before.consumers.indexOf(was));
    // What fitted one that was tried earlier stood for that one all along.
    const fresh = (one: ConsumerSummary) =>
      uncovered(one, earlier.find(({ id }) => id === one.id) ?? none);
    const end = after.consumers.findIndex(({ identities }) =>
      identities.some((wide) => coversIdentity(wide, lost)),
    );
    return after.consumers
      .slice(0, end < 0 ? undefined : end + 1)
      .filter(
        (one) =>
          one.id !== was.id &&
          !one.disabled &&
          fresh(one).some((other) => !excludesIdentity(other, lost)),
      );
  });
  return [...new Set(heirs)];
}

/** Of a new consumer everything is told where it is added. */
export function diffHeirs({ before, after }: Gates): GateDifference[] {
  const sources = new Map<string, string[]>();
  for (const was of before.consumers)
    for (const is of heirsOf(was, { before, after }))
      if (mayMore({ was, is, before, after }))
        sources.set(is.id, [...(sources.get(is.id) ?? []), was.id]);
  return before.consumers.flatMap(({ id }) => {
    const names = sources.get(id);
    if (names === undefined) return [];
    return [
      {
        code: "policy-widened" as const,
        subject: id,
        security: true,
        sentence: `JWTs that stood for ${quoteList(names)} may now stand for the consumer ${quote(id)}, which may do more`,
      },
    ];
  });
}

const mayMore = (change: Parameters<typeof diffAccess>[0]): boolean =>
  [diffAccess, diffDisabled, diffExpiry, diffPlan].some(
    (compare) => compare(change).wider.length > 0,
  );
