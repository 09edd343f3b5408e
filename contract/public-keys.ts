// Which public keys the gate can use: one rule for validation and for the authorizer.
import { isObject, type JsonObject } from "./readers.ts";

const rsa = { kty: "RSA" } as const;

/** Asymmetric only: who can verify with a shared secret can sign with it. */
const families = {
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

export type JwtAlgorithm = keyof typeof families;

export const jwtAlgorithms = Object.keys(families) as readonly JwtAlgorithm[];

const otherNames: Readonly<Record<string, JwtAlgorithm>> = { Ed25519: "EdDSA" };

export function algorithmNamed(name: unknown): JwtAlgorithm | undefined {
  if (typeof name !== "string") return undefined;
  return Object.hasOwn(otherNames, name)
    ? otherNames[name]
    : jwtAlgorithms.find((known) => known === name);
}

const longestKeyId = 256;

export const isKeyId = (kid: unknown): kid is string =>
  typeof kid === "string" && kid.length > 0 && kid.length <= longestKeyId;

/**
 * @param key an entry of a JSON Web Key Set (RFC 7517)
 * @returns its `alg`, else the only allowed algorithm of its family; undefined for a private, weak, incomplete or ambiguous key
 */
export function usableAlgorithm(
  key: unknown,
  algorithms: readonly JwtAlgorithm[],
): JwtAlgorithm | undefined {
  if (!isObject(key) || !isForVerifying(key) || !isSound(key)) return undefined;
  const [algorithm, ...others] = algorithms.filter((allowed) =>
    isOfFamily(key, allowed),
  );
  return others.length === 0 ? algorithm : undefined;
}

function isOfFamily(key: JsonObject, algorithm: JwtAlgorithm): boolean {
  const family: { readonly kty: string; readonly crv?: string } =
    families[algorithm];
  const named =
    key["alg"] === undefined || algorithmNamed(key["alg"]) === algorithm;
  return named && key["kty"] === family.kty && key["crv"] === family.crv;
}

function isForVerifying(key: JsonObject): boolean {
  const { key_ops: operations, use, d, kid } = key;
  const verifies =
    operations === undefined ||
    (Array.isArray(operations) && operations.includes("verify"));
  return (
    verifies &&
    (use === undefined || use === "sig") &&
    d === undefined &&
    (kid === undefined || isKeyId(kid))
  );
}

/** Bytes of a coordinate by curve (RFC 7518, 6.2.1.2; RFC 8037, 2). */
const coordinateSizes: Readonly<Record<string, number>> = {
  "P-256": 32,
  "P-384": 48,
  Ed25519: 32,
};

function isSound(key: JsonObject): boolean {
  if (key["kty"] === "RSA") return isStrong(key);
  const { crv, kty, x, y } = key;
  const size =
    typeof crv === "string" && Object.hasOwn(coordinateSizes, crv)
      ? coordinateSizes[crv]
      : undefined;
  return (
    size !== undefined &&
    bytesOf(x).length === size &&
    (kty === "OKP" || bytesOf(y).length === size)
  );
}

/** 2048 to 8192 bits; with an exponent of 1 every message is its own signature. */
function isStrong({ n, e }: JsonObject): boolean {
  const modulus = bitsOf(bytesOf(n));
  const exponent = bytesOf(e);
  const isOdd = exponent.charCodeAt(exponent.length - 1) % 2 === 1;
  return modulus >= 2048 && modulus <= 8192 && isOdd && bitsOf(exponent) >= 2;
}

/** Of a big-endian number, without its leading zeros. */
function bitsOf(bytes: string): number {
  let zeros = 0;
  while (bytes.charCodeAt(zeros) === 0) zeros += 1;
  return zeros < bytes.length
    ? (bytes.length - zeros) * 8 - Math.clz32(bytes.charCodeAt(zeros)) + 24
    : 0;
}

/** A letter a byte, as `atob` has them: every call with a JWT comes by here. */
function bytesOf(encoded: unknown): string {
  if (typeof encoded !== "string" || !/^[A-Za-z0-9_-]{1,2048}$/.test(encoded))
    return "";
  // No base64 has this length.
  if (encoded.length % 4 === 1) return "";
  return atob(encoded.replaceAll("-", "+").replaceAll("_", "/"));
}
