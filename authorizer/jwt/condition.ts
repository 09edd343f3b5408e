// `*` is the only wildcard: a user's regular expression could be made to run long.
import {
  isExactNumber,
  type Condition,
} from "../../contract/authorizer-settings.ts";
import type { JsonObject } from "../../contract/readers.ts";

/** Lists written as one text (RFC 8693 §4.2; `scp`: Microsoft, Okta). */
const spacedClaims = ["scope", "scp"];

export const holdAll = (
  conditions: readonly Condition[],
  claims: JsonObject,
): boolean => conditions.every((condition) => holds(condition, claims));

/** Own properties only: every object inherits `constructor`. */
function holds({ claim, anyOf }: Condition, claims: JsonObject): boolean {
  if (!Object.hasOwn(claims, claim)) return false;
  const values = listValues(claim, claims[claim]);
  return anyOf.some((wanted) => values.some((value) => matches(wanted, value)));
}

function listValues(claim: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return typeof value === "string" && spacedClaims.includes(claim)
    ? value.split(" ")
    : [value];
}

function matches(wanted: string | number | boolean, value: unknown): boolean {
  // Beyond 2^53 the token may have said another number.
  if (typeof value === "number" && !isExactNumber(value)) return false;
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
