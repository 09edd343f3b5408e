// The strict envelope around jose: everything a signed token must be before its signature is worth computing. Pure.
// jose alone accepts duplicate names, non-canonical base64url and any depth. Non-canonical spellings matter here because
// API Gateway caches results by the raw header: a token with many spellings has many cache entries.
import { isUtf8 } from "node:buffer";
import { compactVerify, type JWK } from "jose";
import { tokenLengthLimit } from "./credential.ts";
import { Refusal, type RefusalReason } from "./failure.ts";
import { parseStrictObject, type JsonObject } from "./json.ts";
import { pickKey, type Algorithm, type JsonWebKeySet } from "./keys.ts";

export interface VerifiedJws {
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

const allowedTypes: readonly unknown[] = [undefined, "JWT", "at+jwt"];

/**
 * Verifies a compact JWS whose payload is a JSON object, with exactly one key of `jwks` and an algorithm of `algorithms`.
 * Claims are the caller's to check. Nothing is fetched, and no key, URL or algorithm is taken from the token.
 *
 * @throws Refusal
 */
export async function verifyJws(
  token: string,
  jwks: JsonWebKeySet,
  algorithms: readonly Algorithm[],
): Promise<VerifiedJws> {
  const [protectedHeader, encodedPayload] = splitParts(token);
  const header = parsePart(protectedHeader);
  const payload = parsePart(encodedPayload);
  const { algorithm, kid } = checkHeader(header, algorithms);
  const key = pickKey(jwks, kid, algorithm, algorithms);
  await attemptAsync("jws-signature", () =>
    compactVerify(token, key as JWK, { algorithms: [algorithm] }),
  );
  return { header, payload };
}

/** Three parts, each in the one canonical base64url form: no padding, no stray bits, no other alphabet. */
function splitParts(token: string): [string, string] {
  if (token.length > tokenLengthLimit) throw new Refusal("jws-malformed");
  const [header, payload, signature, ...rest] = token.split(".", 4);
  if (
    !isCanonical(header) ||
    !isCanonical(payload) ||
    !isCanonical(signature) ||
    rest.length > 0
  ) {
    throw new Refusal("jws-malformed");
  }
  return [header, payload];
}

function isCanonical(part: string | undefined): part is string {
  return (
    part !== undefined &&
    part !== "" &&
    Buffer.from(part, "base64url").toString("base64url") === part
  );
}

function parsePart(part: string): JsonObject {
  const bytes = Buffer.from(part, "base64url");
  if (!isUtf8(bytes)) throw new Refusal("jws-json");
  try {
    return parseStrictObject(bytes.toString("utf8"));
  } catch {
    throw new Refusal("jws-json");
  }
}

function checkHeader(
  header: JsonObject,
  algorithms: readonly Algorithm[],
): { algorithm: Algorithm; kid: string | undefined } {
  const { alg, kid, typ } = header;
  const algorithm = algorithms.find((allowed) => allowed === alg);
  if (algorithm === undefined) throw new Refusal("jws-algorithm");
  if (forbiddenHeaders.some((name) => Object.hasOwn(header, name)))
    throw new Refusal("jws-header");
  if (!allowedTypes.includes(typ)) throw new Refusal("jws-header");
  if (kid !== undefined && !isKeyId(kid)) throw new Refusal("jws-header");
  return { algorithm, kid };
}

function isKeyId(kid: unknown): kid is string {
  return typeof kid === "string" && kid.length > 0 && kid.length <= 256;
}

/** jose throws many classes, and WebCrypto more; every one of them is the same refusal. */
async function attemptAsync(
  reason: RefusalReason,
  attempt: () => Promise<unknown>,
): Promise<void> {
  try {
    await attempt();
  } catch {
    throw new Refusal(reason);
  }
}
