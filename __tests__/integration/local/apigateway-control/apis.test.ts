// RestApi, resources, methods, integrations and the other parts of an API, row by row of what was recorded on AWS.

import {
  bad,
  clash,
  deployed,
  type Harness,
  invalid,
  items,
  type Json,
  lambdaUri,
  missing,
  newApi,
  type Patch,
  patch,
  refusal,
  send,
  signed,
  startHarness,
} from "../../../fixtures/control-plane.ts";

let harness: Harness;
beforeAll(async () => (harness = await startHarness()));
afterAll(() => harness.stop());

const refused = async (
  verb: string,
  path: string,
  body?: unknown,
): Promise<Json> => {
  const answer = await harness.call(verb, path, body);
  return refusal(answer);
};

describe("RestApi", () => {
  test("API:test_create_rest_api_with_optional_params", async () => {
    const api = await harness.ok("POST", "/restapis", {
      name: "n",
      binaryMediaTypes: [],
    });
    expect(api).toEqual({
      id: expect.stringMatching(/^[a-z0-9]{10}$/) as string,
      name: "n",
      createdDate: expect.any(Number) as number,
      apiKeySource: "HEADER",
      disableExecuteApiEndpoint: false,
      endpointConfiguration: { types: ["EDGE"], ipAddressType: "ipv4" },
      rootResourceId: expect.any(String) as string,
    });
  });

  const types = (...all: string[]): Json => ({ types: all });
  const enums =
    "Member must satisfy constraint: [Member must satisfy enum value set: [PRIVATE, EDGE, REGIONAL]]";
  const typeError = `Value '[wrong]' at 'createRestApiInput.endpointConfiguration.types' failed to satisfy constraint: ${enums}`;
  const ipError =
    "Value 'wrong' at 'createRestApiInput.endpointConfiguration.ipAddressType' failed to satisfy constraint: Member must satisfy enum value set: [ipv4, dualstack]";

  test.each([
    [
      "API:test_create_rest_api_verify_defaults: description",
      { description: "" },
      bad("Description cannot be an empty string"),
    ],
    [
      "API:test_create_rest_api_with_endpoint_configuration: none",
      { endpointConfiguration: types() },
      bad(
        "REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.",
      ),
    ],
    [
      "API:test_create_rest_api_with_endpoint_configuration: two",
      { endpointConfiguration: types("EDGE", "REGIONAL") },
      bad("Cannot create an api with multiple Endpoint Types."),
    ],
    [
      "API:test_create_rest_api_with_endpoint_configuration: type",
      { endpointConfiguration: types("wrong") },
      invalid(`1 validation error detected: ${typeError}`),
    ],
    [
      "API:test_create_rest_api_with_endpoint_configuration: address",
      { endpointConfiguration: { ipAddressType: "wrong" } },
      invalid(`1 validation error detected: ${ipError}`),
    ],
    [
      "API:test_create_rest_api_with_endpoint_configuration: both",
      { endpointConfiguration: { ...types("wrong"), ipAddressType: "wrong" } },
      invalid(`2 validation errors detected: ${typeError}; ${ipError}`),
    ],
    [
      "API:test_create_rest_api_private_type",
      { endpointConfiguration: { ...types("PRIVATE"), ipAddressType: "ipv4" } },
      bad("Only dualstack ipAddressType is supported for Private APIs."),
    ],
  ])("%s", async (_, body, expected) => {
    expect(await refused("POST", "/restapis", { name: "n", ...body })).toEqual(
      expected,
    );
  });

  test.each([
    ["REGIONAL", "ipv4"],
    ["PRIVATE", "dualstack"],
  ])(
    "API:test_create_rest_api_verify_defaults: %s is %s",
    async (type, address) => {
      const { id } = await newApi(harness, {
        endpointConfiguration: types(type),
      });
      expect(
        (await harness.ok("GET", `/restapis/${id}`))["endpointConfiguration"],
      ).toEqual({ types: [type], ipAddressType: address });
    },
  );

  test("API:test_get_api_case_insensitive, BAS:test_delete_rest_api_with_invalid_id", async () => {
    const { id } = await newApi(harness);
    const upper = id.toUpperCase();
    for (const [verb, path] of [
      ["GET", `/restapis/${upper}`],
      ["PATCH", `/restapis/${upper}`],
      ["DELETE", `/restapis/${upper}`],
      ["GET", `/restapis/${upper}/resources`],
    ] as const)
      expect(
        await refused(verb, path, verb === "PATCH" ? patch() : undefined),
      ).toEqual(
        missing(`Invalid API identifier specified 000000000000:${upper}`),
      );
  });

  test("an API is not seen from another region or account", async () => {
    const { id } = await newApi(harness);
    const other = await send(harness.gateway.url, {
      method: "GET",
      path: `/restapis/${id}`,
      headers: signed("apigateway", "eu-west-1"),
    });
    expect(other.status).toBe(404);
    const headers = {
      authorization:
        "AWS4-HMAC-SHA256 Credential=111111111111/20260101/us-east-1/apigateway/aws4_request",
    };
    expect(
      (
        await send(harness.gateway.url, {
          method: "GET",
          path: `/restapis/${id}`,
          headers,
        })
      ).body["message"],
    ).toContain("111111111111:");
  });

  const update = async (
    ...operations: readonly Patch[]
  ): Promise<{ body: Json; refusal: Json }> => {
    const { id } = await newApi(harness, {
      description: "d",
      binaryMediaTypes: ["image/gif"],
    });
    const answer = await harness.call(
      "PATCH",
      `/restapis/${id}`,
      patch(...operations),
    );
    return { body: answer.body, refusal: refusal(answer) };
  };

  test.each<[string, readonly Patch[], Json]>([
    [
      "API:test_update_rest_api_operation_add_remove: add",
      [["add", "/binaryMediaTypes/image~1png"]],
      { binaryMediaTypes: ["image/gif", "image/png"] },
    ],
    [
      "API:test_update_rest_api_behaviour: replace",
      [["replace", "/binaryMediaTypes/image~1gif", "image/a"]],
      { binaryMediaTypes: ["image/a"] },
    ],
    [
      "API:test_update_rest_api_behaviour: dash",
      [["add", "/binaryMediaTypes/-"]],
      { binaryMediaTypes: ["image/gif", "-"] },
    ],
    [
      "API:test_update_rest_api_ip_address_type: by number",
      [["replace", "/endpointConfiguration/types/0", "REGIONAL"]],
      { endpointConfiguration: { types: ["REGIONAL"], ipAddressType: "ipv4" } },
    ],
    [
      "API:test_update_rest_api_ip_address_type: in order",
      [
        ["replace", "/endpointConfiguration/types/EDGE", "PRIVATE"],
        ["replace", "/endpointConfiguration/ipAddressType", "dualstack"],
      ],
      {
        endpointConfiguration: {
          types: ["PRIVATE"],
          ipAddressType: "dualstack",
        },
      },
    ],
    [
      "disableExecuteApiEndpoint",
      [["replace", "/disableExecuteApiEndpoint", "true"]],
      { disableExecuteApiEndpoint: true },
    ],
  ])("%s", async (_, operations, expected) => {
    expect((await update(...operations)).body).toMatchObject({
      ...expected,
      tags: {},
    });
  });

  test.each<[string, readonly Patch[], string]>([
    [
      "API:test_update_rest_api_operation_add_remove: description",
      [["remove", "/description"]],
      "description",
    ],
    [
      "API:test_update_rest_api_behaviour: the last type",
      [["remove", "/binaryMediaTypes/image~1gif"]],
      "binaryMediaTypes",
    ],
  ])("%s", async (_, operations, gone) => {
    expect((await update(...operations)).body).not.toHaveProperty(gone);
  });

  const wrongOp = (index: number): string =>
    `Value 'wrong' at 'updateRestApiInput.patchOperations.${index}.member.op' failed to satisfy constraint: Member must satisfy enum value set: [add, remove, move, test, replace, copy]`;

  test.each<[string, readonly Patch[], Json]>([
    [
      "API:test_update_rest_api_behaviour: the list itself",
      [["add", "/binaryMediaTypes", "a"]],
      bad("Invalid patch path /binaryMediaTypes"),
    ],
    [
      "API:test_update_rest_api_compression: an operation that the path does not take",
      [["add", "/disableExecuteApiEndpoint", "true"]],
      bad("Invalid patch operation specified. Must be one of: [replace]"),
    ],
    [
      "API:test_update_rest_api_ip_address_type: type",
      [["replace", "/endpointConfiguration/types/0", "x"]],
      bad(
        "Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE",
      ),
    ],
    [
      "API:test_update_rest_api_ip_address_type: address",
      [["replace", "/endpointConfiguration/ipAddressType", "x"]],
      bad("ipAddressType must be either ipv4 or dualstack."),
    ],
    [
      "API:test_update_rest_api_ip_address_type: remove",
      [["remove", "/endpointConfiguration/types/0"]],
      bad(
        "Invalid patch operation specified. Must be 'add'|'remove'|'replace'",
      ),
    ],
    [
      "API:test_update_rest_api_concatenation_of_errors: one",
      [["wrong", "/name", "n"]],
      invalid(`1 validation error detected: ${wrongOp(1)}`),
    ],
    [
      "API:test_update_rest_api_concatenation_of_errors: two",
      [
        ["wrong", "/name"],
        ["replace", "/name", "n"],
        ["wrong", "/name"],
      ],
      invalid(`2 validation errors detected: ${wrongOp(1)}; ${wrongOp(3)}`),
    ],
  ])("%s", async (_, operations, expected) => {
    expect((await update(...operations)).refusal).toEqual(expected);
  });

  test("operations before a refused one are not kept", async () => {
    const { id } = await newApi(harness);
    expect(
      (
        await harness.call(
          "PATCH",
          `/restapis/${id}`,
          patch(["replace", "/name", "new"], ["replace", "/nope", "x"]),
        )
      ).status,
    ).toBe(400);
    expect((await harness.ok("GET", `/restapis/${id}`))["name"]).toBe("test");
  });

  test("INT:test_create_execute_api_vpc_endpoint: policy", async () => {
    const policy = JSON.stringify({
      Statement: [
        {
          Effect: "Allow",
          Principal: "*",
          Action: "execute-api:Invoke",
          Resource: ["execute-api:/*"],
        },
      ],
    });
    const { id } = await newApi(harness, { policy });
    const stored = String(
      (await harness.ok("GET", `/restapis/${id}`))["policy"],
    );
    expect(stored.startsWith('{\\"Statement')).toBe(true);
    const document = JSON.parse(JSON.parse(`"${stored}"`) as string) as {
      Statement: Json[];
    };
    expect(document.Statement[0]?.["Resource"]).toBe(
      `arn:aws:execute-api:us-east-1:000000000000:${id}/*`,
    );
    expect(
      (
        await refused(
          "PATCH",
          `/restapis/${id}`,
          patch(["replace", "/policy", "{"]),
        )
      )["status"],
    ).toBe(400);
  });

  test("DeleteRestApi 202, then 404", async () => {
    const { id } = await newApi(harness);
    expect((await harness.call("DELETE", `/restapis/${id}`)).status).toBe(202);
    expect((await harness.call("DELETE", `/restapis/${id}`)).status).toBe(404);
  });
});

describe("a route made by hand", () => {
  let api = "";
  let root = "";
  beforeEach(async () => {
    const made = await newApi(harness);
    api = `/restapis/${made.id}`;
    root = made.root;
  });
  const none = { authorizationType: "NONE" };
  const child = (pathPart: string) =>
    harness.ok("POST", `${api}/resources/${root}`, { pathPart });

  test("API:TestApiGatewayApiResource", async () => {
    expect(await child("pets")).toEqual({
      id: expect.any(String) as string,
      parentId: root,
      path: "/pets",
      pathPart: "pets",
    });
    const proxy = String((await child("{proxy+}"))["id"]);
    const refusals: [string, string, Json][] = [
      ["nothere", "x", missing("Invalid Resource identifier specified")],
      [
        root,
        "pets",
        clash(
          "Another resource with the same parent already has this name: pets",
        ),
      ],
      [
        root,
        "{x}",
        bad(
          "A sibling ({proxy+}) of this resource already has a variable path part -- only one is allowed",
        ),
      ],
      [
        proxy,
        "x",
        bad(
          "Cannot create a child of a resource with a greedy path variable: {proxy+}",
        ),
      ],
    ];
    for (const [parent, pathPart, expected] of refusals)
      expect(
        await refused("POST", `${api}/resources/${parent}`, { pathPart }),
      ).toEqual(expected);
  });

  test("method and integration; None is NONE", async () => {
    const at = `${api}/resources/${root}/methods/GET`;
    const answer = await harness.call("PUT", at, { authorizationType: "None" });
    expect(answer).toMatchObject({
      status: 201,
      body: {
        httpMethod: "GET",
        authorizationType: "NONE",
        apiKeyRequired: false,
      },
    });
    await harness.ok("PUT", `${at}/integration`, { type: "MOCK" });
    expect(items(await harness.ok("GET", `${api}/resources`))).toEqual([
      { id: root, path: "/", resourceMethods: { GET: {} } },
    ]);
    expect(
      await refused("PUT", `${api}/resources/${root}/methods/PUT/integration`, {
        type: "MOCK",
      }),
    ).toEqual(missing("Invalid Method identifier specified"));
  });

  test.each<[string, string, Json, Json]>([
    [
      "resource before verb",
      "nothere/methods/WRONG",
      {},
      missing("Invalid Resource identifier specified"),
    ],
    [
      "verb",
      "/methods/WRONG",
      {},
      bad(
        "Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY",
      ),
    ],
    [
      "authorizer",
      "/methods/GET",
      { authorizationType: "CUSTOM", authorizerId: "abcdef" },
      bad(
        "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.",
      ),
    ],
    [
      "validator",
      "/methods/GET",
      { requestValidatorId: "abcdef" },
      bad("Invalid Request Validator identifier specified"),
    ],
    [
      "model",
      "/methods/GET",
      { requestModels: { "application/json": "petModel" } },
      bad("Invalid model identifier specified: petModel"),
    ],
    [
      "API:test_method_request_parameters",
      "/methods/GET",
      {
        requestParameters: {
          "method.request.header.a": true,
          "method.request.querystring.a": true,
        },
      },
      bad("Parameter names must be unique across querystring, header and path"),
    ],
  ])("API:test_put_method_validation: %s", async (_, path, body, expected) => {
    const at = path.startsWith("/") ? root + path : path;
    expect(
      await refused("PUT", `${api}/resources/${at}`, { ...none, ...body }),
    ).toEqual(expected);
  });

  const arn = (service: string): string =>
    `arn:aws:apigateway:us-east-1:${service}`;
  const proxyTo = (uri: string): Json => ({
    type: "AWS_PROXY",
    httpMethod: "POST",
    uri,
  });
  const onlyLambda = bad(
    "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.",
  );
  const needsAction = bad(
    "AWS ARN for integration must contain path or action",
  );

  test.each<[string, Json, Json]>([
    [
      "MOCK forgets where to",
      { type: "MOCK", uri: "https://x.example.com", httpMethod: "GET" },
      { type: "MOCK" },
    ],
    [
      "AWS_PROXY",
      { ...proxyTo(lambdaUri), credentials: "arn:aws:iam::0:role/r" },
      { ...proxyTo(lambdaUri), credentials: "arn:aws:iam::0:role/r" },
    ],
    [
      "no verb",
      { type: "HTTP_PROXY", uri: "https://x.example.com" },
      bad("Enumeration value for HttpMethod must be non-empty"),
    ],
    [
      "bad endpoint",
      { type: "HTTP_PROXY", httpMethod: "GET", uri: "x" },
      bad("Invalid HTTP endpoint specified for URI"),
    ],
    [
      "no ARN",
      { type: "AWS", httpMethod: "POST", uri: "https://x" },
      bad("Invalid ARN specified in the request"),
    ],
    [
      "LAM:test_put_integration_aws_proxy_uri: bare function",
      proxyTo("arn:aws:lambda:us-east-1:0:function:f"),
      needsAction,
    ],
    [
      "LAM:test_put_integration_aws_proxy_uri: neither path nor action",
      proxyTo(arn("lambda:test/x")),
      needsAction,
    ],
    ["S3 as proxy", proxyTo(arn("s3:path/b")), onlyLambda],
    [
      "some Lambda path as proxy",
      proxyTo(arn("lambda:path/random/value/x")),
      onlyLambda,
    ],
    [
      "API:test_put_integration_wrong_type",
      { type: "HTTPS_PROXY" },
      invalid(
        "1 validation error detected: Value 'HTTPS_PROXY' at 'putIntegrationInput.type' failed to satisfy constraint: Member must satisfy enum value set: [MOCK, AWS_PROXY, HTTP_PROXY, AWS]",
      ),
    ],
    [
      "API:test_put_integration_request_parameter_bool_type",
      { type: "MOCK", requestParameters: { a: true } },
      {
        status: 400,
        type: "SerializationException",
        message: "class java.lang.Boolean can not be converted to an String",
      },
    ],
    [
      "API:test_put_integration_request_parameter_bool_type: text",
      {
        type: "MOCK",
        requestParameters: { "integration.request.path.a": "true" },
      },
      bad(
        "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression specified: true]",
      ),
    ],
    [
      "a template's content type",
      { type: "MOCK", requestTemplates: { 123: "x" } },
      bad(
        "Validation Result: warnings : [], errors : [Invalid content type specified: 123]",
      ),
    ],
  ])("INT:test_put_integration_validation: %s", async (_, body, expected) => {
    const at = `${api}/resources/${root}/methods/GET`;
    await harness.ok("PUT", at, none);
    const answer = await harness.call("PUT", `${at}/integration`, body);
    if ("message" in expected) expect(refusal(answer)).toEqual(expected);
    else
      expect(answer.body).toEqual({
        passthroughBehavior: "WHEN_NO_MATCH",
        timeoutInMillis: 29000,
        ...expected,
      });
  });
});

describe("gateway responses", () => {
  const template = {
    "application/json": '{"message":$context.error.messageString}',
  };
  let at = "";
  beforeEach(
    async () =>
      (at = `/restapis/${(await newApi(harness)).id}/gatewayresponses`),
  );

  test("API:test_gateway_response_crud: none custom", async () => {
    expect(await harness.ok("GET", `${at}/WAF_FILTERED`)).toEqual({
      responseType: "WAF_FILTERED",
      statusCode: "403",
      responseParameters: {},
      responseTemplates: template,
      defaultResponse: true,
    });
    expect(await harness.ok("GET", `${at}/DEFAULT_4XX`)).not.toHaveProperty(
      "statusCode",
    );
    expect(await refused("DELETE", `${at}/WAF_FILTERED`)).toEqual(
      missing("Gateway response type not defined on api"),
    );
  });

  test("API:test_gateway_response_put: partial, and DEFAULT_5XX shows through", async () => {
    const answer = await harness.call("PUT", `${at}/ACCESS_DENIED`, {
      responseParameters: { "gatewayresponse.header.x": "'y'" },
    });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      statusCode: "403",
      responseTemplates: template,
      defaultResponse: false,
    });
    await harness.ok("PUT", `${at}/AUTHORIZER_FAILURE`, {});
    await harness.ok("PUT", `${at}/DEFAULT_5XX`, {
      statusCode: "599",
      responseTemplates: { "application/json": "x" },
    });
    expect(await harness.ok("GET", `${at}/INTEGRATION_TIMEOUT`)).toMatchObject({
      responseType: "INTEGRATION_TIMEOUT",
      statusCode: "599",
      responseTemplates: { "application/json": "x" },
      defaultResponse: true,
    });
    expect(await harness.ok("GET", `${at}/AUTHORIZER_FAILURE`)).toMatchObject({
      statusCode: "500",
      responseTemplates: template,
    });
    expect((await harness.call("DELETE", `${at}/DEFAULT_5XX`)).status).toBe(
      202,
    );
    expect(await harness.ok("GET", `${at}/INTEGRATION_TIMEOUT`)).toMatchObject({
      statusCode: "504",
    });
  });

  test("API:test_gateway_response_validation", async () => {
    const { type, message } = await refused("PUT", `${at}/NOPE`, {});
    expect(type).toBe("ValidationException");
    expect(message).toContain(
      "Value 'NOPE' at 'responseType' failed to satisfy constraint: Member must satisfy enum value set: [",
    );
  });
});

describe("usage plans and keys", () => {
  const value = "abcdefghijklmnopqrstuvwxyz";
  const newPlan = async (body: Json = {}): Promise<string> =>
    String(
      (await harness.ok("POST", "/usageplans", { name: "p", ...body }))["id"],
    );
  const newKey = async (body: Json = {}): Promise<string> =>
    String((await harness.ok("POST", "/apikeys", body))["id"]);

  test("COM:test_usage_plan_crud", async () => {
    const created = await harness.ok("POST", "/usageplans", { name: "p" });
    expect(created).toEqual({
      id: expect.any(String) as string,
      name: "p",
      apiStages: [],
    });
    const at = `/usageplans/${String(created["id"])}`;
    expect((await harness.ok("GET", at))["tags"]).toEqual({});
    expect(items(await harness.ok("GET", "/usageplans"))[0]).not.toHaveProperty(
      "tags",
    );
    expect(await refused("GET", "/usageplans/nope")).toEqual(
      missing("Invalid Usage Plan ID specified"),
    );
    expect((await harness.call("DELETE", at)).status).toBe(202);
  });

  test("EXT:test_create_usage_plan_with_throttle, types on the wire", async () => {
    const { id } = await deployed(harness);
    const plan = await harness.ok("POST", "/usageplans", {
      name: "p",
      throttle: { burstLimit: 20, rateLimit: 1.5 },
      quota: { limit: 10, period: "DAY" },
      apiStages: [
        {
          apiId: id,
          stage: "v1",
          throttle: { "/x/GET": { rateLimit: 1, burstLimit: 2 } },
        },
      ],
    });
    expect(plan).toMatchObject({
      throttle: { burstLimit: 20, rateLimit: 1.5 },
      quota: { limit: 10, offset: 0, period: "DAY" },
      apiStages: [
        {
          apiId: id,
          stage: "v1",
          throttle: { "/x/GET": { rateLimit: 1, burstLimit: 2 } },
        },
      ],
    });
  });

  test("COM:test_usage_plan_crud: patches, numbers stay numbers", async () => {
    const { id } = await deployed(harness);
    const plan = await newPlan();
    const at = `/usageplans/${plan}`;
    const changed = await harness.ok(
      "PATCH",
      at,
      patch(
        ["replace", "/throttle/rateLimit", "1.5"],
        ["replace", "/throttle/burstLimit", "3"],
        ["replace", "/quota/limit", "7"],
        ["replace", "/quota/period", "WEEK"],
        ["add", "/apiStages", `${id}:v1`],
        ["replace", `/apiStages/${id}:v1/throttle//x/GET/rateLimit`, "4"],
        ["replace", `/apiStages/${id}:v1/throttle/~1x/GET/burstLimit`, "5"],
      ),
    );
    expect(changed).toMatchObject({
      tags: {},
      throttle: { rateLimit: 1.5, burstLimit: 3 },
      quota: { limit: 7, offset: 0, period: "WEEK" },
      apiStages: [
        {
          apiId: id,
          stage: "v1",
          throttle: { "/x/GET": { rateLimit: 4, burstLimit: 5 } },
        },
      ],
    });
    expect(await refused("PATCH", at, patch(["remove", "/apiStages"]))).toEqual(
      bad("Invalid API Stage specified"),
    );
    expect(
      await refused("PATCH", at, patch(["remove", "/apiStages", "x"])),
    ).toEqual(bad("Invalid API Stage specified"));
    expect(
      await refused("PATCH", at, patch(["add", "/apiStages", `${id}:nope`])),
    ).toEqual(
      missing(
        `Invalid API Stage {api: ${id}, stage: nope} specified for usageplan ${plan}`,
      ),
    );
    expect((await harness.call("DELETE", at)).status).toBe(400);
    const bare = await harness.ok(
      "PATCH",
      at,
      patch(
        ["remove", "/apiStages", `${id}:v1`],
        ["remove", "/throttle"],
        ["remove", "/quota"],
      ),
    );
    expect(bare).toEqual({ id: plan, name: "p", apiStages: [], tags: {} });
  });

  test("a deleted stage leaves the plan", async () => {
    const { id, stage } = await deployed(harness);
    const plan = await newPlan({ apiStages: [{ apiId: id, stage: "v1" }] });
    await harness.ok("DELETE", stage);
    expect(
      (await harness.ok("GET", `/usageplans/${plan}`))["apiStages"],
    ).toEqual([]);
  });

  test("EXT:TestApigatewayApiKeysCrud", async () => {
    const key = await harness.ok("POST", "/apikeys", { name: "", value: "" });
    expect(key).toEqual({
      id: expect.any(String) as string,
      value: expect.stringMatching(/^.{20,}$/) as string,
      enabled: false,
      createdDate: expect.any(Number) as number,
      lastUpdatedDate: expect.any(Number) as number,
      stageKeys: [],
    });
    const at = `/apikeys/${String(key["id"])}`;
    expect(await harness.ok("GET", at)).not.toHaveProperty("value");
    expect(await harness.ok("GET", `${at}?includeValue=true`)).toMatchObject({
      value: key["value"],
    });
    const changed = await harness.ok(
      "PATCH",
      at,
      patch(["replace", "/enabled", "true"], ["replace", "/name", "n"]),
    );
    expect(changed).toMatchObject({ enabled: true, name: "n", tags: {} });
    expect(changed).not.toHaveProperty("value");
    expect(
      await harness.ok("PATCH", at, patch(["replace", "/enabled", "junk"])),
    ).toMatchObject({ enabled: false });
    expect(await refused("PATCH", at, patch(["replace", "/id", "x"]))).toEqual(
      bad(
        "Invalid patch path  '/id' specified for op 'replace'. Must be one of: [/description, /enabled, /name, /customerId]",
      ),
    );
  });

  test.each([
    [{ value: "short" }, "API Key value should be at least 20 characters"],
    [
      { value: "x".repeat(129) },
      "API Key value exceeds maximum size of 128 characters",
    ],
    [
      { name: "x".repeat(1025) },
      "Invalid API Key name, can be at most 1024 characters.",
    ],
    [
      { description: "x".repeat(125_001) },
      "Invalid API Key description specified.",
    ],
  ])("EXT: refused key %#", async (body, message) => {
    expect(await refused("POST", "/apikeys", body)).toEqual(bad(message));
  });

  test("EXT:test_get_api_keys", async () => {
    const ids = [
      await newKey({ name: "prefix-1" }),
      await newKey({ name: "prefix-2" }),
      await newKey({ name: "Prefix-3" }),
    ];
    const named = items(await harness.ok("GET", "/apikeys?name=prefix"));
    expect(named.map(({ id }) => id)).toEqual([ids[1], ids[0]]);
    expect(named[0]).not.toHaveProperty("value");
    const first = await harness.ok("GET", "/apikeys?name=prefix&limit=1");
    expect(items(first)).toHaveLength(1);
    const second = await harness.ok(
      "GET",
      `/apikeys?name=prefix&limit=1&position=${String(first["position"])}`,
    );
    expect(items(second)[0]?.["id"]).toBe(ids[0]);
    expect(second).not.toHaveProperty("position");
    expect((await harness.call("GET", "/apikeys?limit=-1")).status).toBe(200);
  });

  test("EXT:test_get_usage_plan_api_keys", async () => {
    const plan = await newPlan();
    const key = await newKey({ name: "n", value });
    const added = await harness.ok("POST", `/usageplans/${plan}/keys`, {
      keyId: key,
      keyType: "API_KEY",
    });
    expect(added).toEqual({ id: key, name: "n", type: "API_KEY", value });
    expect(items(await harness.ok("GET", `/usageplans/${plan}/keys`))).toEqual([
      added,
    ]);
    expect(items(await harness.ok("GET", "/usageplans/nope/keys"))).toEqual([]);
    await harness.ok("DELETE", `/apikeys/${key}`);
    expect(items(await harness.ok("GET", `/usageplans/${plan}/keys`))).toEqual(
      [],
    );
  });

  test("a key is in one plan a stage", async () => {
    const { id } = await deployed(harness);
    const plans = [
      await newPlan({ apiStages: [{ apiId: id, stage: "v1" }] }),
      await newPlan({ apiStages: [{ apiId: id, stage: "v1" }] }),
    ];
    const key = { keyId: await newKey(), keyType: "API_KEY" };
    await harness.ok("POST", `/usageplans/${plans[0]!}/keys`, key);
    expect(
      (await harness.call("POST", `/usageplans/${plans[1]!}/keys`, key)).status,
    ).toBe(409);
  });
});

describe("not recorded on AWS: account, tags, domain names", () => {
  test("account", async () => {
    const role = "arn:aws:iam::000000000000:role/logs";
    expect(
      await harness.ok(
        "PATCH",
        "/account",
        patch(["replace", "/cloudwatchRoleArn", role]),
      ),
    ).toMatchObject({ cloudwatchRoleArn: role });
    expect(
      await harness.ok(
        "PATCH",
        "/account",
        patch(["replace", "/cloudwatchRoleArn", ""]),
      ),
    ).not.toHaveProperty("cloudwatchRoleArn");
    expect(await harness.ok("GET", "/account")).toMatchObject({
      throttleSettings: { burstLimit: 5000, rateLimit: 10000 },
    });
  });

  test("tags, of an API and a stage", async () => {
    const { id } = await deployed(harness);
    for (const path of [`/restapis/${id}`, `/restapis/${id}/stages/v1`]) {
      const at = `/tags/${encodeURIComponent(`arn:aws:apigateway:us-east-1::${path}`)}`;
      expect(
        (await harness.call("PUT", at, { tags: { a: "b", c: "d" } })).status,
      ).toBe(204);
      expect((await harness.call("DELETE", `${at}?tagKeys=a`)).status).toBe(
        204,
      );
      expect(await harness.ok("GET", at)).toEqual({ tags: { c: "d" } });
      expect((await harness.ok("GET", path))["tags"]).toEqual({ c: "d" });
    }
  });

  test("domain name and base path mapping; a mapped API stays", async () => {
    const { id } = await deployed(harness);
    const regionalCertificateArn =
      "arn:aws:acm:us-east-1:000000000000:certificate/x";
    await harness.ok("POST", "/domainnames", {
      domainName: "ai.example.com",
      regionalCertificateArn,
      endpointConfiguration: { types: ["REGIONAL"] },
    });
    const at = "/domainnames/ai.example.com/basepathmappings";
    expect(
      await harness.ok("POST", at, { restApiId: id, stage: "v1" }),
    ).toEqual({ basePath: "(none)", restApiId: id, stage: "v1" });
    expect((await refused("DELETE", `/restapis/${id}`))["message"]).toContain(
      "Please remove all base path mappings",
    );
    const other = await send(harness.gateway.url, {
      method: "GET",
      path: "/a?b=c",
      headers: { host: "ai.example.com" },
    });
    expect(other.body).toMatchObject({
      stageName: "v1",
      path: "/a",
      query: "b=c",
    });
    expect((await harness.call("DELETE", `${at}/%28none%29`)).status).toBe(202);
    expect((await harness.call("DELETE", `/restapis/${id}`)).status).toBe(202);
  });

  test("an operation that is missing says so, without a retry", async () => {
    const { id } = await newApi(harness);
    expect(
      (await harness.call("GET", `/restapis/${id}/documentation/parts`)).status,
    ).toBe(501);
  });
});
