// The strict envelope around jose: everything a signed token must be before its signature is worth computing. Pure.
// jose alone accepts duplicate names, non-canonical base64url and any depth. Non-canonical spellings matter here because
// API Gateway caches results by the raw header: a token with many spellings has many cache entries.
import { isUtf8 } from "node:buffer";
import { compactVerify, type JWK } from "jose";
import { tokenLengthLimit } from "./credential.ts";
import { demand, Refusal } from "./failure.ts";
import { parseStrictObject, type JsonObject } from "./json.ts";
import { pickKey, type Algorithm, type JsonWebKeySet } from "./keys.ts";

/** Well-formed, and nothing more. */
export interface UnverifiedJws {
  readonly token: string;
  readonly header: JsonObject;
  readonly payload: JsonObject;
}

/**
 * Extensions a verifier must understand or refuse (RFC 7515 §4.1.11, RFC 7797), encryption and compression (RFC 7516),
 * nesting (RFC 7519 §5.2), and keys that the token would bring along itself (RFC 7515 §4.1.2 to §4.1.6).
 */
const forbiddenHeaders = [
  "crit",
  "b64",
  "enc",
  "zip",
  "cty",
  "jwk",
  "jku",
  "x5u",
  "x5c",
];

export const allowedTypes: readonly unknown[] = [undefined, "JWT", "at+jwt"];

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
  algorithms: readonly Algorithm[],
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
  algorithms: readonly Algorithm[],
): Promise<void> {
  const { algorithm, kid } = checkHeader(header, algorithms);
  const key = pickKey(jwks, kid, algorithm, algorithms);
  try {
    await compactVerify(token, key as JWK, { algorithms: [algorithm] });
  } catch {
    // jose throws many classes, and WebCrypto more; every one of them is the same refusal.
    throw new Refusal("jws-signature");
  }
}

/** Three parts, each in the one canonical base64url form: no padding, no stray bits, no other alphabet. */
function splitParts(token: string): [string, string] {
  const [header, payload, signature, ...rest] = token.split(".", 4);
  demand(
    token.length <= tokenLengthLimit &&
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
    demand(isUtf8(bytes), "jws-json");
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
  algorithms: readonly Algorithm[],
): { algorithm: Algorithm; kid: string | undefined } {
  const { alg, kid, typ } = header;
  const algorithm = algorithms.find((allowed) => allowed === alg);
  demand(algorithm !== undefined, "jws-algorithm");
  demand(
    !forbiddenHeaders.some((name) => Object.hasOwn(header, name)) &&
      allowedTypes.includes(typ) &&
      (kid === undefined || isKeyId(kid)),
    "jws-header",
  );
  return { algorithm, kid };
}

const isKeyId = (kid: unknown): kid is string =>
  typeof kid === "string" && kid.length > 0 && kid.length <= 256;
