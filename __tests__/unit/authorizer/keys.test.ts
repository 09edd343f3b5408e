// Which key of a set is picked for an algorithm, at the edges of what a key may be.
import { pickKey } from "../../../authorizer/jwt/envelope.ts";
import type { JwtAlgorithm as Algorithm } from "../../../contract/public-keys.ts";

const modulus = (bits: number) =>
  Buffer.from(
    (1n << BigInt(bits - 1))
      .toString(16)
      .padStart(2 * Math.ceil(bits / 8), "0"),
    "hex",
  ).toString("base64url");
const rsa = { kty: "RSA", kid: "k", n: modulus(2048), e: "AQAB" };
const bytes = (count: number) => Buffer.alloc(count, 7).toString("base64url");
const ec = { kty: "EC", crv: "P-256", kid: "k", x: bytes(32), y: bytes(32) };
const ec384 = { ...ec, crv: "P-384", x: bytes(48), y: bytes(48) };
const ed = { kty: "OKP", crv: "Ed25519", kid: "k", x: bytes(32) };

const pick = (
  key: unknown,
  algorithm: Algorithm = "RS256",
  kid: string | undefined = "k",
  algorithms: Algorithm[] = [algorithm],
) => pickKey({ keys: [key].flat() }, kid, algorithm, algorithms);

test.each<[string, object, Algorithm?, string?]>([
  ["RSA of 2048 bits", rsa],
  ["RSA of 8192 bits", { ...rsa, n: modulus(8192) }],
  ["RSA with e = 3", { ...rsa, e: "Aw" }],
  ["RSA with e = 3 and zeros in front", { ...rsa, e: "AAAD" }],
  ["RSA with zeros in front", { ...rsa, n: modulus(2048).padStart(2048, "A") }],
  ["RSA named RS256", { ...rsa, alg: "RS256" }],
  ["RSA for RS384", rsa, "RS384"],
  ["RSA for RS512", rsa, "RS512"],
  ["a key for signatures", { ...rsa, use: "sig" }],
  ["a key for verifying, among others", { ...rsa, key_ops: ["x", "verify"] }],
  ["a P-256 key", ec, "ES256"],
  ["a P-384 key", ec384, "ES384"],
  ["an Ed25519 key", ed, "EdDSA"],
  ["a key by the new name of EdDSA", { ...ed, alg: "Ed25519" }, "EdDSA"],
  ["a key by the old one", { ...ed, alg: "EdDSA" }, "EdDSA"],
])("%s may be used", (_, key, algorithm = "RS256") => {
  expect(pick(key, algorithm)).toBe(key);
});

test.each<[string, unknown, Algorithm?]>([
  ["RSA of 2047 bits", { ...rsa, n: modulus(2047) }],
  ["RSA of 8193 bits", { ...rsa, n: modulus(8193) }],
  [
    "RSA with more zeros in front",
    { ...rsa, n: modulus(2048).padStart(2052, "A") },
  ],
  ["RSA with e = 0", { ...rsa, e: "AA" }],
  ["RSA with e = 1", { ...rsa, e: "AQ" }],
  ["RSA with e = 1 and zeros in front", { ...rsa, e: "AAAB" }],
  ["RSA with e = 2", { ...rsa, e: "Ag" }],
  ["RSA with e = 4", { ...rsa, e: "BA" }],
  ["RSA with e = 65536", { ...rsa, e: "AQAA" }],
  ["RSA of nothing but zeros", { ...rsa, n: "A".repeat(344) }],
  ["RSA with an empty e", { ...rsa, e: "" }],
  ["RSA with a number for e", { ...rsa, e: 3 }],
  ["RSA without e", { ...rsa, e: undefined }],
  ["RSA with a curve", { ...rsa, crv: "P-256" }],
  ["RSA of another name", { ...rsa, alg: "RS512" }],
  ["RSA in lower case", { ...rsa, kty: "rsa" }],
  ["a key for encryption", { ...rsa, use: "enc" }],
  ["an empty use", { ...rsa, use: "" }],
  ["a key for signing", { ...rsa, key_ops: ["sign"] }],
  ["a key for nothing", { ...rsa, key_ops: [] }],
  ["a key whose purpose is text", { ...rsa, key_ops: "verify" }],
  ["a private key", { ...rsa, d: "AA" }],
  ["another kid", { ...rsa, kid: "x" }],
  ["no kid", { ...rsa, kid: undefined }],
  ["P-256 for ES384", ec, "ES384"],
  ["P-384 for ES256", ec384, "ES256"],
  ["P-256 that says it is P-384", { ...ec, crv: "P-384" }, "ES384"],
  ["P-256 without y", { ...ec, y: undefined }, "ES256"],
  ["P-256 of 31 bytes", { ...ec, x: bytes(31) }, "ES256"],
  ["P-256 of 33 bytes", { ...ec, y: bytes(33) }, "ES256"],
  ["Ed25519 of 31 bytes", { ...ed, x: bytes(31) }, "EdDSA"],
  ["Ed25519 in another alphabet", { ...ed, x: "/".repeat(43) }, "EdDSA"],
  ["a curve named __proto__", { ...ec, crv: "__proto__" }, "ES256"],
  ["an algorithm named __proto__", { ...ed, alg: "__proto__" }, "EdDSA"],
  ["an empty kid", { ...ed, kid: "" }, "EdDSA"],
  ["secp256k1", { ...ec, crv: "secp256k1" }, "ES256"],
  ["Ed448", { ...ed, crv: "Ed448" }, "EdDSA"],
  ["X25519", { ...ed, crv: "X25519" }, "EdDSA"],
  ["Ed25519 as EC", { ...ed, kty: "EC" }, "EdDSA"],
  ["EC for RS256", ec, "RS256"],
  ["RSA for EdDSA", rsa, "EdDSA"],
  ["no object", "k"],
  ["nothing", []],
  ["two of one kid", [rsa, rsa]],
  ["two of one kid, one of them of no use", [rsa, { kid: "k" }]],
])("2.1 #10 %s may not", (_, key, algorithm = "RS256") => {
  expect(() => pick(key, algorithm)).toThrow(/^jws-key$/);
});

test("2.1 #7 without a kid the only key that fits is picked, and no second one may fit", () => {
  const other = { ...rsa, kid: "other", alg: "RS512" };
  const find = (...keys: unknown[]) =>
    pickKey({ keys }, undefined, "RS256", ["RS256"]);
  expect(find(null, ec, other, rsa)).toBe(rsa);
  expect(() => find(rsa, { ...rsa, kid: "other" })).toThrow(/^jws-key$/);
  expect(() => find(ec, other)).toThrow(/^jws-key$/);
});

test("2.1 #9 a key without a name serves where its family has one algorithm, else it needs one", () => {
  expect(pick(rsa, "RS256", "k", ["RS256", "ES256", "EdDSA"])).toBe(rsa);
  expect(() => pick(rsa, "RS256", "k", ["RS256", "RS384"])).toThrow();
  const named = { ...rsa, alg: "RS256" };
  expect(pick(named, "RS256", "k", ["RS256", "RS384"])).toBe(named);
});
