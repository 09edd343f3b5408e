import type { Condition, Identity } from "../gate/gate.ts";
import {
  amount,
  compare,
  compareByKey,
  list,
  rows,
  value,
  widening,
} from "./compare.ts";
import { finding, type Finding } from "./finding-codes.ts";
import type { IssuerSummary } from "./summary.ts";
import { joinWords, quote, quoteShort, quoteList, without } from "./wording.ts";

export const diffIssuers = (
  before: readonly IssuerSummary[],
  after: readonly IssuerSummary[],
): Finding[] =>
  compareByKey([before, after], subjectOf, {
    added: (issuer) =>
      finding(
        "issuer-added",
        subjectOf(issuer),
        `JWTs that ${quote(issuer.issuer)} signs for ${quoteList(issuer.audiences)} are taken`,
      ),
    removed: (issuer) =>
      finding(
        "issuer-removed",
        subjectOf(issuer),
        `JWTs of ${quote(issuer.issuer)} are no longer taken`,
      ),
    changed: (was, is) =>
      compare(row, [was, is], subjectOf(is), `JWTs of ${quote(is.name)} `),
  });

const subjectOf = ({ name }: IssuerSummary): string =>
  name === "github" ? "auth.github" : `auth.issuers.${name}`;

const row = rows<IssuerSummary>(
  value(
    "auth-changed",
    ({ issuer }) => issuer,
    (is, was) => `are issued by ${quote(is)} instead of ${quote(was)}`,
  ),
  value(
    "auth-changed",
    ({ audienceClaim }) => audienceClaim,
    (is, was) => `name their audience in ${quote(is)} instead of ${quote(was)}`,
  ),
  value(
    "auth-changed",
    ({ keys }) => keys,
    (keys) => `are checked with other keys: ${wordKeys(keys)}`,
  ),
  list(
    widening,
    (one, other) => without(one.audiences, other.audiences).map(quoteShort),
    (names) => `are also taken for ${names}`,
    (names) => `are no longer taken for ${names}`,
  ),
  list(
    widening,
    (one, other) => without(one.algorithms, other.algorithms).map(quoteShort),
    (names) => `are also taken when signed with ${names}`,
    (names) => `are no longer taken when signed with ${names}`,
  ),
  // All conditions must hold, so one more lets fewer JWTs through.
  list(
    ["policy-narrowed", "policy-widened"],
    ({ conditions }, other) =>
      without(conditions, other.conditions, conditionKey).map(wordCondition),
    (words) => `have changed conditions: now required is that ${words}`,
    (words) => `have changed conditions: no longer required is that ${words}`,
  ),
  amount(
    widening,
    ({ maxLifetime = Infinity }) => maxLifetime,
    (is, was) => `may be valid for ${seconds(is)} instead of ${seconds(was)}`,
  ),
  amount(
    widening,
    ({ clockSkew }) => clockSkew,
    (is, was) =>
      `may be dated ${is} seconds ahead of the gate's clock instead of ${was}`,
  ),
);

function wordKeys(keys: IssuerSummary["keys"]): string {
  if (keys === "discovery") return "those that its discovery leads to";
  return keys.startsWith("[")
    ? "those given in a file"
    : `those of ${quote(keys)}`;
}

const seconds = (count: number): string =>
  count === Infinity ? "any time" : `${count} seconds`;

/** The identities of one consumer that the other does not have, in words. */
export const identitiesBeyond = (
  one: readonly Identity[],
  other: readonly Identity[],
): string[] => without(one, other, identityKey).map(wordIdentity);

/** The same for values in another order. */
const conditionKey = ({ claim, anyOf }: Condition): string =>
  JSON.stringify([claim, anyOf.map((one) => JSON.stringify(one)).sort()]);

const identityKey = ({ issuer, conditions }: Identity): string =>
  JSON.stringify([issuer, conditions.map(conditionKey).sort()]);

/** "GitHub workflows (`ref` is `a` or `b`)", "JWTs of `staff` (without conditions)". */
export function wordIdentity({ issuer, conditions }: Identity): string {
  const whose =
    issuer === "github" ? "GitHub workflows" : `JWTs of ${quote(issuer)}`;
  return conditions.length === 0
    ? `${whose} (without conditions)`
    : `${whose} (${joinWords(conditions.map(wordCondition))})`;
}

/** "`ref` is `a` or `b`"; only texts stand between backticks. */
function wordCondition({ claim, anyOf }: Condition): string {
  const values = anyOf.map((one) =>
    typeof one === "string" ? quoteShort(one) : String(one),
  );
  return `${quoteShort(claim)} is ${joinWords(values, "or")}`;
}
