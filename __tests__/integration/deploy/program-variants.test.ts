// What the program adds for a table, for plans and for a user's authorizer behind the gate's own, and that it adds no more.
import { sha256 } from "../../../src/deploy/names.ts";
import {
  type Consumer,
  type Gate,
  isHttp,
  type Plan,
  type Route,
} from "../../../src/gate/gate.ts";
import { withFormerPolicy } from "../../../src/gate/networks.ts";
import { customGate, gate, run } from "../../fixtures/program-run.ts";

let plain: Awaited<ReturnType<typeof run>>;
beforeAll(async () => {
  plain = await run();
});

/** What a variant registers besides the nine resources of every gate. */
const added = (registered: readonly string[]): string[] =>
  registered.filter((resource) => !plain.registered.includes(resource));

const consumerOf = (index: number): Consumer => ({
  id: `c${index}`,
  tokenHashes: [],
  identities: [],
  access: "*",
  disabled: false,
});

const routeOf = (index: number): Route => ({
  path: `/r${index}`,
  methods: ["POST"],
  upstream: "main",
  stream: true,
  timeout: 900,
});

const many = Array.from({ length: 50 }, (_, index) => index);

test("without any of them, fifty routes and fifty consumers make nothing more", async () => {
  const { registered } = await run({
    gate: {
      ...gate,
      routes: many.map(routeOf),
      consumers: many.map(consumerOf),
    },
  });
  expect(registered).toEqual(plain.registered);
});

test("networks are a policy of the API, in the snapshot's trigger, and make nothing more", async () => {
  const network = { allow: ["198.51.100.0/24"] };
  const { registered, of } = await run({ gate: { ...gate, network } });
  expect(registered).toEqual(plain.registered);
  const { body, policy } = of("gate") as { body: string; policy: string };
  expect(JSON.parse(policy)).toMatchObject({
    Statement: [
      {
        Effect: "Deny",
        Resource: "*",
        Condition: { NotIpAddress: { "aws:SourceIp": network.allow } },
      },
      {
        Effect: "Allow",
        Resource: [
          "arn:aws:execute-api:eu-west-1:111122223333:??????????/v1/OPTIONS/*",
          "arn:aws:execute-api:eu-west-1:111122223333:??????????/v1/GET/*",
          "arn:aws:execute-api:eu-west-1:111122223333:??????????/v1/PUT/*",
          "arn:aws:execute-api:eu-west-1:111122223333:??????????/v1/PATCH/*",
          "arn:aws:execute-api:eu-west-1:111122223333:??????????/v1/DELETE/*",
          "arn:aws:execute-api:eu-west-1:111122223333:??????????/v1/HEAD/*",
          "arn:aws:execute-api:eu-west-1:111122223333:??????????/v1/GET/healthz",
          "arn:aws:execute-api:eu-west-1:111122223333:??????????/v1/HEAD/healthz",
          "arn:aws:execute-api:eu-west-1:111122223333:??????????/v1/POST/healthz",
        ],
      },
    ],
  });
  // An import takes the policy away: the document brings it back before anything else is done.
  expect(JSON.parse(body)).toMatchObject({
    "x-amazon-apigateway-policy": JSON.parse(policy) as object,
  });
  expect(plain.of("gate")).not.toHaveProperty("policy");
  // Of a gate whose networks were removed.
  const former = await run({ gate: withFormerPolicy(gate, { network }) });
  const left = former.of("gate") as { policy: string };
  expect(left.policy).not.toContain("Deny");
  expect(left.policy).toContain("/v1/GET/healthz");
  expect(withFormerPolicy(gate, {})).toBe(gate);
  const { triggers } = of("snapshot") as { triggers: unknown };
  const other = { deny: ["198.51.100.0/24"] };
  const changed = await run({ gate: { ...gate, network: other } });
  expect(changed.of("snapshot")).not.toMatchObject({ triggers });
});

test("a private gate's API is made private and again regional by a new one, and its snapshot knows of both", async () => {
  const vpcEndpoints = ["vpce-0123456789abcdef0"];
  const { registered, of } = await run({ gate: { ...gate, vpcEndpoints } });
  expect(registered).toEqual(plain.registered);
  const { endpointConfiguration, policy } = of("gate") as {
    endpointConfiguration: unknown;
    policy: string;
  };
  expect(endpointConfiguration).toEqual({
    types: "PRIVATE",
    ipAddressType: "dualstack",
    vpcEndpointIds: vpcEndpoints,
  });
  expect(JSON.parse(policy)).toMatchObject({
    Statement: [
      {
        Effect: "Deny",
        Resource: "*",
        Condition: { StringNotEquals: { "aws:SourceVpce": vpcEndpoints } },
      },
      {
        Effect: "Allow",
        Resource: "arn:aws:execute-api:eu-west-1:111122223333:??????????/v1/*",
        Condition: { StringEquals: { "aws:SourceVpce": vpcEndpoints } },
      },
    ],
  });
  const { triggers } = of("snapshot") as { triggers: unknown };
  const others = ["vpce-0fedcba9876543210"];
  const changed = await run({ gate: { ...gate, vpcEndpoints: others } });
  expect(changed.of("snapshot")).not.toMatchObject({ triggers });
  expect(plain.of("snapshot")).not.toMatchObject({ triggers });
  const left = withFormerPolicy(gate, { vpcEndpoints, network: {} });
  expect(left).toEqual({ ...gate, leavesVpc: true });
  const former = await run({ gate: left });
  expect(former.of("gate")).toEqual(plain.of("gate"));
});

test("models are in the document and the settings, and make nothing more", async () => {
  const routes = many.map((at) => ({ ...routeOf(at), models: [`m${at}`] }));
  const { registered, of } = await run({ gate: { ...gate, routes } });
  expect(registered).toEqual(plain.registered);
  const { body } = of("gate") as { body: string };
  const { components } = JSON.parse(body) as {
    components: { schemas: object };
  };
  expect(Object.keys(components.schemas)).toHaveLength(2 * many.length);
  const { triggers } = of("snapshot") as { triggers: unknown };
  const other = await run({
    gate: { ...gate, routes: routes.map((one) => ({ ...one, models: ["x"] })) },
  });
  expect(other.of("snapshot")?.triggers).not.toEqual(triggers);
});

describe("a table of tokens", () => {
  const stored: Gate = {
    ...gate,
    auth: {
      mode: "built-in",
      cacheTtl: 60,
      store: "dynamodb",
      issuers: [],
    },
  };

  test("is one resource, on demand, with DynamoDB's own expiry, whatever the consumers", async () => {
    const { registered, of } = await run({
      gate: { ...stored, consumers: many.map(consumerOf) },
    });
    expect(added(registered)).toEqual(["aws:dynamodb/table:Table token-table"]);
    expect(of("token-table")).toEqual({
      name: "ai-gate-prod-12345678-tokens",
      billingMode: "PAY_PER_REQUEST",
      hashKey: "hash",
      attributes: [{ name: "hash", type: "S" }],
      ttl: { attributeName: "expires", enabled: true },
      tags: { team: "ml" },
    });
  });

  test("is there before the authorizer that reads it", async () => {
    const { ledger } = await run({ gate: stored });
    const names = ledger.map(({ name }) => name);
    expect(names.indexOf("token-table")).toBeLessThan(
      names.indexOf("authorizer"),
    );
  });
});

describe("plans", () => {
  const plans: Plan[] = [
    { name: "basic", rate: 10, burst: 20 },
    {
      name: "big",
      rate: 100,
      burst: 200,
      quota: { limit: 1000, period: "DAY" },
    },
  ];
  const planned = {
    ...gate,
    plans,
    consumers: [
      { ...consumerOf(0), id: "a", plan: "basic" },
      { ...consumerOf(1), id: "unlimited", plan: "big" },
    ],
  };
  const keyTypes = ["apiKey:ApiKey", "usagePlanKey:UsagePlanKey"];
  const keyNames = ["plan-key-a", "plan-key-unlimited", "unlimited-plan-key"];

  test("are one resource each, and two a key; no more with fifty routes", async () => {
    const { registered } = await run({
      gate: { ...planned, routes: many.map(routeOf) },
    });
    expect(added(registered)).toEqual(
      [
        ...["plan-basic", "plan-big", "unlimited-plan"].map(
          (name) => `aws:apigateway/usagePlan:UsagePlan ${name}`,
        ),
        ...keyTypes.flatMap((type) =>
          keyNames.map((name) => `aws:apigateway/${type} ${name}`),
        ),
      ].sort(),
    );
  });

  test("hold their limits and this gate's stage", async () => {
    const { of } = await run({ gate: planned });
    const stage = [{ apiId: "gate-id", stage: "v1" }];
    const tags = { team: "ml" };
    expect(of("plan-basic")).toEqual({
      name: "ai-gate-prod-12345678-basic",
      apiStages: stage,
      throttleSettings: { rateLimit: 10, burstLimit: 20 },
      tags,
    });
    expect(of("plan-big")).toEqual({
      name: "ai-gate-prod-12345678-big",
      apiStages: stage,
      throttleSettings: { rateLimit: 100, burstLimit: 200 },
      quotaSettings: { limit: 1000, period: "DAY" },
      tags,
    });
    expect(of("unlimited-plan")).toEqual({
      name: "ai-gate-prod-12345678-unlimited",
      apiStages: stage,
      tags,
    });
  });

  test.each([
    ["plan-key-a", "a", "plan-basic"],
    ["plan-key-unlimited", "unlimited", "plan-big"],
    ["unlimited-plan-key", "", "unlimited-plan"],
  ])(
    "%s is the authorizer's value in its own plan",
    async (name, consumer, plan) => {
      const { of } = await run({ gate: planned });
      expect(JSON.stringify(of(name, "ApiKey"))).toContain(
        sha256(`${gate.id}/${consumer}`),
      );
      expect(of(name, "UsagePlanKey")).toEqual({
        keyId: `${name}-id`,
        keyType: "API_KEY",
        usagePlanId: `${plan}-id`,
      });
    },
  );

  test("make the API take keys from the authorizer alone, and that is deployed", async () => {
    const { of } = await run({ gate: planned });
    expect(of("gate")?.apiKeySource).toBe("AUTHORIZER");
    expect(plain.of("gate")).not.toHaveProperty("apiKeySource");
    expect(of("snapshot")?.triggers).not.toEqual(
      plain.of("snapshot")?.triggers,
    );
  });

  test("a key of a plan that is not there is a bug", async () => {
    await expect(
      run({ gate: { ...planned, plans: plans.slice(1) } }),
    ).rejects.toThrow("unknown plan");
  });
});

describe("a user's authorizer behind the gate's own", () => {
  const arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:openai";
  const secret = { store: "secrets-manager", arn } as const;
  const credential = { header: "Authorization", prefix: "Bearer ", secret };
  const fronted = {
    ...customGate,
    upstreams: gate.upstreams
      .filter(isHttp)
      .map((one) => ({ ...one, credential })),
  };

  test("is a function with a role, a log group and a policy of its own", async () => {
    const { registered } = await run({ gate: fronted });
    expect(added(registered)).toEqual([
      "aws:cloudwatch/logGroup:LogGroup custom-authorizer-logs",
      "aws:iam/role:Role custom-authorizer-role",
      "aws:iam/rolePolicy:RolePolicy custom-authorizer-policy",
      "aws:lambda/function:Function custom-authorizer",
    ]);
  });

  test("may write its own log, and read none of the gate's secrets", async () => {
    const { of } = await run({ gate: fronted });
    const sids = (name: string) => {
      const { policy } = of(name) as { policy: string };
      const { Statement } = JSON.parse(policy) as {
        Statement: { Sid: string }[];
      };
      return Statement.map(({ Sid }) => Sid);
    };
    expect(of("custom-authorizer-policy")?.role).toBe(
      "custom-authorizer-role-id",
    );
    expect(sids("custom-authorizer-policy")).toEqual(["WriteOwnLog"]);
    expect(sids("authorizer-policy")).toEqual([
      "WriteOwnLog",
      "ReadSecrets",
      "AskOwnAuthorizer",
    ]);
    expect(of("custom-authorizer-logs")?.name).toBe(
      "/aws/lambda/ai-gate-prod-12345678-custom",
    );
  });

  test("has ten seconds, and the gate's own fifteen", async () => {
    const { of } = await run({ gate: fronted });
    const { code, ...rest } = of("custom-authorizer") as {
      code: { path: Promise<string> };
    };
    expect(await code.path).toBe("./authorizer");
    expect(rest).toEqual({
      name: "ai-gate-prod-12345678-custom",
      role: "arn:aws:iam/role:Role:custom-authorizer-role",
      runtime: "python3.13",
      handler: "authorizer.handler",
      architectures: ["x86_64"],
      memorySize: 256,
      timeout: 10,
      tracingConfig: { mode: "PassThrough" },
      tags: { team: "ml" },
    });
    expect(of("authorizer")).toMatchObject({
      runtime: "nodejs24.x",
      timeout: 15,
    });
  });

  test("API Gateway may not invoke it", async () => {
    const { ledger } = await run({ gate: fronted });
    const permissions = ledger.filter(({ type }) =>
      type.endsWith("Permission"),
    );
    expect(permissions.map(({ inputs }) => inputs["function"])).toEqual([
      "ai-gate-prod-12345678-authorizer",
    ]);
  });
});

describe("an MCP server that JWTs may call", () => {
  const issuer = {
    name: "staff",
    issuer: "https://login.example.com",
    audiences: ["tools"],
    audienceClaim: "aud",
    algorithms: ["RS256" as const],
    keys: { kind: "uri" as const, uri: "https://login.example.com/jwks" },
    clockSkew: 30,
    conditions: [],
  };
  const before: Gate = {
    ...gate,
    upstreams: gate.upstreams.map((one) =>
      "url" in one ? { ...one, kind: "mcp" } : one,
    ),
    auth: {
      mode: "built-in",
      cacheTtl: 0,
      store: "bundled",
      issuers: [issuer],
    },
    consumers: [
      { ...consumerOf(0), identities: [{ issuer: "staff", conditions: [] }] },
    ],
  };
  const header = "gatewayresponse.header.";

  interface Unauthorized {
    readonly responseParameters: Readonly<Record<string, string>>;
    readonly responseTemplates: Readonly<Record<string, string>>;
  }
  const unauthorizedOf = async (made: Gate) => {
    const { of, registered } = await run({ gate: made });
    const { body } = of("gate") as { body: string };
    const { triggers } = of("snapshot") as { triggers: { snapshot: string } };
    return {
      registered,
      body,
      snapshot: triggers.snapshot,
      response: of("unauthorized") as Unauthorized & Record<string, string>,
    };
  };

  test("is one resource more: the API's 401, with its URL and all that the document says of it", async () => {
    const { body, registered, response } = await unauthorizedOf(before);
    expect(added(registered)).toEqual([
      "aws:apigateway/response:Response unauthorized",
    ]);
    const { UNAUTHORIZED: plain } = (
      JSON.parse(body) as Record<string, Record<string, Unauthorized>>
    )["x-amazon-apigateway-gateway-responses"] ?? { UNAUTHORIZED: undefined };
    expect(response).toEqual({
      restApiId: "gate-id",
      responseType: "UNAUTHORIZED",
      ...plain,
      responseParameters: {
        ...plain?.responseParameters,
        [`${header}WWW-Authenticate`]: `'Bearer resource_metadata="https://gate-id.execute-api.eu-west-1.amazonaws.com/v1/.well-known/oauth-protected-resource/chat"'`,
        [`${header}x-ai-gate-document`]: `'${sha256(body).slice(0, 16)}'`,
      },
    });
  });

  test("changes with the document, which takes it away, and the deployment changes with either", async () => {
    const first = await unauthorizedOf(before);
    const changed = await unauthorizedOf({
      ...before,
      throttle: { rate: 1, burst: 1 },
      stripHeaders: ["X-Other"],
    });
    expect(changed.body).not.toBe(first.body);
    expect(changed.response.responseParameters).not.toEqual(
      first.response.responseParameters,
    );
    expect(changed.snapshot).not.toBe(first.snapshot);
    const moved = await unauthorizedOf({ ...before, stageName: "v2" });
    expect(moved.body).toBe(first.body);
    expect(moved.response.responseParameters).not.toEqual(
      first.response.responseParameters,
    );
    expect(moved.snapshot).not.toBe(first.snapshot);
    expect(await unauthorizedOf(before)).toEqual(first);
  });

  test("has its region's host name in China", async () => {
    const { response } = await unauthorizedOf({
      ...before,
      region: "cn-north-1",
    });
    expect(response.responseParameters[`${header}WWW-Authenticate`]).toContain(
      "https://gate-id.execute-api.cn-north-1.amazonaws.com.cn/v1/",
    );
  });
});

describe("what is recorded, and who is told", () => {
  const topic = "arn:aws:sns:eu-west-1:111122223333:gate-alarms";
  const thresholds = {
    "authorizer-errors": 1,
    "server-errors": 2,
    throttled: 3,
    unauthorized: 4,
  };
  const watched: Gate = {
    ...gate,
    accessLog: { makesRole: false },
    alarms: { topic, thresholds },
    tracing: true,
  };
  const tags = { team: "ml" };

  test("an access log is one log group more, whose format is on one line with a request id", async () => {
    const { registered, of } = await run({
      gate: { ...gate, accessLog: { makesRole: true } },
    });
    expect(added(registered)).toEqual([
      "aws:cloudwatch/logGroup:LogGroup access-logs",
    ]);
    expect(of("access-logs")).toEqual({
      name: "/aws/apigateway/ai-gate-prod-12345678-access",
      retentionInDays: 30,
      tags,
    });
    const { accessLogSettings } = of("stage") as {
      accessLogSettings: { destinationArn: string; format: string };
    };
    const { destinationArn, format } = accessLogSettings;
    expect(destinationArn).toBe(
      "arn:aws:cloudwatch/logGroup:LogGroup:access-logs",
    );
    expect(format).toContain('"requestId":"$context.requestId"');
    expect(format).not.toContain("\n");
    expect(Buffer.byteLength(format)).toBeLessThan(3000);
  });

  test("traces are switched on at the stage and every function, with the permission", async () => {
    const { registered, of } = await run({ gate: { ...gate, tracing: true } });
    expect(added(registered)).toEqual([]);
    expect(of("stage")).toMatchObject({ xrayTracingEnabled: true });
    expect(of("authorizer")).toMatchObject({
      tracingConfig: { mode: "Active" },
    });
    expect(of("authorizer-policy")?.["policy"]).toContain("xray:");
    expect(plain.of("stage")).not.toHaveProperty("xrayTracingEnabled");
    expect(plain.of("authorizer-policy")?.["policy"]).not.toContain("xray:");
  });

  test("alarms count lines of the gate's logs, and API Gateway's own 5xx", async () => {
    const { registered, of } = await run({ gate: watched });
    const counted = ["authorizer-errors", "throttled", "unauthorized"];
    expect(added(registered)).toEqual(
      [
        "aws:cloudwatch/logGroup:LogGroup access-logs",
        ...counted.map(
          (name) =>
            `aws:cloudwatch/logMetricFilter:LogMetricFilter alarm-${name}-count`,
        ),
        ...Object.keys(thresholds).map(
          (name) => `aws:cloudwatch/metricAlarm:MetricAlarm alarm-${name}`,
        ),
      ].sort(),
    );
    expect(of("alarm-server-errors")).toEqual({
      name: "ai-gate-prod-12345678-server-errors",
      alarmDescription: expect.stringContaining("5xx"),
      namespace: "AWS/ApiGateway",
      metricName: "5XXError",
      dimensions: { ApiName: "ai-gate-prod-12345678", Stage: "v1" },
      statistic: "Sum",
      period: 300,
      evaluationPeriods: 1,
      comparisonOperator: "GreaterThanOrEqualToThreshold",
      threshold: 2,
      treatMissingData: "notBreaching",
      alarmActions: [topic],
      tags,
    });
    const logs = {
      "authorizer-errors": "/aws/lambda/ai-gate-prod-12345678-authorizer",
      throttled: "/aws/apigateway/ai-gate-prod-12345678-access",
      unauthorized: "/aws/apigateway/ai-gate-prod-12345678-access",
    };
    for (const [name, logGroupName] of Object.entries(logs)) {
      const metric = {
        namespace: "ai-gate",
        metricName: `ai-gate-prod-12345678-${name}`,
      };
      expect(of(`alarm-${name}`)).toMatchObject(metric);
      expect(of(`alarm-${name}-count`)).toMatchObject({
        logGroupName,
        metricTransformation: {
          name: metric.metricName,
          namespace: metric.namespace,
          value: "1",
        },
      });
    }
  });

  test("a user's own authorizer alone is counted by Lambda", async () => {
    const alarms = { topic, thresholds: { "authorizer-errors": 1 } };
    const { of } = await run({ gate: { ...customGate, alarms } });
    expect(of("alarm-authorizer-errors")).toMatchObject({
      namespace: "AWS/Lambda",
      metricName: "Errors",
      dimensions: { FunctionName: "ai-gate-prod-12345678-authorizer" },
    });
  });

  test("everything that can have tags has them", async () => {
    const { ledger } = await run({ gate: watched });
    const untagged = ledger
      .filter(({ inputs }) => (inputs as { tags?: unknown }).tags === undefined)
      .map(({ type }) => type.replace(/^.*:/, ""));
    expect([...new Set(untagged)].sort()).toEqual([
      "Deployment",
      "LogMetricFilter",
      "MethodSettings",
      "Permission",
      "RolePolicy",
    ]);
  });
});
