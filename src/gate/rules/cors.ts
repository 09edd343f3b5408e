// The rules of CORS origins. Pure.
import type { Cors } from "../gate.ts";
import type { Given, Report } from "../read/place.ts";
import { quoted } from "../read/words.ts";

/** All origins are written into every path's preflight answer. */
const mostOrigins = 20;

/** @returns the origins as browsers send them; what does not hold was reported. */
export function checkCors(
  origins: readonly Given<string>[] | undefined,
  report: Report,
): Cors | undefined {
  if (origins === undefined) return undefined;
  const values = origins.map(({ value }) => value);
  for (const [index, { value, place }] of origins.entries()) {
    const fault =
      originFault(value) ??
      (value === "*" && values.length > 1
        ? "covers every origin: remove the others, or it"
        : undefined);
    if (fault !== undefined)
      report(place, `the origin ${quoted(value)} ${fault}`);
    if (values.indexOf(value) < index)
      report(place, `the origin ${quoted(value)} is given twice: remove one`);
    if (index === mostOrigins)
      report(
        place,
        `${values.length} origins are too many: give at most ${mostOrigins}`,
      );
  }
  return { origins: values };
}

function originFault(origin: string): string | undefined {
  if (origin === "*") return undefined;
  if (origin.includes("*"))
    return "has a wildcard: give each origin exactly, or only *";
  const url = URL.parse(origin);
  // RFC 6454: scheme, host and port, lower case, without the scheme's own port; so it must equal what a browser would send.
  if (
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    url.origin === origin &&
    !origin.includes("'")
  )
    return undefined;
  return "is no origin: write it like https://app.example.com, in lower case, with no path and no trailing slash";
}
