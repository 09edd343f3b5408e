// RestApi, resources, methods, integrations and the other parts of an API, row by row of what was recorded on AWS.

import {
  bad,
  clash,
  deployed,
  document,
  type Harness,
  imported,
  invalid,
  items,
  type Json,
  lambdaUri,
  missing,
  mock,
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
  const size =
    "Invalid minimum compression size, must be between 0 and 10485760";

  test.each([
    [
      "API:test_create_rest_api_verify_defaults: description",
      { description: "" },
      bad("Description cannot be an empty string"),
    ],
    [
      "API:test_create_rest_api_verify_defaults: compression -1",
      { minimumCompressionSize: -1 },
      bad(size),
    ],
    [
      "API:test_update_rest_api_compression: no number",
      { minimumCompressionSize: "x" },
      bad(size),
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
    [
      "API:test_update_rest_api_compression: number",
      [["replace", "/minimumCompressionSize", "10"]],
      { minimumCompressionSize: 10 },
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
      "API:test_update_rest_api_compression: off",
      [
        ["replace", "/minimumCompressionSize", "10"],
        ["replace", "/minimumCompressionSize", ""],
      ],
      "minimumCompressionSize",
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
      "API:test_update_rest_api_compression: add",
      [["add", "/minimumCompressionSize", "1"]],
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

describe("resources: API:TestApiGatewayApiResource", () => {
  const noResource = missing("Invalid Resource identifier specified");

  async function child(parent: string, part: string): Promise<string> {
    return String((await harness.ok("POST", parent, { pathPart: part }))["id"]);
  }

  test("create, duplicate, sibling, greedy", async () => {
    const { id, root } = await newApi(harness);
    const at = `/restapis/${id}/resources/`;
    expect(await harness.ok("POST", at + root, { pathPart: "pets" })).toEqual({
      id: expect.any(String) as string,
      parentId: root,
      path: "/pets",
      pathPart: "pets",
    });
    expect(await refused("POST", `${at}nothere`, { pathPart: "x" })).toEqual(
      noResource,
    );
    expect(await refused("POST", at + root, { pathPart: "pets" })).toEqual(
      clash(
        "Another resource with the same parent already has this name: pets",
      ),
    );
    const proxy = await child(at + root, "{proxy+}");
    expect(await refused("POST", at + root, { pathPart: "{x}" })).toEqual(
      bad(
        "A sibling ({proxy+}) of this resource already has a variable path part -- only one is allowed",
      ),
    );
    expect(await refused("POST", at + proxy, { pathPart: "x" })).toEqual(
      bad(
        "Cannot create a child of a resource with a greedy path variable: {proxy+}",
      ),
    );
  });

  test("update: move, rename, root, cycles", async () => {
    const { id, root } = await newApi(harness);
    const at = `/restapis/${id}/resources/`;
    const a = await child(at + root, "a");
    const b = await child(at + a, "b");
    expect(
      await harness.ok("PATCH", at + a, patch(["replace", "/pathPart", "c"])),
    ).toMatchObject({ path: "/c" });
    expect(await harness.ok("GET", at + b)).toMatchObject({ path: "/c/b" });
    expect(
      await refused("PATCH", at + a, patch(["replace", "/parentId", b])),
    ).toEqual(bad("Resources cannot be cyclical."));
    expect(
      await refused("PATCH", at + a, patch(["replace", "/invalid", "x"])),
    ).toEqual(
      bad(
        "Invalid patch path  '/invalid' specified for op 'replace'. Must be one of: [/parentId, /pathPart]",
      ),
    );
    expect(
      await refused("PATCH", at + a, patch(["remove", "/pathPart"])),
    ).toEqual(
      bad(
        "Invalid patch path  '/pathPart' specified for op 'remove'. Please choose supported operations",
      ),
    );
    expect(
      await refused("PATCH", at + root, patch(["replace", "/pathPart", "x"])),
    ).toEqual(bad("Root resource cannot update its pathPart."));
    expect(
      await refused("PATCH", at + root, patch(["replace", "/parentId", a])),
    ).toEqual(bad("Root resource cannot update its parentId."));
  });

  test("delete takes the subtree; a second delete is a 404", async () => {
    const { id, root } = await newApi(harness);
    const at = `/restapis/${id}/resources/`;
    const a = await child(at + root, "a");
    const b = await child(at + a, "b");
    expect((await harness.call("DELETE", at + a)).status).toBe(202);
    expect(await refused("DELETE", at + a)).toEqual(noResource);
    expect(await refused("GET", at + b)).toEqual(noResource);
  });
});

describe("methods and integrations", () => {
  let at = "";
  let api = "";
  beforeEach(async () => {
    const { id, root } = await newApi(harness);
    api = `/restapis/${id}`;
    at = `${api}/resources/${root}/methods`;
  });
  const none = { authorizationType: "NONE" };

  test("API:test_method_lifecycle", async () => {
    expect(
      (await harness.call("PUT", `${at}/ANY`, { authorizationType: "None" }))
        .status,
    ).toBe(201);
    expect(await harness.ok("GET", `${at}/ANY`)).toEqual({
      httpMethod: "ANY",
      authorizationType: "NONE",
      apiKeyRequired: false,
    });
    expect((await harness.call("DELETE", `${at}/ANY`)).status).toBe(204);
    expect(await refused("GET", `${at}/ANY`)).toEqual(
      missing("Invalid Method identifier specified"),
    );
  });

  test("API:test_put_method_validation", async () => {
    expect(
      await refused("PUT", `${api}/resources/nothere/methods/WRONG`, none),
    ).toEqual(missing("Invalid Resource identifier specified"));
    expect(await refused("PUT", `${at}/WRONG`, none)).toEqual(
      bad(
        "Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY",
      ),
    );
    const authorizer = bad(
      "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.",
    );
    expect(
      await refused("PUT", `${at}/GET`, { authorizationType: "CUSTOM" }),
    ).toEqual(authorizer);
    expect(
      await refused("PUT", `${at}/GET`, {
        authorizationType: "CUSTOM",
        authorizerId: "abcdef",
      }),
    ).toEqual(authorizer);
    expect(
      await refused("PUT", `${at}/GET`, {
        ...none,
        requestValidatorId: "abcdef",
      }),
    ).toEqual(bad("Invalid Request Validator identifier specified"));
    expect(
      await refused("PUT", `${at}/GET`, {
        ...none,
        requestModels: { "application/json": "petModel" },
      }),
    ).toEqual(bad("Invalid model identifier specified: petModel"));
  });

  test("API:test_method_request_parameters", async () => {
    const requestParameters = {
      "method.request.header.a": true,
      "method.request.querystring.a": true,
    };
    expect(
      await refused("PUT", `${at}/GET`, { ...none, requestParameters }),
    ).toEqual(
      bad("Parameter names must be unique across querystring, header and path"),
    );
  });

  test("API:test_update_method and _validation", async () => {
    await harness.ok("PUT", `${at}/GET`, none);
    const changed = await harness.ok(
      "PATCH",
      `${at}/GET`,
      patch(
        ["replace", "/apiKeyRequired", "true"],
        ["add", "/requestParameters/method.request.header.a", "true"],
        ["add", "/requestModels/application~1json", "Empty"],
        ["replace", "/authorizerId", "abc"],
      ),
    );
    expect(changed).toEqual({
      httpMethod: "GET",
      authorizationType: "NONE",
      apiKeyRequired: true,
      requestParameters: { "method.request.header.a": true },
      requestModels: { "application/json": "Empty" },
    });
    expect(
      await harness.ok(
        "PATCH",
        `${at}/GET`,
        patch(["replace", "/apiKeyRequired", "junk"]),
      ),
    ).toMatchObject({ apiKeyRequired: false });
    expect(
      (
        await refused(
          "PATCH",
          `${at}/GET`,
          patch(["replace", "/authorizationType", "CUSTOM"]),
        )
      )["message"],
    ).toContain("Invalid authorizer ID specified.");
  });

  test("API:test_put_method_model: a model in use cannot go", async () => {
    await harness.ok("PUT", `${at}/ANY`, {
      ...none,
      requestModels: { "application/json": "Error" },
    });
    expect(await refused("DELETE", `${api}/models/Error`)).toEqual(
      clash(
        "Cannot delete model 'Error', is referenced in method request: //ANY",
      ),
    );
    expect((await harness.call("DELETE", `${api}/models/Empty`)).status).toBe(
      202,
    );
  });

  describe("INT:test_put_integration_validation", () => {
    beforeEach(() => harness.ok("PUT", `${at}/GET`, none));
    const arn = (service: string): string =>
      `arn:aws:apigateway:us-east-1:${service}`;
    const common = {
      passthroughBehavior: "WHEN_NO_MATCH",
      timeoutInMillis: 29000,
      cacheKeyParameters: [],
    };
    const onlyLambda = bad(
      "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.",
    );

    test.each<[string, Json, Json]>([
      [
        "MOCK",
        { type: "MOCK", uri: "https://x.example.com", httpMethod: "GET" },
        { ...common, type: "MOCK" },
      ],
      [
        "HTTP",
        { type: "HTTP", uri: "https://x.example.com", httpMethod: "GET" },
        {
          ...common,
          type: "HTTP",
          uri: "https://x.example.com",
          httpMethod: "GET",
          connectionType: "INTERNET",
        },
      ],
      [
        "AWS_PROXY",
        {
          type: "AWS_PROXY",
          uri: lambdaUri,
          httpMethod: "POST",
          credentials: "arn:aws:iam::0:role/r",
        },
        {
          ...common,
          type: "AWS_PROXY",
          uri: lambdaUri,
          httpMethod: "POST",
          credentials: "arn:aws:iam::0:role/r",
        },
      ],
    ])("%s", async (_, body, expected) => {
      const { cacheNamespace, ...rest } = await harness.ok(
        "PUT",
        `${at}/GET/integration`,
        body,
      );
      expect(rest).toEqual(expected);
      expect(at).toContain(`/resources/${String(cacheNamespace)}/`);
    });

    test.each<[string, Json, Json]>([
      [
        "no verb",
        { type: "HTTP", uri: "https://x.example.com" },
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
        {
          type: "AWS_PROXY",
          httpMethod: "POST",
          uri: "arn:aws:lambda:us-east-1:0:function:f",
        },
        bad("AWS ARN for integration must contain path or action"),
      ],
      [
        "LAM:test_put_integration_aws_proxy_uri: neither path nor action",
        { type: "AWS_PROXY", httpMethod: "POST", uri: arn("lambda:test/x") },
        bad("AWS ARN for integration must contain path or action"),
      ],
      [
        "S3 as proxy",
        { type: "AWS_PROXY", httpMethod: "POST", uri: arn("s3:path/b") },
        onlyLambda,
      ],
      [
        "some Lambda path as proxy",
        {
          type: "AWS_PROXY",
          httpMethod: "POST",
          uri: arn("lambda:path/random/value/x"),
        },
        onlyLambda,
      ],
      [
        "API:test_put_integration_wrong_type",
        { type: "HTTPS_PROXY" },
        invalid(
          "1 validation error detected: Value 'HTTPS_PROXY' at 'putIntegrationInput.type' failed to satisfy constraint: Member must satisfy enum value set: [HTTP, MOCK, AWS_PROXY, HTTP_PROXY, AWS]",
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
    ])("%s", async (_, body, expected) => {
      expect(await refused("PUT", `${at}/GET/integration`, body)).toEqual(
        expected,
      );
    });

    test("API:test_get_integration_non_existent and responses", async () => {
      const noIntegration = missing("Invalid Integration identifier specified");
      expect(await refused("GET", `${at}/GET/integration`)).toEqual(
        noIntegration,
      );
      expect(
        await refused("DELETE", `${at}/PUT/integration/responses/200`),
      ).toEqual(noIntegration);
      await harness.ok("PUT", `${at}/GET/integration`, { type: "MOCK" });
      const responses = `${at}/GET/integration/responses`;
      expect(await refused("DELETE", `${responses}/200`)).toEqual(
        missing("Invalid Response status code specified"),
      );
      expect((await refused("PUT", `${responses}/wrong`, {}))["message"]).toBe(
        "1 validation error detected: Value 'wrong' at 'statusCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [1-5]\\d\\d",
      );
      for (const template of [null, ""])
        expect(
          (
            await harness.ok("PUT", `${responses}/200`, {
              responseTemplates: { "application/json": template },
            })
          )["responseTemplates"],
        ).toEqual({ "application/json": null });
      expect(
        await refused("PUT", `${responses}/200`, {
          responseTemplates: { 123: "x" },
        }),
      ).toEqual(
        bad(
          "Validation Result: warnings : [], errors : [Invalid content type specified: 123]",
        ),
      );
      expect(
        (await harness.call("PUT", `${at}/GET/responses/200`, {})).status,
      ).toBe(201);
      expect(
        (
          await harness.call(
            "PATCH",
            `${at}/GET/responses/200`,
            patch([
              "add",
              "/responseParameters/method.response.header.A",
              "true",
            ]),
          )
        ).status,
      ).toBe(201);
      expect(
        (await harness.ok("GET", `${at}/GET/responses/200`))[
          "responseParameters"
        ],
      ).toEqual({ "method.response.header.A": true });
      for (const path of [
        `${responses}/200`,
        `${at}/GET/responses/200`,
        `${at}/GET/integration`,
      ])
        expect((await harness.call("DELETE", path)).status).toBe(204);
    });

    test("UpdateIntegration goes through the same checks", async () => {
      await harness.ok("PUT", `${at}/GET/integration`, {
        type: "HTTP",
        uri: "https://x.example.com",
        httpMethod: "GET",
      });
      expect(
        await harness.ok(
          "PATCH",
          `${at}/GET/integration`,
          patch(
            ["replace", "/timeoutInMillis", "5000"],
            ["add", "/requestTemplates/application~1json", "x"],
          ),
        ),
      ).toMatchObject({
        timeoutInMillis: 5000,
        requestTemplates: { "application/json": "x" },
      });
      expect(
        (
          await refused(
            "PATCH",
            `${at}/GET/integration`,
            patch(["replace", "/uri", "x"]),
          )
        )["message"],
      ).toBe("Invalid HTTP endpoint specified for URI");
    });
  });
});

describe("authorizers, validators, models", () => {
  const token = {
    name: "a",
    type: "TOKEN",
    authorizerUri: lambdaUri,
    identitySource: "method.request.header.Authorization",
  };

  test("BAS:test_apigateway_with_custom_authorization_method", async () => {
    const { id } = await newApi(harness);
    const created = await harness.ok(
      "POST",
      `/restapis/${id}/authorizers`,
      token,
    );
    expect(created).toEqual({
      id: expect.any(String) as string,
      authType: "custom",
      ...token,
    });
    const at = `/restapis/${id}/authorizers/${String(created["id"])}`;
    expect(
      await harness.ok(
        "PATCH",
        at,
        patch(["replace", "/authorizerResultTtlInSeconds", "0"]),
      ),
    ).toMatchObject({ authorizerResultTtlInSeconds: 0 });
    expect((await harness.call("DELETE", at)).status).toBe(202);
    expect((await harness.call("GET", at)).status).toBe(404);
  });

  // aws-facts B.1.1: identity sources are required when caching is on, and only then.
  test("REQUEST: identity sources are needed for the cache only", async () => {
    const { id } = await newApi(harness);
    const request = { ...token, type: "REQUEST", identitySource: undefined };
    const at = `/restapis/${id}/authorizers`;
    const needed = bad(
      "Identity source is required when authorizer caching is enabled",
    );
    expect(await refused("POST", at, request)).toEqual(needed);
    const created = await harness.ok("POST", at, {
      ...request,
      authorizerResultTtlInSeconds: 0,
    });
    const one = `${at}/${String(created["id"])}`;
    const cached: [string, string, string] = [
      "replace",
      "/authorizerResultTtlInSeconds",
      "60",
    ];
    expect(await refused("PATCH", one, patch(cached))).toEqual(needed);
    const source =
      "method.request.header.X-Key,context.httpMethod,context.path";
    expect(
      await harness.ok(
        "PATCH",
        one,
        patch(["add", "/identitySource", source], cached),
      ),
    ).toMatchObject({
      identitySource: source,
      authorizerResultTtlInSeconds: 60,
    });
  });

  test("API:test_authorizer_crud_no_api", async () => {
    expect(
      await refused("POST", "/restapis/nothere/authorizers", token),
    ).toEqual(
      clash(
        "Unable to complete operation due to concurrent modification. Please try again later.",
      ),
    );
    expect(
      (await harness.call("GET", "/restapis/nothere/authorizers")).status,
    ).toBe(404);
  });

  test("API:test_validators_crud_no_api and the rest", async () => {
    expect(
      await refused("POST", "/restapis/nothere/requestvalidators", {
        name: "v",
      }),
    ).toEqual(bad("Invalid REST API identifier specified"));
    const { id } = await newApi(harness);
    const at = `/restapis/${id}/requestvalidators`;
    expect(await refused("POST", at, { name: "" })).toEqual(
      bad("Request Validator name cannot be blank"),
    );
    const created = await harness.ok("POST", at, {
      name: "v",
      validateRequestBody: true,
    });
    expect(created).toEqual({
      id: expect.any(String) as string,
      name: "v",
      validateRequestBody: true,
      validateRequestParameters: false,
    });
    expect(
      await harness.ok(
        "PATCH",
        `${at}/${String(created["id"])}`,
        patch(["replace", "/validateRequestBody"]),
      ),
    ).toMatchObject({ validateRequestBody: false });
    expect(await refused("GET", `${at}/nothere`)).toEqual(
      missing("Invalid Request Validator identifier specified"),
    );
  });

  test("API:test_model_validation, COM: default models", async () => {
    const { id } = await newApi(harness);
    const at = `/restapis/${id}/models`;
    const [empty, error] = items(await harness.ok("GET", at));
    expect(empty).toMatchObject({
      name: "Empty",
      description: "This is a default empty schema model",
    });
    expect(JSON.parse(String(error?.["schema"]))).toMatchObject({
      title: "Error Schema",
      properties: { message: { type: "string" } },
    });
    expect(await refused("POST", at, { name: "Empty", schema: "{}" })).toEqual(
      clash("Model name already exists for this REST API"),
    );
    expect(await refused("POST", at, { name: "", schema: "{}" })).toEqual(
      bad("Model name must be non-empty"),
    );
    expect(await refused("POST", at, { name: "m", schema: "" })).toEqual(
      bad("Model schema must have at least 1 property or array items defined"),
    );
    expect(await refused("GET", `${at}/nope`)).toEqual(
      missing("Invalid model name specified: nope"),
    );
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

  test("API:test_gateway_response_crud: all 21, none custom", async () => {
    const all = items(await harness.ok("GET", at));
    expect(all).toHaveLength(21);
    expect(all.every(({ defaultResponse }) => defaultResponse === true)).toBe(
      true,
    );
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

  test("API:test_update_gateway_response", async () => {
    const one = `${at}/UNAUTHORIZED`;
    expect(
      await harness.ok(
        "PATCH",
        one,
        patch(
          ["replace", "/statusCode", "418"],
          ["add", "/responseParameters/gatewayresponse.header.a", "'b'"],
        ),
      ),
    ).toMatchObject({
      statusCode: "418",
      responseParameters: { "gatewayresponse.header.a": "'b'" },
      defaultResponse: false,
    });
    expect(
      await refused("PATCH", one, patch(["add", "/statusCode", "401"])),
    ).toEqual(bad("Invalid patch path /statusCode"));
    expect(
      await refused(
        "PATCH",
        one,
        patch([
          "replace",
          "/responseParameters/gatewayresponse.header.z",
          "'b'",
        ]),
      ),
    ).toEqual(missing("Invalid parameter name specified"));
    expect(
      await refused("PATCH", one, { patchOperations: [{ op: "add" }] }),
    ).toEqual(bad("Invalid patch path null"));
    expect(
      await refused(
        "PATCH",
        one,
        patch(["add", "/responseTemplates/application~1json"]),
      ),
    ).toEqual(bad("Invalid null or empty value in responseTemplates"));
    expect(
      await refused(
        "PATCH",
        one,
        patch(["add", "/responseParameters/gatewayresponse.header.a"]),
      ),
    ).toEqual(bad("Invalid null or empty value in responseParameters"));
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
    const id = await imported(harness, document({ "/x": { get: mock } }));
    expect(
      (await harness.call("GET", `/restapis/${id}/documentation/parts`)).status,
    ).toBe(501);
  });
});
