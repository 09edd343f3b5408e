// Deployments and stages, row by row of what was recorded on AWS.

import {
  bad,
  deployed,
  document,
  type Harness,
  imported,
  items,
  type Json,
  missing,
  mock,
  newApi,
  type Patch,
  patch,
  refusal,
  startHarness,
} from "../../../fixtures/control-plane.ts";

let harness: Harness;
beforeAll(async () => (harness = await startHarness()));
afterAll(() => harness.stop());

const deploy = async (id: string, body: Json = {}): Promise<string> =>
  String((await harness.ok("POST", `/restapis/${id}/deployments`, body))["id"]);

describe("deployments", () => {
  test("CreateDeployment: 201, no summary", async () => {
    const id = await imported(harness, document({ "/x": { get: mock } }));
    const answer = await harness.call("POST", `/restapis/${id}/deployments`, {
      description: "d",
    });
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
    await harness.ok(
      "PUT",
      `/restapis/${id}/gatewayresponses/UNAUTHORIZED`,
      {},
    );
    await harness.ok(
      "PUT",
      `/restapis/${id}?mode=overwrite`,
      document({ "/y": { get: mock } }),
    );
    expect(record?.deployments.get(deployment)?.snapshot).toEqual(before);
  });

  test("COM:test_create_update_deployments: a stage name moves the stage", async () => {
    const { id, deployment: first, stage } = await deployed(harness);
    const second = await deploy(id, { stageName: "v1" });
    expect(await harness.ok("GET", stage)).toMatchObject({
      deploymentId: second,
    });
    const at = `/restapis/${id}/deployments`;
    expect(refusal(await harness.call("DELETE", `${at}/${second}`))).toEqual(
      bad("Active stages pointing to this deployment must be moved or deleted"),
    );
    expect((await harness.call("DELETE", `${at}/${first}`)).status).toBe(202);
    expect((await harness.call("GET", `${at}/${first}`)).status).toBe(404);
  });

  test("COM: a MOCK method without any response is deployable", async () => {
    const id = await imported(
      harness,
      document({
        "/x": { get: { "x-amazon-apigateway-integration": { type: "mock" } } },
      }),
    );
    expect(
      (await harness.call("POST", `/restapis/${id}/deployments`, {})).status,
    ).toBe(201);
  });

  test("no methods, no integration", async () => {
    const { id, root } = await newApi(harness);
    const at = `/restapis/${id}/deployments`;
    expect(refusal(await harness.call("POST", at, {}))).toEqual(
      bad("The REST API doesn't contain any methods"),
    );
    await harness.ok("PUT", `/restapis/${id}/resources/${root}/methods/GET`, {
      authorizationType: "NONE",
    });
    expect(refusal(await harness.call("POST", at, {}))).toEqual(
      bad("No integration defined for method"),
    );
  });
});

describe("stages", () => {
  test("COM:TestStages: CreateStage and GetStages", async () => {
    const { id, deployment } = await deployed(harness);
    const created = await harness.call("POST", `/restapis/${id}/stages`, {
      stageName: "s2",
      deploymentId: deployment,
    });
    expect(created.status).toBe(201);
    expect(created.body).toEqual({
      stageName: "s2",
      deploymentId: deployment,
      cacheClusterEnabled: false,
      cacheClusterStatus: "NOT_AVAILABLE",
      methodSettings: {},
      tracingEnabled: false,
      createdDate: expect.any(Number) as number,
      lastUpdatedDate: expect.any(Number) as number,
    });
    expect(
      items(await harness.ok("GET", `/restapis/${id}/stages`)),
    ).toHaveLength(2);
    expect(
      (
        await harness.call("POST", `/restapis/${id}/stages`, {
          stageName: "s2",
          deploymentId: deployment,
        })
      ).status,
    ).toBe(409);
    expect(
      refusal(
        await harness.call("POST", `/restapis/${id}/stages`, {
          stageName: "s4",
          deploymentId: "nope",
        }),
      ),
    ).toEqual(missing("Invalid Deployment identifier specified"));
    expect(
      (await harness.call("DELETE", `/restapis/${id}/stages/s2`)).status,
    ).toBe(202);
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
    const burst = await harness.ok(
      "PATCH",
      stage,
      patch(["replace", "/*/*/throttling/burstLimit", "123"]),
    );
    expect(burst["methodSettings"]).toEqual({
      "*/*": { ...defaults, throttlingBurstLimit: 123 },
    });
    const one = await harness.ok(
      "PATCH",
      stage,
      patch(
        ["replace", "/x/GET/throttling/rateLimit", "1.500000"],
        ["replace", "/*/*/metrics/enabled", "true"],
      ),
    );
    expect(one["methodSettings"]).toEqual({
      "*/*": { ...defaults, throttlingBurstLimit: 123, metricsEnabled: true },
      "x/GET": {
        ...defaults,
        throttlingBurstLimit: 123,
        throttlingRateLimit: 1.5,
      },
    });
  });

  test.each([
    ["/~1openai~1v1/POST", "~1openai~1v1/POST"],
    ["/openai~1v1/POST", "openai~1v1/POST"],
    ["/openai/v1/POST", "openai~1v1/POST"],
  ])("a nested path: %s is kept as %s", async (path, key) => {
    const { stage } = await deployed(harness);
    const changed = await harness.ok(
      "PATCH",
      stage,
      patch(["replace", `${path}/throttling/rateLimit`, "1"]),
    );
    expect(Object.keys(changed["methodSettings"] as Json)).toEqual([key]);
    const removed = await harness.ok("PATCH", stage, patch(["remove", path]));
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

  test.each<[string, readonly Patch[], Json]>([
    [
      "COM:test_update_stage_remove_wildcard",
      [["remove", "/*/*"]],
      nothing("*/*"),
    ],
    [
      "COM:test_update_stage_remove_wildcard: method",
      [["remove", "/x/GET"]],
      nothing("x/GET"),
    ],
    [
      "COM:test_create_update_stages: tags",
      [["replace", "/tags/tag1", "v"]],
      unknown("/tags/tag1"),
    ],
    [
      "COM:test_create_update_stages: documentation",
      [["replace", "/documentation_version", "v"]],
      unknown("/documentation_version"),
    ],
    [
      "hashicorp/terraform-provider-aws#15855",
      [["replace", "/{proxy+}/ANY//throttling/burstLimit", "1"]],
      unknown("/{proxy+}/ANY//throttling/burstLimit"),
    ],
    [
      "unknown deployment",
      [["replace", "/deploymentId", "nope"]],
      bad("Deployment id does not exist"),
    ],
    [
      "API:test_stage_access_log_settings: remove one",
      [["remove", "/accessLogSettings/destinationArn"]],
      nothing("accessLogSettings/destinationArn"),
    ],
    [
      "API:test_stage_access_log_settings: other path",
      [["replace", "/accessLogSettings/x", "v"]],
      bad(
        "Invalid accessLogSettings path. Must be one of : [/accessLogSettings/destinationArn, /accessLogSettings/format]",
      ),
    ],
    [
      "API:test_stage_access_log_settings: empty",
      [["replace", "/accessLogSettings/format", ""]],
      bad("Access Log value must not be empty"),
    ],
    [
      "logs without the account's role",
      [["replace", "/*/*/logging/loglevel", "INFO"]],
      bad(
        "CloudWatch Logs role ARN must be set in account settings to enable logging",
      ),
    ],
  ])("refused: %s", async (_, operations, expected) => {
    const { stage } = await deployed(harness);
    expect(
      refusal(await harness.call("PATCH", stage, patch(...operations))),
    ).toEqual(expected);
  });

  test("COM:test_update_stage_remove_wildcard: removing clears", async () => {
    const { stage } = await deployed(harness);
    await harness.ok(
      "PATCH",
      stage,
      patch(["replace", "/*/*/metrics/enabled", "true"]),
    );
    expect(
      (await harness.ok("PATCH", stage, patch(["remove", "/*/*"])))[
        "methodSettings"
      ],
    ).toEqual({});
  });

  test("API:test_stage_access_log_settings", async () => {
    const arn = "arn:aws:logs:us-east-1:000000000000:log-group:gate";
    const { stage } = await deployed(harness);
    const to = (value: string): Json =>
      patch(
        ["replace", "/accessLogSettings/destinationArn", value],
        ["replace", "/accessLogSettings/format", "$context.requestId"],
      );
    expect(
      (await harness.call("PATCH", stage, to(arn))).body["message"],
    ).toContain("CloudWatch Logs role ARN must be set");
    expect(
      (
        await harness.call(
          "PATCH",
          stage,
          to(
            "arn:aws:firehose:us-east-1:000000000000:deliverystream/amazon-apigateway-x",
          ),
        )
      ).status,
    ).toBe(200);
    await harness.ok(
      "PATCH",
      "/account",
      patch([
        "replace",
        "/cloudwatchRoleArn",
        "arn:aws:iam::000000000000:role/r",
      ]),
    );
    // The group need not exist, but its ARN must come without the `:*` that some tools append.
    expect(
      (await harness.ok("PATCH", stage, to(`${arn}a`)))["accessLogSettings"],
    ).toEqual({ destinationArn: `${arn}a`, format: "$context.requestId" });
    expect((await harness.call("PATCH", stage, to(`${arn}:*`))).status).toBe(
      400,
    );
    expect(
      (
        await harness.call(
          "PATCH",
          stage,
          patch(["replace", "/accessLogSettings/format", "$context.status"]),
        )
      ).status,
    ).toBe(400);
    expect(
      await harness.ok("PATCH", stage, patch(["remove", "/accessLogSettings"])),
    ).not.toHaveProperty("accessLogSettings");
    await harness.ok(
      "PATCH",
      "/account",
      patch(["remove", "/cloudwatchRoleArn"]),
    );
  });

  test("description, tracing, deployment", async () => {
    const { id, stage } = await deployed(harness);
    const deploymentId = await deploy(id);
    const changed = await harness.ok(
      "PATCH",
      stage,
      patch(
        ["replace", "/description", "d"],
        ["replace", "/tracingEnabled", "true"],
        ["replace", "/deploymentId", deploymentId],
      ),
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
    const answer = await harness.call("POST", `/restapis/${id}/stages`, {
      stageName: "s2",
      deploymentId: deployment,
      [name]: value,
    });
    expect(refusal(answer)).toEqual(
      bad(`The local API Gateway has no ${name}`),
    );
  });

  test("flushing: 202, and the data plane hears of it", async () => {
    const { id, stage } = await deployed(harness);
    expect(
      (await harness.call("DELETE", `${stage}/cache/authorizers`)).status,
    ).toBe(202);
    expect(harness.flushed).toContain(`${id} v1`);
    expect(
      (
        await harness.call(
          "DELETE",
          `/restapis/${id}/stages/nope/cache/authorizers`,
        )
      ).status,
    ).toBe(404);
  });
});
