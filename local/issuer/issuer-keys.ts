// The keys of a local issuer and the tokens they sign: oauth2-mock-server does both.

import { generateKeyPairSync, randomUUID, type KeyObject } from "node:crypto";
import { OAuth2Issuer, OAuth2Service } from "oauth2-mock-server";

export interface TokenOptions {
  /** Which key signs; the first algorithm's when not given. */
  readonly algorithm?: string;
  /** Added to the header or in place of what is there; undefined removes. */
  readonly header?: Readonly<Record<string, unknown>>;
}

const lifetimeSeconds = 3600;

/** Private keys in JWK form, by algorithm. Made by Node itself: the library's own refuse objects of another realm (Jest's). */
export type PrivateKeys = ReadonlyMap<string, Record<string, unknown>>;

export interface KeySet {
  readonly issuer: OAuth2Issuer;
  readonly service: OAuth2Service;
  /** Key ids by algorithm; the first is the one that signs. */
  readonly kids: ReadonlyMap<string, string>;
}

const generators: Readonly<Record<string, () => KeyObject>> = {
  RS256: rsa,
  RS384: rsa,
  RS512: rsa,
  ES256: () => elliptic("P-256"),
  ES384: () => elliptic("P-384"),
  EdDSA: () => generateKeyPairSync("ed25519").privateKey,
};

/** One new key an algorithm. @throws for an algorithm that no gate takes */
export function makeKeys(algorithms: readonly string[]): PrivateKeys {
  const make = (algorithm: string): Record<string, unknown> => {
    const generate = generators[algorithm];
    if (generate === undefined) throw new Error(`no keys for ${algorithm}`);
    const key = generate().export({ format: "jwk" });
    return { ...key, kid: randomUUID(), alg: algorithm };
  };
  return new Map(algorithms.map((algorithm) => [algorithm, make(algorithm)]));
}

function rsa(): KeyObject {
  return generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
}

function elliptic(namedCurve: string): KeyObject {
  return generateKeyPairSync("ec", { namedCurve }).privateKey;
}

/** The endpoints of an issuer that has these keys. */
export async function serveKeys(
  keys: PrivateKeys,
  at: { readonly issuer: string; readonly jwksPath: string },
): Promise<KeySet> {
  const issuer = new OAuth2Issuer();
  issuer.url = at.issuer;
  const kids = new Map<string, string>();
  for (const [algorithm, key] of keys)
    kids.set(algorithm, (await issuer.keys.add(key)).kid);
  const service = new OAuth2Service(issuer, { jwks: at.jwksPath });
  // Of its own it says RS256, whatever keys there are.
  service.on(
    "beforeWellKnownOpenIdConfiguration",
    ({ body }: { body: Record<string, unknown> }) => {
      body["id_token_signing_alg_values_supported"] = [...keys.keys()];
    },
  );
  return { issuer, service, kids };
}

/** Signs with the key of the algorithm. */
export function signToken(
  { issuer, kids }: KeySet,
  claims: Readonly<Record<string, unknown>>,
  { algorithm, header = {} }: TokenOptions,
): Promise<string> {
  const [first = ""] = kids.keys();
  const kid = kids.get(algorithm ?? first);
  if (kid === undefined)
    throw new Error(`the issuer has no key for ${algorithm ?? first}`);
  return issuer.buildToken({
    kid,
    expiresIn: lifetimeSeconds,
    // A value of undefined is not written to JSON.
    scopesOrTransform: (heading, payload) => {
      Object.assign(heading, header);
      Object.assign(payload, claims);
    },
  });
}
