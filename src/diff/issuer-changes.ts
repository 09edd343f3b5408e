// What changes about whose JWTs the gate takes, and what must hold for all of them. Pure.
import type { Condition, Identity } from "../gate/gate.ts";
import { covers } from "../gate/grants.ts";
import type { GateDifference } from "./differences.ts";
import type { IssuerSummary } from "./summary.ts";
import {
  quote,
  quoteAll,
  quoteShort,
  widestFirst,
  without,
} from "./wording.ts";

export function diffIssuers(
  before: readonly IssuerSummary[],
  after: readonly IssuerSummary[],
): GateDifference[] {
  const named = (list: readonly IssuerSummary[], name: string) =>
    list.find((one) => one.name === name);
  return [
    ...after.flatMap((issuer) => {
      const old = named(before, issuer.name);
      return old ? diffIssuer(old, issuer) : [added(issuer)];
    }),
    ...before.filter(({ name }) => !named(after, name)).map(removed),
  ];
}

const subjectOf = ({ name }: IssuerSummary) =>
  name === "github" ? "auth.github" : `auth.issuers.${name}`;

const added = (issuer: IssuerSummary): GateDifference => ({
  code: "issuer-added",
  subject: subjectOf(issuer),
  security: true,
  sentence: `JWTs that ${quote(issuer.issuer)} signs for ${quoteAll(issuer.audiences)} are taken`,
});

const removed = (issuer: IssuerSummary): GateDifference => ({
  code: "issuer-removed",
  subject: subjectOf(issuer),
  security: true,
  sentence: `JWTs of ${quote(issuer.issuer)} are no longer taken`,
});

function diffIssuer(
  before: IssuerSummary,
  after: IssuerSummary,
): GateDifference[] {
  const subject = subjectOf(after);
  const make =
    (code: GateDifference["code"]) =>
    (sentence: string): GateDifference => ({
      code,
      subject,
      security: true,
      sentence,
    });
  const words = [wordLists, wordRules, wordTimes].map((compare) =>
    compare(before, after, quote(after.name)),
  );
  return [
    ...wordOrigin(before, after).map(make("auth-changed")),
    ...words.flatMap(({ wider }) => wider).map(make("policy-widened")),
    ...words.flatMap(({ narrower }) => narrower).map(make("policy-narrowed")),
  ];
}

interface Words {
  readonly wider: readonly string[];
  readonly narrower: readonly string[];
}

/** Who signs: nothing is wider or narrower about it, it is somebody else. */
function wordOrigin(before: IssuerSummary, after: IssuerSummary): string[] {
  const name = quote(after.name);
  return [
    ...(before.issuer === after.issuer
      ? []
      : [
          `JWTs of ${name} are those of ${quote(after.issuer)} instead of ${quote(before.issuer)}`,
        ]),
    ...(before.audienceClaim === after.audienceClaim
      ? []
      : [
          `the audience of a JWT of ${name} is read from ${quote(after.audienceClaim)} instead of ${quote(before.audienceClaim)}`,
        ]),
    ...(before.keys === after.keys
      ? []
      : [`JWTs of ${name} are checked with other keys: ${wordKeys(after)}`]),
  ];
}

function wordKeys({ keys }: IssuerSummary): string {
  if (keys === "discovery") return "those that its discovery leads to";
  return keys.startsWith("[")
    ? "those given in a file"
    : `those of ${quote(keys)}`;
}

function wordLists(
  before: IssuerSummary,
  after: IssuerSummary,
  name: string,
): Words {
  const say = (items: readonly string[], words: string) =>
    items.length > 0 ? [words] : [];
  const audiences = without(after.audiences, before.audiences);
  const fewer = without(before.audiences, after.audiences);
  const algorithms = without(after.algorithms, before.algorithms);
  const dropped = without(before.algorithms, after.algorithms);
  return {
    wider: [
      ...say(
        audiences,
        `JWTs of ${name} for ${quoteAll(audiences)} are taken too`,
      ),
      ...say(
        algorithms,
        `JWTs of ${name} signed with ${quoteAll(algorithms)} are taken too`,
      ),
    ],
    narrower: [
      ...say(
        fewer,
        `JWTs of ${name} for ${quoteAll(fewer)} are no longer taken`,
      ),
      ...say(
        dropped,
        `JWTs of ${name} signed with ${quoteAll(dropped)} are no longer taken`,
      ),
    ],
  };
}

function wordRules(
  before: IssuerSummary,
  after: IssuerSummary,
  name: string,
): Words {
  const words = `every JWT of ${name} must meet: ${wordConditions(after.conditions)}; it was: ${wordConditions(before.conditions)}`;
  const covers = (wide: IssuerSummary, narrow: IssuerSummary) =>
    coversConditions(wide.conditions, narrow.conditions);
  return {
    wider: covers(before, after) ? [] : [words],
    narrower: covers(after, before) || !covers(before, after) ? [] : [words],
  };
}

function wordTimes(
  before: IssuerSummary,
  after: IssuerSummary,
  name: string,
): Words {
  const lifetime = ({ maxLifetime }: IssuerSummary) => maxLifetime ?? Infinity;
  const seconds = (one: IssuerSummary) =>
    one.maxLifetime === undefined ? "any time" : `${one.maxLifetime} seconds`;
  const life = `JWTs of ${name} may be good for ${seconds(after)} instead of ${seconds(before)}`;
  const skew = `the clock of ${name} may run ahead by ${after.clockSkew} seconds instead of ${before.clockSkew}`;
  return {
    wider: [
      ...(lifetime(after) > lifetime(before) ? [life] : []),
      ...(after.clockSkew > before.clockSkew ? [skew] : []),
    ],
    narrower: [
      ...(lifetime(after) < lifetime(before) ? [life] : []),
      ...(after.clockSkew < before.clockSkew ? [skew] : []),
    ],
  };
}

// Whether one set of JWT conditions lets through everything that another does. Where that cannot be told, it does not. Pure.

type Value = string | number | boolean;

/** @returns whether every JWT that stands for `narrow` stands for `wide` too. */
export const coversIdentity = (wide: Identity, narrow: Identity): boolean =>
  wide.issuer === narrow.issuer &&
  coversConditions(wide.conditions, narrow.conditions);

/** @returns whether every token that meets `narrow` meets `wide`. */
function coversConditions(
  wide: readonly Condition[],
  narrow: readonly Condition[],
): boolean {
  return wide.every((one) =>
    narrow.some(
      (other) =>
        other.claim === one.claim &&
        other.anyOf.every((value) =>
          one.anyOf.some((allowed) => coversValue(allowed, value)),
        ),
    ),
  );
}

function coversValue(wide: Value, narrow: Value): boolean {
  return typeof wide === "string" && typeof narrow === "string"
    ? covers(wide, narrow)
    : wide === narrow;
}

/** "`repository_id` is `123`, `ref` is `a` or `b`"; "anything" without conditions. */
function wordConditions(conditions: readonly Condition[]): string {
  const words = conditions.map(
    ({ claim, anyOf }) =>
      `${quote(claim)} is ${widestFirst(anyOf.map(String)).map(quoteShort).join(" or ")}`,
  );
  return words.join(", ") || "anything";
}

/** "GitHub workflows with …", "JWTs of `staff` with …". */
export function wordIdentity({ issuer, conditions }: Identity): string {
  const whose =
    issuer === "github" ? "GitHub workflows" : `JWTs of ${quote(issuer)}`;
  return conditions.length === 0
    ? `${whose}, whatever they say`
    : `${whose} in which ${wordConditions(conditions)}`;
}
