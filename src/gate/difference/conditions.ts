// Whether one set of JWT conditions lets through everything that another does. Where that cannot be told, it does not. Pure.
import type { Condition, Identity } from "../gate.ts";
import { covers, intersects } from "../access/globs.ts";
import { quote, quoteShort, widestFirst } from "./words.ts";

type Value = string | number | boolean;

/** @returns whether every JWT that stands for `narrow` stands for `wide` too. */
export function coversIdentity(wide: Identity, narrow: Identity): boolean {
  // A claim of another issuer may be a list, of which one element meets `anyOf` and another does not meet `noneOf`.
  const single = narrow.issuer === "github";
  return (
    wide.issuer === narrow.issuer &&
    coversConditions(wide.conditions, narrow.conditions, single)
  );
}

/**
 * @param single whether each claim is one text, never a list.
 * @returns whether every token that meets `narrow` meets `wide`.
 */
export function coversConditions(
  wide: readonly Condition[],
  narrow: readonly Condition[],
  single = false,
): boolean {
  return wide.every((one) =>
    narrow.some(
      (other) => other.claim === one.claim && implies(other, one, single),
    ),
  );
}

function implies(narrow: Condition, wide: Condition, single: boolean): boolean {
  if ("anyOf" in wide)
    return (
      "anyOf" in narrow &&
      narrow.anyOf.every((value) =>
        wide.anyOf.some((other) => coversValue(other, value)),
      )
    );
  if ("noneOf" in narrow)
    return wide.noneOf.every((value) => narrow.noneOf.includes(value));
  return (
    single &&
    wide.noneOf.every(
      (value) => !narrow.anyOf.some((other) => coversValue(other, value)),
    )
  );
}

function coversValue(wide: Value, narrow: Value): boolean {
  return typeof wide === "string" && typeof narrow === "string"
    ? covers(wide, narrow)
    : wide === narrow;
}

/** Claims that are one text with every issuer: RFC 7519 (4.1.2), RFC 8693 (4.3), OpenID Connect Core (2). */
const singleClaims = ["sub", "client_id", "azp"];

/** @returns whether no JWT can stand for both, as far as that can be told. */
export function excludesIdentity(one: Identity, other: Identity): boolean {
  if (one.issuer !== other.issuer) return true;
  // Of a claim that may be a list, one element can meet the one and the next element the other.
  const isSingle = (claim: string) =>
    one.issuer === "github" || singleClaims.includes(claim);
  return one.conditions.some((condition) =>
    other.conditions.some(
      (counter) =>
        counter.claim === condition.claim &&
        isSingle(condition.claim) &&
        excludes(condition, counter),
    ),
  );
}

function excludes(one: Condition, other: Condition): boolean {
  if (!("anyOf" in one && "anyOf" in other)) return false;
  return one.anyOf.every((value) =>
    other.anyOf.every((counter) => !meetsValue(value, counter)),
  );
}

function meetsValue(one: Value, other: Value): boolean {
  return typeof one === "string" && typeof other === "string"
    ? intersects(one, other)
    : one === other;
}

/** "`repository_id` is `123`, `ref` is `a` or `b`, `event_name` is none of `x`"; "anything" without conditions. */
export function wordConditions(conditions: readonly Condition[]): string {
  const words = conditions.map((condition) =>
    "anyOf" in condition
      ? `${quote(condition.claim)} is ${widestFirst(condition.anyOf.map(String)).map(quoteShort).join(" or ")}`
      : `${quote(condition.claim)} is none of ${condition.noneOf.map(quoteShort).join(", ")}`,
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
