// Whether one set of JWT conditions lets through everything that another does. Where that cannot be told, it does not. Pure.
import type { Condition, Identity } from "../gate.ts";
import { covers } from "../access/globs.ts";
import { quote, quoteShort, widestFirst } from "./words.ts";

type Value = string | number | boolean;

/** @returns whether every JWT that stands for `narrow` stands for `wide` too. */
export const coversIdentity = (wide: Identity, narrow: Identity): boolean =>
  wide.issuer === narrow.issuer &&
  coversConditions(wide.conditions, narrow.conditions);

/** @returns whether every token that meets `narrow` meets `wide`. */
export function coversConditions(
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
export function wordConditions(conditions: readonly Condition[]): string {
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
