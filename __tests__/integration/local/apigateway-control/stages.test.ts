// Deployments and stages, row by row of what was recorded on AWS.

import {
  bad,
  deployed,
  document,
  type Harness,
  imported,
  type Json,
  missing,
  mock,
  newApi,
  type Patch,
  patch,
  shortcuts,
  startHarness,
} from "../../../fixtures/control-plane.ts";

let harness: Harness;
beforeAll(async () => (harness = await startHarness()));
afterAll(() => harness.stop());

const { get, post, change, list, status, refused, refusedPatch } = shortcuts(
  () => harness,
);
const deploy = async (id: string, body: Json = {}): Promise<string> =>
  String((await post(`/restapis/${id}/deployments`, body))["id"]);

describe("deployments", () => {
  test("CreateDeployment: 201, no summary", async () => {
    const id = await imported(harness, document({ "/x": { get: mock } }));
    const at = `/restapis/${id}/deployments`;
    const answer = await harness.call("POST", at, { description: "d" });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      id: expect.any(String) as string,
      createdDate: expect.any(Number) as number,
      description: "d",
    });
  });

  test("CAN:test_invoking_canary_deployment: a deployment is a snapshot", async () => {
    const { id, deployment } = await deployed(harness);
    const record = harness.gateway.store.apis.get(id);
    const snapshot = record?.deployments.get(deployment)?.snapshot;
    const before = structuredClone(snapshot);
    const at = `/restapis/${id}`;
    await harness.ok("PUT", `${at}/gatewayresponses/UNAUTHORIZED`, {});
    const next = document({ "/y": { get: mock } });
    await harness.ok("PUT", `${at}?mode=overwrite`, next);
    expect(record?.deployments.get(deployment)?.snapshot).toEqual(before);
  });

  test("COM:test_create_update_deployments: a stage name moves the stage", async () => {
    const { id, deployment: first, stage } = await deployed(harness);
    const second = await deploy(id, { stageName: "v1" });
    expect((await get(stage))["deploymentId"]).toBe(second);
    const at = `/restapis/${id}/deployments`;
    expect(await refused("DELETE", `${at}/${second}`)).toEqual(
      bad("Active stages pointing to this deployment must be moved or deleted"),
    );
    expect(await status("DELETE", `${at}/${first}`)).toBe(202);
    expect(await status("GET", `${at}/${first}`)).toBe(404);
  });

  test("COM: a MOCK method without any response is deployable", async () => {
    const bare = { "x-amazon-apigateway-integration": { type: "mock" } };
    const id = await imported(harness, document({ "/x": { get: bare } }));
    expect(await status("POST", `/restapis/${id}/deployments`, {})).toBe(201);
  });

  test("no methods, no integration", async () => {
    const { id, root } = await newApi(harness);
    const at = `/restapis/${id}/deployments`;
    expect(await refused("POST", at, {})).toEqual(
      bad("The REST API doesn't contain any methods"),
    );
    await harness.ok("PUT", `/restapis/${id}/resources/${root}/methods/GET`, {
      authorizationType: "NONE",
    });
    expect(await refused("POST", at, {})).toEqual(
      bad("No integration defined for method"),
    );
  });
});

describe("stages", () => {
  test("COM:TestStages: CreateStage and GetStages", async () => {
    const { id, deployment } = await deployed(harness);
    const at = `/restapis/${id}/stages`;
    const wanted = { stageName: "s2", deploymentId: deployment };
    const created = await harness.call("POST", at, wanted);
    expect(created.status).toBe(201);
    expect(created.body).toEqual({
      ...wanted,
      cacheClusterEnabled: false,
      cacheClusterStatus: "NOT_AVAILABLE",
      methodSettings: {},
      tracingEnabled: false,
      createdDate: expect.any(Number) as number,
      lastUpdatedDate: expect.any(Number) as number,
    });
    expect(await list(at)).toHaveLength(2);
    expect(await status("POST", at, wanted)).toBe(409);
    expect(
      await refused("POST", at, { stageName: "s4", deploymentId: "nope" }),
    ).toEqual(missing("Invalid Deployment identifier specified"));
    expect(await status("DELETE", `${at}/s2`)).toBe(202);
  });

  const defaults = {
    metricsEnabled: false,
    dataTraceEnabled: false,
    throttlingBurstLimit: 5000,
    throttlingRateLimit: 10000,
    cachingEnabled: false,
    cacheTtlInSeconds: 300,
    cacheDataEncrypted: false,
    requireAuthorizationForCacheControl: true,
    unauthorizedCacheControlHeaderStrategy: "SUCCEED_WITH_RESPONSE_HEADER",
  };

  test("COM:test_create_update_stages: method settings with every default", async () => {
    const { stage } = await deployed(harness);
    const set = "replace";
    const burst = await change(stage, [
      set,
      "/*/*/throttling/burstLimit",
      "123",
    ]);
    expect(burst["methodSettings"]).toEqual({
      "*/*": { ...defaults, throttlingBurstLimit: 123 },
    });
    const one = await change(
      stage,
      [set, "/x/GET/throttling/rateLimit", "1.500000"],
      [set, "/*/*/metrics/enabled", "true"],
    );
    const all = { ...defaults, throttlingBurstLimit: 123 };
    expect(one["methodSettings"]).toEqual({
      "*/*": { ...all, metricsEnabled: true },
      "x/GET": { ...all, throttlingRateLimit: 1.5 },
    });
  });

  test.each([
    ["/~1openai~1v1/POST", "~1openai~1v1/POST"],
    ["/openai~1v1/POST", "openai~1v1/POST"],
    ["/openai/v1/POST", "openai~1v1/POST"],
  ])("a nested path: %s is kept as %s", async (path, key) => {
    const { stage } = await deployed(harness);
    const rate = `${path}/throttling/rateLimit`;
    const changed = await change(stage, ["replace", rate, "1"]);
    expect(Object.keys(changed["methodSettings"] as Json)).toEqual([key]);
    const removed = await change(stage, ["remove", path]);
    expect(removed["methodSettings"]).toEqual({});
  });

  const nothing = (path: string): Json =>
    bad(
      `Cannot remove method setting ${path} because there is no method setting for this method `,
    );
  const settings = (prefix: string, gap: string): string =>
    `${prefix}/metrics/enabled, ${prefix}/logging/dataTrace, ${prefix}/logging/loglevel, ${prefix}/throttling/burstLimit${gap}${prefix}/throttling/rateLimit${gap}${prefix}/caching/ttlInSeconds, ${prefix}/caching/enabled, ${prefix}/caching/dataEncrypted, ${prefix}/caching/requireAuthorizationForCacheControl, ${prefix}/caching/unauthorizedCacheControlHeaderStrategy, `;
  const unknown = (path: string): Json =>
    bad(
      `Invalid method setting path: ${path}. Must be one of: [/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, /accessLogSettings, /accessLogSettings/destinationArn, /accessLogSettings/format, ` +
        `${settings("/{resourcePath}/{httpMethod}", "")}${settings("/*/*", " ")}/variables/{variable_name}, /tracingEnabled]`,
    );

  const logPath =
    "Invalid accessLogSettings path. Must be one of : [/accessLogSettings/destinationArn, /accessLogSettings/format]";
  const noRole =
    "CloudWatch Logs role ARN must be set in account settings to enable logging";
  const doubled = "/{proxy+}/ANY//throttling/burstLimit";
  const destination = "accessLogSettings/destinationArn";
  test.each<[string, Patch, Json]>([
    [
      "COM:test_update_stage_remove_wildcard",
      ["remove", "/*/*"],
      nothing("*/*"),
    ],
    ["COM:remove_wildcard: method", ["remove", "/x/GET"], nothing("x/GET")],
    [
      "COM:test_create_update_stages: tags",
      ["replace", "/tags/tag1", "v"],
      unknown("/tags/tag1"),
    ],
    [
      "COM:test_create_update_stages: documentation",
      ["replace", "/documentation_version", "v"],
      unknown("/documentation_version"),
    ],
    [
      "hashicorp/terraform-provider-aws#15855",
      ["replace", doubled, "1"],
      unknown(doubled),
    ],
    [
      "unknown deployment",
      ["replace", "/deploymentId", "nope"],
      bad("Deployment id does not exist"),
    ],
    [
      "API:test_stage_access_log_settings: remove one",
      ["remove", `/${destination}`],
      nothing(destination),
    ],
    [
      "API:test_stage_access_log_settings: other path",
      ["replace", "/accessLogSettings/x", "v"],
      bad(logPath),
    ],
    [
      "API:test_stage_access_log_settings: empty",
      ["replace", "/accessLogSettings/format", ""],
      bad("Access Log value must not be empty"),
    ],
    [
      "logs without the account's role",
      ["replace", "/*/*/logging/loglevel", "INFO"],
      bad(noRole),
    ],
  ])("refused: %s", async (_, operation, expected) => {
    const { stage } = await deployed(harness);
    expect(await refusedPatch(stage, operation)).toEqual(expected);
  });

  test("COM:test_update_stage_remove_wildcard: removing clears", async () => {
    const { stage } = await deployed(harness);
    await change(stage, ["replace", "/*/*/metrics/enabled", "true"]);
    const removed = await change(stage, ["remove", "/*/*"]);
    expect(removed["methodSettings"]).toEqual({});
  });

  test("API:test_stage_access_log_settings", async () => {
    const arn = "arn:aws:logs:us-east-1:000000000000:log-group:gate";
    const { stage } = await deployed(harness);
    const format = "$context.requestId";
    const to = (value: string): Patch[] => [
      ["replace", "/accessLogSettings/destinationArn", value],
      ["replace", "/accessLogSettings/format", format],
    ];
    expect((await refusedPatch(stage, ...to(arn)))["message"]).toContain(
      "CloudWatch Logs role ARN must be set",
    );
    const firehose =
      "arn:aws:firehose:us-east-1:000000000000:deliverystream/amazon-apigateway-x";
    await change(stage, ...to(firehose));
    const role = "arn:aws:iam::000000000000:role/r";
    await change("/account", ["replace", "/cloudwatchRoleArn", role]);
    // The group need not exist, but its ARN must come without the `:*` that some tools append.
    const changed = await change(stage, ...to(`${arn}a`));
    expect(changed["accessLogSettings"]).toEqual({
      destinationArn: `${arn}a`,
      format,
    });
    const wrong: Patch[][] = [
      to(`${arn}:*`),
      [["replace", "/accessLogSettings/format", "$context.status"]],
    ];
    for (const all of wrong)
      expect(await status("PATCH", stage, patch(...all))).toBe(400);
    expect(
      await change(stage, ["remove", "/accessLogSettings"]),
    ).not.toHaveProperty("accessLogSettings");
    await change("/account", ["remove", "/cloudwatchRoleArn"]);
  });

  test("description, tracing, deployment", async () => {
    const { id, stage } = await deployed(harness);
    const deploymentId = await deploy(id);
    const changed = await change(
      stage,
      ["replace", "/description", "d"],
      ["replace", "/tracingEnabled", "true"],
      ["replace", "/deploymentId", deploymentId],
    );
    expect(changed).toMatchObject({
      description: "d",
      tracingEnabled: true,
      deploymentId,
    });
  });

  test.each<[string, unknown]>([
    ["cacheClusterEnabled", true],
    ["canarySettings", { percentTraffic: 10 }],
    ["variables", { a: "b" }],
  ])("%s is refused rather than ignored", async (name, value) => {
    const { id, deployment } = await deployed(harness);
    const wanted = { stageName: "s2", deploymentId: deployment, [name]: value };
    expect(await refused("POST", `/restapis/${id}/stages`, wanted)).toEqual(
      bad(`The local API Gateway has no ${name}`),
    );
  });

  test("flushing: 202, and the data plane hears of it", async () => {
    const { id, stage } = await deployed(harness);
    expect(await status("DELETE", `${stage}/cache/authorizers`)).toBe(202);
    expect(harness.flushed).toContain(`${id} v1`);
    const nope = `/restapis/${id}/stages/nope/cache/authorizers`;
    expect(await status("DELETE", nope)).toBe(404);
  });
});
