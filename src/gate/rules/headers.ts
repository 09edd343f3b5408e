// Which header names and values the gate can set or read through API Gateway. Pure.

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
  "x-gate-consumer",
]);

/** Headers that describe the body or the answer: a token in one of them would break every call. */
const descriptive = new Set([
  "accept",
  "accept-encoding",
  "content-encoding",
  "content-type",
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
  const low = name.toLowerCase();
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
