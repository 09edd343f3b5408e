import type { Upstream } from "../../../src/gate/gate.ts";
import { flushAuthorizerCache } from "../../../src/deploy/deployed-gate.ts";
import {
  findForeignBoundary,
  findForeignFunctions,
  keepKmsKeys,
  lookAtSecrets,
} from "../../../src/deploy/preflight.ts";
import { kmsKeysOf } from "../../../src/gate/credential-stores.ts";
import {
  fewInputs,
  gateOf,
  secretArn,
  sourceOf,
} from "../../fixtures/sources.ts";
import { type FakeAws, fakeAws } from "../../fixtures/fake-aws.ts";

const arn = secretArn.replace("eu-west-1", "us-east-1");
const gate = gateOf(
  sourceOf(
    fewInputs,
    `upstreams:
  plain: { url: https://a.example.com }
  openai: { url: https://api.openai.com, secret: "${arn}" }
  anthropic: { url: https://api.anthropic.com, header: x-api-key, secret: ssm:/ai/anthropic }
routes:
  - { path: /a, upstream: plain }
  - { path: /b, upstream: openai }
  - { path: /c, upstream: anthropic }
consumers:
  - { id: ci, token: { env: TEAM_A_TOKEN } }
`,
  ),
);

const problemsSeen = async (aws: FakeAws["aws"]) =>
  (await lookAtSecrets(aws, gate, "111122223333")).problems;

const secret = "secretsmanager DescribeSecret";
const parameter = "ssm DescribeParameters";
const there = { body: '{"Parameters":[{"Name":"/ai/anthropic"}]}' };

test("secrets that are there are no problem, and their values are not read", async () => {
  const { aws, asked, requests } = fakeAws({ [parameter]: there });
  expect(await problemsSeen(aws)).toEqual([]);
  expect(asked.sort()).toEqual([secret, parameter]);
  const regions = Object.fromEntries(
    requests.map(({ service, region }) => [service, region]),
  );
  expect(regions).toEqual({ secretsmanager: "us-east-1", ssm: "eu-west-1" });
});

test("each one that is missing is named with its upstream and region", async () => {
  const { aws } = fakeAws({
    [secret]: { status: 400, errorCode: "ResourceNotFoundException" },
    [parameter]: { body: '{"Parameters":[]}' },
  });
  expect(await problemsSeen(aws)).toEqual([
    {
      where: "upstream anthropic",
      message:
        "the SSM parameter /ai/anthropic does not exist in eu-west-1: create it with the upstream's API key as its value, or correct the reference",
    },
    {
      where: "upstream openai",
      message: `the secret ${arn} does not exist in us-east-1: create it with the upstream's API key as its value, or correct the reference`,
    },
  ]);
});

test("an answer without a list is an empty one", async () => {
  const { aws } = fakeAws({ [parameter]: { body: "{}" } });
  expect(await problemsSeen(aws)).toHaveLength(1);
});

test.each(["AccessDeniedException", "ThrottlingException"])(
  "%s when looking is no problem",
  async (errorCode) => {
    const refused = { status: 400, errorCode };
    const { aws } = fakeAws({ [secret]: refused, [parameter]: refused });
    expect(await problemsSeen(aws)).toEqual([]);
  },
);

describe("the KMS key of a secret", () => {
  const answers = (ofSecret?: string, ofParameter?: string) => ({
    [secret]: { body: JSON.stringify({ KmsKeyId: ofSecret }) },
    [parameter]: {
      body: JSON.stringify({
        Parameters: [{ Name: "/ai/anthropic", KeyId: ofParameter }],
      }),
    },
  });
  const keysIn = ({ upstreams }: typeof gate) =>
    Object.fromEntries(
      upstreams.map(({ credential, name }) => [
        name,
        credential && "kmsKey" in credential.secret
          ? credential.secret.kmsKey
          : undefined,
      ]),
    );
  const see = async (replies: Parameters<typeof fakeAws>[0], given = gate) => {
    // The gate is in account 999999999999, the secret in another.
    const { aws } = fakeAws(replies);
    return (await lookAtSecrets(aws, given, "999999999999")).gate;
  };
  const id = "01234567-89ab-cdef-0123-456789abcdef";
  const kms = (region: string, account: string, resource: string) =>
    `arn:aws:kms:${region}:${account}:${resource}`;

  test.each([
    ["by its id", id, `key/${id}`],
    ["of several regions", "mrk-0123456789ab", "key/mrk-0123456789ab"],
    ["by an alias", "alias/team/ai", "alias/team/ai"],
  ])("%s is of the secret's region and account", async (_, key, resource) => {
    expect(keysIn(await see(answers(key, key)))).toEqual({
      anthropic: kms("eu-west-1", "999999999999", resource),
      openai: kms("us-east-1", "111122223333", resource),
      plain: undefined,
    });
  });

  test.each([`key/${id}`, "alias/ai"])("by ARN stays: %s", async (resource) => {
    const arn = kms("us-east-1", "222233334444", resource);
    expect(keysIn(await see(answers(arn, arn)))["openai"]).toBe(arn);
  });

  test.each([
    [undefined, undefined],
    ["alias/aws/secretsmanager", "alias/aws/ssm"],
    [
      kms("us-east-1", "111122223333", "alias/aws/secretsmanager"),
      kms("eu-west-1", "999999999999", "alias/aws/ssm"),
    ],
  ])("%s is AWS's own", async (ofSecret, ofParameter) => {
    const seen = await see(answers(ofSecret, ofParameter));
    expect(keysIn(seen)).toEqual({
      anthropic: null,
      openai: null,
      plain: undefined,
    });
    expect(kmsKeysOf(seen)).toBeUndefined();
    expect((await keepKmsKeys(seen, {})).warnings).toEqual([]);
  });

  test.each([
    "*",
    "key/*",
    "arn:aws:kms:*:*:key/*",
    "a\u0000b",
    "arn:aws:s3:::x",
  ])("%j is none, whatever answers so", async (key) => {
    expect(keysIn(await see(answers(key, key)))).toEqual({});
  });

  test("that the config names is not replaced", async () => {
    const named = kms("eu-west-1", "111122223333", "key/named");
    const upstreams = gate.upstreams.map((upstream): Upstream => {
      const { credential } = upstream;
      if (!("url" in upstream) || credential?.secret.store !== "ssm")
        return upstream;
      const secret = { ...credential.secret, kmsKey: named };
      return { ...upstream, credential: { ...credential, secret } };
    });
    const seen = await see(answers(id, id), { ...gate, upstreams });
    expect(keysIn(seen)["anthropic"]).toBe(named);
  });

  describe("in a run that may not look", () => {
    const refused = { status: 400, errorCode: "AccessDeniedException" };
    const unseen = () => see({ [secret]: refused, [parameter]: refused });

    test("is the one of the last up, so that nothing changes", async () => {
      const last = await see(answers(id, "alias/ai"));
      const stored = kmsKeysOf(last);
      expect(stored).toEqual({
        "/ai/anthropic": kms("eu-west-1", "999999999999", "alias/ai"),
        [arn]: kms("us-east-1", "111122223333", `key/${id}`),
      });
      const kept = await keepKmsKeys(await unseen(), stored);
      expect(kept.gate).toEqual(last);
      expect(kept.warnings).toMatchObject([
        {
          where: "upstream anthropic",
          message: expect.stringContaining("the one of the last up is kept"),
        },
        { where: "upstream openai" },
      ]);
      expect((await keepKmsKeys(last, stored)).warnings).toEqual([]);
    });

    test.each([undefined, null, {}, { [arn]: "*" }, { [arn]: 1 }, [], "x"])(
      "is AWS's own where the last up left %j, and that is said",
      async (stored) => {
        const kept = await keepKmsKeys(await unseen(), stored);
        expect(kept.gate).toEqual(gate);
        expect(kept.warnings).toEqual([
          {
            where: "upstream anthropic",
            message:
              "the KMS key of its secret could not be looked up, so the authorizer may decrypt with AWS's own key only: allow ssm:DescribeParameters, or name a key of your own with `kms-key`",
          },
          {
            where: "upstream openai",
            message:
              "the KMS key of its secret could not be looked up, so the authorizer may decrypt with AWS's own key only: allow secretsmanager:DescribeSecret, or name a key of your own with `kms-key`",
          },
        ]);
      },
    );
  });

  test("is asked of no store for keys of Bedrock", async () => {
    const bedrock = gateOf(
      sourceOf(
        fewInputs,
        `upstreams: { a: { kind: bedrock, models: [amazon.nova-pro-v1:0] } }
routes: [{ path: /a, upstream: a }]
consumers: [{ id: ci, token: { env: TEAM_A_TOKEN } }]
`,
      ),
    );
    const { aws, asked } = fakeAws();
    const seen = await lookAtSecrets(aws, bedrock, "111122223333");
    expect(seen).toEqual({ gate: bedrock, problems: [] });
    expect(asked).toEqual([]);
    expect(await keepKmsKeys(bedrock, {})).toEqual({
      gate: bedrock,
      warnings: [],
    });
  });
});

describe("the authorizer's cache", () => {
  const flush = "apigateway DELETE /restapis/abc/stages/v1/cache/authorizers";

  test.each([
    [202, true],
    [403, false],
    [404, false],
  ])("answered %s", async (status, flushed) => {
    const { aws, asked } = fakeAws({ [flush]: { status } });
    expect(await flushAuthorizerCache(aws, gate, "abc")).toBe(flushed);
    expect(asked).toEqual([flush]);
  });
});

test("a function of another account is named, since only that account could permit the calls", () => {
  const functionArn = "arn:aws:lambda:eu-west-1:111122223333:function:tool";
  const tool = { name: "tool", kind: "lambda", functionArn } as const;
  const given = {
    ...gate,
    upstreams: [...gate.upstreams, { ...tool, tokenHeaders: ["x"] }],
  };
  expect(findForeignFunctions(given, "111122223333")).toEqual([]);
  expect(findForeignFunctions(given, "444455556666")).toEqual([
    {
      where: "upstream tool",
      message: `the function ${functionArn} is not of the gate's account: use one of 444455556666, which may call the other`,
    },
  ]);
});

test("a boundary must be of the gate's account, or AWS's own", () => {
  const withBoundary = (owner: string) => ({
    ...gate,
    permissionsBoundary: `arn:aws:iam::${owner}:policy/b`,
  });
  for (const one of [gate, withBoundary("aws"), withBoundary("111122223333")])
    expect(findForeignBoundary(one, "111122223333")).toEqual([]);
  expect(
    findForeignBoundary(withBoundary("444455556666"), "111122223333"),
  ).toEqual([
    {
      where: "permissions-boundary",
      message:
        "the policy arn:aws:iam::444455556666:policy/b is not of the gate's account: use one of 111122223333",
    },
  ]);
});
