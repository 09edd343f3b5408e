// Where an issuer's keys are found, and what is said when they are not: nothing may be deployed that refuses, or trusts, by mistake.
import { generateKeyPairSync } from "node:crypto";
import {
  discoverKeys,
  type PublicJson,
} from "../../../src/deploy/discovery.ts";
import type { Issuer } from "../../../src/gate/gate.ts";
import { customGate, gate } from "../../fixtures/proof-gates.ts";

const name = "https://tenant.example.com/";
const description =
  "https://tenant.example.com/.well-known/openid-configuration";
const uri = "https://tenant.example.com/keys";

const issuer = (more: Partial<Issuer> = {}): Issuer => ({
  name: "staff",
  issuer: name,
  audiences: ["api"],
  audienceClaim: "aud",
  algorithms: ["RS256"],
  keys: { kind: "discovery" },
  clockSkew: 30,
  conditions: [],
  ...more,
});

const told = { issuer: name, jwks_uri: uri };
const rsaOf = (modulusLength: number) => ({
  ...generateKeyPairSync("rsa", { modulusLength }).publicKey.export({
    format: "jwk",
  }),
  kid: "1",
});
const rsa = rsaOf(2048);
const ecOf = (namedCurve: string) =>
  generateKeyPairSync("ec", { namedCurve }).publicKey.export({ format: "jwk" });
const ed25519 = generateKeyPairSync("ed25519").publicKey.export({
  format: "jwk",
});

/** Discovers for one issuer, with a web of the given documents. */
async function discover(
  documents: Readonly<Record<string, unknown>>,
  more: Partial<Issuer> = {},
) {
  const asked: string[] = [];
  const given = gate({
    auth: {
      mode: "built-in",
      cacheTtl: 60,
      store: "bundled",
      issuers: [issuer(more)],
    },
  });
  const found = await discoverKeys(given, (url): Promise<PublicJson> => {
    asked.push(url);
    return Promise.resolve(
      url in documents ? { value: documents[url] } : { fault: "answered 404" },
    );
  });
  const { auth } = found.gate;
  const keys = auth.mode === "built-in" ? auth.issuers[0]?.keys : undefined;
  const text = ({ message, where }: { message: string; where: string }) =>
    `${where}: ${message}`;
  return {
    keys,
    asked,
    problems: found.problems.map(text),
    warnings: found.warnings.map(text),
  };
}

const jwks = (...keys: unknown[]) => ({ [uri]: { keys } });

test("the keys are where the issuer's own description says, below the issuer without its slash", async () => {
  expect(await discover({ [description]: told, ...jwks(rsa) })).toEqual({
    keys: { kind: "uri", uri },
    asked: [description, uri],
    problems: [],
    warnings: [],
  });
});

test.each([
  [
    "another issuer",
    { ...told, issuer: "https://evil.example.com/" },
    "the issuer calls itself https://evil.example.com/, not https://tenant.example.com/: `issuer` must be exactly",
  ],
  [
    "the same without the slash",
    { ...told, issuer: "https://tenant.example.com" },
    "not https://tenant.example.com/ (the trailing slash counts)",
  ],
  ["no issuer", { jwks_uri: uri }, "has no `issuer`"],
  ["no object", "text", "has no `issuer`"],
  ["null", null, "has no `issuer`"],
  [
    "control characters",
    { ...told, issuer: "a\nb" },
    "calls itself something else",
  ],
  ["no keys", { issuer: name }, "(`jwks_uri` is missing): give it"],
  [
    "keys over http",
    { ...told, jwks_uri: "http://a.example.com/" },
    "(`jwks_uri` is not https",
  ],
  [
    "keys that are no URL",
    { ...told, jwks_uri: "keys" },
    "`jwks_uri` is not a URL",
  ],
  [
    "keys behind a password",
    { ...told, jwks_uri: "https://a:b@c.example.com/" },
    "`jwks_uri` contains credentials",
  ],
  [
    "keys behind a query",
    { ...told, jwks_uri: "https://c.example.com/?p=1" },
    "has a query",
  ],
  ...[
    "https://169.254.169.254/latest",
    "https://10.0.0.5/",
    "https://localhost:8443/",
    "https://[::1]/",
    "https://2130706433/",
    "https://keys.internal/",
  ].map((jwks_uri): [string, object, string] => [
    `keys at ${jwks_uri}`,
    { ...told, jwks_uri },
    "has no URL of its keys that the gate can use (`jwks_uri` has a",
  ]),
  [
    "keys in capitals",
    { ...told, jwks_uri: "HTTPS://c.example.com/" },
    "small letters",
  ],
  [
    "other algorithms",
    { ...told, id_token_signing_alg_values_supported: ["ES256", "PS256", 1] },
    "the issuer signs with ES256, PS256, not with RS256: set `algorithms`",
  ],
])("a description with %s is a problem", async (_what, document, words) => {
  const { asked, problems, keys } = await discover({
    [description]: document,
    ...jwks(rsa),
  });
  expect(problems).toEqual([expect.stringContaining(words)]);
  expect(problems[0]).toMatch(/^auth\.issuers\.staff: /);
  // Nothing of a description that is wrong is followed.
  expect(asked).toEqual([description]);
  expect(keys).toEqual({ kind: "discovery" });
});

test("an issuer without a description says what to do", async () => {
  const { problems } = await discover({});
  expect(problems).toEqual([
    `auth.issuers.staff: the issuer's description ${description} answered 404: correct \`issuer\`, or give the URL of its keys with \`jwks-uri\``,
  ]);
});

test("algorithms that it does not list are no problem", async () => {
  for (const offered of [[], undefined, ["PS256", "RS256"]])
    expect(
      await discover({
        [description]: {
          ...told,
          id_token_signing_alg_values_supported: offered,
        },
        ...jwks(rsa),
      }),
    ).toMatchObject({ problems: [] });
});

test("Ed25519 is another name of EdDSA", async () => {
  const offers = { id_token_signing_alg_values_supported: ["Ed25519"] };
  expect(
    await discover(
      { [description]: { ...told, ...offers }, ...jwks(ed25519) },
      { algorithms: ["EdDSA"] },
    ),
  ).toMatchObject({ problems: [] });
});

test("keys given by their address are looked at, and nothing else is", async () => {
  expect(
    await discover(jwks(rsa), { keys: { kind: "uri", uri } }),
  ).toMatchObject({ asked: [uri], problems: [], warnings: [] });
});

test("keys given in the file need no look", async () => {
  expect(
    await discover({}, { keys: { kind: "given", jwks: { keys: [rsa] } } }),
  ).toMatchObject({ asked: [], problems: [], warnings: [] });
});

test("keys that cannot be seen from here are a warning", async () => {
  const { problems, warnings } = await discover(
    {},
    { name: "github", keys: { kind: "uri", uri } },
  );
  expect(problems).toEqual([]);
  expect(warnings).toEqual([
    `auth.github: the issuer's keys ${uri} cannot be read from the runner: it answered 404; until the authorizer can read them, no token of this issuer passes`,
  ]);
});

test.each<[string, unknown, string]>([
  ["no set", { key: [] }, "is not a JSON Web Key Set"],
  ["a list", [rsa], "is not a JSON Web Key Set"],
  ["no key", { keys: [] }, "has no key for RS256"],
  ["a key for encryption", { keys: [{ ...rsa, use: "enc" }] }, "has no key"],
  ["a key for PS256", { keys: [{ ...rsa, alg: "PS256" }] }, "has no key"],
  ["a private key", { keys: [{ ...rsa, d: "d" }] }, "has no key"],
  ["another kind", { keys: [ecOf("P-256")] }, "has no key"],
  ["a small key", { keys: [rsaOf(1024)] }, "RSA of 2048 to 8192 bits"],
  ["an exponent of 1", { keys: [{ ...rsa, e: "AQ" }] }, "has no key"],
  ["half a key", { keys: [{ kty: "RSA", n: rsa.n }] }, "has no key"],
  [
    "a key to sign with",
    { keys: [{ ...rsa, key_ops: ["sign"] }] },
    "has no key",
  ],
  ["a shared secret", { keys: [{ kty: "oct", k: "k" }, null] }, "has no key"],
])("keys with %s are a problem", async (_what, document, words) => {
  const { problems } = await discover(
    { [uri]: document },
    { keys: { kind: "uri", uri } },
  );
  expect(problems).toEqual([expect.stringContaining(words)]);
});

test.each<[Issuer["algorithms"], object, boolean]>([
  [["ES256"], ecOf("P-256"), true],
  [["ES384"], ecOf("P-384"), true],
  [["ES384"], ecOf("P-256"), false],
  [["ES256"], { kty: "EC", crv: "P-256" }, false],
  [["EdDSA"], { ...ed25519, use: "sig" }, true],
  [["EdDSA"], { ...ed25519, alg: "Ed25519" }, true],
  [["EdDSA"], { ...ed25519, crv: "X25519" }, false],
  [["RS256", "ES256"], ecOf("P-256"), true],
  // Without a name of its algorithm the authorizer could not tell which of two to use it for.
  [["RS256", "RS512"], rsa, false],
  [["RS256", "RS512"], { ...rsa, alg: "RS512" }, true],
])("%j with the key %j", async (algorithms, key, fits) => {
  const { problems } = await discover(
    { [uri]: { keys: [key] } },
    { algorithms, keys: { kind: "uri", uri } },
  );
  expect(problems).toHaveLength(fits ? 0 : 1);
});

test("a custom authorizer has no issuers", async () => {
  const given = customGate();
  const found = await discoverKeys(given, () => {
    throw new Error("nothing is to be read");
  });
  expect(found).toEqual({ gate: given, problems: [], warnings: [] });
});
