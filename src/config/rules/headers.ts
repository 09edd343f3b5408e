// Which header names and values the gate can set or read through API Gateway. Pure.
import { settingsLimits } from "../../../contract/authorizer-settings.ts";
import { ownHeaders, sameHeader } from "../../gate/overwritten-headers.ts";
import type { Draft } from "../draft.ts";
import type { Given, Report } from "../location.ts";
import { quoted } from "../messages.ts";

/**
 * Headers API Gateway drops, renames or refuses to map (developer guide, "Important notes for REST APIs"), hop-by-hop headers
 * (RFC 9110, 7.6.1), and the gate's own.
 */
const unusable = new Set([
  "connection",
  "content-length",
  "content-md5",
  "expect",
  "host",
  "keep-alive",
  "max-forwards",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "server",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "via",
  "www-authenticate",
  ...ownHeaders,
]);

/** Headers without which an upstream cannot read the call. */
const needed = [
  "accept",
  "accept-encoding",
  "content-encoding",
  "content-type",
];

/** Headers that describe the body or the answer: a token in one of them would break every call. */
const descriptive = new Set([
  ...needed,
  "cookie",
  "date",
  "origin",
  "user-agent",
]);

/** @returns what is wrong with a header the gate should set on calls to an upstream, if anything. */
export function headerNameFault(name: string): string | undefined {
  // RFC 9110 (5.6.2) allows more, API Gateway's mapping expressions do not.
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(name))
    return "is no header name: use at most 64 letters, digits and hyphens";
  const low = sameHeader(name);
  if (
    unusable.has(low) ||
    low.startsWith("x-amzn-") ||
    low.startsWith("x-amz-cf-") ||
    low.startsWith("x-forwarded-")
  )
    return "is a header that API Gateway or the gate sets itself: use another";
  return undefined;
}

/** @returns what is wrong with a header that should carry a credential, if anything. */
export function credentialHeaderFault(name: string): string | undefined {
  return (
    headerNameFault(name) ??
    (descriptive.has(name.toLowerCase())
      ? "is a header with another meaning: use Authorization, x-api-key or one of your own"
      : undefined)
  );
}

/** @returns what is wrong with a header that should not reach upstreams as callers wrote it, if anything. */
function stripHeaderFault(name: string): string | undefined {
  return (
    headerNameFault(name) ??
    (needed.includes(sameHeader(name))
      ? "is needed to read the call: remove it from the list"
      : undefined)
  );
}

/** @returns what is wrong with a static header value, if anything. */
export function headerValueFault(value: string): string | undefined {
  if (value.trim() === "")
    return "is empty: API Gateway leaves empty headers out";
  if (value !== value.trim()) return "starts or ends with a space: remove it";
  if (!/^[\x20-\x7e]+$/.test(value) || value.includes("'"))
    return "has a character that cannot be mapped: use printable ASCII without '";
  if (value.length > 1024) return "is longer than 1024 characters: shorten it";
  return undefined;
}

/** With the gate's own and an upstream's they have to fit into what the authorizer reads. */
const mostStripped = 20;

/** @returns the headers in which callers may send their credential. */
export function checkTokenHeaders(
  { auth, tokenHeaders }: Pick<Draft, "auth" | "tokenHeaders">,
  report: Report,
): string[] {
  const most = settingsLimits.tokenHeaders;
  const names = checkNames(tokenHeaders, most, report, (name) => {
    const fault = credentialHeaderFault(name);
    return fault && `the token header ${quoted(name)} ${fault}`;
  });
  const [, second] = tokenHeaders;
  const { cacheTtl } = auth;
  if (second !== undefined && cacheTtl !== undefined && cacheTtl.value > 0)
    report(
      cacheTtl.place,
      `a cache of ${cacheTtl.value} seconds needs a single token header, because API Gateway finds answers again by it, and ${names.join(", ")} are given: set cache-ttl to 0, or keep one header`,
    );
  const isToken = (auth.type?.value.toLowerCase() ?? "token") === "token";
  if (second !== undefined && auth.kind === "custom" && isToken)
    report(
      second.place,
      `an authorizer of the type token reads one header, and ${names.join(", ")} are given: keep one, or let yours be of the type request`,
    );
  return names;
}

/** @returns the headers that the user does not want to reach upstreams. */
export const checkStripHeaders = (
  { stripHeaders }: Pick<Draft, "stripHeaders">,
  report: Report,
): string[] =>
  checkNames(stripHeaders, mostStripped, report, (name) => {
    const fault = stripHeaderFault(name);
    return fault && `the header ${quoted(name)} ${fault}`;
  });

function checkNames(
  given: readonly Given<string>[],
  most: number,
  report: Report,
  faultOf: (name: string) => string | undefined,
): string[] {
  const known = new Set<string>();
  for (const { value, place } of given.slice(0, most)) {
    const fault = faultOf(value);
    if (fault !== undefined) report(place, fault);
    else if (known.has(sameHeader(value)))
      report(place, `the header ${quoted(value)} is given twice: remove one`);
    known.add(sameHeader(value));
  }
  const [first] = given;
  if (first !== undefined && given.length > most)
    report(
      first.place,
      `${given.length} headers are more than the ${most} that may be given: remove some`,
    );
  return given.map(({ value }) => value);
}
