// The seam verify(token, jwks, algorithms) with several keys and algorithms: which key may verify what.
import { sign } from "node:crypto";
import { readJws, verifyJws } from "../../../authorizer/jwt/envelope.ts";
import type { JwtAlgorithm } from "../../../contract/public-keys.ts";
import {
  ec384Keys,
  ecKeys,
  foreignKeys,
  proofKeys,
  rsaKeys,
  signBytes,
  signJws,
  toJwk,
  weakRsaKeys,
  encode,
  type KeyPair,
} from "../../fixtures/authorizer.ts";

const all: JwtAlgorithm[] = [
  "RS256",
  "RS384",
  "RS512",
  "ES256",
  "ES384",
  "EdDSA",
];
const rsa = { ...toJwk(rsaKeys), kid: "rsa", alg: "RS256", use: "sig" };
const ec = { ...toJwk(ecKeys), kid: "ec", alg: "ES256", key_ops: ["verify"] };
const ec384 = { ...toJwk(ec384Keys), kid: "ec384", alg: "ES384" };
const ed = { ...toJwk(proofKeys), kid: "ed", alg: "EdDSA" };
const keys = [rsa, ec, ec384, ed];
const payload = { hello: "world" };

/** The claims instead of the bytes that were signed. */
async function verify(...request: Parameters<typeof verifyJws>) {
  const { header, payload: bytes } = await verifyJws(...request);
  const claims: unknown = JSON.parse(Buffer.from(bytes).toString());
  return { header, payload: claims };
}

const make = (kid: unknown, alg: string, pair: KeyPair, done = alg) =>
  signJws({ alg, kid }, payload, pair.privateKey, done);

test.each([
  ["RS256", "rsa", rsaKeys],
  ["ES256", "ec", ecKeys],
  ["ES384", "ec384", ec384Keys],
  ["EdDSA", "ed", proofKeys],
])("%s by its own key passes", async (alg, kid, pair) => {
  const verified = await verify(make(kid, alg, pair), { keys }, all);
  expect(verified).toEqual({ header: { alg, kid }, payload });
});

test.each(["RS384", "RS512"] as const)(
  "%s by a key that names it passes",
  async (alg) => {
    const named = { ...toJwk(rsaKeys), kid: "rsa", alg };
    await expect(
      verify(make("rsa", alg, rsaKeys), { keys: [named] }, all),
    ).resolves.toMatchObject({ payload });
  },
);

test.each([
  ["undefined", undefined],
  ["JWT", "JWT"],
  ["at+jwt", "at+jwt"],
  ["application/jwt", "application/jwt"],
  ["APPLICATION/AT+JWT", "APPLICATION/AT+JWT"],
])("typ %s passes", async (_, typ) => {
  const token = signJws(
    { alg: "EdDSA", kid: "ed", typ },
    payload,
    proofKeys.privateKey,
  );
  await expect(verify(token, { keys }, all)).resolves.toMatchObject({
    payload,
  });
});

test("a token without kid passes when one key fits", async () => {
  await expect(
    verify(make(undefined, "ES256", ecKeys), { keys }, all),
  ).resolves.toMatchObject({ payload });
});

test("one malformed entry does not spoil the others", async () => {
  const mixed = [
    null,
    "x",
    {},
    { kty: "XYZ", kid: "ed" + "x" },
    { kty: "RSA", kid: "r", n: 1, e: [] },
    ...keys,
  ];
  await expect(
    verify(make("ed", "EdDSA", proofKeys), { keys: mixed }, all),
  ).resolves.toMatchObject({ payload });
});

const unnamed = { ...toJwk(rsaKeys), kid: "rsa" };

const wrong: [string, string, readonly unknown[], readonly JwtAlgorithm[]][] = [
  [
    "2.1 #1 an algorithm that is not allowed",
    make("ed", "EdDSA", proofKeys),
    keys,
    ["RS256"],
  ],
  ["2.1 #1 no algorithm allowed", make("ed", "EdDSA", proofKeys), keys, []],
  ["2.1 #7 an unknown kid", make("other", "EdDSA", proofKeys), keys, all],
  ["2.1 #7 a kid of another key", make("ec", "EdDSA", proofKeys), keys, all],
  ["2.1 #7 kid __proto__", make("__proto__", "EdDSA", proofKeys), keys, all],
  [
    "2.1 #7 the same kid twice",
    make("ed", "EdDSA", proofKeys),
    [...keys, { ...toJwk(foreignKeys), kid: "ed" }],
    all,
  ],
  [
    "2.1 #7 no kid and two keys that fit",
    make(undefined, "EdDSA", proofKeys),
    [ed, { ...toJwk(foreignKeys) }],
    all,
  ],
  ["2.1 #7 no key", make("ed", "EdDSA", proofKeys), [], all],
  ["2.1 #9 RS256 on an EC key", make("ec", "RS256", rsaKeys), keys, all],
  [
    "2.1 #9 ES384 on a P-256 key",
    make("ec", "ES384", ec384Keys),
    [{ ...ec, alg: undefined }],
    all,
  ],
  [
    "2.1 #9 ES384 header, ES256 done",
    make("ec384", "ES384", ecKeys, "ES256"),
    keys,
    all,
  ],
  [
    "2.1 #9 EdDSA on an RSA key",
    make("rsa", "EdDSA", rsaKeys, "RS256"),
    keys,
    all,
  ],
  ["2.1 #9 RS512 on a key for RS256", make("rsa", "RS512", rsaKeys), keys, all],
  [
    "2.1 #9 a key without alg where its family allows three",
    make("rsa", "RS256", rsaKeys),
    [unnamed],
    all,
  ],
  [
    "2.1 #10 use enc",
    make("ed", "EdDSA", proofKeys),
    [{ ...ed, use: "enc" }],
    all,
  ],
  [
    "2.1 #10 key_ops without verify",
    make("ed", "EdDSA", proofKeys),
    [{ ...ed, key_ops: ["sign"] }],
    all,
  ],
  [
    "2.1 #10 key_ops that is no list",
    make("ed", "EdDSA", proofKeys),
    [{ ...ed, key_ops: "verify" }],
    all,
  ],
  [
    "2.1 #10 a private key",
    make("ed", "EdDSA", proofKeys),
    [{ ...proofKeys.privateKey.export({ format: "jwk" }), kid: "ed" }],
    all,
  ],
  [
    "2.1 #10 RSA of 1024 bits",
    make("weak", "RS256", weakRsaKeys),
    [{ ...toJwk(weakRsaKeys), kid: "weak" }],
    ["RS256"],
  ],
  [
    "2.1 #10 RSA of 16384 bits",
    make("rsa", "RS256", rsaKeys),
    [{ ...rsa, n: "_".repeat(2731) }],
    ["RS256"],
  ],
  [
    "2.1 #10 RSA with e = 1",
    signWithExponentOne(),
    [{ ...rsa, e: "AQ" }],
    ["RS256"],
  ],
  [
    "2.1 #10 RSA with an even e",
    make("rsa", "RS256", rsaKeys),
    [{ ...rsa, e: "Ag" }],
    ["RS256"],
  ],
  [
    "2.1 #10 RSA without n",
    make("rsa", "RS256", rsaKeys),
    [{ ...rsa, n: undefined }],
    ["RS256"],
  ],
  [
    "2.1 #2 an oct key",
    make("oct", "EdDSA", proofKeys),
    [{ kty: "oct", k: "AAAA", kid: "oct" }],
    all,
  ],
  ["2.1 #5 r = s = 0", respell(Buffer.alloc(64)), keys, all],
  [
    "2.1 #5 r = s = 1",
    respell(
      Buffer.concat([
        Buffer.alloc(31),
        Buffer.from([1]),
        Buffer.alloc(31),
        Buffer.from([1]),
      ]),
    ),
    keys,
    all,
  ],
  ["2.1 #5 DER in place of r and s", derSignature(), keys, all],
  ["2.1 #5 63 bytes", respell(ecSignature().subarray(1)), keys, all],
  [
    "2.1 #5 65 bytes",
    respell(Buffer.concat([ecSignature(), Buffer.alloc(1)])),
    keys,
    all,
  ],
  [
    "2.1 #5 an EC point off the curve",
    make("ec", "ES256", ecKeys),
    [{ ...ec, y: ec.x }],
    all,
  ],
];

test.each(wrong)("%s is refused", async (_, token, jwks, algorithms) => {
  await expect(verify(token, { keys: jwks }, algorithms)).rejects.toMatchObject(
    { reason: expect.stringMatching(/^jws-/) },
  );
});

test("2.1 #2 an algorithm outside the family table never reaches jose", async () => {
  const token = signJws(
    { alg: "PS256", kid: "rsa" },
    payload,
    rsaKeys.privateKey,
    "RS256",
  );
  await expect(verify(token, { keys }, all)).rejects.toMatchObject({
    reason: "jws-algorithm",
  });
});

function ecSignature(): Buffer {
  return signBytes(ecInput(), ecKeys.privateKey, "ES256");
}

function ecInput(): string {
  return `${encode({ alg: "ES256", kid: "ec" })}.${encode(payload)}`;
}

function respell(signature: Buffer): string {
  return `${ecInput()}.${signature.toString("base64url")}`;
}

function derSignature(): string {
  const [r, s] = [ecSignature().subarray(0, 32), ecSignature().subarray(32)];
  const integer = (bytes: Buffer) =>
    Buffer.concat([Buffer.from([2, 33, 0]), bytes]);
  const body = Buffer.concat([integer(r), integer(s)]);
  return respell(Buffer.concat([Buffer.from([48, body.length]), body]));
}

/** With e = 1 the padded digest is its own signature, so anyone can make it. */
function signWithExponentOne(): string {
  const { createHash } = process.getBuiltinModule("node:crypto");
  const input = `${encode({ alg: "RS256", kid: "rsa" })}.${encode(payload)}`;
  const info = Buffer.from("3031300d060960864801650304020105000420", "hex");
  const digest = Buffer.concat([
    info,
    createHash("sha256").update(input).digest(),
  ]);
  const padding = Buffer.alloc(256 - 3 - digest.length, 255);
  const signature = Buffer.concat([
    Buffer.from([0, 1]),
    padding,
    Buffer.from([0]),
    digest,
  ]);
  return `${input}.${signature.toString("base64url")}`;
}

const good = make("ed", "EdDSA", proofKeys);
const named = (kid: string) => ({ ...ed, kid });
const typed = (typ: unknown) =>
  signJws({ alg: "EdDSA", kid: "ed", typ }, payload, proofKeys.privateKey);

test.each<[string, string, readonly unknown[], string]>([
  ["four parts", `${good}.AA`, keys, "jws-malformed"],
  ["two parts", good.split(".").slice(0, 2).join("."), keys, "jws-malformed"],
  [
    "more than 8192 characters",
    signJws(
      { alg: "EdDSA", kid: "ed" },
      { x: "x".repeat(8000) },
      proofKeys.privateKey,
    ),
    keys,
    "jws-malformed",
  ],
  [
    "an empty kid, even where a key has it",
    make("", "EdDSA", proofKeys),
    [named("")],
    "jws-header",
  ],
  [
    "a kid of 257 characters, even where a key has it",
    make("k".repeat(257), "EdDSA", proofKeys),
    [named("k".repeat(257))],
    "jws-header",
  ],
  ["typ logout+jwt", typed("logout+jwt"), keys, "jws-header"],
  ["typ null", typed(null), keys, "jws-header"],
  ["typ [JWT]", typed(["JWT"]), keys, "jws-header"],
  [
    "another alg than allowed",
    make("ed", "none", proofKeys, "EdDSA"),
    keys,
    "jws-algorithm",
  ],
  [
    "a foreign signature",
    make("ed", "EdDSA", foreignKeys),
    keys,
    "jws-signature",
  ],
  [
    "a kid that keys of two families share",
    good,
    [...keys, { ...rsa, kid: "ed" }],
    "jws-key",
  ],
  [
    "a private key",
    good,
    [{ ...proofKeys.privateKey.export({ format: "jwk" }), kid: "ed" }],
    "jws-key",
  ],
  [
    "RSA of 1024 bits",
    make("rsa", "RS256", weakRsaKeys),
    [{ ...rsa, ...toJwk(weakRsaKeys) }],
    "jws-key",
  ],
  [
    "RSA of 8400 bits",
    make("rsa", "RS256", rsaKeys),
    [{ ...rsa, n: "_".repeat(1400) }],
    "jws-key",
  ],
  [
    "ES256 by a P-384 key",
    make("ec", "ES256", ecKeys),
    [{ ...ec384, kid: "ec", alg: "ES256" }],
    "jws-key",
  ],
  ["an unknown kid", make("unknown", "EdDSA", proofKeys), keys, "jws-key"],
])("%s is refused for what it is", async (_, token, jwks, reason) => {
  await expect(verify(token, { keys: jwks }, all)).rejects.toMatchObject({
    reason,
  });
});

test("a kid of 256 characters passes", async () => {
  const kid = "k".repeat(256);
  await expect(
    verify(make(kid, "EdDSA", proofKeys), { keys: [named(kid)] }, all),
  ).resolves.toMatchObject({ payload });
});

test("a token of 8,192 characters is read, one of 8,193 is not", () => {
  const start = `${encode({ alg: "EdDSA" })}.${encode(payload)}.`;
  const room = 8192 - start.length;
  const read = (length: number) => readJws(start + "A".repeat(length));
  // A length of 4n + 1 is no base64url at all, so the two lengths must not be taken for that.
  expect([room % 4, (room + 1) % 4]).not.toContain(1);
  expect(read(room)).toMatchObject({ payload });
  expect(() => read(room + 1)).toThrow(/^jws-malformed$/);
});

test("a payload that is no object is refused where a credential is read", () => {
  const header = { alg: "EdDSA", kid: "ed" };
  const token = signJws(header, "[]", proofKeys.privateKey);
  expect(() => readJws(token)).toThrow("jws-json");
});

test("the seam takes any payload, as the examples of RFC 7520 have; a credential's must be JSON", async () => {
  const text = "It\u2019s a dangerous business, Frodo, going out your door.";
  const input = [JSON.stringify({ alg: "EdDSA", kid: "ed" }), text]
    .map((part) => Buffer.from(part).toString("base64url"))
    .join(".");
  const signature = sign(null, Buffer.from(input), proofKeys.privateKey);
  const token = `${input}.${signature.toString("base64url")}`;
  const { payload: bytes } = await verifyJws(token, { keys }, all);
  expect(Buffer.from(bytes).toString()).toBe(text);
  expect(() => readJws(token)).toThrow("jws-json");
});
