// The ledger of resources the program registers, run against Pulumi's mocks: types, names, inputs and order.
import * as pulumi from "@pulumi/pulumi";
import type { MockResourceArgs } from "@pulumi/pulumi/runtime";
import {
  createProgram,
  type AuthorizerCode,
  type ProgramParameters,
} from "../../src/cloud/program.ts";
import { defaults } from "../../src/gate/defaults.ts";
import type { Gate } from "../../src/gate/gate.ts";

const gate: Gate = {
  id: "ai-gate.acme.app/prod",
  stack: "prod",
  region: "eu-west-1",
  stageName: "v1",
  tokenHeader: "Authorization",
  auth: { mode: "token", cacheTtl: 60 },
  upstreams: [{ name: "main", url: "https://api.example.com", headers: {} }],
  routes: [
    {
      path: "/chat",
      methods: ["POST"],
      upstream: "main",
      stream: true,
      timeout: 900,
    },
  ],
  consumers: [],
  throttle: defaults.throttle,
  logRetentionDays: 30,
  tags: {},
};

const builtIn: AuthorizerCode = {
  kind: "built-in",
  bundle: "export const handler = 1;",
  settings: "{}",
};

function parameters(
  changes: Partial<ProgramParameters> = {},
): ProgramParameters {
  return {
    gate,
    name: "ai-gate-prod-12345678",
    authorizer: builtIn,
    document: (authorizerUri) => ({ openapi: "3.0.1", uri: authorizerUri }),
    trustPolicy: { trust: true },
    permissions: (logGroupArn) => ({ group: logGroupArn }),
    tags: { team: "ml" },
    summary: { routes: [] },
    proofKey: "PRIVATE",
    ...changes,
  };
}

/** Runs the program against mocks and returns what it registered, in order, and its outputs. */
async function run(changes: Partial<ProgramParameters> = {}) {
  const ledger: MockResourceArgs[] = [];
  await pulumi.runtime.setMocks({
    newResource: (resource) => {
      ledger.push(resource);
      const { inputs, name, type } = resource;
      const state = {
        ...inputs,
        arn: `arn:${type}:${name}`,
        invokeArn: "arn:invoke",
        executionArn: "arn:execution",
      };
      return {
        id: `${name}-id`,
        state: { ...state, invokeUrl: "https://abc.example/v1" },
      };
    },
    call: () => ({}),
  });
  const outputs = await createProgram(parameters(changes))();
  const baseUrl = await new Promise<string>((resolve) =>
    outputs.baseUrl.apply(resolve),
  );
  await pulumi.runtime.disconnect();
  return {
    ledger,
    outputs,
    baseUrl,
    of: (name: string) =>
      ledger.find((resource) => resource.name === name)?.inputs,
  };
}

test("registers exactly the nine resources of a gate", async () => {
  const { ledger } = await run();
  expect(ledger.map(({ type, name }) => `${type} ${name}`).sort()).toEqual([
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
  expect(of("gate")).toMatchObject({
    body: '{"openapi":"3.0.1","uri":"arn:invoke"}',
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
  expect(
    await trigger({ document: () => ({ openapi: "3.0.1", routes: 2 }) }),
  ).not.toEqual(first);
});

test("the log group carries Lambda's name for it and an end", async () => {
  const { of } = await run();
  expect(of("authorizer-logs")).toMatchObject({
    name: `/aws/lambda/${String(of("authorizer")?.name)}`,
    retentionInDays: 30,
  });
  expect(of("authorizer-policy")).toMatchObject({
    policy: '{"group":"arn:aws:cloudwatch/logGroup:LogGroup:authorizer-logs"}',
  });
});

test("the built-in authorizer is two files on arm64; no environment variable can hold a secret", async () => {
  const { of } = await run();
  const { code, ...rest } = of("authorizer") as {
    code: { assets: Promise<object> };
  };
  expect(Object.keys(await code.assets)).toEqual([
    "index.mjs",
    "settings.json",
  ]);
  expect(rest).toEqual({
    name: "ai-gate-prod-12345678-authorizer",
    role: "arn:aws:iam/role:Role:authorizer-role",
    tags: { team: "ml" },
    runtime: "nodejs24.x",
    handler: "index.handler",
    architectures: ["arm64"],
    memorySize: 256,
    timeout: 5,
  });
});

test("the user's own directory is deployed as it is, with their runtime and handler", async () => {
  const authorizer: AuthorizerCode = {
    kind: "custom",
    directory: "./authorizer",
    runtime: "python3.13",
    handler: "authorizer.handler",
  };
  const { code, ...rest } = (await run({ authorizer })).of("authorizer") as {
    code: { path: Promise<string> };
  };
  expect(await code.path).toBe("./authorizer");
  expect(rest).toMatchObject({
    runtime: "python3.13",
    handler: "authorizer.handler",
  });
});

test("the proof's private key is a secret output, and absent without a proof", async () => {
  const { outputs } = await run();
  expect(await pulumi.isSecret(outputs.proofKey!)).toBe(true);
  expect((await run({ proofKey: undefined })).outputs).not.toHaveProperty(
    "proofKey",
  );
});
