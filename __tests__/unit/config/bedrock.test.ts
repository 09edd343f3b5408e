// Amazon Bedrock as an upstream: its URL by region, the models that its keys may call, and what is refused.
import type { HttpUpstream } from "../../../src/gate/gate.ts";
import type { SimpleInputs } from "../../../src/config/gate-source.ts";
import {
  fewInputs,
  gateOf,
  printedProblems,
  problemsOf,
  sourceOf,
  token,
} from "../../fixtures/sources.ts";

const inputs = { ...fewInputs, tokens: `ci=${token}` };
const claude = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const nova = "amazon.nova-pro-v1:0";
const ownProfile =
  "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc123def456";

const source = (upstream: string, more = "", given: SimpleInputs = inputs) =>
  sourceOf(
    given,
    `${more}
upstreams: { a: { kind: bedrock, ${upstream} } }
routes: [{ path: "/a/{proxy+}", upstream: a }]`,
  );
const upstreamOf = (upstream: string, given?: SimpleInputs) =>
  gateOf(source(upstream, "", given)).upstreams[0] as HttpUpstream;
const key = { header: "Authorization", prefix: "Bearer " };

test("a minted key is for its region and models, sorted, and for its host alone", () => {
  expect(
    upstreamOf(`region: us-east-1, models: ["${claude}", ${nova}]`),
  ).toEqual({
    name: "a",
    kind: "bedrock",
    url: "https://bedrock-runtime.us-east-1.amazonaws.com",
    tokenHeaders: ["Authorization"],
    headers: {},
    query: {},
    credential: {
      ...key,
      secret: {
        store: "bedrock",
        region: "us-east-1",
        models: [nova, claude],
      },
    },
  });
});

test("without a region it is the gate's", () => {
  expect(upstreamOf(`models: [${nova}]`)).toMatchObject({
    url: "https://bedrock-runtime.eu-west-1.amazonaws.com",
    credential: { secret: { region: "eu-west-1" } },
  });
});

test("GovCloud has the same host name", () => {
  expect(
    upstreamOf(`models: [us-gov.anthropic.claude-3-7-sonnet-20250219-v1:0]`, {
      ...inputs,
      region: "us-gov-west-1",
    }).url,
  ).toBe("https://bedrock-runtime.us-gov-west-1.amazonaws.com");
});

test("a key from a secret needs no models", () => {
  expect(
    upstreamOf('region: us-east-1, secret: "ssm:/ai/bedrock"'),
  ).toMatchObject({
    url: "https://bedrock-runtime.us-east-1.amazonaws.com",
    credential: { ...key, secret: { store: "ssm", name: "/ai/bedrock" } },
  });
});

test("a URL may name a path of the region's host", () => {
  const url = "https://bedrock-runtime.us-east-1.amazonaws.com/openai/v1";
  expect(
    upstreamOf(`region: us-east-1, models: [${nova}], url: "${url}"`).url,
  ).toBe(url);
});

test.each([
  "openai.gpt-oss-120b-1:0",
  "amazon.nova-micro-v1:0:24k",
  "global.openai.gpt-5.6",
  "apac.amazon.nova-micro-v1:0",
  ownProfile,
  ownProfile.replace("application-inference-profile", "imported-model"),
  ownProfile.replace("application-inference-profile", "provisioned-model"),
])("the model %s may be named", (model) => {
  expect(upstreamOf(`region: us-east-1, models: ["${model}"]`)).toBeDefined();
});

test("two upstreams of a region have the same models, in whatever order", () => {
  const gate = gateOf(
    sourceOf(
      inputs,
      `
upstreams:
  a: { kind: bedrock, models: [${nova}, "${claude}"] }
  b: { kind: bedrock, models: ["${claude}", ${nova}], url: "https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1" }
  c: { kind: bedrock, models: [openai.gpt-oss-120b-1:0], region: us-east-1 }
  d: { kind: bedrock, secret: "ssm:/ai/bedrock" }
routes: [{ path: /a, upstream: a }, { path: /b, upstream: b }, { path: /c, upstream: c }, { path: /d, upstream: d }]`,
    ),
  );
  expect(gate.upstreams).toHaveLength(4);
});

const many = Array.from({ length: 21 }, (_, n) => `amazon.nova-${n}`).join();

test.each([
  ["no models", "region: us-east-1"],
  ["an empty list of models", "models: []"],
  ["every model", 'models: ["*"]'],
  ["every model of a provider", 'models: ["anthropic.*"]'],
  ["a model without a provider", "models: [claude-sonnet-4-5]"],
  ["a placeholder", 'models: ["${aws:PrincipalTag/x}.y"]'],
  ["a model twice", `models: [${nova}, ${nova}]`],
  ["too many models", `models: [${many}]`],
  ["a number", "models: [1]"],
  [
    "a profile by its ARN",
    `models: ["arn:aws:bedrock:eu-west-1:111122223333:inference-profile/${claude}"]`,
  ],
  [
    "a model by its ARN",
    `models: ["arn:aws:bedrock:eu-west-1::foundation-model/${nova}"]`,
  ],
  ["a profile of its own elsewhere", `models: ["${ownProfile}"]`],
  [
    "a prompt router",
    'models: ["arn:aws:bedrock:eu-west-1:111122223333:prompt-router/abc123def456"]',
  ],
  ["a profile with a star", `models: ["${ownProfile.slice(0, -3)}*"]`],
  ["no region", `region: us-east, models: [${nova}]`],
  ["a host for a region", `region: evil.example.com/, models: [${nova}]`],
  ["a region in China", `region: cn-north-1, models: [${nova}]`],
  ["a region in GovCloud", `region: us-gov-west-1, models: [${nova}]`],
  ["another host", `models: [${nova}], url: "https://evil.example.com"`],
  [
    "a host that begins alike",
    `models: [${nova}], url: "https://bedrock-runtime.eu-west-1.amazonaws.com.example.com"`,
  ],
  [
    "the host of another region",
    `models: [${nova}], url: "https://bedrock-runtime.us-east-1.amazonaws.com"`,
  ],
  [
    "another port",
    `models: [${nova}], url: "https://bedrock-runtime.eu-west-1.amazonaws.com:8443"`,
  ],
  ["models of a key from a secret", `models: [${nova}], secret: "ssm:/k"`],
  ["a header without a secret", `models: [${nova}], header: x-api-key`],
  [
    "a KMS key without a secret",
    `models: [${nova}], kms-key: "arn:aws:kms:eu-west-1:111122223333:key/a"`,
  ],
])("%s is refused with one problem", (_, upstream) => {
  const problems = problemsOf(source(upstream));
  expect(problems).toHaveLength(1);
  expect(printedProblems(problems)).toMatchSnapshot();
});

test("the region is of the gate's partition, also in China", () => {
  const problems = problemsOf(
    source(`models: [${nova}]`, "", { ...inputs, region: "cn-north-1" }),
  );
  expect(printedProblems(problems)).toMatchSnapshot();
});

test("two lists for one region are refused: a key of the role would open both", () => {
  const text = `
upstreams:
  cheap: { kind: bedrock, models: [${nova}] }
  dear: { kind: bedrock, models: ["${claude}"] }
routes: [{ path: "/cheap/{proxy+}", upstream: cheap }, { path: "/dear/{proxy+}", upstream: dear }]`;
  expect(printedProblems(problemsOf(sourceOf(inputs, text)))).toMatchSnapshot();
});

test("an answer is not cached for longer than its key surely lives", () => {
  const at = (seconds: number) =>
    problemsOf(source(`models: [${nova}]`, `auth: { cache-ttl: ${seconds} }`));
  expect(at(900)).toEqual([]);
  expect(printedProblems(at(901))).toMatchSnapshot();
  expect(
    problemsOf(source('secret: "ssm:/k"', "auth: { cache-ttl: 3600 }")),
  ).toEqual([]);
});

describe("allowed-secrets", () => {
  const problemsWith = (allowed: string) =>
    problemsOf(
      source(`region: us-east-1, models: [${nova}]`, "", {
        ...inputs,
        "allowed-secrets": allowed,
      }),
    );

  test.each(["bedrock:us-east-1", "bedrock:", "ssm:/ai/, bedrock:us-"])(
    "%s allows keys of us-east-1",
    (allowed) => {
      expect(problemsWith(allowed)).toEqual([]);
    },
  );

  test.each(["ssm:/", "bedrock:us-east-2", "bedrock:us-east", "ssm:/bedrock:"])(
    "%s does not",
    (allowed) => {
      const problems = problemsWith(allowed);
      expect(problems).not.toEqual([]);
      expect(printedProblems(problems)).toMatchSnapshot();
    },
  );
});

test("models and region are not for other kinds", () => {
  const text = `
upstreams: { a: { kind: openai, region: us-east-1, models: [gpt-5], secret: "ssm:/k" } }
routes: [{ path: /a, upstream: a }]`;
  expect(printedProblems(problemsOf(sourceOf(inputs, text)))).toMatchSnapshot();
});

describe("a KMS key", () => {
  const arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:openai";
  const problemsWith = (secret: string, kmsKey: string) =>
    problemsOf(
      sourceOf(
        inputs,
        `
upstreams: { a: { kind: openai, secret: "${secret}", kms-key: "${kmsKey}" } }
routes: [{ path: /a, upstream: a }]`,
      ),
    );
  const kms = (region: string, resource: string) =>
    `arn:aws:kms:${region}:999999999999:${resource}`;

  test.each([
    [arn, kms("us-east-1", "key/mrk-0123456789abcdef")],
    ["ssm:/k", kms("eu-west-1", "key/01234567-89ab-cdef-0123-456789abcdef")],
  ])("of %s is named by its ARN", (secret, kmsKey) => {
    expect(problemsWith(secret, kmsKey)).toEqual([]);
  });

  test.each([
    [arn, kms("eu-west-1", "key/a")],
    ["ssm:/k", kms("us-east-1", "key/a")],
    ["ssm:/k", kms("eu-west-1", "key/a").replace("aws", "aws-cn")],
    ["ssm:/k", kms("eu-west-1", "alias/a")],
    ["ssm:/k", kms("eu-west-1", "key/*")],
    ["ssm:/k", "*"],
    ["ssm:/k", "01234567-89ab-cdef-0123-456789abcdef"],
  ])("of %s is not %s", (secret, kmsKey) => {
    const problems = problemsWith(secret, kmsKey);
    expect(problems).toHaveLength(1);
    expect(printedProblems(problems)).toMatchSnapshot();
  });
});

describe("what one role may have", () => {
  const problemsWith = (secrets: number) => {
    const names = Array.from({ length: secrets }, (_, n) => `u${n}`);
    const arn = (name: string) =>
      `arn:aws:secretsmanager:eu-west-1:111122223333:secret:ai/${name}/openai-api-key-AbCdEf`;
    return problemsOf(
      sourceOf(
        inputs,
        `
upstreams:
${names.map((name) => `  ${name}: { kind: openai, secret: "${arn(name)}" }`).join("\n")}
routes:
${names.map((name) => `  - { path: /${name}, upstream: ${name} }`).join("\n")}`,
      ),
    );
  };

  test("is as long as IAM takes", () => {
    expect(problemsWith(40)).toEqual([]);
    expect(printedProblems(problemsWith(60))).toMatchSnapshot();
  });

  test("fits the most models of one region, not of two", () => {
    const models = JSON.stringify(
      Array.from(
        { length: 20 },
        (_, n) => `us.anthropic.claude-sonnet-4-5-2025${n}-v1:0`,
      ),
    );
    const of = (...regions: string[]) =>
      problemsOf(
        sourceOf(
          inputs,
          `
upstreams:
${regions.map((region) => `  ${region}: { kind: bedrock, region: ${region}, models: ${models} }`).join("\n")}
routes:
${regions.map((region) => `  - { path: /${region}, upstream: ${region} }`).join("\n")}`,
        ),
      );
    expect(of("us-east-1")).toEqual([]);
    expect(of("us-east-1", "us-west-2")).toMatchObject([
      { where: "upstreams" },
    ]);
  });
});
