// What claims must be: text with `*` for any text, numbers, true and false exactly. No regular expressions: they can be made to
// run for ever, and without anchors they match more than is meant.
import {
  isClaimText,
  isClaimValue,
  settingsLimits,
} from "../../../contract/authorizer-settings.ts";
import type { Condition } from "../../gate/gate.ts";
import type { Located } from "../location.ts";
import { quoted } from "../messages.ts";
import { reportDuplicates, reportTooMany, valuesOf } from "./value-checks.ts";

/** Claims that the gate checks by itself, always. */
const checkedClaims = ["iss", "exp", "nbf", "iat"];

type ClaimValue = Condition["anyOf"][number];

/** The name of a claim, and what it must be: a value, or one of a list. */
export type NamedClaim = readonly [
  name: string,
  Located<ClaimValue | ClaimValue[]>,
];

/** @returns the valid conditions; invalid ones were reported */
export function checkClaims(claims: readonly NamedClaim[]): Condition[] {
  const all = claims.map(([, given]) => given);
  reportTooMany("claims", all, settingsLimits.conditions);
  return claims.flatMap(([claim, given]) => {
    const values = given.items();
    const isSound =
      checkName(claim, given) && values.map(checkValue).every(Boolean);
    reportDuplicates("value", values);
    return isSound ? [{ claim, anyOf: valuesOf(values) }] : [];
  });
}

function checkName(name: string, given: Located<unknown>): boolean {
  const fault = checkedClaims.includes(name)
    ? `Claim ${quoted(name)} is always checked by the gate: remove it`
    : claimNameFault(name);
  if (fault !== undefined) given.report(fault);
  return fault === undefined;
}

function checkValue(given: Located<ClaimValue>): boolean {
  const fault = valueFault(given.value);
  if (fault !== undefined) given.report(fault);
  return fault === undefined;
}

/** @returns what is wrong with the name of a claim, if anything */
export function claimNameFault(name: string): string | undefined {
  return isClaimText(name)
    ? undefined
    : `Invalid name of a claim ${quoted(name)}: use 1 to ${settingsLimits.claimText} characters`;
}

function valueFault(value: ClaimValue): string | undefined {
  if (typeof value === "string") return textFault(value);
  return isClaimValue(value)
    ? undefined
    : `Number ${String(value)} cannot be compared exactly: put it in quotes if it is text`;
}

function textFault(text: string): string | undefined {
  if (text === "")
    return "Empty value: write what the claim must be, or remove it";
  if (/^\*+$/.test(text))
    return 'A value of * matches anything: write what the claim must be, like "admin-*", or remove it';
  if (text.length > settingsLimits.claimText)
    return `Too long (${text.length} characters): use at most ${settingsLimits.claimText}`;
  if (!isClaimText(text)) return "Value with a control character: remove it";
  const [expression] = /^\^|\.\*|\.\+|[[(\\]|\$$/.exec(text) ?? [];
  return expression === undefined
    ? undefined
    : `${quoted(text)} looks like a regular expression (${expression}): write it without ${expression}, * is the only wildcard and stands for any text`;
}
