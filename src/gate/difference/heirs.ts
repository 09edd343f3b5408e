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
import type { Identity } from "../gate.ts";
import type { ConsumerSummary, GateSummary } from "./summary.ts";
import { quote, quoteList } from "./words.ts";

interface Gates {
  readonly before: GateSummary;
  readonly after: GateSummary;
}

/** By the id of a consumer of the older gate: the consumers that JWTs which stood for it may stand for now. */
export type Heirs = ReadonlyMap<string, readonly ConsumerSummary[]>;

const none = { identities: [] };

export function findHeirs({ before, after }: Gates): Heirs {
  const now = new Map(after.consumers.map((one) => [one.id, one]));
  const earlier = new Map<string, ConsumerSummary>();
  const heirs = new Map<string, readonly ConsumerSummary[]>();
  for (const was of before.consumers) {
    const found = uncovered(was, now.get(was.id) ?? none).flatMap((lost) =>
      takersOf(lost, after.consumers).filter(
        (one) =>
          one.id !== was.id &&
          !one.disabled &&
          meetsFresh(one, lost, earlier.get(one.id)),
      ),
    );
    heirs.set(was.id, [...new Set(found)]);
    earlier.set(was.id, was);
  }
  return heirs;
}

/** Those who are asked before, or are, the first that surely takes all such JWTs. */
function takersOf(
  lost: Identity,
  consumers: readonly ConsumerSummary[],
): readonly ConsumerSummary[] {
  const last = consumers.findIndex(({ identities }) =>
    identities.some((wide) => coversIdentity(wide, lost)),
  );
  return last < 0 ? consumers : consumers.slice(0, last + 1);
}

/** @param earlier the consumer as it was, if it was asked earlier: what fitted it then stood for it all along. */
const meetsFresh = (
  { identities }: ConsumerSummary,
  lost: Identity,
  earlier: Pick<ConsumerSummary, "identities"> = none,
): boolean =>
  identities.some(
    (one) =>
      !excludesIdentity(one, lost) &&
      !earlier.identities.some((wide) => coversIdentity(wide, one)),
  );

/** Of a new consumer everything is told where it is added. */
export function diffHeirs(
  { before, after }: Gates,
  heirs: Heirs,
): GateDifference[] {
  const sources = new Map<string, string[]>();
  for (const was of before.consumers)
    for (const is of heirs.get(was.id) ?? [])
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
