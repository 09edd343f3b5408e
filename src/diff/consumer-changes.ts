import type { Access } from "../gate/gate.ts";
import { coversGrant, grantsFor, pathsOfGrant } from "../gate/grants.ts";
import {
  amount,
  compare,
  compareByKey,
  isSame,
  list,
  rows,
  widening,
} from "./compare.ts";
import { finding, type Finding } from "./finding-codes.ts";
import { identitiesBeyond, wordIdentity } from "./issuer-changes.ts";
import { networkRow, wordNetwork } from "./network-changes.ts";
import { allowsMore, unlimited } from "./setting-changes.ts";
import type { ConsumerSummary, GateSummary } from "./summary.ts";
import { joinWords, quote, quoteShort, quoteList, without } from "./wording.ts";

/** A consumer with the gate that knows it. */
interface Caller extends ConsumerSummary {
  readonly gate: GateSummary;
}

export function diffConsumers(
  before: GateSummary,
  after: GateSummary,
): Finding[] {
  return [
    ...compareByKey([before.consumers, after.consumers], ({ id }) => id, {
      added,
      removed: ({ id }) =>
        finding(
          "consumer-removed",
          id,
          `the consumer ${quote(id)} is removed: its credentials no longer identify it`,
        ),
      // No sentence is about the gate around a consumer that is what it was.
      changed: (was, is) =>
        isSame(was, is)
          ? []
          : compare(
              row,
              [
                { ...was, gate: before },
                { ...is, gate: after },
              ],
              is.id,
              `the consumer ${quote(is.id)} `,
            ),
    }),
    ...diffOrder(before, after),
  ];
}

function added(consumer: ConsumerSummary): Finding {
  const { access, disabled, expires, id, identities, network, plan, tokenIds } =
    consumer;
  const parts = [
    `may call ${wordAccess(access)}`,
    expires !== undefined && `until ${quote(expires)}`,
    plan !== undefined && `with the plan ${quote(plan)}`,
    wordNetwork(network),
    disabled && "once it is enabled",
  ];
  const credentials = [
    ...(tokenIds.length > 0 ? ["its token"] : []),
    ...identities.map(wordIdentity),
  ];
  return finding(
    "consumer-added",
    id,
    `the consumer ${quote(id)} is added and ${parts.filter(Boolean).join(" ")}; it is known by ${joinWords(credentials) || "its tokens in the table"}`,
  );
}

/** "every route", or "`/a` and `GET, POST /b/c/**`". */
function wordAccess(access: Access): string {
  if (access === "*") return "every route";
  return quoteList(
    access.map((grant) =>
      [grant.methods?.join(", "), pathsOfGrant(grant)]
        .filter((one) => one !== undefined)
        .join(" "),
    ),
  );
}

const row = rows<Caller>(
  list(
    widening,
    callsBeyond,
    (calls) => `may also call ${calls}`,
    (calls) => `may no longer call ${calls}`,
  ),
  amount(
    widening,
    ({ disabled }) => !disabled,
    (enabled) =>
      enabled ? "is enabled again" : "is disabled: all its calls are refused",
  ),
  amount(
    widening,
    // Every date sorts before a letter.
    ({ expires = "never" }) => expires,
    (is, was) => `has the expiry ${quote(is)} instead of ${quote(was)}`,
  ),
  // A token that is exchanged is both: the new one passes, the old one no longer does.
  list(
    widening,
    (one, other) => without(one.tokenIds, other.tokenIds),
    (_, count) =>
      `has ${tokens(count)} added: calls with a new token are made as this consumer`,
    (_, count) =>
      `has ${tokens(count)} removed: calls with a removed token are refused`,
  ),
  list(
    widening,
    (one, other) => identitiesBeyond(one.identities, other.identities),
    (words) => `has changed JWT conditions: it is now known by ${words}`,
    (words) => `has changed JWT conditions: it is no longer known by ${words}`,
  ),
  amount(
    widening,
    ({ gate, plan }) => ({
      name: plan,
      limits: gate.plans.find(({ name }) => name === plan) ?? unlimited,
    }),
    (is, was) => `has ${wordPlan(is.name)} instead of ${wordPlan(was.name)}`,
    // Another name with the same limits is no difference; other limits of the same plan are one of the plan.
    (one, other) =>
      one.name !== other.name && allowsMore(one.limits, other.limits),
  ),
  networkRow,
);

const tokens = (count: number): string =>
  count === 1 ? "one token" : `${count} tokens`;

const wordPlan = (name: string | undefined): string =>
  name === undefined ? "no plan" : `the plan ${quote(name)}`;

/** The calls that one may make and the other may not, a method of a path or prefix each. */
function callsBeyond(one: Caller, other: Caller): string[] {
  if (isSame(one.access, other.access)) return [];
  const calls = one.gate.routes.flatMap(({ path, methods }) =>
    methods.flatMap((method) => {
      const known = grantsFor(other.access, path, method);
      return grantsFor(one.access, path, method)
        .filter((grant) => !known.some((wide) => coversGrant(wide, grant)))
        .map((grant) => `${method} ${pathsOfGrant(grant)}`);
    }),
  );
  const shown = calls.map(quoteShort);
  return one.access === "*" ? ["every route to come", ...shown] : shown;
}

/** A JWT that fits several consumers identifies the first of them. */
function diffOrder(before: GateSummary, after: GateSummary): Finding[] {
  const jwtIds = ({ consumers }: GateSummary) =>
    consumers
      .filter(({ identities }) => identities.length > 0)
      .map(({ id }) => id);
  const [was, is] = [jwtIds(before), jwtIds(after)];
  const [old, now] = [new Set(was), new Set(is)];
  const kept = is.filter((id) => old.has(id));
  return isSame(
    was.filter((id) => now.has(id)),
    kept,
  )
    ? []
    : [
        finding(
          "consumer-order",
          "consumers",
          `a JWT that fits several consumers now identifies the first of ${quoteList(kept)}, in that order`,
        ),
      ];
}
