import {
  buildLogPolicy,
  buildPolicy,
  buildTrustPolicy,
} from "../../../src/gate/iam-policies.ts";
import {
  fewInputs,
  fullConfig,
  gateOf,
  goodInputs,
  secretArn,
  sourceOf,
  token,
} from "../../fixtures/sources.ts";

const logs =
  "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/x-authorizer";
const ownLog = {
  Sid: "WriteOwnLog",
  Effect: "Allow",
  Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
  Resource: [`${logs}:*`],
};

test("only Lambda may take the role", () => {
  expect(buildTrustPolicy()).toEqual({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: "lambda.amazonaws.com" },
        Action: "sts:AssumeRole",
      },
    ],
  });
});

test("the role may read exactly the secrets the gate refers to", () => {
  const gate = gateOf(sourceOf(fewInputs, fullConfig));
  expect(buildPolicy(gate, logs).Statement).toEqual([
    ownLog,
    {
      Sid: "ReadSecrets",
      Effect: "Allow",
      Action: "secretsmanager:GetSecretValue",
      Resource: [secretArn, `${secretArn}-??????`],
    },
    {
      Sid: "ReadParameters",
      Effect: "Allow",
      Action: "ssm:GetParameter",
      Resource: ["arn:aws:ssm:eu-west-1:111122223333:parameter/ai/anthropic"],
    },
  ]);
});

test("without secrets it may only write its log", () => {
  const gate = gateOf(
    sourceOf({ ...goodInputs, "upstream-secret": undefined }),
  );
  expect(buildPolicy(gate, logs).Statement).toEqual([ownLog]);
});

test("it may look up tokens in the one table, and ask the one authorizer", () => {
  const gate = gateOf(
    sourceOf({ ...goodInputs, "upstream-secret": undefined }),
  );
  expect(buildPolicy(gate, logs, { table: "x-tokens" }).Statement).toEqual([
    ownLog,
    {
      Sid: "LookUpTokens",
      Effect: "Allow",
      Action: "dynamodb:GetItem",
      Resource: ["arn:aws:dynamodb:eu-west-1:111122223333:table/x-tokens"],
    },
  ]);
  expect(
    buildPolicy(gate, logs, { customFunction: "x-own" }).Statement,
  ).toEqual([
    ownLog,
    {
      Sid: "AskOwnAuthorizer",
      Effect: "Allow",
      Action: "lambda:InvokeFunction",
      Resource: ["arn:aws:lambda:eu-west-1:111122223333:function:x-own"],
    },
  ]);
});

test("the user's own authorizer behind the gate's may only write its log", () => {
  expect(buildLogPolicy({}, logs).Statement).toEqual([ownLog]);
});

test("traces may be written where the gate traces, and only there", () => {
  const gate = gateOf(
    sourceOf({ ...goodInputs, "upstream-secret": undefined }),
  );
  const writeTraces = {
    Sid: "WriteTraces",
    Effect: "Allow",
    Action: ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
    Resource: ["*"],
  };
  const traced = { ...gate, tracing: true as const };
  expect(buildPolicy(traced, logs).Statement).toEqual([ownLog, writeTraces]);
  expect(buildLogPolicy(traced, logs).Statement).toEqual([ownLog, writeTraces]);
});

const withUpstreams = (text: string) =>
  gateOf(
    sourceOf(
      { ...fewInputs, tokens: `ci=${token}` },
      `
upstreams:
${text}
routes:
${[...text.matchAll(/^ {2}(\w+):/gm)].map(([, name]) => `  - { path: /${name}, upstream: ${name} }`).join("\n")}
`,
    ),
  );
const invoke = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"];
const useKeys = {
  Sid: "UseBedrockKeys",
  Effect: "Allow",
  Action: "bedrock:CallWithBearerToken",
  Condition: { StringEquals: { "bedrock:BearerTokenType": "SHORT_TERM" } },
  Resource: ["*"],
};
const own = (region: string) => `arn:aws:bedrock:${region}:111122223333:`;

describe("keys of Bedrock", () => {
  test("may call the named models in their region, and nothing else", () => {
    const gate = withUpstreams(
      "  a: { kind: bedrock, region: us-east-1, models: [amazon.nova-pro-v1:0, openai.gpt-oss-120b-1:0] }",
    );
    expect(buildPolicy(gate, logs).Statement).toEqual([
      ownLog,
      useKeys,
      {
        Sid: "CallModels",
        Effect: "Allow",
        Action: invoke,
        Resource: [
          "arn:aws:bedrock:us-east-1:111122223333:project/default",
          "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0",
          "arn:aws:bedrock:us-east-1::foundation-model/openai.gpt-oss-120b-1:0",
        ],
      },
    ]);
  });

  test("may call models of a profile in any region, but only through the profile", () => {
    const gate = withUpstreams(
      '  a: { kind: bedrock, region: us-east-1, models: ["us.anthropic.claude-x-v1:0", global.openai.gpt-5.6] }',
    );
    const profiles = [
      `${own("us-east-1")}inference-profile/global.openai.gpt-5.6`,
      `${own("us-east-1")}inference-profile/us.anthropic.claude-x-v1:0`,
    ];
    expect(buildPolicy(gate, logs).Statement).toEqual([
      ownLog,
      useKeys,
      {
        Sid: "CallModels",
        Effect: "Allow",
        Action: invoke,
        Resource: [...profiles, `${own("us-east-1")}project/default`],
      },
      {
        Sid: "CallModelsOfProfiles",
        Effect: "Allow",
        Action: invoke,
        Condition: {
          StringEquals: { "bedrock:InferenceProfileArn": profiles },
        },
        Resource: [
          "arn:aws:bedrock:*::foundation-model/anthropic.claude-x-v1:0",
          "arn:aws:bedrock:*::foundation-model/openai.gpt-5.6",
          "arn:aws:bedrock:::foundation-model/openai.gpt-5.6",
        ],
      },
    ]);
  });

  test("may call what is named by its ARN, and any model only through a profile that is", () => {
    const [profile, imported] = [
      `${own("eu-west-1")}application-inference-profile/abc123`,
      `${own("eu-west-1")}imported-model/def456`,
    ];
    const gate = withUpstreams(
      `  a: { kind: bedrock, models: ["${profile}", "${imported}"] }`,
    );
    expect(buildPolicy(gate, logs).Statement.slice(2)).toEqual([
      {
        Sid: "CallModels",
        Effect: "Allow",
        Action: invoke,
        Resource: [profile, imported, `${own("eu-west-1")}project/default`],
      },
      {
        Sid: "CallModelsOfOwnProfiles",
        Effect: "Allow",
        Action: invoke,
        Condition: {
          StringEquals: { "bedrock:InferenceProfileArn": [profile] },
        },
        Resource: ["arn:aws:bedrock:*::foundation-model/*"],
      },
    ]);
  });

  test("of several regions are each for the models there, in GovCloud in its partition", () => {
    const gate = withUpstreams(
      `  a: { kind: bedrock, models: ["eu.amazon.nova-pro-v1:0"] }
  b: { kind: bedrock, models: ["us.amazon.nova-pro-v1:0"], region: us-east-1 }
  c: { kind: bedrock, models: ["eu.amazon.nova-pro-v1:0"] }
  d: { kind: bedrock, secret: "ssm:/ai/bedrock" }`,
    );
    const statements = buildPolicy(gate, logs).Statement;
    expect(statements.map(({ Sid }) => Sid)).toEqual([
      "WriteOwnLog",
      "ReadParameters",
      "UseBedrockKeys",
      "CallModels",
      "CallModelsOfProfiles",
      "CallModelsOfProfiles2",
    ]);
    const inGovCloud = gateOf(
      sourceOf(
        { ...fewInputs, region: "us-gov-west-1", tokens: `ci=${token}` },
        `
upstreams: { a: { kind: bedrock, models: [us-gov.anthropic.claude-x-v1:0] } }
routes: [{ path: /a, upstream: a }]`,
      ),
    );
    const there = logs
      .replace("aws", "aws-us-gov")
      .replace("eu-west-1", "us-gov-west-1");
    expect(buildPolicy(inGovCloud, there).Statement.slice(2)).toMatchObject([
      {
        Resource: [
          "arn:aws-us-gov:bedrock:us-gov-west-1:111122223333:inference-profile/us-gov.anthropic.claude-x-v1:0",
          "arn:aws-us-gov:bedrock:us-gov-west-1:111122223333:project/default",
        ],
      },
      {
        Resource: [
          "arn:aws-us-gov:bedrock:*::foundation-model/anthropic.claude-x-v1:0",
        ],
      },
    ]);
  });
});

describe("a KMS key of your own", () => {
  const key = (region: string, id = "a", account = "111122223333") =>
    `arn:aws:kms:${region}:${account}:key/${id}`;
  const foreign =
    "arn:aws:secretsmanager:us-east-1:999999999999:secret:shared-AbCdEf";

  /** The statements of a gate whose secrets have these keys. */
  const statementsFor = (
    ...keys: readonly (readonly [secret: string, kmsKey: string | null])[]
  ) => {
    const gate = withUpstreams(
      keys
        .map(
          ([secret], at) => `  u${at}: { kind: openai, secret: "${secret}" }`,
        )
        .join("\n"),
    );
    const upstreams = gate.upstreams.map((upstream, at) => {
      const { credential } = upstream;
      if (!credential || credential.secret.store === "bedrock") return upstream;
      const secret = { ...credential.secret, kmsKey: keys[at]![1] };
      return { ...upstream, credential: { ...credential, secret } };
    });
    return buildPolicy({ upstreams }, logs).Statement.filter(
      ({ Action }) => Action === "kms:Decrypt",
    );
  };

  test("may be used through the secret's service in its region only", () => {
    expect(
      statementsFor(
        [secretArn, key("eu-west-1")],
        [foreign, key("us-east-1", "b", "999999999999")],
        ["ssm:/k", key("eu-west-1", "c")],
      ),
    ).toEqual([
      {
        Sid: "DecryptSecrets",
        Effect: "Allow",
        Action: "kms:Decrypt",
        Condition: {
          StringEquals: {
            "kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com",
          },
        },
        Resource: [key("eu-west-1")],
      },
      {
        Sid: "DecryptSecrets2",
        Effect: "Allow",
        Action: "kms:Decrypt",
        Condition: {
          StringEquals: {
            "kms:ViaService": "secretsmanager.us-east-1.amazonaws.com",
          },
        },
        Resource: [key("us-east-1", "b", "999999999999")],
      },
      {
        Sid: "DecryptParameters",
        Effect: "Allow",
        Action: "kms:Decrypt",
        Condition: {
          StringEquals: { "kms:ViaService": "ssm.eu-west-1.amazonaws.com" },
        },
        Resource: [key("eu-west-1", "c")],
      },
    ]);
  });

  test("of an alias is any of its account that has the alias", () => {
    const alias = "arn:aws:kms:eu-west-1:111122223333:alias/team/ai";
    expect(statementsFor([secretArn, alias])).toEqual([
      {
        Sid: "DecryptSecrets",
        Effect: "Allow",
        Action: "kms:Decrypt",
        Condition: {
          StringEquals: {
            "kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com",
          },
          "ForAnyValue:StringEquals": {
            "kms:ResourceAliases": "alias/team/ai",
          },
        },
        Resource: ["arn:aws:kms:eu-west-1:111122223333:key/*"],
      },
    ]);
  });

  test("of several secrets is named once, and AWS's own never", () => {
    expect(
      statementsFor(
        ["ssm:/k", key("eu-west-1")],
        ["ssm:/l", key("eu-west-1")],
        ["ssm:/m", null],
      ),
    ).toMatchObject([{ Resource: [key("eu-west-1")] }]);
  });
});
