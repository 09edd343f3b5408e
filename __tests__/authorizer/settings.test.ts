// The settings file: what is not exactly right stops the cold start, with the place and without the value.
import { parseSettings } from "../../authorizer/settings.ts";
import {
  foreignKeys,
  parse,
  secretArn,
  settingsFile,
  sha256,
  toJwk,
  tokenA,
  tokenB,
} from "./fixtures.ts";

const [teamA, teamB] = settingsFile.consumers;
const withConsumer = (changes: object) => ({
  consumers: [{ ...teamA, ...changes }, teamB],
});
const withSecret = (secret: unknown) => ({
  upstreams: { ...settingsFile.upstreams, openai: { prefix: "", secret } },
});
const canary = "canary-must-not-be-quoted";

test("the deploy job's file is read", () => {
  const settings = parse();
  expect([...settings.consumers.keys()]).toEqual(["team-a", "team-b"]);
  expect([...settings.tokens.keys()]).toHaveLength(3);
  expect(settings.tokens.get(sha256(tokenB))).toMatchObject({
    digest: Buffer.from(sha256(tokenB), "hex"),
    consumer: { id: "team-b", expiresAt: Date.parse("2027-07-01T00:00:00Z") },
  });
  expect(settings.consumers.get("team-a")?.expiresAt).toBe(Infinity);
  expect(settings).toMatchObject({
    gate: "ai-gate/prod",
    stage: "v1",
    header: "Authorization",
  });
  expect(settings.upstreams.get("an-thropic")).toEqual({
    prefix: "",
    secret: { store: "ssm", name: "/ai/anthropic" },
  });
});

test.each([
  ["without proof", { proof: null }],
  ["without upstreams", { upstreams: {}, consumers: [teamB] }],
  ["without consumers (nobody passes)", { consumers: [] }],
  ["with one hash", withConsumer({ hashes: [sha256(tokenA)] })],
  ["with everything allowed", withConsumer({ resources: ["*"] })],
  [
    "with a GovCloud secret",
    withSecret({
      store: "secrets-manager",
      arn: secretArn.replace("arn:aws:", "arn:aws-us-gov:"),
    }),
  ],
  ["with a leap day", withConsumer({ expires: "2028-02-29" })],
])("a file %s is read", (_, changes) => {
  expect(() => parse(changes)).not.toThrow();
});

const wrong: [string, object][] = [
  ...[undefined, 0, 2, "1", null].map((version): [string, object] => [
    "version",
    { version },
  ]),
  ...[undefined, "", "gate", "a/b/c", 1, null].map((gate): [string, object] => [
    "gate",
    { gate },
  ]),
  ...[undefined, "", "*", "v1/", "$default", "v 1", "x".repeat(129), 1].map(
    (stage): [string, object] => ["stage", { stage }],
  ),
  ...[undefined, "", "a b", "x:y", "method.request.header.X", 1].map(
    (header): [string, object] => ["header", { header }],
  ),
  ...[undefined, null, [], "x"].map((upstreams): [string, object] => [
    "upstreams",
    { upstreams },
  ]),
  ["upstreams", { upstreams: { OpenAI: settingsFile.upstreams.openai } }],
  ["upstreams", { upstreams: { a_b: settingsFile.upstreams.openai } }],
  ["upstreams", JSON.parse('{"upstreams":{"__proto__":{}}}') as object],
  ["upstreams.openai", { upstreams: { openai: {} } }],
  [
    "upstreams.openai",
    {
      upstreams: {
        openai: { ...settingsFile.upstreams.openai, value: canary },
      },
    },
  ],
  [
    "upstreams.openai.prefix",
    {
      upstreams: {
        openai: { ...settingsFile.upstreams.openai, prefix: "Bearer\n" },
      },
    },
  ],
  ...[
    null,
    {},
    { store: "vault", name: "x" },
    { store: "ssm" },
    { store: "ssm", name: "" },
    { store: "ssm", name: "a b" },
    { store: "ssm", name: "x", arn: secretArn },
    { store: "secrets-manager", arn: "openai-key" },
    { store: "secrets-manager", arn: `${secretArn}#key` },
    {
      store: "secrets-manager",
      arn: "arn:aws:ssm:eu-west-1:111122223333:parameter/x",
    },
    { store: "secrets-manager", name: "x" },
  ].map((secret): [string, object] => [
    "upstreams.openai.secret",
    withSecret(secret),
  ]),
  ...[undefined, null, {}, "x"].map((consumers): [string, object] => [
    "consumers",
    { consumers },
  ]),
  ["consumers[0]", { consumers: [null] }],
  ["consumers[0]", withConsumer({ token: canary })],
  ["consumers[0]", withConsumer({ hashes: undefined })],
  ...["", "-a", "a b", "a/b", "x".repeat(65), "é", 1, null].map(
    (id): [string, object] => ["consumers[0].id", withConsumer({ id })],
  ),
  ["consumers[1].id", withConsumer({ id: "team-b" })],
  ...[
    [],
    ["x"],
    [sha256(tokenA).toUpperCase()],
    [sha256(tokenA).slice(1)],
    [`${sha256(tokenA)}\n`],
    [sha256(tokenA), sha256(tokenA)],
    ["1", "2", "3"].map(sha256),
    sha256(tokenA),
    [1],
    null,
  ].map((hashes): [string, object] => [
    "consumers[0].hashes",
    withConsumer({ hashes }),
  ]),
  ["consumers[1].hashes", withConsumer({ hashes: [sha256(tokenB)] })],
  ...[
    "2027-6-30",
    "2027-02-30",
    "2027-13-01",
    "2027-06-30T00:00:00Z",
    "tomorrow",
    "",
    1,
    null,
  ].map((expires): [string, object] => [
    "consumers[0].expires",
    withConsumer({ expires }),
  ]),
  ...[
    [],
    [""],
    ["/score"],
    ["*/score"],
    ["**"],
    ["get/score"],
    ["ANY/score"],
    ["GET/sc?re"],
    ["GET/${aws:username}"],
    ["GET/a b"],
    ["GET/é"],
    ["GET/x\n"],
    ["GET/score", "GET/score"],
    "GET/score",
    null,
  ].map((resources): [string, object] => [
    "consumers[0].resources",
    withConsumer({ resources }),
  ]),
  ...[["unknown"], ["openai", "openai"], "openai", null].map(
    (upstreams): [string, object] => [
      "consumers[0].upstreams",
      withConsumer({ upstreams }),
    ],
  ),
  ...[undefined, false, {}, "x"].map((proof): [string, object] => [
    "proof",
    { proof },
  ]),
  [
    "proof.publicKey",
    { proof: { publicKey: { kty: "EC", crv: "P-256", x: "AA" } } },
  ],
  [
    "proof.publicKey",
    { proof: { publicKey: { ...toJwk(foreignKeys), crv: "Ed448" } } },
  ],
  [
    "proof.publicKey",
    { proof: { publicKey: foreignKeys.privateKey.export({ format: "jwk" }) } },
  ],
  [
    "proof.publicKey.x",
    { proof: { publicKey: { ...toJwk(foreignKeys), x: "AA" } } },
  ],
  [
    "proof.publicKey.x",
    {
      proof: { publicKey: { ...toJwk(foreignKeys), x: `${"A".repeat(42)}B` } },
    },
  ],
  ["settings", { extra: canary }],
];

test.each(wrong.map(([place, changes]) => ({ place, changes })))(
  "$place in $changes stops the cold start",
  ({ place, changes }) => {
    const error = catchError(() => parse(changes));
    expect(error).toMatchObject({ reason: "settings-invalid" });
    const { detail } = error as { detail: string };
    // A missing key is reported at the object that should have it.
    expect(
      detail.startsWith(place) || detail === `settings: ${place} is missing`,
    ).toBe(true);
    expect(detail).not.toContain(canary);
  },
);

test.each(["", "{", "null", "[]", '"x"', `{"version":1,${canary}}`])(
  "%j is no settings file, and is not quoted",
  (text) => {
    expect(catchError(() => parseSettings(text))).toMatchObject({
      reason: "settings-invalid",
      detail: expect.not.stringContaining(canary),
    });
  },
);

function catchError(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}
