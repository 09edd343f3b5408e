// What changes about consumers between two summaries: who comes and goes, and what each may do more or less. Pure.
import { diffAccess } from "./access-differences.ts";
import { coversIdentity, wordIdentity } from "./conditions.ts";
import type { GateDifference } from "./difference.ts";
import { isRaised, limitsOf } from "./limit-differences.ts";
import { type ConsumerChange, type Moves, still } from "./moves.ts";
import type { ConsumerSummary, GateSummary } from "./summary.ts";
import { quote, quoteList } from "./words.ts";

/** @returns differences in the order of the newer gate's consumers, then the removed ones. */
export function diffConsumers(
  before: GateSummary,
  after: GateSummary,
): GateDifference[] {
  const old = new Map(before.consumers.map((one) => [one.id, one]));
  const now = new Set(after.consumers.map(({ id }) => id));
  return [
    ...after.consumers.flatMap((consumer) => {
      const was = old.get(consumer.id);
      return was
        ? diffConsumer({ was, is: consumer, before, after })
        : [added(consumer)];
    }),
    ...before.consumers.filter(({ id }) => !now.has(id)).map(removed),
    ...diffOrder(before, after),
  ];
}

function added(consumer: ConsumerSummary): GateDifference {
  const { id, access, expires, disabled, plan } = consumer;
  const parts = [
    `may call ${access.includes("/**") ? "every route" : quoteList(access)}`,
    ...(expires === undefined ? [] : [`until ${quote(expires)}`]),
    ...(plan === undefined ? [] : [`with the plan ${quote(plan)}`]),
    ...(disabled ? ["once it is enabled"] : []),
  ];
  return {
    code: "consumer-added",
    subject: id,
    security: true,
    sentence: `the consumer ${quote(id)} is added and ${parts.join(" ")}; it is known by ${wordKinds(consumer)}`,
  };
}

function wordKinds({ tokens, identities }: ConsumerSummary): string {
  const words = [
    ...(tokens > 0 ? ["its token"] : []),
    ...identities.map(wordIdentity),
  ];
  return words.join("; ") || "its tokens in the table";
}

const removed = ({ id }: ConsumerSummary): GateDifference => ({
  code: "consumer-removed",
  subject: id,
  security: true,
  sentence: `the consumer ${quote(id)} is removed: nothing of it passes any more`,
});

function diffConsumer(change: ConsumerChange): GateDifference[] {
  const { id } = change.is;
  const moves = [
    diffAccess(change),
    diffDisabled(change),
    diffExpiry(change),
    diffTokens(change),
    diffIdentities(change),
    diffPlan(change),
  ];
  const make = (code: GateDifference["code"]) => (words: string) => ({
    code,
    subject: id,
    security: true,
    sentence: `the consumer ${quote(id)} ${words}`,
  });
  return [
    ...moves.flatMap(({ wider }) => wider).map(make("policy-widened")),
    ...moves.flatMap(({ narrower }) => narrower).map(make("policy-narrowed")),
  ];
}

function diffDisabled({ was, is }: ConsumerChange): Moves {
  if (was.disabled === is.disabled) return still;
  return is.disabled
    ? { wider: [], narrower: ["is disabled: nothing of it passes any more"] }
    : { wider: ["is enabled again"], narrower: [] };
}

function diffExpiry({ was, is }: ConsumerChange): Moves {
  const word = ({ expires }: ConsumerSummary) =>
    expires === undefined ? "for ever" : `until ${quote(expires)}`;
  if (was.expires === is.expires) return still;
  const words = [`passes ${word(is)} instead of ${word(was)}`];
  const later =
    is.expires === undefined ||
    (was.expires !== undefined && is.expires > was.expires);
  return later ? { ...still, wider: words } : { ...still, narrower: words };
}

function diffTokens({ was, is }: ConsumerChange): Moves {
  const word = (count: number) =>
    ["no token", "one token", "two tokens"][count] ?? `${count} tokens`;
  if (was.tokens === is.tokens) return still;
  const words = [`has ${word(is.tokens)} instead of ${word(was.tokens)}`];
  return is.tokens > was.tokens
    ? { ...still, wider: words }
    : { ...still, narrower: words };
}

function diffIdentities({ was, is }: ConsumerChange): Moves {
  const uncovered = (one: ConsumerSummary, by: ConsumerSummary) =>
    one.identities
      .filter(
        (narrow) => !by.identities.some((wide) => coversIdentity(wide, narrow)),
      )
      .map(wordIdentity);
  return {
    wider: uncovered(is, was).map((words) => `is now also known by ${words}`),
    narrower: uncovered(was, is).map(
      (words) => `is no longer known by ${words}`,
    ),
  };
}

function diffPlan({ was, is, before, after }: ConsumerChange): Moves {
  if (was.plan === is.plan) return still;
  const limits = (gate: GateSummary, name: string | undefined) => {
    const plan = gate.plans.find((one) => one.name === name);
    return limitsOf(plan ?? { rate: Infinity, burst: Infinity });
  };
  const word = (name: string | undefined) =>
    name === undefined ? "no plan" : `the plan ${quote(name)}`;
  const words = [`has ${word(is.plan)} instead of ${word(was.plan)}`];
  return isRaised(limits(before, was.plan), limits(after, is.plan))
    ? { ...still, wider: words }
    : { ...still, narrower: words };
}

/** A JWT that fits several consumers stands for the first of them. */
function diffOrder(before: GateSummary, after: GateSummary): GateDifference[] {
  const ids = (gate: GateSummary, other: GateSummary) =>
    gate.consumers
      .filter(({ identities }) => identities.length > 0)
      .map(({ id }) => id)
      .filter((id) =>
        other.consumers.some(
          (one) => one.id === id && one.identities.length > 0,
        ),
      );
  const [was, is] = [ids(before, after), ids(after, before)];
  if (was.join("\n") === is.join("\n")) return [];
  return [
    {
      code: "consumer-order",
      subject: "consumers",
      security: true,
      sentence: `a JWT that fits several consumers now stands for the first of ${quoteList(is)}, in that order`,
    },
  ];
}
