// What changes about consumers between two summaries: who comes and goes, and what each may do more or less. Pure.
import { diffAccess } from "./access-differences.ts";
import { wordAccess } from "./calls.ts";
import { wordIdentity } from "./conditions.ts";
import {
  diffDisabled,
  diffExpiry,
  diffIdentities,
  diffPlan,
  diffTokens,
} from "./consumer-moves.ts";
import type { GateDifference } from "./difference.ts";
import type { ConsumerChange } from "./moves.ts";
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
    `may call ${wordAccess(access)}`,
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

function wordKinds({ tokenIds, identities }: ConsumerSummary): string {
  const words = [
    ...(tokenIds.length > 0 ? ["its token"] : []),
    ...identities.map(wordIdentity),
  ];
  return words.join("; ") || "its tokens in the table";
}

const removed = ({ id }: ConsumerSummary): GateDifference => ({
  code: "consumer-removed",
  subject: id,
  security: true,
  sentence: `the consumer ${quote(id)} is removed: its credentials no longer stand for it`,
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
