// Which published keys the authorizer could verify a token with, as far as a deploy job can tell. Pure.
import type { JwtAlgorithm } from "../gate/gate.ts";

type Key = Readonly<Record<string, unknown>>;

/** @returns the objects of a JSON Web Key Set (RFC 7517); undefined when it is none. */
export function keysIn(value: unknown): Key[] | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { keys } = value as { keys?: unknown };
  if (!Array.isArray(keys)) return undefined;
  return (keys as unknown[]).filter(
    (key): key is Key => typeof key === "object" && key !== null,
  );
}

/** The authorizer takes a public key for one algorithm only: its own `alg`, else the only configured one of its type. */
export function isKeyFor(
  key: Key,
  algorithms: readonly JwtAlgorithm[],
): boolean {
  const { alg, d, use } = key;
  if (d !== undefined || (use !== undefined && use !== "sig")) return false;
  const fitting = algorithms.filter((algorithm) => {
    const { crv, kty } = typeOf(algorithm);
    return (
      key["kty"] === kty &&
      key["crv"] === crv &&
      (alg === undefined || alg === algorithm)
    );
  });
  return fitting.length === 1;
}

function typeOf(algorithm: JwtAlgorithm): { kty: string; crv?: string } {
  if (algorithm === "EdDSA") return { kty: "OKP", crv: "Ed25519" };
  if (algorithm === "ES256") return { kty: "EC", crv: "P-256" };
  if (algorithm === "ES384") return { kty: "EC", crv: "P-384" };
  return { kty: "RSA" };
}
