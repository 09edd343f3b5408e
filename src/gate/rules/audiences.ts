// The rules of audiences: whom a JWT must be made out to. Pure.
import {
  isClaimText,
  settingsLimits,
} from "../../../contract/authorizer-settings.ts";
import type { DraftIssuer } from "../read/draft.ts";
import type { Report } from "../read/place.ts";
import { quoted } from "../read/words.ts";

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
