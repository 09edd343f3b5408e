// The attack corpus for signed tokens: every entry is a proof's JWT that must not pass, named by its row in the attack
// catalogue (section, number, what is tried). The same list runs against the envelope, the handler and an oracle.
import { createHash } from "node:crypto";
import {
  encode,
  ecKeys,
  foreignKeys,
  gate,
  hmacJws,
  nowSeconds,
  proofClaims,
  proofHeader,
  proofKeys,
  rsaKeys,
  signJws,
  signProof,
  toJwk,
} from "./fixtures.ts";

export interface Attack {
  readonly name: string;
  readonly token: string;
}

const good = signProof();
const [goodHeader, goodPayload, goodSignature] = good.split(".") as [
  string,
  string,
  string,
];
const key = proofKeys.privateKey;
const claims = JSON.stringify(proofClaims);

const attack = (row: string, what: string, token: string): Attack => ({
  name: `${row} ${what}`,
  token,
});
const withHeader = (row: string, header: object) =>
  attack(row, JSON.stringify(header).slice(0, 60), signProof({}, header));
const withClaims = (row: string, changes: object) =>
  attack(row, JSON.stringify(changes).slice(0, 60), signProof(changes));
/** The good claims with raw JSON text put in front: `{"exp":1,` … */
const withRaw = (row: string, what: string, text: string | Buffer) =>
  attack(row, what, signJws(proofHeader, text, key));

const unsigned = (alg: unknown, signature: string) =>
  `${encode({ alg, typ: "JWT" })}.${encode(claims)}.${signature}`;

const algorithmNone: Attack[] = [
  ...[
    "none",
    "None",
    "NONE",
    "nOnE",
    "",
    null,
    ["EdDSA"],
    ["none"],
    0,
    {},
    true,
    undefined,
  ].flatMap((alg) => [
    attack("2.1 #1", `alg ${JSON.stringify(alg)} unsigned`, unsigned(alg, "")),
    attack(
      "2.1 #1",
      `alg ${JSON.stringify(alg)} with the good signature`,
      unsigned(alg, goodSignature),
    ),
    attack(
      "2.1 #1",
      `alg ${JSON.stringify(alg)} signed`,
      signProof({}, { alg }),
    ),
  ]),
  ...[
    "edDSA",
    "EDDSA",
    " EdDSA",
    "EdDSA ",
    "PS256",
    "ES256K",
    "__proto__",
    "constructor",
    "toString",
  ].map((alg) => attack("2.1 #1", `alg ${alg}`, signProof({}, { alg }))),
  attack("2.1 #1", "two parts", `${goodHeader}.${goodPayload}`),
  attack("2.1 #1", "one part", goodHeader),
  attack("2.1 #1", "no parts", ".."),
];

const pem = proofKeys.publicKey
  .export({ format: "pem", type: "spki" })
  .toString();
const der = proofKeys.publicKey.export({ format: "der", type: "spki" });
const jwk = toJwk(proofKeys);
const confusion: Attack[] = ["256", "384", "512"].flatMap((bits) =>
  Object.entries({
    pem,
    "trimmed pem": pem.trim(),
    "pem with leading blank": ` ${pem}`,
    der,
    x: String(jwk.x),
    "bytes of x": Buffer.from(String(jwk.x), "base64url"),
    "jwk text": JSON.stringify(jwk),
    "rsa pem": rsaKeys.publicKey
      .export({ format: "pem", type: "pkcs1" })
      .toString(),
    empty: "",
  }).map(([what, secret]) =>
    attack(
      what === "empty" ? "2.1 #3" : "2.1 #2",
      `HS${bits} with ${what}`,
      hmacJws({ alg: `HS${bits}`, typ: "JWT" }, claims, secret, `sha${bits}`),
    ),
  ),
);

const bytes = Buffer.from(goodSignature, "base64url");
const respell = (signature: Buffer) =>
  `${goodHeader}.${goodPayload}.${signature.toString("base64url")}`;
const signatures: Attack[] = [
  attack("2.1 #4", "blank signature", `${goodHeader}.${goodPayload}.`),
  attack("2.1 #4", "truncated signature", respell(bytes.subarray(0, 32))),
  attack("2.1 #4", "signature one byte short", respell(bytes.subarray(0, 63))),
  attack(
    "2.1 #5",
    "signature one byte long",
    respell(Buffer.concat([bytes, Buffer.alloc(1)])),
  ),
  attack("2.1 #5", "zero signature", respell(Buffer.alloc(64))),
  attack("2.1 #5", "all ones", respell(Buffer.alloc(64, 255))),
  attack(
    "2.1 #5",
    "signature of other claims",
    `${signProof({ sub: "team-b" }).split(".").slice(0, 2).join(".")}.${goodSignature}`,
  ),
  attack(
    "2.1 #5",
    "halves swapped",
    respell(Buffer.concat([bytes.subarray(32), bytes.subarray(0, 32)])),
  ),
  attack(
    "2.1 #5",
    "S raised by the group order (malleable)",
    respell(addGroupOrder(bytes)),
  ),
  attack(
    "2.1 #5",
    "another key",
    signJws(proofHeader, claims, foreignKeys.privateKey),
  ),
  attack(
    "2.1 #5",
    "signed bytes are the payload only",
    `${goodHeader}.${goodPayload}.${signJws("", claims, key).split(".")[2] ?? ""}`,
  ),
];

/** Ed25519 without the check S < L takes a second signature for the same message. */
function addGroupOrder(signature: Buffer): Buffer {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const s =
    BigInt(
      `0x${Buffer.from(signature.subarray(32)).reverse().toString("hex")}`,
    ) + order;
  return Buffer.concat([
    signature.subarray(0, 32),
    Buffer.from(s.toString(16).padStart(64, "0"), "hex").reverse(),
  ]);
}

const foreignJwk = toJwk(foreignKeys);
/** Where a token says its keys are: ignored, so that it neither helps nor harms. */
const keyPlaces = [
  { jku: "http://127.0.0.1:9/jwks.json" },
  { x5u: "http://127.0.0.1:9/cert.pem" },
  { x5c: ["MIIB"] },
];
const ownKeys: Attack[] = [
  ...[{ jwk: foreignJwk }, { jwk, kid: "x" }, ...keyPlaces].map((extra) =>
    attack(
      "2.1 #6",
      `${Object.keys(extra).join(" and ")} with the bringer's key`,
      signJws({ ...proofHeader, ...extra }, claims, foreignKeys.privateKey),
    ),
  ),
  ...[{ jwk: foreignJwk }, { jwk }].map((extra, index) =>
    attack("2.1 #6", `jwk beside the right key ${index}`, signProof({}, extra)),
  ),
];

const keyIds: Attack[] = [
  "../../../../dev/null",
  "/proc/self/environ",
  "x' UNION SELECT 'key';--",
  "|| sleep 10",
  "a\u0000b",
  "__proto__",
  "constructor",
  "k".repeat(257),
  "k".repeat(5000),
  ["x"],
  {},
  0,
  null,
  "",
  "0",
].map((kid) => withHeader("2.1 #7", { kid }));

const extensions: Attack[] = [
  ...[["exp"], [], ["b64"], ["alg"], "exp", null, {}, ["x", "x"], [""]].map(
    (crit) => withHeader("2.1 #8", { crit }),
  ),
  withHeader("2.1 #8", { b64: false }),
  withHeader("2.1 #8", { b64: true }),
  withHeader("2.1 #8", { crit: ["b64"], b64: true }),
  attack("2.1 #8", "b64:false over the raw payload", unencoded()),
  withHeader("2.1 #11", { zip: "DEF" }),
  withHeader("2.1 #11", { enc: "A256GCM" }),
  withHeader("2.1 #11", { cty: "JWT" }),
  attack("2.1 #11", "five parts", `${good}.${goodPayload}.${goodSignature}`),
  attack("2.1 #11", "four parts", `${good}.${goodPayload}`),
  attack(
    "2.1 #11",
    "JWE",
    [encode({ alg: "RSA-OAEP", enc: "A256GCM" }), "AA", "AA", "AA", "AA"].join(
      ".",
    ),
  ),
  attack(
    "2.1 #11",
    "PBES2 with a huge count",
    [
      encode({
        alg: "PBES2-HS256+A128KW",
        p2c: 1e9,
        p2s: "AA",
        enc: "A128GCM",
      }),
      "AA",
      "AA",
      "AA",
      "AA",
    ].join("."),
  ),
  attack(
    "2.1 #11",
    "nested JWT as payload",
    signJws({ ...proofHeader, cty: "JWT" }, good, key),
  ),
  attack(
    "2.1 #12",
    "flattened JSON",
    JSON.stringify({
      protected: goodHeader,
      payload: goodPayload,
      signature: goodSignature,
    }),
  ),
  attack(
    "2.1 #12",
    "general JSON",
    JSON.stringify({
      payload: goodPayload,
      signatures: [{ protected: goodHeader, signature: goodSignature }],
    }),
  ),
];

function unencoded(): string {
  const header = { ...proofHeader, b64: false, crit: ["b64"] };
  const signed = signJws(header, claims, key).split(".");
  return `${signed[0] ?? ""}.${claims}.${signed[2] ?? ""}`;
}

const families: Attack[] = [
  attack(
    "2.1 #9",
    "RS256 by an RSA key",
    signJws({ alg: "RS256", typ: "JWT" }, claims, rsaKeys.privateKey, "RS256"),
  ),
  attack(
    "2.1 #9",
    "ES256 by an EC key",
    signJws({ alg: "ES256", typ: "JWT" }, claims, ecKeys.privateKey, "ES256"),
  ),
  attack(
    "2.1 #9",
    "EdDSA claimed, ES256 done",
    signJws(proofHeader, claims, ecKeys.privateKey, "ES256"),
  ),
  attack(
    "2.1 #9",
    "ES256 claimed, EdDSA done",
    signProof({}, { alg: "ES256" }),
  ),
];

const spellings: Attack[] = [
  ...[0, 1, 2].flatMap((index) =>
    [
      "=",
      "==",
      " ",
      "\n",
      "\t",
      "\r\n",
      "?",
      "+",
      "/",
      "%3D",
      "\u00a0",
      "A",
    ].flatMap((extra) => {
      const parts = good.split(".");
      const tail = parts
        .map((part, at) => (at === index ? part + extra : part))
        .join(".");
      const head = parts
        .map((part, at) => (at === index ? extra + part : part))
        .join(".");
      return [tail, head].map((token, side) =>
        attack(
          "2.2 #13",
          `${JSON.stringify(extra)} at ${side ? "the head" : "the tail"} of part ${index}`,
          token,
        ),
      );
    }),
  ),
  attack(
    "2.2 #13",
    "stray bits in the last character",
    `${goodHeader}.${goodPayload}.${strayBits(goodSignature)}`,
  ),
  attack(
    "2.2 #13",
    "base64 alphabet",
    `${goodHeader}.${goodPayload}.${base64(bytes)}`,
  ),
];

/** 64 bytes leave four bits of the 86th character unused. */
function strayBits(signature: string): string {
  const alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return (
    signature.slice(0, -1) +
    (alphabet[alphabet.indexOf(signature.at(-1) ?? "") + 1] ?? "")
  );
}

function base64(signature: Buffer): string {
  const text = signature.toString("base64").replaceAll("=", "");
  return /[+/]/.test(text) ? text : `${text.slice(0, -1)}+`;
}

const open = claims.slice(1);
const texts: Attack[] = [
  ...["iss", "aud", "sub", "exp", "iat", "stage", "run"].flatMap((name) => [
    withRaw(
      "2.2 #14",
      `${name} twice, bad one first`,
      `{${JSON.stringify(name)}:"evil",${open}`,
    ),
    withRaw(
      "2.2 #14",
      `${name} twice, the second spelled with an escape`,
      `{"\\u00${name.charCodeAt(0).toString(16)}${name.slice(1)}":"evil",${open}`,
    ),
  ]),
  withRaw("2.2 #14", "a nested name twice", `{"x":{"a":1,"a":2},${open}`),
  withRaw(
    "2.2 #14",
    "a name twice in an object of a list",
    `{"x":[{"a":1,"a":2}],${open}`,
  ),
  attack(
    "2.2 #14",
    "alg twice",
    signJws('{"alg":"none","alg":"EdDSA","typ":"JWT"}', claims, key),
  ),
  attack(
    "2.2 #14",
    "typ twice",
    signJws('{"alg":"EdDSA","typ":"JWT","typ":"JWT"}', claims, key),
  ),
  withRaw(
    "2.2 #15",
    "invalid UTF-8",
    Buffer.concat([
      Buffer.from('{"x":"'),
      Buffer.from([0xff, 0xc0, 0x80]),
      Buffer.from(`",${open}`),
    ]),
  ),
  withRaw(
    "2.2 #15",
    "overlong UTF-8",
    Buffer.concat([
      Buffer.from('{"x":"'),
      Buffer.from([0xc0, 0xae]),
      Buffer.from(`",${open}`),
    ]),
  ),
  withRaw("2.2 #15", "BOM", `\ufeff${claims}`),
  withRaw("2.2 #15", "lone surrogate", `{"x":"\\ud800",${open}`),
  withRaw("2.2 #15", "lone surrogate in a name", `{"\\udc00":1,${open}`),
  withRaw(
    "2.2 #15",
    "17 levels",
    `{"x":${"[".repeat(16)}${"]".repeat(16)},${open}`,
  ),
  withRaw(
    "2.2 #15",
    "2000 levels",
    `{"x":${"[".repeat(2000)}${"]".repeat(2000)},${open}`,
  ),
  withRaw("2.2 #15", "an infinite number", `{"x":1e999,${open}`),
  withRaw("2.2 #15", "trailing bytes", `${claims}x`),
  withRaw("2.2 #15", "trailing NUL", `${claims}\0`),
  withRaw("2.2 #15", "two objects", `${claims}${claims}`),
  withRaw("2.2 #15", "single quotes", claims.replaceAll('"', "'")),
  withRaw("2.2 #15", "trailing comma", `${claims.slice(0, -1)},}`),
  withRaw("2.2 #15", "a comment", `/**/${claims}`),
  withRaw("2.2 #15", "NaN", `{"x":NaN,${open}`),
  ...["[]", `[${claims}]`, '"text"', "1", "null", "true", ""].map((text) =>
    withRaw("2.2 #15", `payload ${text.slice(0, 10)}`, text),
  ),
  ...["[]", "null", '"EdDSA"', "{}", ""].map((text) =>
    attack("2.2 #15", `header ${text}`, signJws(text, claims, key)),
  ),
  attack("2.2 #16", "9 KB", signProof({ x: "x".repeat(9000) })),
  attack("2.2 #16", "8193 dots", ".".repeat(8193)),
  attack("2.2 #16", "8000 dots", ".".repeat(8000)),
  attack("2.2 #17", "homoglyph dot", good.replaceAll(".", "\u2024")),
  attack("2.2 #17", "full-width letters", good.replace("e", "\uff45")),
  attack("2.2 #17", "NUL", `${good}\0`),
  attack("2.2 #17", "emoji", `${good}\u{1f600}`),
];

const times = ["", "300", null, 0, -1, 1e308, [nowSeconds + 300], {}, true];
const claimSets: Attack[] = [
  ...["iss", "aud", "sub", "iat", "exp", "stage", "run"].map((name) =>
    attack("2.3 #18", `no ${name}`, signProof({ [name]: undefined })),
  ),
  ...times.flatMap((time) => [
    withClaims("2.3 #18", { exp: time }),
    withClaims("2.3 #18", { iat: time }),
  ]),
  withClaims("2.3 #18", { exp: nowSeconds }),
  withClaims("2.3 #18", { exp: nowSeconds - 1, iat: nowSeconds - 200 }),
  withClaims("2.3 #18", { exp: nowSeconds + 301 }),
  withClaims("2.3 #18", { iat: nowSeconds + 20, exp: nowSeconds + 10 }),
  withClaims("2.3 #18", { exp: (nowSeconds + 300) * 1000 }),
  withClaims("2.3 #18", {
    exp: (nowSeconds + 300) * 1000,
    iat: nowSeconds * 1000,
  }),
  withClaims("2.3 #18", { exp: nowSeconds + 300, iat: nowSeconds + 300 }),
  withClaims("2.3 #18", { iat: nowSeconds + 120, exp: nowSeconds + 300 }),
  withClaims("2.3 #18", { iat: nowSeconds - 3600 }),
  withClaims("2.3 #18", { nbf: nowSeconds + 120 }),
  withClaims("2.3 #18", { nbf: "0" }),
  withClaims("2.3 #18", { nbf: null }),
  ...[
    "AI-gate-action",
    "ai-gate-action/",
    "ai-gate",
    "https://ai-gate-action",
    ["ai-gate-action"],
    "",
    null,
    {},
  ].map((iss) => withClaims("2.3 #19", { iss })),
  ...[
    "",
    [],
    [[gate]],
    [gate, 1],
    `${gate}/`,
    `x${gate}`,
    gate.slice(0, -1),
    gate.toUpperCase(),
    "ai-gate/dev",
    null,
    {},
  ].map((aud) => withClaims("2.3 #20", { aud })),
  ...[
    "logout+jwt",
    "at+jwt",
    "id+jwt",
    "JOSE",
    "application/jose",
    "dpop+jwt",
    "application/application/jwt",
    "text/jwt",
    "",
    null,
    ["JWT"],
  ].map((typ) => withHeader("2.3 #21", { typ })),
  attack("2.3 #21", "no typ", signProof({}, { typ: undefined })),
  ...["v2", "V1", "", "v1/", ["v1"], null].map((stage) =>
    withClaims("2.3 #21", { stage }),
  ),
  ...["", 1, null, ["1"], "r".repeat(257)].map((run) =>
    withClaims("2.3 #21", { run }),
  ),
  ...[
    "team-x",
    "",
    "TEAM-A",
    "team-a ",
    ["team-a"],
    null,
    1,
    "__proto__",
    "constructor",
    "*",
  ].map((sub) => withClaims("2.4 #36", { sub })),
];

export const attacks: readonly Attack[] = [
  ...algorithmNone,
  ...confusion,
  ...signatures,
  ...ownKeys,
  ...keyIds,
  ...extensions,
  ...families,
  ...spellings,
  ...texts,
  ...claimSets,
].map((entry, index, all) => {
  const seen = all
    .slice(0, index)
    .filter(({ name }) => name === entry.name).length;
  return seen === 0 ? entry : { ...entry, name: `${entry.name} (${seen + 1})` };
});

/** A proof that must pass, in every form that must pass. */
export const goodProofs: readonly Attack[] = [
  attack("good", "as the deploy job makes it", good),
  ...["jwt", "Jwt", "application/jwt", "APPLICATION/JWT"].map((typ) =>
    attack("good", `typ ${typ}`, signProof({}, { typ })),
  ),
  ...keyPlaces.map((extra) =>
    attack("good", `with ${JSON.stringify(extra)}`, signProof({}, extra)),
  ),
  attack(
    "good",
    "made 30 s ahead of our clock",
    signProof({ iat: nowSeconds + 30 }),
  ),
  attack(
    "good",
    "one second before its end",
    signProof({ iat: nowSeconds - 299, exp: nowSeconds + 1 }),
  ),
  attack("good", "with nbf", signProof({ nbf: nowSeconds })),
  attack(
    "good",
    "with a claim nobody asked for",
    signProof({ jti: createHash("sha256").update("x").digest("hex") }),
  ),
  attack("good", "with a list of audiences", signProof({ aud: ["x", gate] })),
  attack(
    "good",
    "with times that are no whole seconds",
    signProof({ exp: nowSeconds + 299.5, iat: nowSeconds + 0.25 }),
  ),
  attack("good", "of the other consumer", signProof({ sub: "team-b" })),
  attack(
    "good",
    "sixteen levels deep",
    signProof({
      x: JSON.parse(`${"[".repeat(15)}${"]".repeat(15)}`) as object,
    }),
  ),
  attack(
    "good",
    "with whitespace and escapes",
    signJws(
      proofHeader,
      JSON.stringify({ ...proofClaims, x: '\\"{}[]:,é😀' }, null, 2),
      key,
    ),
  ),
  attack(
    "good",
    "with equal names at different places",
    signProof({ x: { a: [{ a: 1 }, { a: 2 }] }, a: 1 }),
  ),
];
