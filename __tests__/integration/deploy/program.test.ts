// The ledger of resources the program registers, run against Pulumi's mocks: types, names, inputs and order.
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import type { HttpUpstream } from "../../../src/gate/gate.ts";
import type { ProgramParameters } from "../../../src/deploy/program/parameters.ts";
import { customGate, gate, run } from "../../fixtures/program-run.ts";

test("registers exactly the nine resources of a gate", async () => {
  const { registered } = await run();
  expect(registered).toEqual([
    "aws:apigateway/deployment:Deployment snapshot",
    "aws:apigateway/methodSettings:MethodSettings throttle",
    "aws:apigateway/restApi:RestApi gate",
    "aws:apigateway/stage:Stage stage",
    "aws:cloudwatch/logGroup:LogGroup authorizer-logs",
    "aws:iam/role:Role authorizer-role",
    "aws:iam/rolePolicy:RolePolicy authorizer-policy",
    "aws:lambda/function:Function authorizer",
    "aws:lambda/permission:Permission authorizer-permission",
  ]);
});

test("the document, with the authorizer's URI in it, is the body of a REGIONAL API that refuses what it does not know", async () => {
  const { of } = await run();
  const { body, ...rest } = of("gate") as { body: string };
  expect(JSON.parse(body)).toMatchObject({
    info: { title: "ai-gate-prod-12345678" },
    paths: { "/chat": {} },
    components: {
      securitySchemes: {
        gate: {
          "x-amazon-apigateway-authorizer": {
            authorizerUri: expect.stringContaining(":function:authorizer/"),
          },
        },
      },
    },
  });
  expect(rest).toMatchObject({
    endpointConfiguration: { types: "REGIONAL" },
    putRestApiMode: "overwrite",
    failOnWarnings: true,
  });
});

test("API Gateway may invoke the authorizer of this API and nothing else may", async () => {
  const { of } = await run();
  expect(of("authorizer-permission")).toMatchObject({
    action: "lambda:InvokeFunction",
    principal: "apigateway.amazonaws.com",
    sourceArn: "arn:execution/authorizers/*",
  });
});

test("the deployment's trigger changes with the document and only with it", async () => {
  const trigger = async (changes: Partial<ProgramParameters>) =>
    (await run(changes)).of("snapshot")?.triggers as unknown;
  const first = await trigger({});
  expect(await trigger({ tags: { team: "other" } })).toEqual(first);
  const routes = gate.routes.map((route) => ({ ...route, path: "/other" }));
  expect(await trigger({ gate: { ...gate, routes } })).not.toEqual(first);
});

test("a function's code is put there again when its trigger is another, and only then is there one", async () => {
  const hashOf = async (codeTriggers: ProgramParameters["codeTriggers"]) =>
    (await run({ codeTriggers })).of("authorizer")?.sourceCodeHash as unknown;
  expect(await hashOf({})).toBeUndefined();
  expect(await hashOf({ authorizer: "again" })).toBe("again");
  expect(await hashOf({ custom: "again" })).toBeUndefined();
});

test("the log group carries Lambda's name for it and an end", async () => {
  const { of } = await run();
  expect(of("authorizer-logs")).toMatchObject({
    name: `/aws/lambda/${String(of("authorizer")?.name)}`,
    retentionInDays: 30,
  });
  expect(of("authorizer-policy")?.policy).toContain(
    '"Resource":["arn:aws:cloudwatch/logGroup:LogGroup:authorizer-logs:*"]',
  );
});

test("the built-in authorizer is two files on arm64; no environment variable can hold a secret", async () => {
  const { of } = await run();
  const { code, ...rest } = of("authorizer") as {
    code: { assets: Promise<Record<string, { path: Promise<string> }>> };
  };
  const files = await code.assets;
  expect(Object.keys(files)).toEqual(["index.mjs", "settings.json"]);
  // Their text is not in the state.
  expect(await files["index.mjs"]?.path).toBe("/dist/authorizer/index.mjs");
  const file = await files["settings.json"]?.path;
  const settings = readFileSync(file ?? "", "utf8");
  expect(JSON.parse(settings)).toMatchObject({
    gate: gate.id,
    routes: [{ path: "/chat" }],
    proof: { publicKey: { x: "A".repeat(43) } },
  });
  expect(settings).not.toContain("PRIVATE");
  expect(rest).toEqual({
    name: "ai-gate-prod-12345678-authorizer",
    role: "arn:aws:iam/role:Role:authorizer-role",
    tags: { team: "ml" },
    runtime: "nodejs24.x",
    handler: "index.handler",
    architectures: ["arm64"],
    memorySize: 256,
    timeout: 5,
    tracingConfig: { mode: "PassThrough" },
  });
});

test("the user's own directory is deployed as it is, with their runtime and handler", async () => {
  const { registered, of } = await run({ gate: customGate });
  expect(registered).toHaveLength(9);
  const { code, ...rest } = of("authorizer") as {
    code: { path: Promise<string> };
  };
  expect(await code.path).toBe("./authorizer");
  expect(rest).toMatchObject({
    runtime: "python3.13",
    handler: "authorizer.handler",
    architectures: ["x86_64"],
    timeout: 10,
  });
});

test("the proof's private key is a secret output, and absent without a proof", async () => {
  const { outputs } = await run();
  expect(await pulumi.isSecret(outputs.proofKey!)).toBe(true);
  expect((await run({ proofKey: undefined })).outputs).not.toHaveProperty(
    "proofKey",
  );
});

describe("KMS keys of your own", () => {
  const kmsKey = "arn:aws:kms:eu-west-1:111122223333:key/a";
  const upstream = gate.upstreams[0] as HttpUpstream;
  const withKey = (key: string | null) => ({
    gate: {
      ...gate,
      upstreams: [
        {
          ...upstream,
          credential: {
            header: "Authorization",
            prefix: "Bearer ",
            secret: { store: "ssm" as const, name: "/ai/key", kmsKey: key },
          },
        },
      ],
    },
  });

  test("are in the role's policy, and in an output for a run that may not look them up", async () => {
    const { of, outputs } = await run(withKey(kmsKey));
    expect(of("authorizer-policy")?.policy).toContain(
      `"Resource":["${kmsKey}"]`,
    );
    expect(outputs.kmsKeys).toEqual({ "/ai/key": kmsKey });
  });

  test("are in neither where the secret has AWS's own", async () => {
    const { of, outputs } = await run(withKey(null));
    expect(of("authorizer-policy")?.policy).not.toContain("kms");
    expect(outputs).not.toHaveProperty("kmsKeys");
  });
});

test("keys of Bedrock need a role that may call the models, and no secret", async () => {
  const upstream = gate.upstreams[0] as HttpUpstream;
  const { of, registered } = await run({
    gate: {
      ...gate,
      upstreams: [
        {
          ...upstream,
          kind: "bedrock",
          credential: {
            header: "Authorization",
            prefix: "Bearer ",
            secret: {
              store: "bedrock",
              region: "us-east-1",
              models: ["amazon.nova-pro-v1:0"],
            },
          },
        },
      ],
    },
  });
  const { Statement } = JSON.parse(
    (of("authorizer-policy") as { policy: string }).policy,
  ) as { Statement: { Sid: string }[] };
  expect(Statement.map(({ Sid }) => Sid)).toEqual([
    "WriteOwnLog",
    "UseBedrockKeys",
    "CallModels",
  ]);
  expect(registered).toHaveLength(9);
});
