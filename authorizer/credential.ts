// Where a call carries its credential, and where it must not. Pure.
import type { Call } from "./event.ts";
import { assertCaller } from "./failure.ts";
import { maxTokenLength } from "./jwt/envelope.ts";
import { decodePercent } from "./path.ts";

/** A shorter text could stand anywhere by chance. */
const minSearchedLength = 16;

const bare = /^[A-Za-z0-9._~+/=-]+$/;

/**
 * The one token in the route's token headers. `Authorization` holds `Bearer` (in any case), one space and the token; every other
 * header holds the bare token. Lists, padding and other schemes are refused.
 *
 * @throws Refusal when there is none, when a header comes twice, or when two headers differ
 */
export function readToken(call: Call): string {
  const [first, ...others] = readTokenHeaders(call).map(({ name, value }) => {
    const token =
      name === "authorization" ? /^bearer (.*)$/i.exec(value)?.[1] : value;
    assertCaller(
      token !== undefined && bare.test(token),
      "credential-malformed",
    );
    return token;
  });
  assertCaller(first !== undefined, "credential-missing");
  assertCaller(
    others.every((other) => other === first),
    "credential-ambiguous",
  );
  return first;
}

/**
 * For the user's own authorizer, which knows what its credentials look like: the first token header as it is, undefined without
 * any (a REQUEST authorizer may look elsewhere). Behind a scheme (`Basic …`) stands the secret itself.
 *
 * @throws Refusal when a header comes twice, when two headers differ in more than the scheme, or for a TOKEN authorizer without any
 */
export function readRawCredential(
  call: Call,
  type: "token" | "request",
): { readonly value: string; readonly secret: string } | undefined {
  const found = readTokenHeaders(call).map(({ value }) => ({
    value,
    secret: value.replace(/^[A-Za-z0-9-]+ +/, ""),
  }));
  const secrets = new Set(found.map(({ secret }) => secret));
  assertCaller(secrets.size <= 1, "credential-ambiguous");
  const [first] = found;
  assertCaller(first?.value || type === "request", "credential-missing");
  return first;
}

interface TokenHeader {
  readonly name: string;
  readonly value: string;
}

/** In the order of the route's list. */
function readTokenHeaders({ headers, route }: Call): TokenHeader[] {
  return route.tokenHeaders.flatMap((name) => {
    const [value, ...others] = headers
      .filter(([given]) => given === name)
      .map(([, text]) => text);
    if (value === undefined) return [];
    assertCaller(others.length === 0, "credential-ambiguous");
    assertCaller(
      value.length <= maxTokenLength + "Bearer ".length,
      "credential-too-long",
    );
    return [{ name, value }];
  });
}

/**
 * Looks for the credential where it would travel on to the upstream.
 *
 * @returns the place, in words for the caller; undefined when it is nowhere
 */
export function findExposure(call: Call, secret: string): string | undefined {
  if (secret.length < minSearchedLength) return undefined;
  // In a query `+` arrives as a space.
  const forms = [secret, secret.replaceAll("+", " ")];
  const holds = (text: string): boolean =>
    [text, decodePercent(text), decodePercent(decodePercent(text))].some(
      (spelling) => forms.some((form) => spelling.includes(form)),
    );
  const { headers, path, pathParameters, query, rawPath = "", route } = call;
  for (const [name, value] of headers) {
    if (route.isOverwritten(name)) continue;
    if (name.includes(secret.toLowerCase())) return "the name of a header";
    if (holds(value)) return nameOfHeader(name);
  }
  if (query.some(holds)) return "the query";
  return [path, rawPath, ...pathParameters.values()].some(holds)
    ? "the path"
    : undefined;
}

/** A header's name is the caller's text, and goes into JSON as it is. */
function nameOfHeader(name: string): string {
  if (name === "cookie") return "a cookie";
  return /^[a-z0-9_-]{1,64}$/.test(name)
    ? `the header ${name}`
    : "another header";
}

/**
 * Looks for a header that is none of those that are overwritten, and that servers which read `_` and `-` alike take for one of them.
 *
 * @returns it, in words for the caller
 */
export function findTwin({ headers, route }: Call): string | undefined {
  const twin = headers.find(
    ([name]) => !route.isOverwritten(name) && route.isTwin(name),
  );
  return twin && nameOfHeader(twin[0]);
}

/** API Gateway takes the method of this header for the call's own, and what the authorizer then sees is not documented. */
export const overridesMethod = ({ headers, method }: Call): boolean =>
  headers.some(
    ([name, value]) =>
      name.replaceAll("_", "-") === "x-http-method-override" &&
      value !== method,
  );
