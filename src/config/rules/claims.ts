// What claims must be: text with `*` for any text, numbers, true and false exactly. No regular expressions: they can be made to
// run for ever, and without anchors they match more than is meant.
import {
  isClaimText,
  isClaimValue,
  settingsLimits,
} from "../../../contract/authorizer-settings.ts";
import type { Condition } from "../../gate/gate.ts";
import type { DraftClaim } from "../draft.ts";
import type { Given, Report } from "../location.ts";
import { quoted } from "../messages.ts";
import { reportDuplicates, reportTooMany } from "./value-checks.ts";

/** Claims that the gate checks by itself, always. */
const checkedClaims = ["iss", "exp", "nbf", "iat"];

/** @returns the conditions that hold; the others were reported */
export function checkClaims(
  claims: readonly DraftClaim[],
  report: Report,
): Condition[] {
  reportTooMany("claims", claims, settingsLimits.conditions, report);
  return claims.flatMap((claim) => {
    const faults = faultsOf(claim);
    for (const { value, place } of faults) report(place, value);
    reportDuplicates("value", claim.values, report);
    return faults.length > 0
      ? []
      : [{ claim: claim.name, anyOf: claim.values.map(({ value }) => value) }];
  });
}

/** @returns what is wrong with the name of a claim, if anything */
export function claimNameFault(name: string): string | undefined {
  return isClaimText(name)
    ? undefined
    : `Invalid name of a claim ${quoted(name)}: use 1 to ${settingsLimits.claimText} characters`;
}

function faultsOf({ name, place, values }: DraftClaim): Given<string>[] {
  const fault = checkedClaims.includes(name)
    ? `Claim ${quoted(name)} is always checked by the gate: remove it`
    : claimNameFault(name);
  if (fault !== undefined) return [{ value: fault, place }];
  return values.flatMap(({ value, place: at }) => {
    const wrong =
      typeof value === "string" ? textFault(value) : numberFault(value);
    return wrong === undefined ? [] : [{ value: wrong, place: at }];
  });
}

function numberFault(value: number | boolean): string | undefined {
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
