// What one consumer may do more and less, besides its calls: whether, until when, by which credentials, how often. Pure.
import { coversIdentity, wordIdentity } from "./conditions.ts";
import { isRaised, limitsOf } from "./limit-differences.ts";
import { type ConsumerChange, type Moves, noChange } from "./moves.ts";
import type { ConsumerSummary, GateSummary } from "./summary.ts";
import { quote, without } from "./words.ts";

export function diffDisabled({ was, is }: ConsumerChange): Moves {
  if (was.disabled === is.disabled) return noChange;
  return is.disabled
    ? { wider: [], narrower: ["is disabled: nothing of it passes any more"] }
    : { wider: ["is enabled again"], narrower: [] };
}

/** Later than every date. */
const never = "~";

export function diffExpiry({ was, is }: ConsumerChange): Moves {
  const word = ({ expires }: ConsumerSummary) =>
    expires === undefined ? "for ever" : `until ${quote(expires)}`;
  const words = [`passes ${word(is)} instead of ${word(was)}`];
  const [old, now] = [was.expires ?? never, is.expires ?? never];
  return { wider: now > old ? words : [], narrower: now < old ? words : [] };
}

/** A token that is exchanged is both: somebody else passes, and who had the old one does not. */
export function diffTokens({ was, is }: ConsumerChange): Moves {
  const added = without(is.tokenIds, was.tokenIds).length;
  const gone = without(was.tokenIds, is.tokenIds).length;
  const counts = `has ${wordTokens(is)} instead of ${wordTokens(was)}`;
  const wider =
    added > gone
      ? counts
      : `has ${added === 1 ? "another token" : "other tokens"}: whoever holds what is new passes as it`;
  const narrower =
    gone > added
      ? counts
      : `no longer has ${gone === 1 ? "a token" : "tokens"} of before: whoever still sends that is refused`;
  return {
    wider: added > 0 ? [wider] : [],
    narrower: gone > 0 ? [narrower] : [],
  };
}

const wordTokens = ({ tokenIds: { length } }: ConsumerSummary): string =>
  ["no token", "one token", "two tokens"][length] ?? `${length} tokens`;

export function diffIdentities({ was, is }: ConsumerChange): Moves {
  const words = (one: ConsumerSummary, by: ConsumerSummary) =>
    one.identities
      .filter(
        (narrow) => !by.identities.some((wide) => coversIdentity(wide, narrow)),
      )
      .map(wordIdentity);
  return {
    wider: words(is, was).map((one) => `is now also known by ${one}`),
    narrower: words(was, is).map((one) => `is no longer known by ${one}`),
  };
}

/** A plan of another name with the same limits is no difference. */
export function diffPlan({ was, is, before, after }: ConsumerChange): Moves {
  const limits = (gate: GateSummary, name: string | undefined) =>
    limitsOf(
      gate.plans.find((plan) => plan.name === name) ?? {
        rate: Infinity,
        burst: Infinity,
      },
    );
  if (was.plan === is.plan) return noChange;
  const [old, now] = [limits(before, was.plan), limits(after, is.plan)];
  const word = (name: string | undefined) =>
    name === undefined ? "no plan" : `the plan ${quote(name)}`;
  const words = [`has ${word(is.plan)} instead of ${word(was.plan)}`];
  if (isRaised(old, now)) return { ...noChange, wider: words };
  return isRaised(now, old) ? { ...noChange, narrower: words } : noChange;
}
