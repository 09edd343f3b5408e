// What claims must be: text with `*` for any text, numbers and switches exactly. No regular expressions: they could be made
// to run for ever, and one that is not anchored lets through what nobody meant. Pure.
import {
  isClaimText,
  isClaimValue,
  settingsLimits,
} from "../../../contract/authorizer-settings.ts";
import type { Condition } from "../../gate/gate.ts";
import type { DraftClaim, DraftIssuer } from "../draft.ts";
import type { Report } from "../location.ts";
import { quoted } from "../messages.ts";

const { claimText: longestText, conditions: mostClaims } = settingsLimits;

/** Claims that the gate checks by itself, always. */
const checked = ["iss", "exp", "nbf", "iat"];

/** @returns the conditions that hold; the others were reported. */
export function checkClaims(
  claims: readonly DraftClaim[],
  report: Report,
): Condition[] {
  const last = claims[mostClaims];
  if (last !== undefined)
    report(
      last.place,
      `${claims.length} claims are too many: give at most ${mostClaims}`,
    );
  return claims.flatMap((claim) => {
    const faults = faultsOf(claim);
    for (const { place, message } of faults)
      report(place, `the claim ${quoted(claim.name)} ${message}`);
    return faults.length > 0
      ? []
      : [{ claim: claim.name, anyOf: claim.values.map(({ value }) => value) }];
  });
}

/** @returns what is wrong with the name of a claim, if anything. */
export function claimNameFault(name: string): string | undefined {
  return isClaimText(name)
    ? undefined
    : `is no name of a claim: use 1 to ${longestText} characters`;
}

function faultsOf({ name, place, values }: DraftClaim) {
  const named = checked.includes(name)
    ? "is checked by the gate itself: remove it"
    : claimNameFault(name);
  if (named !== undefined) return [{ place, message: named }];
  return values.flatMap(({ value, place: at }, index) => {
    const message =
      (typeof value === "string" ? textFault(value) : numberFault(value)) ??
      (values.findIndex((other) => other.value === value) < index
        ? `has ${quoted(String(value))} twice: remove one`
        : undefined);
    return message === undefined ? [] : [{ place: at, message }];
  });
}

function numberFault(value: number | boolean): string | undefined {
  return isClaimValue(value)
    ? undefined
    : `has the number ${String(value)}, which cannot be told from its neighbours: put it in quotes if it is text`;
}

function textFault(text: string): string | undefined {
  if (text === "") return "is empty: say what it must be, or remove it";
  if (/^\*+$/.test(text))
    return 'may be anything (*), which says nothing: say what it must be, like "admin-*", or remove it';
  if (text.length > longestText)
    return `has a value of ${text.length} characters: give at most ${longestText}`;
  if (!isClaimText(text))
    return "has a value with a control character: remove it";
  const word = expressionWord(text);
  return word === undefined
    ? undefined
    : `has ${quoted(text)}, which reads like a regular expression (${word}): only * is a wildcard, for any text, so write it without ${word}`;
}

/** The part by which text gives itself away as a regular expression. */
function expressionWord(text: string): string | undefined {
  if (text.startsWith("^")) return "^";
  if (text.endsWith("$")) return "$";
  return [".*", ".+", "[", "(", "\\"].find((word) => text.includes(word));
}

// The rules of audiences: whom a JWT must be made out to. Pure.

export function checkAudiences(
  { audiences }: DraftIssuer,
  report: Report,
): string[] {
  const values = audiences.map(({ value }) => value);
  for (const [index, { value, place }] of audiences.entries()) {
    const fault =
      audienceFault(value) ??
      (values.indexOf(value) < index
        ? "is given twice: remove one"
        : index === settingsLimits.audiences
          ? `is one too many: give at most ${settingsLimits.audiences}`
          : undefined);
    if (fault !== undefined)
      report(place, `the audience ${quoted(value)} ${fault}`);
  }
  return values;
}

function audienceFault(value: string): string | undefined {
  if (value.trim() === "")
    return "is empty: give what the issuer writes into tokens for this gate";
  if (value.includes("*"))
    return "has a wildcard, and tokens made out to other services would pass: audiences are compared exactly, so write each one out";
  return isClaimText(value) && value === value.trim()
    ? undefined
    : `is longer than ${settingsLimits.claimText} characters, or has spaces around it or control characters in it: correct it`;
}
