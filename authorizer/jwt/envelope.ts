// jose alone accepts duplicate names, non-canonical base64url and any depth.
import { isUtf8 } from "node:buffer";
import { compactVerify, type JWK } from "jose";
import {
  algorithmNamed,
  isKeyId,
  usableAlgorithm,
  type JwtAlgorithm,
} from "../../contract/public-keys.ts";
import { isObject, type JsonObject } from "../../contract/readers.ts";
import { assertCaller, Refusal } from "../failure.ts";
import { parseStrictObject } from "../json.ts";

/** API Gateway allows 10,240 bytes for all headers together. */
export const maxTokenLength = 8192;

/** RFC 7517; unusable entries are ignored. */
export interface JsonWebKeySet {
  readonly keys: readonly unknown[];
}

export interface UnverifiedJws {
  readonly token: string;
  readonly header: JsonObject;
  readonly payload: JsonObject;
}

/**
 * Headers of tokens that are no plain JWT: extensions (`crit`, RFC 7515 §4.1.11), other signed bytes (`b64`, RFC 7797), encryption
 * (`enc`, `zip`, RFC 7516), a nested token (`cty`, RFC 7519 §5.2), a proof of possession (`jwk`, RFC 9449). `jku`, `x5u`, `x5c` and `x5t`
 * are ignored, never followed: real issuers write them (SAP, Cloud Foundry).
 */
const forbiddenHeaders = ["crit", "b64", "enc", "zip", "cty", "jwk"];

export const allowedTypes: readonly (string | undefined)[] = [
  undefined,
  "jwt",
  "at+jwt",
];

/** RFC 7515 §4.1.9: case does not count, `application/` may be left out. */
export function mediaTypeOf({ typ }: JsonObject): string | undefined {
  if (typ === undefined) return undefined;
  return typeof typ === "string"
    ? typ.toLowerCase().replace(/^application\//, "")
    : "";
}

/**
 * Verifies a compact JWS with exactly one key of `jwks`; no key, URL or algorithm is taken from the token. For outside test suites: the
 * gate calls `readJws`, then `checkSignature`.
 * @throws Refusal
 */
export async function verifyJws(
  token: string,
  jwks: JsonWebKeySet,
  algorithms: readonly JwtAlgorithm[],
): Promise<{ readonly header: JsonObject; readonly payload: Uint8Array }> {
  const [first, second] = splitParts(token);
  const header = parsePart(first);
  await checkSignature({ token, header }, jwks, algorithms);
  return { header, payload: Buffer.from(second, "base64url") };
}

/** Reads a compact JWS strictly; nothing is verified. @throws Refusal */
export function readJws(token: string): UnverifiedJws {
  const [header, payload] = splitParts(token);
  return { token, header: parsePart(header), payload: parsePart(payload) };
}

export async function checkSignature(
  { token, header }: Pick<UnverifiedJws, "token" | "header">,
  jwks: JsonWebKeySet,
  algorithms: readonly JwtAlgorithm[],
): Promise<void> {
  const { algorithm, kid } = checkHeader(header, algorithms);
  const key = toJwk(pickKey(jwks, kid, algorithm, algorithms));
  try {
    // jose keeps EdDSA and Ed25519 apart.
    await compactVerify(token, key, { algorithms: [String(header["alg"])] });
  } catch {
    // Whatever class jose or WebCrypto throws.
    throw new Refusal("jws-signature");
  }
}

/** The only key named `kid`, or without `kid` the only one that fits. @throws Refusal `jws-key` for none or several */
export function pickKey(
  jwks: JsonWebKeySet,
  kid: string | undefined,
  algorithm: JwtAlgorithm,
  algorithms: readonly JwtAlgorithm[],
): JsonObject {
  const keys = jwks.keys.filter(isObject);
  const named =
    kid === undefined ? keys : keys.filter((key) => key["kid"] === kid);
  assertCaller(kid === undefined || named.length === 1, "jws-key");
  const [key, ...others] = named.filter(
    (candidate) => usableAlgorithm(candidate, algorithms) === algorithm,
  );
  assertCaller(key !== undefined && others.length === 0, "jws-key");
  return key;
}

const imported = new WeakMap<JsonObject, JWK>();

/** The same object each time: jose caches imported keys by identity. */
function toJwk(key: JsonObject): JWK {
  const { crv, e, kty, n, x, y } = key;
  const known = imported.get(key) ?? ({ crv, e, kty, n, x, y } as JWK);
  imported.set(key, known);
  return known;
}

/** Canonical base64url only: no padding, no stray bits. */
function splitParts(token: string): [string, string] {
  const [header, payload, signature, ...rest] = token.split(".", 4);
  assertCaller(
    token.length <= maxTokenLength &&
      isCanonical(header) &&
      isCanonical(payload) &&
      isCanonical(signature) &&
      rest.length === 0,
    "jws-malformed",
  );
  return [header, payload];
}

const isCanonical = (part: string | undefined): part is string =>
  part !== undefined &&
  part !== "" &&
  Buffer.from(part, "base64url").toString("base64url") === part;

function parsePart(part: string): JsonObject {
  try {
    const bytes = Buffer.from(part, "base64url");
    // Stryker disable next-line StringLiteral: whatever is thrown here is replaced below
    assertCaller(isUtf8(bytes), "jws-json");
    return parseStrictObject(bytes.toString());
  } catch {
    throw new Refusal("jws-json");
  }
}

/** @throws Refusal */
export function checkHeader(
  header: JsonObject,
  algorithms: readonly JwtAlgorithm[],
): { algorithm: JwtAlgorithm; kid: string | undefined } {
  const { alg, kid } = header;
  const algorithm = algorithmNamed(alg);
  assertCaller(algorithm && algorithms.includes(algorithm), "jws-algorithm");
  assertCaller(
    !forbiddenHeaders.some((name) => Object.hasOwn(header, name)) &&
      allowedTypes.includes(mediaTypeOf(header)) &&
      (kid === undefined || isKeyId(kid)),
    "jws-header",
  );
  return { algorithm, kid };
}
