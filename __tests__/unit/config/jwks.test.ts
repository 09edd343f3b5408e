// An issuer's keys from a file of the workspace: public and usable, or a problem that never quotes the file.
import { generateKeyPairSync } from "node:crypto";
import {
  fewInputs,
  gateOf,
  printedProblems,
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

const refused: Readonly<Record<string, unknown>> = {
  "not JSON": "-----BEGIN PUBLIC KEY-----",
  "an empty file": "",
  "a member twice": `{"keys":[],"keys":[${JSON.stringify(jwk(rsa))}]}`,
  "a member of a key twice": `{"keys":[${JSON.stringify(jwk(rsa)).replace("{", '{"n" : "a\\"\\\\", ')}]}`,
  __proto__: `{"keys":[{"__proto__":${JSON.stringify(jwk(rsa))}}]}`,
  "too much": { keys: [jwk(rsa)], more: "x".repeat(300_000) },
  "a list": [jwk(rsa)],
  "one key": jwk(rsa),
  "keys by name": { keys: { a: jwk(rsa) } },
  "no key": { keys: [] },
  "a key of another kind": { keys: [jwk(ec)] },
  "a small key": { keys: [jwk(small)] },
  "one kid twice": { keys: [jwk(rsa, { kid: "a" }), jwk(ec, { kid: "a" })] },
  "a private key": { keys: [jwk(ec, { kid: "b" }), privateJwk] },
  "a shared key": { keys: [{ kty: "oct", k: "Y2FuYXJ5" }] },
  "too many keys": {
    keys: Array.from({ length: 101 }, (_, at) => jwk(ec, { kid: `${at}` })),
  },
};

/** A key's bytes, and so the length of the file, differ from run to run. */
const withoutLength = (text: string) => text.replace(/has 30\d{4} /, "has N ");

test.each(Object.entries(refused))("%s is refused", (_what, keys) => {
  const problems = problemsOf(sourceWith(keys));
  expect(problems).toMatchObject([{ where: "auth.issuers.staff.jwks" }]);
  const printed = printedProblems(problems);
  expect(withoutLength(printed)).toMatchSnapshot();
  for (const secret of [privateJwk.d ?? "d", "Y2FuYXJ5", "BEGIN"])
    expect(printed).not.toContain(secret);
});

test("a key that several algorithms fit is refused", () => {
  const source = sourceWith({ keys: [jwk(rsa)] }, "[RS256, RS512]");
  expect(problemsOf(source)).toMatchObject([
    { where: "auth.issuers.staff.jwks" },
  ]);
});

test.each(["keys/none.json", "/etc/jwks.json", "../jwks.json"])(
  "the file %s is refused",
  (file) => {
    const problems = problemsOf(
      sourceWith({ keys: [jwk(rsa)] }, "[RS256]", file),
    );
    expect(problems).toHaveLength(1);
    expect(printedProblems(problems)).toMatchSnapshot();
  },
);
