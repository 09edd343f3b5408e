import { flushAuthorizerCache } from "../../../src/deploy/deployed-gate.ts";
import {
  findForeignFunctions,
  findMissingSecrets,
} from "../../../src/deploy/preflight.ts";
import {
  fewInputs,
  gateOf,
  secretArn,
  sourceOf,
} from "../../fixtures/sources.ts";
import { fakeAws } from "../../fixtures/fake-aws.ts";

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

const secret = "secretsmanager DescribeSecret";
const parameter = "ssm DescribeParameters";
const there = { body: '{"Parameters":[{"Name":"/ai/anthropic"}]}' };

test("secrets that are there are no problem, and their values are not read", async () => {
  const { aws, asked, requests } = fakeAws({ [parameter]: there });
  expect(await findMissingSecrets(aws, gate)).toEqual([]);
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
  expect(await findMissingSecrets(aws, gate)).toEqual([
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
  expect(await findMissingSecrets(aws, gate)).toHaveLength(1);
});

test.each(["AccessDeniedException", "ThrottlingException"])(
  "%s when looking is no problem",
  async (errorCode) => {
    const refused = { status: 400, errorCode };
    const { aws } = fakeAws({ [secret]: refused, [parameter]: refused });
    expect(await findMissingSecrets(aws, gate)).toEqual([]);
  },
);

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
