// What changes about consumers between two summaries: who comes and goes, and what each may do more or less. Pure.
import type { Access } from "../gate/gate.ts";
import { coversGrant, grantsFor, pathsOfGrant } from "../gate/grants.ts";
import type { GateDifference } from "./differences.ts";
import { coversIdentity, wordIdentity } from "./issuer-changes.ts";
import { wordAccess } from "./routes.ts";
import { isRaised, limitsOf } from "./settings.ts";
import type { ConsumerSummary, GateSummary } from "./summary.ts";
import { quote, quoteAll, quoteList, without } from "./wording.ts";

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

// What one consumer may do more and less, besides its calls: whether, until when, by which credentials, how often. Pure.

function diffDisabled({ was, is }: ConsumerChange): Moves {
  if (was.disabled === is.disabled) return noChange;
  return is.disabled
    ? { wider: [], narrower: ["is disabled: nothing of it passes any more"] }
    : { wider: ["is enabled again"], narrower: [] };
}

/** Later than every date. */
const never = "~";

function diffExpiry({ was, is }: ConsumerChange): Moves {
  const word = ({ expires }: ConsumerSummary) =>
    expires === undefined ? "for ever" : `until ${quote(expires)}`;
  const words = [`passes ${word(is)} instead of ${word(was)}`];
  const [old, now] = [was.expires ?? never, is.expires ?? never];
  return { wider: now > old ? words : [], narrower: now < old ? words : [] };
}

/** A token that is exchanged is both: somebody else passes, and who had the old one does not. */
function diffTokens({ was, is }: ConsumerChange): Moves {
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

function diffIdentities({ was, is }: ConsumerChange): Moves {
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
function diffPlan({ was, is, before, after }: ConsumerChange): Moves {
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

// Which calls a consumer may make more and less. Pure.

function diffAccess({ was, is, before, after }: ConsumerChange): Moves {
  if (JSON.stringify(was.access) === JSON.stringify(is.access)) return noChange;
  return {
    wider: wordMove("may also call", was.access, is.access, after),
    narrower: wordMove("may no longer call", is.access, was.access, before),
  };
}

function wordMove(
  words: string,
  less: Access,
  more: Access,
  { routes }: Pick<GateSummary, "routes">,
): string[] {
  const calls = routes.flatMap(({ path, methods }) =>
    methods.flatMap((method) => {
      const known = grantsFor(less, path, method);
      return grantsFor(more, path, method)
        .filter((grant) => !known.some((wide) => coversGrant(wide, grant)))
        .map((grant) => `${method} ${pathsOfGrant(grant)}`);
    }),
  );
  const parts = [
    ...(calls.length > 0 ? [quoteAll(calls)] : []),
    ...(more === "*" && less !== "*" ? ["every route to come"] : []),
  ];
  return parts.length > 0 ? [`${words} ${parts.join(", and ")}`] : [];
}

// What one consumer may do more and less. Types, and the case of no difference.

/** Ends of sentences that start with the consumer's name. */
interface Moves {
  readonly wider: readonly string[];
  readonly narrower: readonly string[];
}

const noChange: Moves = { wider: [], narrower: [] };

/** A consumer of both gates. */
interface ConsumerChange {
  readonly was: ConsumerSummary;
  readonly is: ConsumerSummary;
  readonly before: GateSummary;
  readonly after: GateSummary;
}
