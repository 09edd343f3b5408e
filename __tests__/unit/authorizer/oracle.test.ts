// aws-jwt-verify as a second opinion on the proof's JWT: we never accept what it refuses, and every token it accepts and
// we refuse belongs to a kind that is written down here.
import { verifyJwtSync } from "aws-jwt-verify/jwt-verifier";
import { attacks, goodProofs } from "../../fixtures/attacks.ts";
import {
  decideToken,
  gate,
  now,
  proofKeys,
  toJwk,
} from "../../fixtures/authorizer.ts";
import {
  auth0,
  auth0Url,
  github,
  githubUrl,
  issuerSettings,
  rsaJwk,
  sign,
} from "../../fixtures/issuers.ts";

const publicKey = toJwk(proofKeys);

// The second opinion reads the clock itself, and some tokens have one second left.
beforeAll(() => {
  jest.spyOn(Date, "now").mockReturnValue(now);
});
afterAll(() => jest.restoreAllMocks());

function oracleAccepts(token: string): boolean {
  try {
    const key = { ...publicKey, kty: "OKP", alg: "EdDSA", use: "sig" } as const;
    verifyJwtSync(token, key, { issuer: "ai-gate-action", audience: gate });
    return true;
  } catch {
    return false;
  }
}

const weAccept = async (token: string) =>
  (await decideToken(token)).kind === "allow";

test.each(goodProofs)("$name passes with both", async ({ token }) => {
  expect([await weAccept(token), oracleAccepts(token)]).toEqual([true, true]);
});

/** Why a token may pass with the oracle although we refuse it: it reads the format more liberally, or it does not check a claim. */
const explained: readonly (readonly [RegExp, string])[] = [
  [
    /^2\.1 #6 jwk beside the right key/,
    "it ignores a key that the token brings along; such a token is a proof of possession, which we refuse",
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
  [/^2\.3 #18 no (sub|stage|run)/, "it does not check these claims"],
  [/^2\.3 #21 (no typ|\{"typ")/, "it does not look at typ"],
  [/^2\.3 #21 \{"(stage|run)"/, "it does not check these claims"],
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

/** Its verdict on an issuer's token, with all of our settings. */
function oracleAcceptsOf(token: string, clientId: string | null): boolean {
  try {
    verifyJwtSync(
      token,
      { ...rsaJwk, kty: "RSA", alg: "RS256", use: "sig" } as const,
      clientId === null
        ? { issuer: auth0Url, audience: auth0.aud[0]!, graceSeconds: 30 }
        : { issuer: githubUrl, audience: clientId },
    );
    return true;
  } catch {
    return false;
  }
}

test.each([
  ["Auth0's", sign(auth0), null],
  ["GitHub's", sign(github), "ai-gate/prod"],
])("%s token passes with both", async (_, token, clientId) => {
  expect(await decideToken(token, issuerSettings, now)).toMatchObject({
    kind: "allow",
  });
  expect(oracleAcceptsOf(token, clientId)).toBe(true);
});

const shapes: readonly object[] = [
  ...["iss", "aud", "exp", "iat", "nbf", "sub"].flatMap((claim) =>
    [undefined, null, "", "x", 0, -1, 1e12, 1e308, [], {}, true].map(
      (value) => ({ [claim]: value }),
    ),
  ),
  { aud: ["x"] },
  { aud: [auth0.aud[0], 1] },
  { iss: [auth0Url] },
];

/** What only the oracle accepts of an issuer's claims, and why. */
const explainedClaims: readonly (readonly [RegExp, string])[] = [
  [/"exp"|^\{\}/, "it does not require exp, nor does it limit it"],
  [/"iat"/, "it ignores iat; our limit of life needs it"],
  [/"nbf"/, "it takes nbf of 0 and below as long past"],
  [/"sub"/, "it does not look at sub"],
  [/"aud":\[/, "it takes a list in which ours is, whatever else is in it"],
];

test("of an issuer's claims only explained ones pass with the oracle alone, and none with us alone", async () => {
  for (const changes of shapes) {
    const token = sign({ ...auth0, ...changes });
    const { kind } = await decideToken(token, issuerSettings, now);
    const oracle = oracleAcceptsOf(token, null);
    const name = JSON.stringify(changes);
    if (kind === "allow") expect([name, oracle]).toEqual([name, true]);
    else if (oracle)
      expect([
        name,
        explainedClaims.some(([pattern]) => pattern.test(name)),
      ]).toEqual([name, true]);
  }
});
