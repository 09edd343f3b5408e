// Which public key may verify which algorithm: one algorithm a key, one key a token. Pure.
import { demand } from "./failure.ts";
import { isObject, type JsonObject } from "./json.ts";

/** A JSON Web Key Set, RFC 7517; entries that cannot be used are ignored, never an error for the others. */
export interface JsonWebKeySet {
  readonly keys: readonly unknown[];
}

const rsa = { kty: "RSA" } as const;

/** Asymmetric algorithms only: with a shared secret whoever verifies could also sign. */
export const families = {
  RS256: rsa,
  RS384: rsa,
  RS512: rsa,
  ES256: { kty: "EC", crv: "P-256" },
  ES384: { kty: "EC", crv: "P-384" },
  EdDSA: { kty: "OKP", crv: "Ed25519" },
} as const satisfies Record<
  string,
  { readonly kty: string; readonly crv?: string }
>;

export type Algorithm = keyof typeof families;

/**
 * Returns the one key that may verify `algorithm`: the only one named `kid`, or without a `kid` the only one that fits.
 *
 * @throws Refusal `jws-key` when there is none, or more than one
 */
export function pickKey(
  jwks: JsonWebKeySet,
  kid: string | undefined,
  algorithm: Algorithm,
  algorithms: readonly Algorithm[],
): JsonObject {
  const keys = jwks.keys.filter(isObject);
  const named =
    kid === undefined ? keys : keys.filter((key) => key["kid"] === kid);
  demand(kid === undefined || named.length === 1, "jws-key");
  const [key, ...others] = named.filter(
    (candidate) => algorithmOf(candidate, algorithms) === algorithm,
  );
  demand(key !== undefined && others.length === 0, "jws-key");
  return key;
}

/** The only algorithm a key may be used with: its own `alg`, else the only allowed one of its family. */
function algorithmOf(
  key: JsonObject,
  algorithms: readonly Algorithm[],
): Algorithm | undefined {
  if (!isForVerifying(key) || !isStrong(key)) return undefined;
  const [algorithm, ...others] = algorithms.filter((allowed) =>
    isOfFamily(key, allowed),
  );
  return others.length === 0 ? algorithm : undefined;
}

function isOfFamily(key: JsonObject, algorithm: Algorithm): boolean {
  const family: { readonly kty: string; readonly crv?: string } =
    families[algorithm];
  const named = key["alg"] === undefined || key["alg"] === algorithm;
  return named && key["kty"] === family.kty && key["crv"] === family.crv;
}

function isForVerifying(key: JsonObject): boolean {
  const operations = key["key_ops"];
  const verifies =
    operations === undefined ||
    (Array.isArray(operations) && operations.includes("verify"));
  return (
    verifies &&
    (key["use"] === undefined || key["use"] === "sig") &&
    key["d"] === undefined
  );
}

/** RSA wants 2048 to 8192 bits and an odd exponent of 3 or more: with 1 every message is its own signature. */
function isStrong(key: JsonObject): boolean {
  if (key["kty"] !== "RSA") return true;
  const modulus = toInteger(key["n"]);
  const exponent = toInteger(key["e"]);
  const isInRange = modulus >> 2047n > 0n && modulus >> 8192n === 0n;
  return isInRange && exponent >= 3n && exponent % 2n === 1n;
}

function toInteger(encoded: unknown): bigint {
  if (typeof encoded !== "string" || encoded.length > 2048) return 0n;
  return BigInt(`0x0${Buffer.from(encoded, "base64url").toString("hex")}`);
}
