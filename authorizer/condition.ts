// What a claim must be for a token to stand for a consumer. The only wildcard is `*`, matched in linear time: a regular
// expression of the user's would be one more thing a token could make run long. Pure.
import type { JsonObject } from "./json.ts";

/** A claim that is not there fails both kinds. */
export type Condition =
  | {
      readonly claim: string;
      /** Text may hold `*` for any text; numbers and booleans match exactly. */
      readonly anyOf: readonly (string | number | boolean)[];
    }
  | { readonly claim: string; readonly noneOf: readonly string[] };

/** Claims that are a list written as one text (RFC 8693 §4.2; `scp` is what Microsoft and Okta call it). */
const spacedClaims = ["scope", "scp"];

export const holdAll = (
  conditions: readonly Condition[],
  claims: JsonObject,
): boolean => conditions.every((condition) => holds(condition, claims));

/** Only the claims' own names count: `constructor` would else be a claim of every token. */
function holds(condition: Condition, claims: JsonObject): boolean {
  const { claim } = condition;
  if (!Object.hasOwn(claims, claim)) return false;
  const values = listValues(claim, claims[claim]);
  if ("anyOf" in condition)
    return condition.anyOf.some((wanted) =>
      values.some((value) => matches(wanted, value)),
    );
  return (
    values.length > 0 &&
    values.every(
      (value) => typeof value === "string" && !condition.noneOf.includes(value),
    )
  );
}

function listValues(claim: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return typeof value === "string" && spacedClaims.includes(claim)
    ? value.split(" ")
    : [value];
}

function matches(wanted: string | number | boolean, value: unknown): boolean {
  if (typeof wanted !== "string" || typeof value !== "string")
    return wanted === value;
  const [head = "", ...middle] = wanted.split("*");
  const tail = middle.pop();
  if (tail === undefined) return wanted === value;
  if (!value.startsWith(head)) return false;
  let at = head.length;
  for (const part of middle) {
    const found = value.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= value.length - tail.length && value.endsWith(tail);
}
