// The calls that a change of each type makes. Bodies are those that the real Terraform provider was seen to send.
import type { HttpCall } from "../../../../local/provider/aws/http.ts";
import { CATALOGUE } from "../../../../local/provider/catalogue.ts";
import { update } from "../../../../local/provider/lifecycle.ts";
import {
  ARCHIVE,
  ASSET,
  SIGNATURE,
  type Properties,
} from "../../../../local/provider/values.ts";
import {
  fakeCloud,
  json,
  refusal,
  type Answers,
} from "../../../fixtures/provider-cloud.ts";

const row = (name: string) =>
  CATALOGUE[Object.keys(CATALOGUE).find((key) => key.endsWith(`:${name}`))!]!;

const code = (hash: string): Properties => ({
  [SIGNATURE]: ARCHIVE,
  hash,
  assets: { "a.mjs": { [SIGNATURE]: ASSET, text: hash } },
});

const found =
  "<R><R><Role><RoleName>r</RoleName><AssumeRolePolicyDocument>{}</AssumeRolePolicyDocument></Role><PolicyDocument>{}</PolicyDocument></R></R>";

/** An AWS in which everything asked for is there. */
const everything: Answers = (call) => {
  if (call.service === "iam") return { body: found };
  const table = { TableName: "t", TableStatus: "ACTIVE" };
  const log = { logGroupName: "x", arn: "arn:l:*" };
  const settings = { "*/*": { throttlingRateLimit: 1 } };
  return json({
    ...{ id: "x", methodSettings: settings, logGroups: [log], Table: table },
    MetricAlarms: [{ AlarmName: "a", AlarmArn: "arn:a" }],
    metricFilters: [{ filterName: "x", metricTransformations: [{}] }],
    Configuration: { State: "Active", LastUpdateStatus: "Successful" },
  });
};

const isRead = (call: HttpCall): boolean =>
  call.method === "GET" || /^(Get|List|Describe)/.test(call.operation);

/** Changes of a call as the ledger tells them, with patch operations in short. */
function short(call: HttpCall): string {
  if (call.service === "iam")
    return call.body.replace("&Version=2010-05-08", "");
  if (call.method !== "PATCH") {
    const body =
      call.body.length > 300 || call.path.endsWith("/code") ? "" : call.body;
    return [call.operation, call.path, body].filter(Boolean).join(" ");
  }
  const { patchOperations } = JSON.parse(call.body) as {
    patchOperations: { op: string; path: string; value?: string }[];
  };
  const operations = patchOperations.map(({ op, path, value }) =>
    [op, path, value].filter((part) => part !== undefined).join(" "),
  );
  return `${call.operation} ${call.path}: ${operations.join(", ")}`;
}

async function updateCalls(type: string, old: Properties, inputs: Properties) {
  const cloud = fakeCloud(everything);
  await update(cloud, row(type), {
    ...{ id: "x", oldInputs: old, inputs },
    old: { arn: "arn:aws:x::/things/x", ...old },
  });
  return cloud.calls.filter((call) => !isRead(call)).map(short);
}

const api = { restApi: "a", stageName: "v1" };

test.each<
  [
    about: string,
    type: string,
    old: Properties,
    inputs: Properties,
    calls: string[],
  ]
>([
  [
    "RestApi: texts",
    "RestApi",
    { name: "a", description: "b" },
    { name: "a", description: "c" },
    ["UpdateRestApi /restapis/x: replace /description c"],
  ],
  [
    "RestApi: settings before the body, and back what the import lost",
    "RestApi",
    { name: "n", body: "{}", apiKeySource: "HEADER" },
    { name: "n", body: '{"a":1}', apiKeySource: "AUTHORIZER" },
    [
      "UpdateRestApi /restapis/x: replace /apiKeySource AUTHORIZER",
      'PutRestApi /restapis/x?mode=overwrite {"a":1}',
      "UpdateRestApi /restapis/x: replace /apiKeySource AUTHORIZER, replace /name n",
    ],
  ],
  [
    "RestApi: media types are removed and added",
    "RestApi",
    { binaryMediaTypes: ["a/b"] },
    { binaryMediaTypes: ["c/d"] },
    [
      "UpdateRestApi /restapis/x: remove /binaryMediaTypes/a~1b, add /binaryMediaTypes/c~1d",
    ],
  ],
  [
    "RestApi: endpoint",
    "RestApi",
    { endpointConfiguration: { types: "EDGE" } },
    { endpointConfiguration: { types: "REGIONAL" } },
    [
      "UpdateRestApi /restapis/x: replace /endpointConfiguration/types/0 REGIONAL",
    ],
  ],
  [
    "RestApi: what is no longer asked for is left alone",
    "RestApi",
    { description: "b" },
    {},
    [],
  ],
  [
    "Stage: everything",
    "Stage",
    { ...api, deployment: "d1", variables: { a: "1" }, description: "x" },
    {
      ...{ ...api, deployment: "d2", variables: { b: "2" } },
      xrayTracingEnabled: true,
      accessLogSettings: { destinationArn: "arn", format: "f" },
    },
    [
      "UpdateStage /restapis/a/stages/v1: replace /deploymentId d2, replace /description , replace /tracingEnabled true, remove /variables/a, replace /variables/b 2, replace /accessLogSettings/destinationArn arn, replace /accessLogSettings/format f",
    ],
  ],
  [
    "Stage: logs off",
    "Stage",
    { ...api, accessLogSettings: { destinationArn: "arn", format: "f" } },
    api,
    ["UpdateStage /restapis/a/stages/v1: remove /accessLogSettings"],
  ],
  [
    "Stage: tags",
    "Stage",
    { ...api, tags: { a: "1", b: "1" } },
    { ...api, tags: { b: "2" } },
    [
      "UntagResource /tags/arn%3Aaws%3Ax%3A%3A%2Fthings%2Fx?tagKeys=a",
      'TagResource /tags/arn%3Aaws%3Ax%3A%3A%2Fthings%2Fx {"tags":{"b":"2"}}',
    ],
  ],
  [
    "MethodSettings",
    "MethodSettings",
    { ...api, methodPath: "*/*", settings: { throttlingRateLimit: 100 } },
    { ...api, methodPath: "*/*", settings: { throttlingRateLimit: 50 } },
    [
      "UpdateStage /restapis/a/stages/v1: replace /*/*/throttling/rateLimit 50.000000",
    ],
  ],
  [
    "MethodSettings: the lifetime of the cache goes along",
    "MethodSettings",
    {
      ...{ ...api, methodPath: "*/*" },
      settings: { throttlingRateLimit: 100, cacheTtlInSeconds: 300 },
    },
    { ...api, methodPath: "*/*", settings: { throttlingRateLimit: 50 } },
    [
      "UpdateStage /restapis/a/stages/v1: replace /*/*/throttling/rateLimit 50.000000, replace /*/*/caching/ttlInSeconds 300",
    ],
  ],
  [
    "MethodSettings: a limit that is gone is none",
    "MethodSettings",
    { ...api, methodPath: "*/*", settings: { throttlingBurstLimit: 5 } },
    { ...api, methodPath: "*/*", settings: { metricsEnabled: true } },
    [
      "UpdateStage /restapis/a/stages/v1: replace /*/*/metrics/enabled true, replace /*/*/throttling/burstLimit -1",
    ],
  ],
  [
    "UsagePlan: limits",
    "UsagePlan",
    { throttleSettings: { rateLimit: 10, burstLimit: 20 } },
    {
      throttleSettings: { rateLimit: 20, burstLimit: 20 },
      quotaSettings: { limit: 1000, period: "DAY" },
    },
    [
      "UpdateUsagePlan /usageplans/x: replace /throttle/rateLimit 20, replace /throttle/burstLimit 20, replace /quota/limit 1000, replace /quota/offset 0, replace /quota/period DAY",
    ],
  ],
  [
    "UsagePlan: limits gone, stages moved",
    "UsagePlan",
    {
      quotaSettings: { limit: 1, period: "DAY" },
      apiStages: [{ apiId: "a", stage: "v1" }],
    },
    {
      apiStages: [
        {
          ...{ apiId: "a", stage: "v2" },
          throttles: [{ path: "/a/POST", rateLimit: 3 }],
        },
      ],
    },
    [
      "UpdateUsagePlan /usageplans/x: remove /apiStages a:v1, add /apiStages a:v2, replace /apiStages/a:v2/throttle//a/POST/rateLimit 3, replace /apiStages/a:v2/throttle//a/POST/burstLimit 0, remove /quota",
    ],
  ],
  [
    "ApiKey",
    "ApiKey",
    { enabled: true, description: "a" },
    { enabled: false, description: "b" },
    ["UpdateApiKey /apikeys/x: replace /enabled false, replace /description b"],
  ],
  [
    "Response",
    "Response",
    { restApiId: "a", responseType: "UNAUTHORIZED", statusCode: "401" },
    { restApiId: "a", responseType: "UNAUTHORIZED", statusCode: "403" },
    [
      'PutGatewayResponse /restapis/a/gatewayresponses/UNAUTHORIZED {"responseParameters":{},"responseTemplates":{},"statusCode":"403"}',
    ],
  ],
  [
    "DomainName",
    "DomainName",
    { regionalCertificateArn: "arn:1" },
    { regionalCertificateArn: "arn:2" },
    ["UpdateDomainName /domainnames/x: replace /regionalCertificateArn arn:2"],
  ],
  [
    "BasePathMapping",
    "BasePathMapping",
    { domainName: "x", basePath: "", stageName: "v1" },
    { domainName: "x", basePath: "ai", stageName: "v2" },
    [
      "UpdateBasePathMapping /domainnames/x/basepathmappings/(none): replace /basePath ai, replace /stage v2",
    ],
  ],
  [
    "Function: settings before code",
    "Function",
    {
      code: code("1"),
      memorySize: 128,
      environment: { variables: { A: "1" } },
    },
    { code: code("2"), memorySize: 256 },
    [
      'UpdateFunctionConfiguration /2015-03-31/functions/x/configuration {"Environment":{"Variables":{}},"MemorySize":256}',
      "UpdateFunctionCode /2015-03-31/functions/x/code",
    ],
  ],
  [
    "Function: reserved concurrency",
    "Function",
    { reservedConcurrentExecutions: -1 },
    { reservedConcurrentExecutions: 0 },
    [
      'PutFunctionConcurrency /2017-10-31/functions/x/concurrency {"ReservedConcurrentExecutions":0}',
    ],
  ],
  [
    "LogGroup",
    "LogGroup",
    { name: "/l", retentionInDays: 30 },
    { name: "/l" },
    ['DeleteRetentionPolicy / {"logGroupName":"/l"}'],
  ],
  [
    "MetricAlarm",
    "MetricAlarm",
    { name: "a", threshold: 1, tags: { a: "1" } },
    { name: "a", threshold: 2, tags: { b: "1" } },
    [
      'UntagResource / {"ResourceARN":"arn:aws:x::/things/x","TagKeys":["a"]}',
      'TagResource / {"ResourceARN":"arn:aws:x::/things/x","Tags":[{"Key":"b","Value":"1"}]}',
      'PutMetricAlarm / {"AlarmName":"a","Threshold":2,"Dimensions":[],"Tags":[{"Key":"b","Value":"1"}]}',
    ],
  ],
  [
    "LogMetricFilter",
    "LogMetricFilter",
    { name: "x", logGroupName: "l", pattern: "a" },
    {
      ...{ name: "x", logGroupName: "l", pattern: "b" },
      metricTransformation: { name: "m", namespace: "n", value: "1" },
    },
    [
      'PutMetricFilter / {"filterName":"x","filterPattern":"b","logGroupName":"l","metricTransformations":[{"metricName":"m","metricNamespace":"n","metricValue":"1"}]}',
    ],
  ],
  [
    "Role",
    "Role",
    { name: "r", assumeRolePolicy: '{"a":1}', tags: { a: "1" } },
    { name: "r", assumeRolePolicy: '{"b":1,"a":2}', tags: { b: "1" } },
    [
      "Action=UntagRole&RoleName=r&TagKeys.member.1=a",
      "Action=TagRole&RoleName=r&Tags.member.1.Key=b&Tags.member.1.Value=1",
      "Action=UpdateAssumeRolePolicy&PolicyDocument=%7B%22a%22%3A2%2C%22b%22%3A1%7D&RoleName=r",
    ],
  ],
  [
    "RolePolicy",
    "RolePolicy",
    { name: "p", role: "r", policy: "{}" },
    { name: "p", role: "r", policy: '{"a":1}' },
    [
      "Action=PutRolePolicy&PolicyDocument=%7B%22a%22%3A1%7D&PolicyName=p&RoleName=r",
    ],
  ],
  [
    "Table",
    "Table",
    { name: "t", billingMode: "PAY_PER_REQUEST" },
    {
      ...{ name: "t", billingMode: "PROVISIONED", readCapacity: 2 },
      pointInTimeRecovery: { enabled: true },
      ttl: { attributeName: "e", enabled: true },
    },
    [
      'UpdateTable / {"TableName":"x","BillingMode":"PROVISIONED","ProvisionedThroughput":{"ReadCapacityUnits":2,"WriteCapacityUnits":1}}',
      'UpdateTimeToLive / {"TableName":"x","TimeToLiveSpecification":{"AttributeName":"e","Enabled":true}}',
      'UpdateContinuousBackups / {"PointInTimeRecoverySpecification":{"PointInTimeRecoveryEnabled":true},"TableName":"x"}',
    ],
  ],
])("%s", async (...[, type, old, inputs, calls]) => {
  expect(await updateCalls(type, old, inputs)).toEqual(calls);
});

const state: Properties = {
  ...{ arn: "arn", name: "n", role: "r", policyArn: "p", function: "f" },
  ...{ restApi: "a", restApiId: "a", stageName: "v1", methodPath: "*/*" },
  ...{ responseType: "UNAUTHORIZED", usagePlanId: "u", keyId: "k" },
};

describe("deleting what is already gone is no failure", () => {
  test.each(Object.keys(CATALOGUE))("%s", async (token) => {
    const gone: Answers = ({ service }) => {
      if (service === "apigateway")
        return refusal(404, "NotFoundException", "");
      if (service !== "iam")
        return refusal(404, "ResourceNotFoundException", "");
      const body = "<E><Error><Code>NoSuchEntity</Code></Error></E>";
      return { status: 404, body };
    };
    const cloud = fakeCloud(gone);
    const type = CATALOGUE[token]!;
    await type.delete(cloud, "x", state);
    expect(cloud.calls.filter((call) => !isRead(call))).toHaveLength(1);
    expect(await type.read(cloud, "x", state)).toBeUndefined();
  });

  test.each(Object.keys(CATALOGUE))(
    "%s: but no permission is",
    async (token) => {
      const cloud = fakeCloud(() =>
        refusal(403, "AccessDeniedException", "no"),
      );
      const type = CATALOGUE[token]!;
      await expect(type.delete(cloud, "x", state)).rejects.toThrow(
        "AccessDenied",
      );
      await expect(type.read(cloud, "x", state)).rejects.toThrow(
        "AccessDenied",
      );
    },
  );
});

describe("waiting", () => {
  const inputs = { name: "f", role: "r", code: code("1") };
  const functionStates = (...states: Properties[]): Answers => {
    let next = 0;
    return (call) =>
      isRead(call)
        ? json({ Configuration: states[Math.min(next++, states.length - 1)] })
        : json({});
  };

  test("a new role that Lambda does not know yet is waited for", async () => {
    let refusals = 3;
    const cloud = fakeCloud((call) =>
      call.operation === "CreateFunction" && refusals-- > 0
        ? refusal(
            400,
            "InvalidParameterValueException",
            "The role defined for the function cannot be assumed by Lambda.",
          )
        : json({ Configuration: { State: "Active" } }),
    );
    await row("Function").create(cloud, inputs, () => undefined);
    const creates = cloud.calls.filter((call) => !isRead(call));
    expect(creates).toHaveLength(4);
    expect(cloud.waits).toEqual([250, 500, 750]);
  });

  test("another bad parameter is not", async () => {
    const answer = refusal(
      400,
      "InvalidParameterValueException",
      "Bad handler",
    );
    const cloud = fakeCloud(() => answer);
    const created = jest.fn();
    await expect(
      row("Function").create(cloud, inputs, created),
    ).rejects.toThrow(/Bad handler/);
    expect(cloud.calls).toHaveLength(1);
    expect(created).not.toHaveBeenCalled();
  });

  test("a function is ready when it is active", async () => {
    const pending = { State: "Pending" };
    const cloud = fakeCloud(
      functionStates(pending, pending, { State: "Active" }),
    );
    await row("Function").create(cloud, inputs, () => undefined);
    expect(cloud.calls.filter(isRead)).toHaveLength(3);
  });

  test("a function that failed says why, and exists", async () => {
    const failed = { State: "Failed", StateReason: "no such subnet" };
    const cloud = fakeCloud(functionStates(failed));
    const created = jest.fn();
    await expect(
      row("Function").create(cloud, inputs, created),
    ).rejects.toThrow("Lambda Function (f) failed: no such subnet");
    expect(created).toHaveBeenCalledWith("f");
  });

  test("a function that is never ready is given up", async () => {
    const cloud = fakeCloud(functionStates({ State: "Pending" }));
    await expect(
      row("Function").create(cloud, inputs, () => undefined),
    ).rejects.toThrow("timeout while waiting for Lambda Function (f)");
  });

  test("a role with policies that are just leaving is waited for", async () => {
    let refusals = 1;
    const conflict = "<E><Error><Code>DeleteConflict</Code></Error></E>";
    const cloud = fakeCloud(() =>
      refusals-- > 0 ? { status: 409, body: conflict } : { body: "<A></A>" },
    );
    await row("Role").delete(cloud, "r", {});
    expect(cloud.calls).toHaveLength(2);
  });
});

describe("a web ACL in front of a stage", () => {
  const inputs = {
    resourceArn: "arn:aws:apigateway:eu-west-1::/restapis/a/stages/v1",
    webAclArn: "arn:aws:wafv2:eu-west-1:1:regional/webacl/gate/1",
  };
  const association = row("WebAclAssociation");
  const told = ({ body, operation }: HttpCall) => [
    operation,
    JSON.parse(body) as unknown,
  ];

  test("is associated once WAF knows the stage", async () => {
    let refusals = 2;
    const cloud = fakeCloud(() =>
      refusals-- > 0
        ? refusal(
            400,
            "WAFUnavailableEntityException",
            "Try your request again.",
          )
        : json({}),
    );
    const created = jest.fn();
    await association.create(cloud, inputs, created);
    expect(cloud.calls).toHaveLength(3);
    expect(told(cloud.calls.at(-1)!)).toEqual([
      "AssociateWebACL",
      { ResourceArn: inputs.resourceArn, WebACLArn: inputs.webAclArn },
    ]);
    expect(created).toHaveBeenCalledWith(
      `${inputs.webAclArn},${inputs.resourceArn}`,
    );
  });

  test("that is not there fails at once", async () => {
    const answer = refusal(400, "WAFNonexistentItemException", "No such ACL");
    const cloud = fakeCloud(() => answer);
    const created = jest.fn();
    await expect(association.create(cloud, inputs, created)).rejects.toThrow(
      /No such ACL/,
    );
    expect(cloud.calls).toHaveLength(1);
    expect(created).not.toHaveBeenCalled();
  });

  test("is read by the stage; another one is drift, none is gone", async () => {
    const read = (answer: object) => {
      const cloud = fakeCloud(() => json(answer));
      return association.read(cloud, "x", inputs);
    };
    expect(await read({ WebACL: { ARN: inputs.webAclArn } })).toEqual(inputs);
    expect(await read({ WebACL: { ARN: "arn:other" } })).toEqual({
      ...inputs,
      webAclArn: "arn:other",
    });
    expect(await read({})).toBeUndefined();
  });

  test("is taken away from the stage, also from one that is gone", async () => {
    const answers: Answers[] = [
      () => json({}),
      () => refusal(400, "WAFNonexistentItemException", "gone"),
    ];
    for (const answer of answers) {
      const cloud = fakeCloud(answer);
      await association.delete(cloud, "x", inputs);
      expect(cloud.calls.map(told)).toEqual([
        ["DisassociateWebACL", { ResourceArn: inputs.resourceArn }],
      ]);
    }
  });

  test("is another association where one of both is another", () => {
    expect(association.inputs).toEqual({
      resourceArn: { replaces: true },
      webAclArn: { replaces: true },
    });
  });
});

describe("an API whose import is refused", () => {
  test("exists all the same", async () => {
    const cloud = fakeCloud((call) =>
      call.operation === "PutRestApi"
        ? refusal(400, "BadRequestException", "Unable to parse")
        : json({ id: "a1" }),
    );
    const created = jest.fn();
    const inputs = { name: "n", body: "{" };
    await expect(row("RestApi").create(cloud, inputs, created)).rejects.toThrow(
      /PutRestApi.*Unable to parse/,
    );
    expect(created).toHaveBeenCalledWith("a1");
  });
});
