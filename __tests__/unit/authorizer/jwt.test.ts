// JWTs of configured issuers: every good shape passes as the consumer it stands for, everything else is refused for a
// reason of the list. Rows are those of the attack catalogue.
import { verifyJwt } from "../../../authorizer/jwt/claims.ts";
import { readJws } from "../../../authorizer/jwt/envelope.ts";
import { attacks } from "../../fixtures/attacks.ts";
import {
  createTestHandler,
  decideToken,
  ecKeys,
  encode,
  foreignKeys,
  hmacJws,
  now,
  nowSeconds,
  proofClaims,
  rsaKeys,
  signJws,
  stageArn,
  unauthorized,
  headerEvent,
  weakRsaKeys,
} from "../../fixtures/authorizer.ts";
import {
  auth0,
  auth0Url,
  cognitoAccess,
  cognitoId,
  foreignSigned,
  github,
  githubUrl,
  issuerSettings,
  own,
  ownTokens,
  ownUrl,
  sign,
  signOwn,
} from "../../fixtures/issuers.ts";

const at = (token: string, time = now) =>
  decideToken(token, issuerSettings, time);

const immutable = "repo:octo-org@123456/octo-repo@456789:ref:refs/heads/main";
const release = { ...github, environment: "production" };

const good: [string, string, string][] = [
  ["Cognito's access token", sign(cognitoAccess), "cognito"],
  ["2.3 #21 Cognito's ID token at its own issuer", sign(cognitoId), "cognito"],
  ["Auth0's machine token", sign(auth0), "machine"],
  [
    "Auth0 with a namespaced role",
    sign({ ...auth0, "https://example.com/roles": ["user", "admin"] }),
    "admin",
  ],
  ...ownTokens.map(([alg, token]): [string, string, string] => [
    alg,
    token,
    "own",
  ]),
  ...["at+jwt", "AT+JWT", "jwt", "application/at+jwt", "Application/JWT"].map(
    (typ): [string, string, string] => [
      `typ ${typ}`,
      sign(auth0, { typ }),
      "machine",
    ],
  ),
  [
    "the new name of EdDSA",
    signJws({ alg: "Ed25519", kid: "ed" }, own, foreignKeys.privateKey),
    "own",
  ],
  ...["jku", "x5u", "x5c", "x5t", "x5t#S256"].map(
    (name): [string, string, string] => [
      `2.1 #6 ${name}, which is not followed`,
      sign(auth0, { [name]: "https://evil.example.com" }),
      "machine",
    ],
  ),
  ["no typ", sign(auth0, { typ: undefined }), "machine"],
  ["no kid where one key fits", sign(auth0, { kid: undefined }), "machine"],
  ["aud as text", sign({ ...auth0, aud: auth0.aud[0] }), "machine"],
  [
    "times that are no whole seconds",
    sign({ ...auth0, iat: nowSeconds - 0.5, exp: nowSeconds + 99.9 }),
    "machine",
  ],
  [
    "no iat where none is required",
    signJws(
      { alg: "EdDSA", kid: "ed" },
      { ...own, iat: undefined },
      foreignKeys.privateKey,
    ),
    "own",
  ],
  ["a clock 30 s ahead", sign({ ...auth0, iat: nowSeconds + 30 }), "machine"],
  ["nbf 30 s ahead", sign({ ...auth0, nbf: nowSeconds + 30 }), "machine"],
  [
    "one second before its end",
    sign({ ...auth0, exp: nowSeconds + 1 }),
    "machine",
  ],
  ["2.6 #49 GitHub, a branch", sign(github), "ci"],
  [
    "2.6 #50 GitHub, an immutable subject",
    sign({ ...github, sub: immutable }),
    "ci",
  ],
  ["2.6 #49 GitHub, a tag", sign({ ...github, ref: "refs/tags/v1.2" }), "ci"],
  [
    "2.6 #49 GitHub, an environment: the first consumer wins",
    sign(release),
    "release",
  ],
  [
    "2.6 #54 GitHub, an event that is named",
    sign({
      ...github,
      repository_id: "1",
      repository_owner_id: "777",
      event_name: "pull_request_target",
    }),
    "named-event",
  ],
  [
    "2.6 #52 GitHub, a renamed repository",
    sign({
      ...github,
      repository: "o/new",
      sub: "repo:o/new:ref:refs/heads/main",
    }),
    "ci",
  ],
  [
    "2.6 #59 GitHub, nbf ten minutes before iat",
    sign({ ...github, nbf: nowSeconds - 610 }),
    "ci",
  ],
];

test.each(good)("%s passes as %s", async (_, token, id) => {
  expect(await at(token)).toMatchObject({
    kind: "allow",
    caller: { name: id },
  });
});

const changed = (row: string, base: object, changes: object, reason: string) =>
  [
    `${row} ${JSON.stringify(changes)}`,
    sign({ ...base, ...changes }),
    reason,
  ] as const;
const badTimes = ["", "300", null, [nowSeconds + 300], {}, true, -1];

const bad: (readonly [string, string, string])[] = [
  ...badTimes.flatMap((time) => [
    changed("2.3 #18", auth0, { exp: time }, "claim-time"),
    changed("2.3 #18", auth0, { iat: time }, "claim-time"),
    changed("2.3 #18", auth0, { nbf: time }, "claim-time"),
  ]),
  changed("2.3 #18", auth0, { exp: undefined }, "claim-time"),
  changed("2.3 #18", auth0, { exp: 0 }, "claim-expired"),
  changed("2.3 #18", auth0, { exp: nowSeconds }, "claim-expired"),
  changed("2.3 #18", auth0, { exp: (nowSeconds + 300) * 1000 }, "claim-time"),
  changed("2.3 #18", auth0, { exp: 1e308 }, "claim-time"),
  changed("2.3 #18", auth0, { exp: 1e11 }, "claim-time"),
  changed("2.3 #18", auth0, { iat: nowSeconds + 32 }, "claim-time"),
  changed("2.3 #18", auth0, { nbf: nowSeconds + 32 }, "claim-time"),
  changed(
    "2.3 #18",
    auth0,
    { iat: nowSeconds + 20, exp: nowSeconds + 10 },
    "claim-time",
  ),
  changed("2.3 #18", auth0, { iat: undefined }, "claim-time"),
  changed("2.3 #18", auth0, { iat: nowSeconds - 86_400 }, "claim-time"),
  ...[
    undefined,
    null,
    "",
    [auth0Url],
    `${auth0Url}/`,
    auth0Url.slice(0, -1),
    auth0Url.toUpperCase(),
    "https://evil.example.com/",
    "ai-gate-action/",
    {},
    "__proto__",
  ].map((iss) => changed("2.3 #19", auth0, { iss }, "claim-issuer")),
  changed(
    "2.6 #58",
    github,
    { iss: `${githubUrl}/octo-enterprise` },
    "claim-issuer",
  ),
  ...[
    undefined,
    null,
    "",
    [],
    {},
    [["https://gate.example.com"]],
    ["https://gate.example.com", 1],
    "https://gate.example.com/",
    "https://gate.example.co",
    "x https://gate.example.com",
    { 0: "https://gate.example.com" },
  ].map((aud) => changed("2.3 #20", auth0, { aud }, "claim-audience")),
  changed(
    "2.6 #56 the default audience",
    github,
    { aud: "https://github.com/octo-org" },
    "claim-audience",
  ),
  changed(
    "2.6 #56 another cloud's audience",
    github,
    { aud: "sts.amazonaws.com" },
    "claim-audience",
  ),
  changed(
    "2.3 #21 an ID token for an access token",
    cognitoAccess,
    { token_use: "id" },
    "claim-condition",
  ),
  changed(
    "2.3 #21 an access token for an ID token",
    cognitoId,
    { token_use: "access" },
    "claim-condition",
  ),
  changed(
    "2.3 #21 another client",
    cognitoAccess,
    { client_id: "2other" },
    "claim-audience",
  ),
  changed(
    "2.3 #21 aud in place of client_id",
    cognitoAccess,
    { client_id: undefined, aud: "1example23456789" },
    "claim-audience",
  ),
  changed(
    "2.3 #21 no token_use",
    cognitoAccess,
    { token_use: undefined },
    "claim-condition",
  ),
  ...[
    "logout+jwt",
    "id+jwt",
    "secevent+jwt",
    "application/at+jwt+x",
    "application/application/jwt",
    " jwt",
    "",
    null,
    1,
    ["JWT"],
  ].map(
    (typ) =>
      [
        `2.3 #21 typ ${String(typ)}`,
        sign(auth0, { typ }),
        "jws-header",
      ] as const,
  ),
  ...[
    undefined,
    null,
    "",
    1,
    ["jane"],
    "a\r\nX-Evil: 1",
    "a\0",
    "a\u0085b",
    "x".repeat(1025),
  ].map((sub) => changed("2.4 #34", auth0, { sub }, "claim-subject")),
  changed(
    "2.6 #48 no repository",
    github,
    { repository_id: undefined },
    "consumer-unknown",
  ),
  changed(
    "2.6 #48 another repository of the same name",
    github,
    { repository_id: "456780" },
    "consumer-unknown",
  ),
  changed(
    "2.6 #51 ids in the subject only",
    github,
    { repository_id: "1", sub: immutable },
    "consumer-unknown",
  ),
  changed(
    "2.6 #52 a number for the id",
    github,
    { repository_id: 456789 },
    "consumer-unknown",
  ),
  changed(
    "2.6 #53 an escaped environment",
    { ...release, ref: "refs/x" },
    { environment: "prod%3Auction" },
    "consumer-unknown",
  ),
  ...othersEvents().map((event) =>
    changed("2.6 #54 #55", github, { event_name: event }, "consumer-unknown"),
  ),
  changed(
    "2.6 #54 no event",
    github,
    { event_name: undefined },
    "consumer-unknown",
  ),
  changed(
    "2.6 #54 a list of events",
    github,
    { event_name: [] },
    "consumer-unknown",
  ),
  changed(
    "2.6 #57 another workflow",
    github,
    {
      job_workflow_ref:
        "octo-org/other/.github/workflows/x.yml@refs/heads/main",
    },
    "consumer-unknown",
  ),
  changed(
    "2.6 #57 another branch",
    github,
    { ref: "refs/heads/mainx" },
    "consumer-unknown",
  ),
  changed(
    "disabled, not the next that would fit",
    auth0,
    { azp: "gone", gty: "x" },
    "consumer-disabled",
  ),
  changed(
    "expired, not the next that would fit",
    auth0,
    { azp: "late", gty: "x" },
    "consumer-expired",
  ),
  changed("no consumer's", auth0, { gty: "password" }, "consumer-unknown"),
  ["2.1 #5 another RSA key", sign(auth0, {}, weakRsaKeys), "jws-signature"],
  ["2.1 #5 the proof's key", foreignSigned(auth0), "jws-algorithm"],
  ["2.1 #7 another kid", sign(auth0, { kid: "rsa-2" }), "jws-key"],
  [
    "2.1 #9 RS512 at an issuer of RS256",
    sign(auth0, { alg: "RS512" }, rsaKeys, "RS512"),
    "jws-algorithm",
  ],
  [
    "2.1 #9 the key of another issuer",
    sign(own, { alg: "EdDSA", kid: "ed" }, rsaKeys),
    "jws-signature",
  ],
  [
    "2.1 #9 ES256 by the kid of ES384",
    signOwn("ES256", "ec384", ecKeys),
    "jws-key",
  ],
  [
    "2.3 #19 the other issuer's name over one's own signature",
    signJws(
      { alg: "EdDSA", kid: "ed" },
      { ...auth0, iss: ownUrl },
      ecKeys.privateKey,
      "ES256",
    ),
    "jws-signature",
  ],
  [
    "2.3 #19 a proof's name by an issuer's key",
    sign({ ...proofClaims }),
    "jws-algorithm",
  ],
  [
    "2.3 #19 an issuer's name by the proof's key",
    foreignSigned({ ...proofClaims, iss: ownUrl }),
    "jws-key",
  ],
  [
    "2.1 #1 unsigned",
    `${encode({ alg: "none", kid: "rsa-1" })}.${encode(auth0)}.`,
    "jws-malformed",
  ],
  ...["256", "384", "512"].map(
    (bits) =>
      [
        `2.1 #2 HS${bits} with the RSA key`,
        hmacJws(
          { alg: `HS${bits}`, kid: "rsa-1" },
          auth0,
          rsaKeys.publicKey.export({ format: "pem", type: "spki" }),
          `sha${bits}`,
        ),
        "jws-algorithm",
      ] as const,
  ),
  ["2.1 #1 PS256", sign(auth0, { alg: "PS256" }), "jws-algorithm"],
  [
    "2.1 #6 a key set of one's own",
    sign(auth0, { jku: "https://evil.example.com" }, weakRsaKeys),
    "jws-signature",
  ],
  ["2.1 #8 crit", sign(auth0, { crit: ["exp"] }), "jws-header"],
  [
    "2.2 #14 iss twice",
    signJws(
      { alg: "RS256", kid: "rsa-1" },
      `{"iss":"x",${JSON.stringify(auth0).slice(1)}`,
      rsaKeys.privateKey,
      "RS256",
    ),
    "jws-json",
  ],
];

/** What an account without write access can cause. */
function othersEvents(): string[] {
  return [
    "pull_request_target",
    "workflow_run",
    "issue_comment",
    "pull_request",
    "issues",
    "discussion",
    "fork",
    "watch",
    "check_run",
    "",
    "*",
  ];
}

test.each(bad)("%s is refused: %#", async (_, token, reason) => {
  expect(await at(token)).toEqual(unauthorized(reason));
});

test.each(bad)("%s is 401 and nothing else: %#", async (_, token) => {
  const { handler, lines } = createTestHandler({ settings: issuerSettings });
  await expect(handler(headerEvent(`Bearer ${token}`))).rejects.toEqual(
    new Error("Unauthorized"),
  );
  expect(lines).toHaveLength(1);
});

test("the corpus against the proof is refused beside other issuers too", async () => {
  for (const { name, token } of attacks)
    expect([name, (await at(token)).kind]).toEqual([name, "unauthorized"]);
});

test("2.4 #32 a token is refused from the second it names, whatever the skew", async () => {
  const end = auth0.exp * 1000;
  expect(await at(sign(auth0), end - 1)).toMatchObject({ kind: "allow" });
  expect(await at(sign(auth0), end)).toEqual(unauthorized("claim-expired"));
});

const signOwnTimes = (times: object) =>
  signJws(
    { alg: "EdDSA", kid: "ed" },
    { ...own, iat: undefined, ...times },
    foreignKeys.privateKey,
  );

test.each([
  ["no iat and no limit", signOwnTimes({}), true],
  ["the last second that is a time", signOwnTimes({ exp: 1e11 - 1 }), true],
  ["the first number that is none", signOwnTimes({ exp: 1e11 }), false],
  ["milliseconds", signOwnTimes({ exp: nowSeconds * 1000 }), false],
  [
    "iat at the edge of the skew",
    sign({ ...auth0, iat: nowSeconds + 30 }),
    true,
  ],
  ["iat beyond it", sign({ ...auth0, iat: nowSeconds + 30.001 }), false],
  [
    "nbf at the edge of the skew",
    sign({ ...auth0, nbf: nowSeconds + 30 }),
    true,
  ],
  ["nbf beyond it", sign({ ...auth0, nbf: nowSeconds + 30.001 }), false],
  [
    "an end at its start",
    sign({ ...auth0, iat: nowSeconds + 20, exp: nowSeconds + 20 }),
    false,
  ],
  [
    "the longest life",
    sign({ ...auth0, iat: nowSeconds - 9, exp: nowSeconds - 9 + 86_400 }),
    true,
  ],
  [
    "a longer one",
    sign({ ...auth0, iat: nowSeconds - 9, exp: nowSeconds - 8 + 86_400 }),
    false,
  ],
])("2.3 #18 %s on the second: %#", async (_, token, passes) => {
  expect(await at(token, nowSeconds * 1000)).toMatchObject(
    passes ? { kind: "allow" } : { kind: "unauthorized", reason: "claim-time" },
  );
});

test("2.3 #19 a token is verified for the issuer that is expected, not for the one it names", async () => {
  const issuer = issuerSettings.issuers.get(auth0Url)!;
  const jws = readJws(sign(auth0));
  await expect(verifyJwt(jws, issuer, now)).resolves.toBeUndefined();
  await expect(
    verifyJwt(jws, { ...issuer, issuer: ownUrl }, now),
  ).rejects.toMatchObject({ reason: "claim-issuer" });
});

test("2.4 #36 what passes is named by mode, issuer and consumer, and carries its plan's key", async () => {
  const { handler, lines } = createTestHandler({ settings: issuerSettings });
  expect(await handler(headerEvent(`Bearer ${sign(auth0)}`))).toMatchObject({
    principalId: "jwt:auth0:machine",
    usageIdentifierKey: "ab".repeat(32),
    context: { consumer: "machine" },
    policyDocument: { Statement: [{ Resource: `${stageArn}GET/*` }] },
  });
  const second = await handler(headerEvent(`Bearer ${sign(github)}`));
  expect(second.principalId).toBe("github-oidc:github:ci");
  expect(second.usageIdentifierKey).toBeUndefined();
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { mode: "jwt", issuer: "auth0", consumer: "machine", reason: "ok" },
    { mode: "github-oidc", issuer: "github", consumer: "ci", reason: "ok" },
  ]);
});

test("2.4 #40 2.6 #60 no claim and no token reaches the log", async () => {
  const { handler, lines } = createTestHandler({ settings: issuerSettings });
  for (const token of [
    sign({ ...auth0, sub: "canary-4711" }),
    sign({ ...auth0, aud: "canary-4711" }),
  ]) {
    await handler(headerEvent(`Bearer ${token}`)).catch(() => undefined);
    expect(lines.join()).not.toContain(token.split(".")[2]);
  }
  expect(lines).toHaveLength(2);
  expect(lines.join()).not.toContain("canary");
});
