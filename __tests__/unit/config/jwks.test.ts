// An issuer's keys from a file of the workspace: public and usable, or a problem that never quotes the file.
import { generateKeyPairSync } from "node:crypto";
import {
  fewInputs,
  gateOf,
  problemsOf,
  sourceOf,
  workspaceOf,
} from "../../fixtures/sources.ts";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const small = generateKeyPairSync("rsa", { modulusLength: 1024 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const ed = generateKeyPairSync("ed25519");
const jwk = ({ publicKey }: typeof rsa, more: object = {}) => ({
  ...publicKey.export({ format: "jwk" }),
  ...more,
});
const privateJwk = { ...rsa.privateKey.export({ format: "jwk" }), kid: "a" };

function sourceWith(
  keys: unknown,
  algorithms = "[RS256]",
  jwks = "./keys/jwks.json",
) {
  const text = typeof keys === "string" ? keys : JSON.stringify(keys);
  const config = `upstreams: { a: { url: https://a.example.com/v1 } }
routes: [{ path: /a, upstream: a }]
consumers: [{ id: web, jwt: { issuer: staff } }]
auth:
  issuers:
    staff: { issuer: https://login.example.com, audience: gate, algorithms: ${algorithms}, jwks: ${jwks} }
`;
  const files = workspaceOf({ "keys/jwks.json": text });
  return sourceOf(fewInputs, config, files);
}

test.each([
  ["RSA", jwk(rsa), "[RS256]"],
  [
    "RSA of three algorithms, with one named",
    jwk(rsa, { alg: "RS384" }),
    "[RS256, RS384, RS512]",
  ],
  [
    "elliptic curves",
    jwk(ec, { use: "sig", key_ops: ["verify"] }),
    "[ES256, ES384]",
  ],
  ["Ed25519", jwk(ed, { kid: "b" }), "[EdDSA]"],
  ["Ed25519 by its new name", jwk(ed, { alg: "Ed25519" }), "[Ed25519]"],
])("keys of %s are given to the authorizer", (_what, key, algorithms) => {
  const { auth } = gateOf(sourceWith({ keys: [key] }, algorithms));
  expect(auth).toMatchObject({
    issuers: [{ keys: { kind: "given", jwks: { keys: [key] } } }],
  });
});

test("what the authorizer cannot use is left out, and so is what it does not read", () => {
  const good = jwk(rsa, { kid: "good" });
  const others = [
    jwk(small, { kid: "small" }),
    jwk(ec, { kid: "ec" }),
    jwk(rsa, { kid: "enc", use: "enc" }),
    jwk(rsa, { kid: "sign", key_ops: ["sign"] }),
    jwk(rsa, { kid: "other", alg: "PS256" }),
    jwk(rsa, { kid: "weak", e: "AQ" }),
    { kty: "RSA", kid: "half", n: good.n },
    "text",
    null,
  ];
  const more = { ...good, x5c: ["MII"], constructor: 1 };
  const { auth } = gateOf(sourceWith({ keys: [...others, more] }));
  expect(auth).toMatchObject({
    issuers: [{ keys: { jwks: { keys: [good] } } }],
  });
  expect(JSON.stringify(auth)).not.toMatch(/x5c|small|constructor/);
});

test.each<[string, unknown, string, string?]>([
  ["not JSON", "-----BEGIN PUBLIC KEY-----", "is not JSON"],
  ["an empty file", "", "is not JSON"],
  [
    "a member twice",
    `{"keys":[],"keys":[${JSON.stringify(jwk(rsa))}]}`,
    "has a member twice",
  ],
  [
    "a member of a key twice",
    `{"keys":[${JSON.stringify(jwk(rsa)).replace("{", '{"n" : "a\\"\\\\", ')}]}`,
    "has a member twice",
  ],
  [
    "__proto__",
    `{"keys":[{"__proto__":${JSON.stringify(jwk(rsa))}}]}`,
    "one called __proto__",
  ],
  [
    "too much",
    { keys: [jwk(rsa)], more: "x".repeat(300_000) },
    "characters: give at most 262144",
  ],
  ["a list", [jwk(rsa)], "is no JSON Web Key Set"],
  ["one key", jwk(rsa), "is no JSON Web Key Set"],
  ["keys by name", { keys: { a: jwk(rsa) } }, "is no JSON Web Key Set"],
  ["no key", { keys: [] }, "has no key for RS256"],
  ["a key of another kind", { keys: [jwk(ec)] }, "has no key for RS256"],
  ["a small key", { keys: [jwk(small)] }, "RSA of 2048 to 8192 bits"],
  [
    "a key that several algorithms fit",
    { keys: [jwk(rsa)] },
    "with `alg` where several of these algorithms fit",
    "[RS256, RS512]",
  ],
  [
    "one kid twice",
    { keys: [jwk(rsa, { kid: "a" }), jwk(ec, { kid: "a" })] },
    "has two keys with the kid of keys[1]",
  ],
  [
    "a private key",
    { keys: [jwk(ec, { kid: "b" }), privateJwk] },
    "holds a private or shared key (keys[1])",
  ],
  [
    "a shared key",
    { keys: [{ kty: "oct", k: "Y2FuYXJ5" }] },
    "holds a private or shared key (keys[0])",
  ],
  [
    "too many keys",
    { keys: Array.from({ length: 101 }, (_, at) => jwk(ec, { kid: `${at}` })) },
    "has 101 keys: give at most 100",
  ],
])("%s is one problem", (...[, keys, message, algorithms]) => {
  const problems = problemsOf(sourceWith(keys, algorithms));
  expect(problems).toEqual([
    expect.objectContaining({
      where: "auth.issuers.staff.jwks",
      message: expect.stringContaining(message) as string,
    }),
  ]);
  const told = JSON.stringify(problems);
  for (const secret of [privateJwk.d ?? "d", "Y2FuYXJ5", "BEGIN"])
    expect(told).not.toContain(secret);
});

test.each([
  ["keys/none.json", "is no file of the workspace that can be read"],
  ["/etc/jwks.json", "is not relative to the workspace"],
  ["../jwks.json", "leads out of the workspace"],
])("the file %s is one problem", (file, message) => {
  const source = sourceWith({ keys: [jwk(rsa)] }, "[RS256]", file);
  expect(problemsOf(source)).toEqual([
    expect.objectContaining({
      message: expect.stringContaining(message) as string,
    }),
  ]);
});
