// The Pulumi program of a gate, as a factory: parameters in, program out. Resources only; every decision (document,
// policies, settings) was taken in src/gate. Logical names are identities: never rename one without an alias.
import { Deployment } from "@pulumi/aws/apigateway/deployment";
import { MethodSettings } from "@pulumi/aws/apigateway/methodSettings";
import { RestApi } from "@pulumi/aws/apigateway/restApi";
import { Stage } from "@pulumi/aws/apigateway/stage";
import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup";
import { Role } from "@pulumi/aws/iam/role";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy";
import { Function as LambdaFunction } from "@pulumi/aws/lambda/function";
import { Permission } from "@pulumi/aws/lambda/permission";
import * as pulumi from "@pulumi/pulumi";
import type { Gate } from "../gate/gate.ts";
import { sha256 } from "./names.ts";

/** The code of the authorizer: the built-in bundle with its settings, or the user's directory as it is. */
export type AuthorizerCode =
  | {
      readonly kind: "built-in";
      readonly bundle: string;
      readonly settings: string;
    }
  | {
      readonly kind: "custom";
      readonly directory: string;
      readonly runtime: string;
      readonly handler: string;
    };

export interface ProgramParameters {
  readonly gate: Gate;
  /** Physical name prefix, see `physicalName`. */
  readonly name: string;
  readonly authorizer: AuthorizerCode;
  /** The OpenAPI document for the authorizer's invoke ARN. */
  readonly document: (authorizerUri: string) => object;
  readonly trustPolicy: object;
  /** The authorizer's permissions, for the ARN of its log group. */
  readonly permissions: (logGroupArn: string) => object;
  readonly tags: Readonly<Record<string, string>>;
  /** Public stack outputs besides the gate's URL (plain data). */
  readonly summary: object;
  /** The proof's private key, kept as a secret stack output; undefined when the proof is off. */
  readonly proofKey: string | undefined;
}

/** The outputs of the program, as the engine stores them. */
export interface GateOutputs {
  readonly apiId: pulumi.Output<string>;
  readonly baseUrl: pulumi.Output<string>;
  readonly stageName: string;
  readonly region: string;
  readonly summary: object;
  readonly proofKey?: pulumi.Output<string>;
}

/** @returns the program of one gate, to be run by the engine. */
export function createProgram(
  parameters: ProgramParameters,
): () => Promise<GateOutputs> {
  // The Automation API wants a function that returns a promise; declaring resources is synchronous.
  return () => Promise.resolve(declareGate(parameters));
}

function declareGate(parameters: ProgramParameters): GateOutputs {
  const { gate, proofKey } = parameters;
  const authorizer = declareAuthorizer(parameters);
  const { api, stage } = declareApi(parameters, authorizer);
  return {
    apiId: api.id,
    baseUrl: stage.invokeUrl,
    stageName: gate.stageName,
    region: gate.region,
    summary: parameters.summary,
    ...(proofKey === undefined ? {} : { proofKey: pulumi.secret(proofKey) }),
  };
}

function declareAuthorizer(parameters: ProgramParameters): LambdaFunction {
  const { gate, name, tags } = parameters;
  const functionName = `${name}-authorizer`;
  const role = new Role("authorizer-role", {
    name: functionName,
    assumeRolePolicy: pulumi.jsonStringify(parameters.trustPolicy),
    tags,
  });
  const logs = new LogGroup("authorizer-logs", {
    name: `/aws/lambda/${functionName}`,
    retentionInDays: gate.logRetentionDays,
    tags,
  });
  const policy = new RolePolicy("authorizer-policy", {
    name: "authorizer",
    role: role.id,
    policy: pulumi.jsonStringify(logs.arn.apply(parameters.permissions)),
  });
  // The group and the policy come first: otherwise Lambda's first line would create a group that never expires.
  const first = { dependsOn: [logs, policy] };
  return new LambdaFunction(
    "authorizer",
    {
      name: functionName,
      role: role.arn,
      tags,
      ...codeOf(parameters.authorizer),
    },
    first,
  );
}

function codeOf(authorizer: AuthorizerCode) {
  if (authorizer.kind === "custom") {
    const code = new pulumi.asset.FileArchive(authorizer.directory);
    return {
      code,
      runtime: authorizer.runtime,
      handler: authorizer.handler,
      memorySize: 256,
      timeout: 10,
    };
  }
  return {
    code: new pulumi.asset.AssetArchive({
      "index.mjs": new pulumi.asset.StringAsset(authorizer.bundle),
      "settings.json": new pulumi.asset.StringAsset(authorizer.settings),
    }),
    runtime: "nodejs24.x",
    handler: "index.handler",
    architectures: ["arm64"],
    // 256 MB is where a Node authorizer on arm64 stops getting faster; a cold start with a secret to read fits in 5 s.
    memorySize: 256,
    timeout: 5,
  };
}

function declareApi(
  parameters: ProgramParameters,
  authorizer: LambdaFunction,
): { api: RestApi; stage: Stage } {
  const { name, tags } = parameters;
  const body = pulumi.jsonStringify(
    authorizer.invokeArn.apply(parameters.document),
  );
  const endpoint = "REGIONAL";
  const api = new RestApi("gate", {
    name,
    description: "API Gateway for AI Services",
    body,
    putRestApiMode: "overwrite",
    failOnWarnings: true,
    endpointConfiguration: { types: endpoint },
    tags,
  });
  const permission = new Permission("authorizer-permission", {
    action: "lambda:InvokeFunction",
    function: authorizer.name,
    principal: "apigateway.amazonaws.com",
    sourceArn: pulumi.interpolate`${api.executionArn}/authorizers/*`,
  });
  // Everything that reaches the snapshot is in the trigger: a change that is not deployed would guard nothing.
  const snapshot = pulumi
    .all([body, endpoint])
    .apply((parts) => sha256(parts.join("\n")));
  return {
    api,
    stage: declareStage(parameters, api, { snapshot, permission }),
  };
}

function declareStage(
  { gate, tags }: ProgramParameters,
  api: RestApi,
  {
    snapshot,
    permission,
  }: { snapshot: pulumi.Output<string>; permission: Permission },
): Stage {
  const deployment = new Deployment(
    "snapshot",
    { restApi: api.id, triggers: { snapshot } },
    { dependsOn: [api] },
  );
  const stage = new Stage(
    "stage",
    {
      restApi: api.id,
      deployment: deployment.id,
      stageName: gate.stageName,
      tags,
    },
    { dependsOn: [permission] },
  );
  new MethodSettings("throttle", {
    restApi: api.id,
    stageName: stage.stageName,
    methodPath: "*/*",
    settings: {
      throttlingRateLimit: gate.throttle.rate,
      throttlingBurstLimit: gate.throttle.burst,
    },
  });
  return stage;
}
