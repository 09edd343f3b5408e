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
  shortcuts,
  signed,
  startHarness,
} from "../../../fixtures/control-plane.ts";

let harness: Harness;
beforeAll(async () => (harness = await startHarness()));
afterAll(() => harness.stop());

const { get, post, change, list, status, refused, refusedPatch } = shortcuts(
  () => harness,
);

/** A refusal that says no more than its message is a BadRequestException. */
const error = (expected: string | Json): Json =>
  typeof expected === "string" ? bad(expected) : expected;
const text = expect.any(String) as string;
const number = expect.any(Number) as number;

describe("RestApi", () => {
  test("API:test_create_rest_api_with_optional_params", async () => {
    const api = await post("/restapis", { name: "n", binaryMediaTypes: [] });
    expect(api).toEqual({
      id: expect.stringMatching(/^[a-z0-9]{10}$/) as string,
      name: "n",
      createdDate: number,
      apiKeySource: "HEADER",
      disableExecuteApiEndpoint: false,
      endpointConfiguration: { types: ["EDGE"], ipAddressType: "ipv4" },
      rootResourceId: text,
    });
  });

  const endpoint = (types: string[], ipAddressType?: string): Json => ({
    endpointConfiguration: { types, ...(ipAddressType && { ipAddressType }) },
  });
  const enums =
    "Member must satisfy constraint: [Member must satisfy enum value set: [PRIVATE, EDGE, REGIONAL]]";
  const typeError = `Value '[wrong]' at 'createRestApiInput.endpointConfiguration.types' failed to satisfy constraint: ${enums}`;
  const ipError =
    "Value 'wrong' at 'createRestApiInput.endpointConfiguration.ipAddressType' failed to satisfy constraint: Member must satisfy enum value set: [ipv4, dualstack]";

  test.each<[string, Json, string | Json]>([
    [
      "verify_defaults: description",
      { description: "" },
      "Description cannot be an empty string",
    ],
    [
      "with_endpoint_configuration: none",
      endpoint([]),
      "REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.",
    ],
    [
      "with_endpoint_configuration: two",
      endpoint(["EDGE", "REGIONAL"]),
      "Cannot create an api with multiple Endpoint Types.",
    ],
    [
      "with_endpoint_configuration: type",
      endpoint(["wrong"]),
      invalid(`1 validation error detected: ${typeError}`),
    ],
    [
      "with_endpoint_configuration: address",
      { endpointConfiguration: { ipAddressType: "wrong" } },
      invalid(`1 validation error detected: ${ipError}`),
    ],
    [
      "with_endpoint_configuration: both",
      endpoint(["wrong"], "wrong"),
      invalid(`2 validation errors detected: ${typeError}; ${ipError}`),
    ],
    [
      "private_type",
      endpoint(["PRIVATE"], "ipv4"),
      "Only dualstack ipAddressType is supported for Private APIs.",
    ],
  ])("API:test_create_rest_api_%s", async (_, body, expected) => {
    expect(await refused("POST", "/restapis", { name: "n", ...body })).toEqual(
      error(expected),
    );
  });

  test.each([
    ["REGIONAL", "ipv4"],
    ["PRIVATE", "dualstack"],
  ])("API:test_create_rest_api_verify_defaults: %s is %s", async (type, ip) => {
    const { id } = await newApi(harness, endpoint([type]));
    const { endpointConfiguration } = await get(`/restapis/${id}`);
    expect({ endpointConfiguration }).toEqual(endpoint([type], ip));
  });

  test("API:test_get_api_case_insensitive, BAS:test_delete_rest_api_with_invalid_id", async () => {
    const { id } = await newApi(harness);
    const upper = id.toUpperCase();
    const gone = missing(
      `Invalid API identifier specified 000000000000:${upper}`,
    );
    for (const verb of ["GET", "PATCH", "DELETE"])
      expect(await refused(verb, `/restapis/${upper}`, patch())).toEqual(gone);
    expect(await refused("GET", `/restapis/${upper}/resources`)).toEqual(gone);
  });

  test("an API is not seen from another region or account", async () => {
    const { id } = await newApi(harness);
    const from = (headers: Record<string, string>) =>
      send(harness.gateway.url, {
        method: "GET",
        path: `/restapis/${id}`,
        headers,
      });
    expect((await from(signed("apigateway", "eu-west-1"))).status).toBe(404);
    const authorization =
      "AWS4-HMAC-SHA256 Credential=111111111111/20260101/us-east-1/apigateway/aws4_request";
    expect((await from({ authorization })).body["message"]).toContain(
      "111111111111:",
    );
  });

  const update = async (...all: readonly Patch[]) => {
    const binaryMediaTypes = ["image/gif"];
    const { id } = await newApi(harness, {
      description: "d",
      binaryMediaTypes,
    });
    return harness.call("PATCH", `/restapis/${id}`, patch(...all));
  };
  const endpointPath = "/endpointConfiguration";

  test.each<[string, readonly Patch[], Json]>([
    [
      "operation_add_remove: add",
      [["add", "/binaryMediaTypes/image~1png"]],
      { binaryMediaTypes: ["image/gif", "image/png"] },
    ],
    [
      "behaviour: replace",
      [["replace", "/binaryMediaTypes/image~1gif", "image/a"]],
      { binaryMediaTypes: ["image/a"] },
    ],
    [
      "behaviour: dash",
      [["add", "/binaryMediaTypes/-"]],
      { binaryMediaTypes: ["image/gif", "-"] },
    ],
    [
      "ip_address_type: by number",
      [["replace", `${endpointPath}/types/0`, "REGIONAL"]],
      endpoint(["REGIONAL"], "ipv4"),
    ],
    [
      "ip_address_type: in order",
      [
        ["replace", `${endpointPath}/types/EDGE`, "PRIVATE"],
        ["replace", `${endpointPath}/ipAddressType`, "dualstack"],
      ],
      endpoint(["PRIVATE"], "dualstack"),
    ],
    [
      "disableExecuteApiEndpoint",
      [["replace", "/disableExecuteApiEndpoint", "true"]],
      { disableExecuteApiEndpoint: true },
    ],
  ])("API:test_update_rest_api_%s", async (_, all, expected) => {
    expect((await update(...all)).body).toMatchObject({
      ...expected,
      tags: {},
    });
  });

  test.each([
    ["operation_add_remove", "description", "/description"],
    ["behaviour", "binaryMediaTypes", "/binaryMediaTypes/image~1gif"],
  ])("API:test_update_rest_api_%s: remove %s", async (_, gone, path) => {
    expect((await update(["remove", path])).body).not.toHaveProperty(gone);
  });

  const wrongOp = (index: number): string =>
    `Value 'wrong' at 'updateRestApiInput.patchOperations.${index}.member.op' failed to satisfy constraint: Member must satisfy enum value set: [add, remove, move, test, replace, copy]`;

  test.each<[string, readonly Patch[], string | Json]>([
    [
      "behaviour: the list itself",
      [["add", "/binaryMediaTypes", "a"]],
      "Invalid patch path /binaryMediaTypes",
    ],
    [
      "compression: an operation that the path does not take",
      [["add", "/disableExecuteApiEndpoint", "true"]],
      "Invalid patch operation specified. Must be one of: [replace]",
    ],
    [
      "ip_address_type: type",
      [["replace", `${endpointPath}/types/0`, "x"]],
      "Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE",
    ],
    [
      "ip_address_type: address",
      [["replace", `${endpointPath}/ipAddressType`, "x"]],
      "ipAddressType must be either ipv4 or dualstack.",
    ],
    [
      "ip_address_type: remove",
      [["remove", `${endpointPath}/types/0`]],
      "Invalid patch operation specified. Must be 'add'|'remove'|'replace'",
    ],
    [
      "concatenation_of_errors: one",
      [["wrong", "/name", "n"]],
      invalid(`1 validation error detected: ${wrongOp(1)}`),
    ],
    [
      "concatenation_of_errors: two",
      [
        ["wrong", "/name"],
        ["replace", "/name", "n"],
        ["wrong", "/name"],
      ],
      invalid(`2 validation errors detected: ${wrongOp(1)}; ${wrongOp(3)}`),
    ],
  ])("API:test_update_rest_api_%s", async (_, all, expected) => {
    expect(refusal(await update(...all))).toEqual(error(expected));
  });

  test("operations before a refused one are not kept", async () => {
    const { id } = await newApi(harness);
    const all = patch(["replace", "/name", "new"], ["replace", "/nope", "x"]);
    expect(await status("PATCH", `/restapis/${id}`, all)).toBe(400);
    expect((await get(`/restapis/${id}`))["name"]).toBe("test");
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
    const stored = String((await get(`/restapis/${id}`))["policy"]);
    expect(stored.startsWith('{\\"Statement')).toBe(true);
    const document = JSON.parse(JSON.parse(`"${stored}"`) as string) as {
      Statement: Json[];
    };
    expect(document.Statement[0]?.["Resource"]).toBe(
      `arn:aws:execute-api:us-east-1:000000000000:${id}/*`,
    );
    const broken = patch(["replace", "/policy", "{"]);
    expect(await status("PATCH", `/restapis/${id}`, broken)).toBe(400);
  });

  test("DeleteRestApi 202, then 404", async () => {
    const { id } = await newApi(harness);
    expect(await status("DELETE", `/restapis/${id}`)).toBe(202);
    expect(await status("DELETE", `/restapis/${id}`)).toBe(404);
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
    post(`${api}/resources/${root}`, { pathPart });

  test("API:TestApiGatewayApiResource", async () => {
    expect(await child("pets")).toEqual({
      id: text,
      parentId: root,
      path: "/pets",
      pathPart: "pets",
    });
    const proxy = String((await child("{proxy+}"))["id"]);
    const sibling =
      "A sibling ({proxy+}) of this resource already has a variable path part -- only one is allowed";
    const named =
      "Another resource with the same parent already has this name: pets";
    const greedy =
      "Cannot create a child of a resource with a greedy path variable: {proxy+}";
    const refusals: [string, string, Json][] = [
      ["nothere", "x", missing("Invalid Resource identifier specified")],
      [root, "pets", clash(named)],
      [root, "{x}", bad(sibling)],
      [proxy, "x", bad(greedy)],
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
    expect(await list(`${api}/resources`)).toEqual([
      { id: root, path: "/", resourceMethods: { GET: {} } },
    ]);
    const wrong = `${api}/resources/${root}/methods/PUT/integration`;
    expect(await refused("PUT", wrong, { type: "MOCK" })).toEqual(
      missing("Invalid Method identifier specified"),
    );
  });

  test.each<[string, string, Json, string | Json]>([
    [
      "put_method_validation: resource before verb",
      "nothere/methods/WRONG",
      {},
      missing("Invalid Resource identifier specified"),
    ],
    [
      "put_method_validation: verb",
      "/methods/WRONG",
      {},
      "Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY",
    ],
    [
      "put_method_validation: authorizer",
      "/methods/GET",
      { authorizationType: "CUSTOM", authorizerId: "abcdef" },
      "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.",
    ],
    [
      "put_method_validation: validator",
      "/methods/GET",
      { requestValidatorId: "abcdef" },
      "Invalid Request Validator identifier specified",
    ],
    [
      "put_method_validation: model",
      "/methods/GET",
      { requestModels: { "application/json": "petModel" } },
      "Invalid model identifier specified: petModel",
    ],
    [
      "method_request_parameters",
      "/methods/GET",
      {
        requestParameters: {
          "method.request.header.a": true,
          "method.request.querystring.a": true,
        },
      },
      "Parameter names must be unique across querystring, header and path",
    ],
  ])("API:test_%s", async (_, path, body, expected) => {
    const at = `${api}/resources/${path.startsWith("/") ? root : ""}${path}`;
    expect(await refused("PUT", at, { ...none, ...body })).toEqual(
      error(expected),
    );
  });

  const arn = (service: string): string =>
    `arn:aws:apigateway:us-east-1:${service}`;
  const proxyTo = (uri: string): Json => ({
    type: "AWS_PROXY",
    httpMethod: "POST",
    uri,
  });
  const credentials = "arn:aws:iam::0:role/r";
  const uri = "https://x.example.com";
  const onlyLambda =
    "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.";
  const needsAction = "AWS ARN for integration must contain path or action";
  const wrongType =
    "1 validation error detected: Value 'HTTPS_PROXY' at 'putIntegrationInput.type' failed to satisfy constraint: Member must satisfy enum value set: [MOCK, AWS_PROXY, HTTP_PROXY, AWS]";
  const integrate = async (body: Json) => {
    const at = `${api}/resources/${root}/methods/GET`;
    await harness.ok("PUT", at, none);
    return harness.call("PUT", `${at}/integration`, body);
  };

  test.each<[string, Json, Json]>([
    ["MOCK forgets where to", { uri, httpMethod: "GET" }, { type: "MOCK" }],
    ["AWS_PROXY", { credentials }, { ...proxyTo(lambdaUri), credentials }],
  ])("INT:test_put_integration_validation: %s", async (_, more, expected) => {
    expect((await integrate({ ...expected, ...more })).body).toEqual({
      passthroughBehavior: "WHEN_NO_MATCH",
      timeoutInMillis: 29000,
      ...expected,
    });
  });

  test.each<[string, Json, string | Json]>([
    [
      "validation: no verb",
      { type: "HTTP_PROXY", uri },
      "Enumeration value for HttpMethod must be non-empty",
    ],
    [
      "validation: bad endpoint",
      { type: "HTTP_PROXY", httpMethod: "GET", uri: "x" },
      "Invalid HTTP endpoint specified for URI",
    ],
    [
      "validation: no ARN",
      { type: "AWS", httpMethod: "POST", uri },
      "Invalid ARN specified in the request",
    ],
    [
      "aws_proxy_uri: bare function",
      proxyTo("arn:aws:lambda:us-east-1:0:function:f"),
      needsAction,
    ],
    [
      "aws_proxy_uri: neither path nor action",
      proxyTo(arn("lambda:test/x")),
      needsAction,
    ],
    ["aws_proxy_uri: S3", proxyTo(arn("s3:path/b")), onlyLambda],
    [
      "aws_proxy_uri: some Lambda path",
      proxyTo(arn("lambda:path/random/value/x")),
      onlyLambda,
    ],
    ["wrong_type", { type: "HTTPS_PROXY" }, invalid(wrongType)],
    [
      "request_parameter_bool_type",
      { type: "MOCK", requestParameters: { a: true } },
      {
        status: 400,
        type: "SerializationException",
        message: "class java.lang.Boolean can not be converted to an String",
      },
    ],
    [
      "request_parameter_bool_type: text",
      {
        type: "MOCK",
        requestParameters: { "integration.request.path.a": "true" },
      },
      "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression specified: true]",
    ],
    [
      "validation: a template's content type",
      { type: "MOCK", requestTemplates: { 123: "x" } },
      "Validation Result: warnings : [], errors : [Invalid content type specified: 123]",
    ],
  ])("API/INT/LAM:test_put_integration_%s", async (_, body, expected) => {
    expect(refusal(await integrate(body))).toEqual(error(expected));
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
    expect(await get(`${at}/WAF_FILTERED`)).toEqual({
      responseType: "WAF_FILTERED",
      statusCode: "403",
      responseParameters: {},
      responseTemplates: template,
      defaultResponse: true,
    });
    expect(await get(`${at}/DEFAULT_4XX`)).not.toHaveProperty("statusCode");
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
    expect(await get(`${at}/INTEGRATION_TIMEOUT`)).toMatchObject({
      responseType: "INTEGRATION_TIMEOUT",
      statusCode: "599",
      responseTemplates: { "application/json": "x" },
      defaultResponse: true,
    });
    expect(await get(`${at}/AUTHORIZER_FAILURE`)).toMatchObject({
      statusCode: "500",
      responseTemplates: template,
    });
    expect(await status("DELETE", `${at}/DEFAULT_5XX`)).toBe(202);
    expect(await get(`${at}/INTEGRATION_TIMEOUT`)).toMatchObject({
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
    String((await post("/usageplans", { name: "p", ...body }))["id"]);
  const newKey = async (body: Json = {}): Promise<string> =>
    String((await post("/apikeys", body))["id"]);

  test("COM:test_usage_plan_crud", async () => {
    const created = await post("/usageplans", { name: "p" });
    expect(created).toEqual({ id: text, name: "p", apiStages: [] });
    const at = `/usageplans/${String(created["id"])}`;
    expect((await get(at))["tags"]).toEqual({});
    expect((await list("/usageplans"))[0]).not.toHaveProperty("tags");
    expect(await refused("GET", "/usageplans/nope")).toEqual(
      missing("Invalid Usage Plan ID specified"),
    );
    expect(await status("DELETE", at)).toBe(202);
  });

  test("EXT:test_create_usage_plan_with_throttle, types on the wire", async () => {
    const { id } = await deployed(harness);
    const throttle = { burstLimit: 20, rateLimit: 1.5 };
    const route = { "/x/GET": { rateLimit: 1, burstLimit: 2 } };
    const apiStages = [{ apiId: id, stage: "v1", throttle: route }];
    const quota = { limit: 10, period: "DAY" };
    const wanted = { name: "p", throttle, apiStages };
    expect(await post("/usageplans", { ...wanted, quota })).toMatchObject({
      ...wanted,
      quota: { ...quota, offset: 0 },
    });
  });

  test("COM:test_usage_plan_crud: patches, numbers stay numbers", async () => {
    const { id } = await deployed(harness);
    const plan = await newPlan();
    const at = `/usageplans/${plan}`;
    const changed = await change(
      at,
      ["replace", "/throttle/rateLimit", "1.5"],
      ["replace", "/throttle/burstLimit", "3"],
      ["replace", "/quota/limit", "7"],
      ["replace", "/quota/period", "WEEK"],
      ["add", "/apiStages", `${id}:v1`],
      ["replace", `/apiStages/${id}:v1/throttle//x/GET/rateLimit`, "4"],
      ["replace", `/apiStages/${id}:v1/throttle/~1x/GET/burstLimit`, "5"],
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
    for (const value of [[], ["x"]] as const)
      expect(
        await refusedPatch(at, ["remove", "/apiStages", ...value]),
      ).toEqual(bad("Invalid API Stage specified"));
    expect(await refusedPatch(at, ["add", "/apiStages", `${id}:nope`])).toEqual(
      missing(
        `Invalid API Stage {api: ${id}, stage: nope} specified for usageplan ${plan}`,
      ),
    );
    expect(await status("DELETE", at)).toBe(400);
    const bare = await change(
      at,
      ["remove", "/apiStages", `${id}:v1`],
      ["remove", "/throttle"],
      ["remove", "/quota"],
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
    const key = await post("/apikeys", { name: "", value: "" });
    expect(key).toEqual({
      id: text,
      value: expect.stringMatching(/^.{20,}$/) as string,
      enabled: false,
      createdDate: number,
      lastUpdatedDate: number,
      stageKeys: [],
    });
    const at = `/apikeys/${String(key["id"])}`;
    expect(await get(at)).not.toHaveProperty("value");
    expect((await get(`${at}?includeValue=true`))["value"]).toBe(key["value"]);
    const changed = await change(
      at,
      ["replace", "/enabled", "true"],
      ["replace", "/name", "n"],
    );
    expect(changed).toMatchObject({ enabled: true, name: "n", tags: {} });
    expect(changed).not.toHaveProperty("value");
    expect(await change(at, ["replace", "/enabled", "junk"])).toMatchObject({
      enabled: false,
    });
    expect(await refusedPatch(at, ["replace", "/id", "x"])).toEqual(
      bad(
        "Invalid patch path  '/id' specified for op 'replace'. Must be one of: [/description, /enabled, /name, /customerId]",
      ),
    );
  });

  test.each([
    ["value", 19, "API Key value should be at least 20 characters"],
    ["value", 129, "API Key value exceeds maximum size of 128 characters"],
    ["name", 1025, "Invalid API Key name, can be at most 1024 characters."],
    ["description", 125_001, "Invalid API Key description specified."],
  ])("EXT: refused key, %s of %i", async (name, length, message) => {
    const body = { [name]: "x".repeat(length) };
    expect(await refused("POST", "/apikeys", body)).toEqual(bad(message));
  });

  test("EXT:test_get_api_keys", async () => {
    const ids: string[] = [];
    for (const name of ["prefix-1", "prefix-2", "Prefix-3"])
      ids.push(await newKey({ name }));
    const named = await list("/apikeys?name=prefix");
    expect(named.map(({ id }) => id)).toEqual([ids[1], ids[0]]);
    expect(named[0]).not.toHaveProperty("value");
    const page = "/apikeys?name=prefix&limit=1";
    const first = await get(page);
    expect(items(first)).toHaveLength(1);
    const second = await get(`${page}&position=${String(first["position"])}`);
    expect(items(second)[0]?.["id"]).toBe(ids[0]);
    expect(second).not.toHaveProperty("position");
    expect(await status("GET", "/apikeys?limit=-1")).toBe(200);
  });

  test("EXT:test_get_usage_plan_api_keys", async () => {
    const at = `/usageplans/${await newPlan()}/keys`;
    const key = await newKey({ name: "n", value });
    const added = await post(at, { keyId: key, keyType: "API_KEY" });
    expect(added).toEqual({ id: key, name: "n", type: "API_KEY", value });
    expect(await list(at)).toEqual([added]);
    expect(await list("/usageplans/nope/keys")).toEqual([]);
    await harness.ok("DELETE", `/apikeys/${key}`);
    expect(await list(at)).toEqual([]);
  });

  test("a key is in one plan a stage", async () => {
    const { id } = await deployed(harness);
    const apiStages = [{ apiId: id, stage: "v1" }];
    const plans = [await newPlan({ apiStages }), await newPlan({ apiStages })];
    const key = { keyId: await newKey(), keyType: "API_KEY" };
    await post(`/usageplans/${plans[0]!}/keys`, key);
    expect(await status("POST", `/usageplans/${plans[1]!}/keys`, key)).toBe(
      409,
    );
  });
});

describe("not recorded on AWS: account, tags, domain names", () => {
  test("account", async () => {
    const cloudwatchRoleArn = "arn:aws:iam::000000000000:role/logs";
    const setRole = (arn: string) =>
      change("/account", ["replace", "/cloudwatchRoleArn", arn]);
    expect(await setRole(cloudwatchRoleArn)).toMatchObject({
      cloudwatchRoleArn,
    });
    expect(await setRole("")).not.toHaveProperty("cloudwatchRoleArn");
    expect(await get("/account")).toMatchObject({
      throttleSettings: { burstLimit: 5000, rateLimit: 10000 },
    });
  });

  test("tags, of an API and a stage", async () => {
    const { id } = await deployed(harness);
    for (const path of [`/restapis/${id}`, `/restapis/${id}/stages/v1`]) {
      const at = `/tags/${encodeURIComponent(`arn:aws:apigateway:us-east-1::${path}`)}`;
      const tags = { a: "b", c: "d" };
      expect(await status("PUT", at, { tags })).toBe(204);
      expect(await status("DELETE", `${at}?tagKeys=a`)).toBe(204);
      expect(await get(at)).toEqual({ tags: { c: "d" } });
      expect((await get(path))["tags"]).toEqual({ c: "d" });
    }
  });

  test("domain name and base path mapping; a mapped API stays", async () => {
    const { id } = await deployed(harness);
    const regionalCertificateArn =
      "arn:aws:acm:us-east-1:000000000000:certificate/x";
    await post("/domainnames", {
      domainName: "ai.example.com",
      regionalCertificateArn,
      endpointConfiguration: { types: ["REGIONAL"] },
    });
    const at = "/domainnames/ai.example.com/basepathmappings";
    const mapped = { restApiId: id, stage: "v1" };
    expect(await post(at, mapped)).toEqual({ basePath: "(none)", ...mapped });
    expect((await refused("DELETE", `/restapis/${id}`))["message"]).toContain(
      "Please remove all base path mappings",
    );
    const other = await send(harness.gateway.url, {
      method: "GET",
      path: "/a?b=c",
      headers: { host: "ai.example.com" },
    });
    const served = { stageName: "v1", path: "/a", query: "b=c" };
    expect(other.body).toMatchObject(served);
    expect(await status("DELETE", `${at}/%28none%29`)).toBe(202);
    expect(await status("DELETE", `/restapis/${id}`)).toBe(202);
  });

  test("an operation that is missing says so, without a retry", async () => {
    const { id } = await newApi(harness);
    const at = `/restapis/${id}/documentation/parts`;
    expect(await status("GET", at)).toBe(501);
  });
});
