// The strict envelope around jose: everything a signed token must be before its signature is worth computing. Pure.
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

/** API Gateway allows 10,240 bytes for all headers together; no token we issue or verify needs more than this. */
export const maxTokenLength = 8192;

/** A JSON Web Key Set, RFC 7517; entries that cannot be used are ignored, never an error for the others. */
export interface JsonWebKeySet {
  readonly keys: readonly unknown[];
}

/** Well-formed, and nothing more. */
export interface UnverifiedJws {
  readonly token: string;
  readonly header: JsonObject;
  readonly payload: JsonObject;
}

/**
 * What makes a token another thing than the plain JWT of an issuer:
 * - `crit` names extensions that a verifier must understand or refuse (RFC 7515 §4.1.11), and this one understands none;
 * - `b64` says that other bytes were signed than those that are read here (RFC 7797);
 * - `enc` and `zip` belong to encryption (RFC 7516): the payload would not be what it says;
 * - `cty` says that the payload is a token itself (RFC 7519 §5.2), whose claims nobody verified;
 * - `jwk` is a key that the sender proves to hold (DPoP, RFC 9449): such a token is a proof for one request, no access token.
 * Where to find the signer's key or certificate (`jku`, `x5u`, `x5c`, `x5t`) is ignored and never followed: real issuers write it
 * beside right signatures (SAP, Cloud Foundry), and the key comes from the settings alone.
 */
const forbiddenHeaders = ["crit", "b64", "enc", "zip", "cty", "jwk"];

export const allowedTypes: readonly (string | undefined)[] = [
  undefined,
  "jwt",
  "at+jwt",
];

/** `typ` is a media type: without case, and `application/` may be left out (RFC 7515 §4.1.9). Text that is none is no type. */
export function mediaTypeOf({ typ }: JsonObject): string | undefined {
  if (typ === undefined) return undefined;
  return typeof typ === "string"
    ? typ.toLowerCase().replace(/^application\//, "")
    : "";
}

/**
 * Verifies a compact JWS with exactly one key of `jwks` and an algorithm of `algorithms`. Nothing is fetched, and no key, URL
 * or algorithm is taken from the token. The gate itself reads a token first (`readJws`: its payload must be a JSON object) and
 * then checks the same signature; this is the seam for outside suites, whose payloads may be anything.
 *
 * @returns the header, and the bytes that were signed
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

/**
 * Reads a compact JWS strictly, without believing anything it says.
 *
 * @throws Refusal
 */
export function readJws(token: string): UnverifiedJws {
  const [header, payload] = splitParts(token);
  return { token, header: parsePart(header), payload: parsePart(payload) };
}

/** @throws Refusal */
export async function checkSignature(
  { token, header }: Pick<UnverifiedJws, "token" | "header">,
  jwks: JsonWebKeySet,
  algorithms: readonly JwtAlgorithm[],
): Promise<void> {
  const { algorithm, kid } = checkHeader(header, algorithms);
  const key = toJwk(pickKey(jwks, kid, algorithm, algorithms));
  try {
    // The header's own name for the algorithm: jose keeps EdDSA and Ed25519 apart.
    await compactVerify(token, key, { algorithms: [String(header["alg"])] });
  } catch {
    // jose throws many classes, and WebCrypto more; every one of them is the same refusal.
    throw new Refusal("jws-signature");
  }
}

/**
 * Returns the one key that may verify `algorithm`: the only one named `kid`, or without a `kid` the only one that fits.
 *
 * @throws Refusal `jws-key` when there is none, or more than one
 */
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

/** Only what makes the key, the same object each time: jose keeps imported keys by identity, and compares `alg` as text. */
function toJwk(key: JsonObject): JWK {
  const { crv, e, kty, n, x, y } = key;
  const known = imported.get(key) ?? ({ crv, e, kty, n, x, y } as JWK);
  imported.set(key, known);
  return known;
}

/** Three parts, each in the one canonical base64url form: no padding, no stray bits, no other alphabet. */
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

/**
 * Returns which algorithm and key a token asks for, if it may.
 *
 * @throws Refusal
 */
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
