import type { Call } from "./event.ts";
import { assertCaller } from "./failure.ts";
import { maxTokenLength } from "./jwt/envelope.ts";
import { decodePercent } from "./base-path.ts";

/** Shorter text can stand anywhere by chance. */
const minSearchedLength = 16;

const bare = /^[A-Za-z0-9._~+/=-]+$/;

/**
 * The one token in the route's token headers: `Authorization: Bearer TOKEN`, or the bare token in any other header.
 * @throws Refusal for none, a repeated header, or two different values
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
 * The first token header as it is, for the user's own authorizer; `secret` is what stands behind a scheme (`Basic …`).
 * @throws Refusal for a repeated header, two different secrets, or none for a TOKEN authorizer
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

/** @returns where the credential would be passed on to the upstream, worded for the caller; undefined for nowhere. */
export function findExposure(call: Call, secret: string): string | undefined {
  if (secret.length < minSearchedLength) return undefined;
  // In a query `+` arrives as a space.
  const forms = [secret, secret.replaceAll("+", " ")];
  const inLowerCase = secret.toLowerCase();
  const holds = (text: string): boolean =>
    [text, decodePercent(text), decodePercent(decodePercent(text))].some(
      (spelling) => forms.some((form) => spelling.includes(form)),
    );
  const {
    fullPath,
    headers,
    pathParameters,
    query,
    rawPath = "",
    route,
  } = call;
  for (const [name, value] of headers) {
    if (route.isOverwritten(name)) continue;
    if (name.includes(inLowerCase)) return "the name of a header";
    if (holds(value)) return nameOfHeader(name);
  }
  if (query.flat().some(holds)) return "the query";
  return [fullPath, rawPath, ...pathParameters.values()].some(holds)
    ? "the path"
    : undefined;
}

/** Only names that are safe in JSON are repeated. */
function nameOfHeader(name: string): string {
  if (name === "cookie") return "a cookie";
  return /^[a-z0-9_-]{1,64}$/.test(name)
    ? `the header ${name}`
    : "another header";
}

/** @returns a header that the upstream would take for the gate's word, or for a credential. */
export function findRefused({ headers, route }: Call): string | undefined {
  const found = headers.find(([name]) => route.isRefused(name));
  return found && nameOfHeader(found[0]);
}

/** @returns a header that is not overwritten but that servers which read `_` as `-` take for one that is. */
export function findTwin({ headers, route }: Call): string | undefined {
  const twin = headers.find(
    ([name]) => !route.isOverwritten(name) && route.isTwin(name),
  );
  return twin && nameOfHeader(twin[0]);
}

/** API Gateway appends the gate's own to what the caller sent, and servers take the first or the last; some ignore case. */
export const findFixedParameter = ({
  query,
  route,
}: Call): string | undefined =>
  route.queryParameters.find((fixed) =>
    query.some(([name]) => name.toLowerCase() === fixed.toLowerCase()),
  );

/** What Anthropic's and Azure's clients send; some services take the model from a parameter before the body's. */
const harmlessParameters = ["beta", "api-version"];

/** @returns what is wrong with the query of a call whose model is limited, worded for the caller */
export const findUncheckedQuery = ({
  query,
  route,
}: Call): string | undefined =>
  route.jsonOnly && query.some(([name]) => !harmlessParameters.includes(name))
    ? "This route takes no query parameter but beta and api-version: name the model in the body alone."
    : undefined;

/**
 * API Gateway holds a body against its schema by the type: of another one, in another spelling or with a parameter it may not.
 * @returns what is wrong with the type of a body whose model is limited, worded for the caller
 */
export function findUncheckedBody({
  headers,
  route,
}: Call): string | undefined {
  if (!route.jsonOnly) return undefined;
  const all = (wanted: string) =>
    headers.filter(([name]) => name.replaceAll("_", "-") === wanted);
  if (all("content-encoding").length > 0)
    return "This route takes no Content-Encoding: send the body as it is.";
  const [[name, type] = [], ...others] = all("content-type");
  return name === "content-type" &&
    type === "application/json" &&
    others.length === 0
    ? undefined
    : "This route takes one Content-Type, application/json without parameters.";
}

const methodHeaders = [
  "x-http-method-override",
  "x-http-method",
  "x-method-override",
];

/**
 * API Gateway honours the first of these headers, and which method the authorizer then sees is not documented; servers honour all.
 * @returns the name of one that is for another method than the call's
 */
export function findMethodOverride({
  headers,
  method,
}: Call): string | undefined {
  const names = headers
    .filter(([, value]) => value !== method)
    .map(([name]) => name.replaceAll("_", "-"));
  return methodHeaders.find((header) => names.includes(header));
}
