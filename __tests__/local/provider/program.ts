// The gate in one program, with everything that a test changes as a parameter.
import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { ApiKey } from "@pulumi/aws/apigateway/apiKey";
import { BasePathMapping } from "@pulumi/aws/apigateway/basePathMapping";
import { Deployment } from "@pulumi/aws/apigateway/deployment";
import { DomainName } from "@pulumi/aws/apigateway/domainName";
import { MethodSettings } from "@pulumi/aws/apigateway/methodSettings";
import { Response } from "@pulumi/aws/apigateway/response";
import { RestApi } from "@pulumi/aws/apigateway/restApi";
import { Stage } from "@pulumi/aws/apigateway/stage";
import { UsagePlan } from "@pulumi/aws/apigateway/usagePlan";
import { UsagePlanKey } from "@pulumi/aws/apigateway/usagePlanKey";
import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup";
import { Table } from "@pulumi/aws/dynamodb/table";
import { Role } from "@pulumi/aws/iam/role";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy";
import { RolePolicyAttachment } from "@pulumi/aws/iam/rolePolicyAttachment";
import { Function } from "@pulumi/aws/lambda/function";
import { Permission } from "@pulumi/aws/lambda/permission";

export interface Parameters {
  code: string;
  routes: string[];
  tags: Record<string, string>;
  memory: number;
  variables?: Record<string, string>;
  description: string;
  stageName: string;
  stageVariables?: Record<string, string>;
  accessLogs: boolean;
  rate: number;
  quota?: { limit: number; period: string };
  methodLimit?: number;
  retention: number;
  trust: string;
  keyEnabled: boolean;
  /** Which of two plans the key is in; none at all: nobody counts. */
  plan: "plan" | "other" | "none";
  runtime: string;
  architecture: "arm64" | "x86_64";
  unauthorizedStatus: string;
  backups: boolean;
  basePath: string;
  secretBody?: boolean;
}

export const usual: Parameters = {
  code: "1",
  routes: ["/a", "/b/{proxy+}"],
  tags: { stack: "dev", team: "a" },
  memory: 256,
  description: "API Gateway for AI Services",
  stageName: "v1",
  accessLogs: false,
  rate: 100,
  retention: 30,
  trust: "lambda.amazonaws.com",
  keyEnabled: true,
  plan: "plan",
  runtime: "nodejs22.x",
  architecture: "arm64",
  unauthorizedStatus: "401",
  backups: false,
  basePath: "",
};

export const KEY_VALUE = "abcdefghijklmnopqrstuvwx";

function route(path: string): object {
  const isGreedy = path.includes("{proxy+}");
  const proxy = {
    name: "proxy",
    in: "path",
    required: true,
    schema: { type: "string" },
  };
  return {
    post: {
      responses: {},
      security: [{ gate: [] }],
      ...(isGreedy ? { parameters: [proxy] } : {}),
      "x-amazon-apigateway-integration": {
        type: "http_proxy",
        httpMethod: "POST",
        uri: `https://upstream.example.com${path.replace("+", "")}`,
        ...(isGreedy
          ? {
              requestParameters: {
                "integration.request.path.proxy": "method.request.path.proxy",
              },
            }
          : {}),
      },
    },
  };
}

function apiDocument(routes: readonly string[], invokeArn: string): string {
  const authorizer = {
    type: "token",
    authorizerUri: invokeArn,
    identitySource: "method.request.header.Authorization",
    authorizerResultTtlInSeconds: 60,
  };
  return JSON.stringify({
    openapi: "3.0.1",
    info: { title: "gate-dev", version: "1" },
    paths: Object.fromEntries(routes.map((path) => [path, route(path)])),
    components: {
      securitySchemes: {
        gate: {
          type: "apiKey",
          name: "Authorization",
          in: "header",
          "x-amazon-apigateway-authtype": "custom",
          "x-amazon-apigateway-authorizer": authorizer,
        },
      },
    },
  });
}

const trustPolicy = (service: string): string =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: service },
        Action: "sts:AssumeRole",
      },
    ],
  });

function authorizer(given: Parameters): Function {
  const { tags } = given;
  const role = new Role("role", {
    tags,
    assumeRolePolicy: trustPolicy(given.trust),
  });
  const logs = new LogGroup("logs", {
    tags,
    name: "/aws/lambda/gate-dev-authorizer",
    retentionInDays: given.retention,
  });
  new RolePolicy("policy", {
    role: role.id,
    policy: pulumi.jsonStringify({
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: ["logs:PutLogEvents"], Resource: logs.arn },
      ],
    }),
  });
  new RolePolicyAttachment("attachment", {
    role: role.name,
    policyArn:
      "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
  });
  const source = `export const handler = async () => (${given.code});`;
  const { variables } = given;
  return new Function(
    "authorizer",
    {
      tags,
      name: "gate-dev-authorizer",
      role: role.arn,
      runtime: given.runtime,
      architectures: [given.architecture],
      memorySize: given.memory,
      timeout: 5,
      handler: "index.handler",
      code: new pulumi.asset.AssetArchive({
        "index.mjs": new pulumi.asset.StringAsset(source),
      }),
      ...(variables ? { environment: { variables } } : {}),
    },
    { dependsOn: [logs] },
  );
}

function stageOf(
  given: Parameters,
  api: RestApi,
  deployment: Deployment,
  dependsOn: pulumi.Resource[],
): Stage {
  const accessLogSettings = {
    destinationArn: pulumi.interpolate`arn:aws:logs:us-east-1:000000000000:log-group:/access`,
    format: "$context.requestId",
  };
  return new Stage(
    "stage",
    {
      tags: given.tags,
      restApi: api.id,
      deployment: deployment.id,
      stageName: given.stageName,
      ...(given.stageVariables ? { variables: given.stageVariables } : {}),
      ...(given.accessLogs ? { accessLogSettings } : {}),
    },
    { dependsOn },
  );
}

function plans(given: Parameters, api: RestApi, stage: Stage): void {
  const { tags } = given;
  const throttles = given.methodLimit
    ? [{ path: "/a/POST", rateLimit: given.methodLimit, burstLimit: 5 }]
    : undefined;
  const apiStages = [
    {
      apiId: api.id,
      stage: stage.stageName,
      ...(throttles ? { throttles } : {}),
    },
  ];
  const all = {
    plan: new UsagePlan("plan", {
      tags,
      apiStages,
      throttleSettings: { rateLimit: given.rate, burstLimit: 20 },
      ...(given.quota ? { quotaSettings: given.quota } : {}),
    }),
    // A plan without a limit.
    other: new UsagePlan("other", { tags, apiStages }),
  };
  const key = new ApiKey("key", {
    tags,
    value: pulumi.secret(KEY_VALUE),
    enabled: given.keyEnabled,
  });
  const usagePlanId = all[given.plan === "other" ? "other" : "plan"].id;
  new UsagePlanKey(
    "plan-key",
    { keyId: key.id, keyType: "API_KEY", usagePlanId },
    { additionalSecretOutputs: ["value"], deleteBeforeReplace: true },
  );
}

/** The inline program; `given` is read at each run, so tests may change it in between. */
export function gateProgram(given: Parameters) {
  return (): Promise<Record<string, unknown>> => {
    const { tags } = given;
    const handler = authorizer(given);
    const plain = handler.invokeArn.apply((arn) =>
      apiDocument(given.routes, arn),
    );
    const body = given.secretBody ? pulumi.secret(plain) : plain;
    const api = new RestApi("gate", {
      tags,
      body,
      name: "gate-dev",
      description: given.description,
      ...(given.plan === "none" ? {} : { apiKeySource: "AUTHORIZER" }),
      endpointConfiguration: { types: "REGIONAL" },
      putRestApiMode: "overwrite",
    });
    const permission = new Permission("permission", {
      action: "lambda:InvokeFunction",
      function: handler.name,
      principal: "apigateway.amazonaws.com",
      sourceArn: pulumi.interpolate`${api.executionArn}/authorizers/*`,
    });
    const unauthorized = new Response("unauthorized", {
      restApiId: api.id,
      responseType: "UNAUTHORIZED",
      statusCode: given.unauthorizedStatus,
      responseTemplates: { "application/json": '{"error":"no"}' },
      responseParameters: { "gatewayresponse.header.x-gate": "'no'" },
    });
    const hash = body.apply((text) =>
      createHash("sha256").update(text).digest("hex"),
    );
    const deployment = new Deployment(
      "snapshot",
      { restApi: api.id, triggers: { hash } },
      { dependsOn: [api, unauthorized] },
    );
    const stage = stageOf(given, api, deployment, [permission]);
    new MethodSettings("throttle", {
      restApi: api.id,
      stageName: stage.stageName,
      methodPath: "*/*",
      settings: {
        throttlingRateLimit: given.rate,
        throttlingBurstLimit: 200,
        metricsEnabled: true,
      },
    });
    if (given.plan !== "none") plans(given, api, stage);
    new Table("tokens", {
      tags,
      billingMode: "PAY_PER_REQUEST",
      hashKey: "hash",
      attributes: [{ name: "hash", type: "S" }],
      ttl: { attributeName: "expires", enabled: true },
      ...(given.backups ? { pointInTimeRecovery: { enabled: true } } : {}),
    });
    const domain = new DomainName("domain", {
      tags,
      domainName: "ai.example.com",
      regionalCertificateArn:
        "arn:aws:acm:us-east-1:000000000000:certificate/11111111-1111-1111-1111-111111111111",
      endpointConfiguration: { types: "REGIONAL" },
      securityPolicy: "TLS_1_2",
    });
    new BasePathMapping("mapping", {
      restApi: api.id,
      domainName: domain.domainName,
      stageName: stage.stageName,
      basePath: given.basePath,
    });
    const { id, executionArn, rootResourceId } = api;
    return Promise.resolve({
      ...{ id, executionArn, rootResourceId },
      invokeArn: handler.invokeArn,
      invokeUrl: stage.invokeUrl,
      stageArn: stage.arn,
    });
  };
}
