// Runs the program of a gate against Pulumi's mocks, for the tests of this room.
import * as pulumi from "@pulumi/pulumi";
import type { MockResourceArgs } from "@pulumi/pulumi/runtime";
import { createProgram } from "../../src/cloud/program.ts";
import type {
  BuiltInCode,
  ProgramParameters,
} from "../../src/cloud/resources/parameters.ts";
import { defaults } from "../../src/gate/defaults.ts";
import type { Gate } from "../../src/gate/gate.ts";

export const gate: Gate = {
  id: "ai-gate.acme.app/prod",
  stack: "prod",
  region: "eu-west-1",
  stageName: "v1",
  tokenHeaders: ["Authorization"],
  stripHeaders: [],
  auth: { mode: "built-in", cacheTtl: 0, store: "bundled", issuers: [] },
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
  plans: [],
  throttle: defaults.throttle,
  logRetentionDays: 30,
  tags: {},
};

const builtIn: BuiltInCode = {
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
    custom: undefined,
    document: (authorizerUri) => ({ openapi: "3.0.1", uri: authorizerUri }),
    trustPolicy: { trust: true },
    permissions: (logGroupArn) => ({ group: logGroupArn }),
    customPermissions: (logGroupArn) => ({ own: logGroupArn }),
    usageKeys: [],
    tags: { team: "ml" },
    summary: { routes: [] },
    codeTriggers: {},
    proofKey: "PRIVATE",
    ...changes,
  };
}

/** Runs the program against mocks and returns what it registered, in order, and its outputs. */
export async function run(changes: Partial<ProgramParameters> = {}) {
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
    /** `type name`, sorted. */
    registered: ledger.map(({ type, name }) => `${type} ${name}`).sort(),
    /** Inputs by name, and by type where two share one. */
    of: (name: string, type = "") =>
      ledger.find(
        (resource) => resource.name === name && resource.type.endsWith(type),
      )?.inputs,
  };
}
