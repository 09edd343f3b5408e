// aws-jwt-verify as a second opinion on the proof's JWT: we never accept what it refuses, and every token it accepts and
// we refuse belongs to a kind that is written down here.
import { verifyJwtSync } from "aws-jwt-verify/jwt-verifier";
import { verifyProof } from "../../authorizer/proof.ts";
import { attacks, goodProofs } from "./attacks.ts";
import { gate, now, proofKeys, stage, toJwk } from "./fixtures.ts";

const publicKey = toJwk(proofKeys);

function oracleAccepts(token: string): boolean {
  try {
    const key = { ...publicKey, kty: "OKP", alg: "EdDSA", use: "sig" } as const;
    verifyJwtSync(token, key, { issuer: "ai-gate-action", audience: gate });
    return true;
  } catch {
    return false;
  }
}

const weAccept = (token: string) =>
  verifyProof(token, { publicKey: { ...publicKey }, gate, stage }, now).then(
    () => true,
    () => false,
  );

test.each(goodProofs)("$name passes with both", async ({ token }) => {
  expect([await weAccept(token), oracleAccepts(token)]).toEqual([true, true]);
});

/** Why a token may pass with the oracle although we refuse it: it reads the format more liberally, or it is not told. */
const explained: readonly (readonly [RegExp, string])[] = [
  [
    /^2\.1 #6 .* beside the right key/,
    "it ignores keys a token brings along; we refuse to be offered any",
  ],
  [
    /^2\.1 #7 /,
    "given one key it does not compare the kid, which ours has not",
  ],
  [/^2\.1 #8 /, "it ignores crit and b64"],
  [/^2\.1 #11 \{"(zip|enc|cty)"/, "it ignores zip, enc and cty"],
  [
    /^2\.2 #13 ("="|"==") at the tail of part 2/,
    "it takes padding after the signature",
  ],
  [/^2\.2 #13 stray bits/, "it takes a non-canonical last character"],
  [/^2\.2 #14 /, "of equal names it takes the last, as RFC 7519 allows"],
  [
    /^2\.2 #15 (invalid UTF-8|overlong UTF-8|lone surrogate|\d+ levels|an infinite number)/,
    "it takes what JSON.parse takes",
  ],
  [/^2\.2 #16 9 KB/, "it has no limit of length"],
  [
    /^2\.3 #18 (no (exp|iat)|.*"(exp|iat)")/,
    "it requires neither exp nor iat, and has no longest lifetime",
  ],
  [/^2\.3 #18 no (sub|stage|run)/, "it is not told of these claims"],
  [
    /^2\.3 #20 \{"aud":\["ai-gate\/prod"\]\}/,
    "RFC 7519 allows a list; the deploy job writes a string",
  ],
  [/^2\.3 #21 (no typ|\{"typ")/, "it does not look at typ"],
  [/^2\.3 #21 \{"(stage|run)"/, "it is not told of these claims"],
];

test("every token that only the oracle accepts is of a kind we know, and of each kind there is one", () => {
  const liberal: string[] = [];
  for (const { name, token } of attacks) {
    if (!name.startsWith("2.4 #36") && oracleAccepts(token)) liberal.push(name);
  }
  expect(
    liberal.filter(
      (name) => !explained.some(([pattern]) => pattern.test(name)),
    ),
  ).toEqual([]);
  expect(
    explained.filter(
      ([pattern]) => !liberal.some((name) => pattern.test(name)),
    ),
  ).toEqual([]);
});

test("what the oracle refuses we refuse", async () => {
  for (const { name, token } of attacks) {
    if (!name.startsWith("2.4 #36") && !oracleAccepts(token))
      expect([name, await weAccept(token)]).toEqual([name, false]);
  }
});
