// The rules of audiences: whom a JWT must be made out to. Pure.
import type { DraftIssuer } from "../read/draft.ts";
import type { Report } from "../read/place.ts";
import { quoted } from "../read/words.ts";

const mostAudiences = 20;

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
        : index === mostAudiences
          ? `is one too many: give at most ${mostAudiences}`
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

  if (
    value.length > 512 ||
    value !== value.trim() ||
    /[\x00-\x1f\x7f]/.test(value)
  )
    return "is longer than 512 characters, or has spaces around it or control characters in it: correct it";
  return undefined;
}
