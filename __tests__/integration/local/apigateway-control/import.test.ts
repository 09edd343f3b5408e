// Import of OpenAPI documents, row by row of what was recorded on AWS (names of the rows are those of the recordings).

import { stringify } from "yaml";
import {
  bad,
  document,
  type Harness,
  imported,
  items,
  type Json,
  lambdaUri,
  mock,
  newApi,
  refusal,
  startHarness,
} from "../../../fixtures/control-plane.ts";

let harness: Harness;
beforeAll(async () => (harness = await startHarness()));
afterAll(() => harness.stop());

const proxy = (more: Json = {}): Json => ({
  "x-amazon-apigateway-integration": {
    type: "http_proxy",
    httpMethod: "POST",
    uri: "https://up.example.com/x",
    ...more,
  },
});

const authorizer = (more: Json = {}, scheme: Json = {}): Json => ({
  type: "apiKey",
  name: "Authorization",
  in: "header",
  "x-amazon-apigateway-authtype": "custom",
  "x-amazon-apigateway-authorizer": {
    type: "token",
    authorizerUri: lambdaUri,
    ...more,
  },
  ...scheme,
});

const schemes = (all: Json): Json => ({ components: { securitySchemes: all } });

async function paths(id: string): Promise<unknown[]> {
  return items(await harness.ok("GET", `/restapis/${id}/resources`))
    .map(({ path }) => path)
    .sort();
}

/** Resources by path, methods embedded. */
async function tree(id: string): Promise<Record<string, Json>> {
  const resources = items(
    await harness.ok(
      "GET",
      `/restapis/${id}/resources?embed=methods&limit=500`,
    ),
  );
  return Object.fromEntries(
    resources.map((resource) => [resource["path"], resource]),
  );
}

async function method(id: string, path = "/x", verb = "GET"): Promise<Json> {
  const methods = (await tree(id))[path]?.["resourceMethods"] as Record<
    string,
    Json
  >;
  return methods[verb] ?? {};
}

describe("documents", () => {
  test("IMP:test_import_rest_api: import 201, put 200, no warnings key, EDGE by default", async () => {
    const created = await harness.call(
      "POST",
      "/restapis?mode=import&failonwarnings=true",
      document({ "/x": { get: mock } }),
    );
    expect(created.status).toBe(201);
    expect(created.body).not.toHaveProperty("warnings");
    expect(created.body["endpointConfiguration"]).toEqual({
      types: ["EDGE"],
      ipAddressType: "ipv4",
    });
    const put = await harness.call(
      "PUT",
      `/restapis/${String(created.body["id"])}?mode=overwrite`,
      document({ "/x": { get: mock } }),
    );
    expect(put.status).toBe(200);
    expect(put.body["tags"]).toEqual({});
  });

  test.each([
    ["JSON", "POST", "/restapis?mode=import", '{"openapi": "3.0.1",'],
    ["YAML", "POST", "/restapis?mode=import", "openapi: [3.0.1\ninfo: {"],
    ["no document", "POST", "/restapis?mode=import", '"text"'],
    [
      "unknown API, the body is read first",
      "PUT",
      "/restapis/nothere123?mode=overwrite",
      "{",
    ],
    [
      "OpenAPI 3.1",
      "POST",
      "/restapis?mode=import",
      JSON.stringify({ ...document({}), openapi: "3.1.0" }),
    ],
    [
      "no title",
      "POST",
      "/restapis?mode=import",
      JSON.stringify({ openapi: "3.0.1", info: {}, paths: {} }),
    ],
  ])("IMP:test_import_api_bad_file: %s", async (_, verb, path, body) => {
    expect(refusal(await harness.call(verb, path, body))).toEqual(
      bad("Invalid OpenAPI input."),
    );
  });

  test("PutRestApi to an unknown API with a good document is a 404", async () => {
    const answer = await harness.call(
      "PUT",
      "/restapis/nothere123?mode=overwrite",
      document({ "/x": { get: mock } }),
    );
    expect(refusal(answer)).toEqual({
      status: 404,
      type: "NotFoundException",
      message: "Invalid API identifier specified 000000000000:nothere123",
    });
  });

  test("YAML is read as JSON is", async () => {
    const created = await harness.call(
      "POST",
      "/restapis?mode=import",
      stringify(document({ "/x": { get: mock } })),
    );
    expect(await paths(String(created.body["id"]))).toEqual(["/", "/x"]);
  });

  test("IMP:test_import_with_integer_http_status_code, and the version as a number", async () => {
    const yaml = stringify({
      openapi: "3.0.1",
      info: { title: "numbers", version: 1, description: "text" },
      paths: {
        "/x": { get: { responses: { 200: { description: "ok" } }, ...mock } },
      },
    });
    const { body } = await harness.call("POST", "/restapis?mode=import", yaml);
    expect(body).toMatchObject({
      name: "numbers",
      version: "1",
      description: "text",
    });
    expect((await method(String(body["id"])))["methodResponses"]).toEqual({
      200: { statusCode: "200" },
    });
  });

  test("EXT:test_export_swagger_openapi[PETSTORE]: no version in, none out", async () => {
    const created = await harness.ok("POST", "/restapis?mode=import", {
      ...document({}),
      info: { title: "t" },
    });
    expect(created).not.toHaveProperty("version");
  });
});

describe("base paths", () => {
  const server = (url: string, variables?: Json): Json => ({
    servers: [{ url, ...(variables ? { variables } : {}) }],
  });
  const variable = { basePath: { default: "/base-var" } };

  test.each([
    [
      "base_path_swagger[ignore]",
      "ignore",
      server("https://a.example.com/base"),
      ["/", "/test"],
    ],
    [
      "base_path_swagger[prepend]",
      "prepend",
      server("https://a.example.com/base"),
      ["/", "/base", "/base/test"],
    ],
    [
      "base_path_swagger[split]",
      "split",
      server("https://a.example.com/base"),
      ["/", "/test"],
    ],
    [
      "base_path_oas30[split]",
      "split",
      server("https://a.example.com/base-url/part/"),
      ["/", "/part", "/part/test"],
    ],
    [
      "base_path_oas30[prepend], variable wins",
      "prepend",
      server("https://a.example.com/other", variable),
      ["/", "/base-var", "/base-var/test"],
    ],
    [
      "base_path_oas30[prepend], variable in the url",
      "prepend",
      server("https://a.example.com/{basePath}", {
        basePath: { default: "v1" },
      }),
      ["/", "/v1", "/v1/test"],
    ],
    ["no base path, prepend", "prepend", {}, ["/", "/test"]],
    ["no base path, split", "split", {}, ["/", "/test"]],
  ])("IMP:test_import_rest_api_with_%s", async (_, mode, servers, expected) => {
    const body = document({ "/test": { get: mock } }, servers);
    const created = await harness.ok(
      "POST",
      `/restapis?mode=import&basepath=${mode}`,
      body,
    );
    expect(await paths(String(created["id"]))).toEqual(expected);
  });

  test.each([
    ["ignore", "/test"],
    ["prepend", "/base/test"],
  ])(
    "the warning names the path after base path handling: %s",
    async (mode, path) => {
      const get = proxy({
        requestParameters: {
          "integration.request.header.nothing": true,
          "integration.request.header.a": "'b'",
        },
      });
      const body = document(
        { "/test": { get } },
        server("https://a.example.com/base"),
      );
      const { body: created, status } = await harness.call(
        "POST",
        `/restapis?mode=import&basepath=${mode}`,
        body,
      );
      expect(status).toBe(201);
      expect(created["warnings"]).toEqual([
        `Invalid format for 'requestParameters'. Expected type string for property 'integration.request.header.nothing' of resource '${path}' and method 'GET' but got 'true'`,
      ]);
      const { methodIntegration } = await method(String(created["id"]), path);
      expect((methodIntegration as Json)["requestParameters"]).toEqual({
        "integration.request.header.a": "'b'",
      });
      const strict = await harness.call(
        "POST",
        `/restapis?mode=import&basepath=${mode}&failonwarnings=true`,
        body,
      );
      expect(strict.status).toBe(400);
      expect(strict.body["message"]).toMatch(
        /^Warnings found during import:\n\tInvalid format/,
      );
    },
  );
});

describe("overwrite and merge", () => {
  const types = (...all: string[]): Json => ({
    "x-amazon-apigateway-binary-media-types": all,
  });

  test.each([
    ["merge", ["image/heif", "image/png", "image/jpg"]],
    ["overwrite", ["image/png", "image/jpg"]],
  ])(
    "IMP:test_put_rest_api_mode_binary_media_types[%s]",
    async (mode, expected) => {
      const { id, root } = await newApi(harness, {
        binaryMediaTypes: ["image/heif"],
      });
      const body = document(
        { "/x": { get: mock } },
        types("image/png", "image/jpg"),
      );
      const put = await harness.ok(
        "PUT",
        `/restapis/${id}?mode=${mode}&failonwarnings=false`,
        body,
      );
      expect(put).toMatchObject({
        binaryMediaTypes: expected,
        name: "gate",
        rootResourceId: root,
      });
    },
  );

  test("IMP:test_put_rest_api_overwrite: surviving paths keep their ids, the others go", async () => {
    const id = await imported(
      harness,
      document({ "/test": { get: mock }, "/old": { get: mock } }),
    );
    const before = await tree(id);
    await harness.ok(
      "PUT",
      `/restapis/${id}?mode=overwrite`,
      document({ "/test": { post: mock }, "/new": { get: mock } }),
    );
    const after = await tree(id);
    expect(Object.keys(after).sort()).toEqual(["/", "/new", "/test"]);
    expect(after["/test"]?.["id"]).toBe(before["/test"]?.["id"]);
    expect(Object.keys(after["/test"]?.["resourceMethods"] as Json)).toEqual([
      "POST",
    ]);
    const { methodIntegration } = await method(id, "/test", "POST");
    expect((methodIntegration as Json)["cacheNamespace"]).toBe(
      before["/test"]?.["id"],
    );
  });

  test("overwriting takes away what the document lacks; the endpoint type and tags stay", async () => {
    const { id } = await newApi(harness, {
      description: "d",
      apiKeySource: "AUTHORIZER",
      minimumCompressionSize: 10,
      disableExecuteApiEndpoint: true,
      endpointConfiguration: { types: ["REGIONAL"] },
      tags: { a: "b" },
      policy: JSON.stringify({ Statement: [] }),
    });
    const put = await harness.ok(
      "PUT",
      `/restapis/${id}?mode=overwrite`,
      document({ "/x": { get: mock } }),
    );
    expect(put).toMatchObject({
      apiKeySource: "HEADER",
      disableExecuteApiEndpoint: false,
      tags: { a: "b" },
    });
    expect(put["endpointConfiguration"]).toMatchObject({ types: ["REGIONAL"] });
    for (const gone of ["description", "minimumCompressionSize", "policy"])
      expect(put).not.toHaveProperty(gone);
    expect(items(await harness.ok("GET", `/restapis/${id}/models`))).toEqual(
      [],
    );
  });

  test("merging keeps methods and authorizer ids", async () => {
    const secured = document(
      { "/a": { get: { ...mock, security: [{ gate: [] }] } } },
      schemes({ gate: authorizer() }),
    );
    const id = await imported(harness, secured);
    const [before] = items(
      await harness.ok("GET", `/restapis/${id}/authorizers`),
    );
    await harness.ok(
      "PUT",
      `/restapis/${id}?mode=merge`,
      document({ "/b": { get: mock } }, schemes({ gate: authorizer() })),
    );
    expect(await paths(id)).toEqual(["/", "/a", "/b"]);
    expect(
      items(await harness.ok("GET", `/restapis/${id}/authorizers`))[0]?.["id"],
    ).toBe(before?.["id"]);
  });

  test("a refused document changes nothing", async () => {
    const id = await imported(harness, document({ "/keep": { get: mock } }));
    const answer = await harness.call(
      "PUT",
      `/restapis/${id}?mode=overwrite`,
      document({ "/new": { get: proxy({ uri: "nope" }) } }),
    );
    expect(answer.status).toBe(400);
    expect(await paths(id)).toEqual(["/", "/keep"]);
  });
});

describe("API settings", () => {
  test("IMP:test_import_with_global_api_key_authorizer, compression, endpoint and policy", async () => {
    const more = {
      "x-amazon-apigateway-api-key-source": "AUTHORIZER",
      "x-amazon-apigateway-minimum-compression-size": 1024,
      "x-amazon-apigateway-endpoint-configuration": {
        disableExecuteApiEndpoint: true,
      },
      "x-amazon-apigateway-policy": {
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Deny",
            Principal: "*",
            Action: "execute-api:Invoke",
            Resource: ["execute-api:/*"],
          },
        ],
      },
    };
    const created = await harness.ok(
      "POST",
      "/restapis?mode=import&endpointConfigurationTypes=REGIONAL",
      document({ "/x": { get: mock } }, more),
    );
    expect(created).toMatchObject({
      apiKeySource: "AUTHORIZER",
      minimumCompressionSize: 1024,
      disableExecuteApiEndpoint: true,
    });
    expect(created["endpointConfiguration"]).toMatchObject({
      types: ["REGIONAL"],
    });
    const policy = JSON.parse(
      JSON.parse(`"${String(created["policy"])}"`) as string,
    ) as { Statement: Json[] };
    expect(policy.Statement[0]?.["Resource"]).toBe(
      `arn:aws:execute-api:us-east-1:000000000000:${String(created["id"])}/*`,
    );
  });

  test("gateway responses are customised, an unknown type is refused", async () => {
    const responses = (all: Json): Json => ({
      "x-amazon-apigateway-gateway-responses": all,
    });
    const id = await imported(
      harness,
      document(
        {},
        responses({
          UNAUTHORIZED: {
            statusCode: 401,
            responseParameters: { "gatewayresponse.header.x-a": "'b'" },
          },
        }),
      ),
    );
    expect(
      await harness.ok("GET", `/restapis/${id}/gatewayresponses/UNAUTHORIZED`),
    ).toEqual({
      responseType: "UNAUTHORIZED",
      statusCode: "401",
      responseParameters: { "gatewayresponse.header.x-a": "'b'" },
      responseTemplates: {
        "application/json": '{"message":$context.error.messageString}',
      },
      defaultResponse: false,
    });
    const answer = await harness.call(
      "POST",
      "/restapis?mode=import",
      document({}, responses({ UNAUTHORISED: {} })),
    );
    expect(answer.body["message"]).toContain(
      "Unable to put gateway response 'UNAUTHORISED'",
    );
    const odd = document(
      {},
      responses({
        UNAUTHORIZED: {
          responseParameters: {
            "gatewayresponse.header.method.response.header.X": "'*'",
          },
        },
      }),
    );
    expect(
      (
        await harness.call(
          "POST",
          "/restapis?mode=import&failonwarnings=true",
          odd,
        )
      ).status,
    ).toBe(201);
  });

  test("IMP:test_import_with_circular_models_and_request_validation", async () => {
    const schema = (more: Json): Json => ({
      type: "object",
      description: "about",
      ...more,
    });
    const body = document(
      {
        "/x": {
          post: {
            ...mock,
            requestBody: {
              content: {
                "application/json": {
                  schema: { $ref: "#/components/schemas/Person" },
                },
              },
            },
          },
        },
      },
      {
        components: {
          schemas: {
            Person: schema({
              properties: { house: { $ref: "#/components/schemas/House" } },
            }),
            House: {
              type: "object",
              properties: { owner: { $ref: "#/components/schemas/Person" } },
            },
          },
        },
        "x-amazon-apigateway-request-validators": {
          basic: { validateRequestBody: true, validateRequestParameters: true },
        },
        "x-amazon-apigateway-request-validator": "basic",
      },
    );
    const id = await imported(harness, body);
    const [validator] = items(
      await harness.ok("GET", `/restapis/${id}/requestvalidators`),
    );
    expect(validator).toMatchObject({
      name: "basic",
      validateRequestBody: true,
      validateRequestParameters: true,
    });
    expect(await method(id, "/x", "POST")).toMatchObject({
      requestModels: { "application/json": "Person" },
      requestValidatorId: validator?.["id"],
    });
    const person = await harness.ok("GET", `/restapis/${id}/models/Person`);
    expect(person).toMatchObject({
      contentType: "application/json",
      description: "about",
    });
    expect(person["schema"]).toContain(
      `https://apigateway.amazonaws.com/restapis/${id}/models/House`,
    );
    expect(
      items(await harness.ok("GET", `/restapis/${id}/models`)),
    ).toHaveLength(2);
  });

  test("IMP:test_import_and_validate[cors]: no schemas, no models", async () => {
    const id = await imported(harness, document({ "/x": { get: mock } }));
    expect(items(await harness.ok("GET", `/restapis/${id}/models`))).toEqual(
      [],
    );
  });
});

describe("methods and integrations", () => {
  test("IMP:test_import_swagger_api: resources without embed", async () => {
    const id = await imported(
      harness,
      document({ "/a/b": { get: mock, post: mock } }),
    );
    const resources = items(
      await harness.ok("GET", `/restapis/${id}/resources`),
    );
    const byPath = Object.fromEntries(
      resources.map((resource) => [resource["path"], resource]),
    );
    const root = byPath["/"]?.["id"];
    expect(byPath).toEqual({
      "/": { id: root, path: "/" },
      "/a": {
        id: expect.any(String) as string,
        parentId: root,
        path: "/a",
        pathPart: "a",
      },
      "/a/b": {
        id: expect.any(String) as string,
        parentId: byPath["/a"]?.["id"],
        path: "/a/b",
        pathPart: "b",
        resourceMethods: { GET: {}, POST: {} },
      },
    });
  });

  test("IMP:test_import_swagger_api: parameters, operation, responses", async () => {
    const operation = {
      ...mock,
      operationId: "listThings",
      parameters: [
        { name: "q", in: "query", schema: {} },
        { $ref: "#/components/parameters/trace" },
      ],
      responses: {
        200: { description: "ok", headers: { "X-A": { schema: {} } } },
        default: { description: "no" },
      },
    };
    const components = {
      parameters: {
        trace: { name: "X-Trace", in: "header", required: true, schema: {} },
      },
    };
    const id = await imported(
      harness,
      document(
        {
          "/x/{id}": {
            parameters: [{ name: "id", in: "path", required: true }],
            get: operation,
          },
        },
        { components },
      ),
    );
    expect(await method(id, "/x/{id}")).toMatchObject({
      operationName: "listThings",
      requestParameters: {
        "method.request.path.id": true,
        "method.request.querystring.q": false,
        "method.request.header.X-Trace": true,
      },
      methodResponses: {
        200: {
          statusCode: "200",
          responseParameters: { "method.response.header.X-A": false },
        },
      },
    });
  });

  test("IMP:test_import_with_http_method_integration: defaults", async () => {
    const id = await imported(
      harness,
      document({
        "/x": {
          get: proxy(),
          post: mock,
          "x-amazon-apigateway-any-method": proxy({
            payloadFormatVersion: "1.0",
          }),
        },
      }),
    );
    const { id: resource } = (await tree(id))["/x"] ?? {};
    const common = {
      cacheKeyParameters: [],
      cacheNamespace: resource,
      passthroughBehavior: "WHEN_NO_MATCH",
      timeoutInMillis: 29000,
    };
    expect((await method(id))["methodIntegration"]).toEqual({
      ...common,
      type: "HTTP_PROXY",
      httpMethod: "POST",
      uri: "https://up.example.com/x",
      connectionType: "INTERNET",
    });
    expect((await method(id, "/x", "POST"))["methodIntegration"]).toEqual({
      ...common,
      type: "MOCK",
      requestTemplates: { "application/json": '{"statusCode":200}' },
      integrationResponses: { 200: { statusCode: "200" } },
    });
    expect(await method(id, "/x", "ANY")).toMatchObject({
      httpMethod: "ANY",
      authorizationType: "NONE",
      apiKeyRequired: false,
    });
    expect(await method(id, "/x", "POST")).not.toHaveProperty(
      "methodResponses",
    );
    for (const path of ["responses/200", "integration/responses/404"])
      expect(
        refusal(
          await harness.call(
            "GET",
            `/restapis/${id}/resources/${String(resource)}/methods/POST/${path}`,
          ),
        ),
      ).toMatchObject({
        status: 404,
        message: "Invalid Response status code specified",
      });
  });

  test("streams: the mode and its timeout are kept", async () => {
    const id = await imported(
      harness,
      document({
        "/x": {
          get: proxy({
            responseTransferMode: "STREAM",
            timeoutInMillis: 900000,
          }),
        },
      }),
    );
    expect((await method(id))["methodIntegration"]).toMatchObject({
      responseTransferMode: "STREAM",
      timeoutInMillis: 900000,
    });
  });

  const put = "Unable to put integration on 'GET' for resource at path '/x': ";
  const expression =
    "Invalid mapping expression specified: Validation Result: warnings : [], errors : ";
  const header = (source: string): Json =>
    proxy({ requestParameters: { "integration.request.header.A": source } });
  const timeout = (mode: string, limit: number): string =>
    `${put}Timeout should be between 50 ms and ${limit} ms (${mode})`;

  test.each([
    [
      "bad uri",
      proxy({ uri: "ftp://x" }),
      `${put}Invalid HTTP endpoint specified for URI`,
    ],
    [
      "no uri",
      proxy({ uri: undefined }),
      `${put}Invalid HTTP endpoint specified for URI`,
    ],
    [
      "no httpMethod",
      proxy({ httpMethod: undefined }),
      `${put}Enumeration value for HttpMethod must be non-empty`,
    ],
    [
      "undeclared parameter",
      header("method.request.header.B"),
      `${put}${expression}[Invalid mapping expression parameter specified: method.request.header.B]`,
    ],
    [
      "no expression",
      header("Bearer x"),
      `${put}${expression}[Invalid mapping expression specified: Bearer x]`,
    ],
    [
      "open quote",
      header("'none"),
      `${put}${expression}[Invalid mapping expression specified: 'none]`,
    ],
    [
      "unknown context variable",
      header("context.authoriser.x"),
      `${put}${expression}[Invalid mapping expression specified: context.authoriser.x]`,
    ],
    [
      "bad target",
      proxy({ requestParameters: { "integration.request.body.A": "'x'" } }),
      `${put}${expression}[Invalid mapping expression specified: integration.request.body.A]`,
    ],
    [
      "buffered for longer than 29 s",
      proxy({ timeoutInMillis: 29001 }),
      timeout("", 29000).replace(" ()", ""),
    ],
    [
      "streaming for longer than 15 min",
      proxy({ timeoutInMillis: 900001, responseTransferMode: "STREAM" }),
      timeout("", 900000).replace(" ()", ""),
    ],
    [
      "streaming MOCK",
      {
        "x-amazon-apigateway-integration": {
          type: "mock",
          responseTransferMode: "STREAM",
        },
      },
      `${put}ResponseTransferMode STREAM is only supported for HTTP_PROXY and AWS_PROXY integrations`,
    ],
    [
      "unknown scheme",
      { ...mock, security: [{ nobody: [] }] },
      "Unable to create method 'GET' for resource at path '/x': Security definition 'nobody' is not defined",
    ],
    [
      "unknown validator",
      { ...mock, "x-amazon-apigateway-request-validator": "none" },
      "Unable to create method 'GET' for resource at path '/x': Invalid Request Validator identifier specified",
    ],
    [
      "undeclared response header",
      {
        "x-amazon-apigateway-integration": {
          type: "mock",
          responses: {
            default: {
              statusCode: "200",
              responseParameters: { "method.response.header.A": "'x'" },
            },
          },
        },
      },
      `Unable to put integration response on 'GET' for resource at path '/x': ${expression}[Invalid mapping expression parameter specified: method.response.header.A]`,
    ],
  ])("refused: %s", async (_, get, message) => {
    const answer = await harness.call(
      "POST",
      "/restapis?mode=import",
      document({ "/x": { get } }),
    );
    expect(refusal(answer)).toEqual(
      bad(`Errors found during import:\n\t${message}`),
    );
  });

  test.each([["lambda"], [undefined]])(
    "a malformed integration of type %s",
    async (type) => {
      const get = { "x-amazon-apigateway-integration": { type } };
      const answer = await harness.call(
        "POST",
        "/restapis?mode=import",
        document({ "/x": { get } }),
      );
      expect(refusal(answer)).toEqual(
        bad(
          "Unable to parse API definition because of a malformed integration at path /x.",
        ),
      );
    },
  );
});

describe("paths", () => {
  const part =
    "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end.";
  test.each([
    ["a blank", ["/a b"], part],
    ["an asterisk", ["/a*"], part],
    ["half a variable", ["/{a}b"], part],
    ["an encoded slash", ["/a%2Fb"], part],
    [
      "below a greedy one",
      ["/{p+}/x"],
      "Cannot create a child of a resource with a greedy path variable: {p+}",
    ],
    [
      "two variables beside each other",
      ["/{a}", "/{b+}"],
      "A sibling ({a}) of this resource already has a variable path part -- only one is allowed",
    ],
    ["an empty segment", ["/a//b"], "Invalid path specified: /a//b"],
    ["no leading slash", ["a"], "Invalid path specified: a"],
  ])("refused: %s", async (_, all, message) => {
    const body = document(
      Object.fromEntries(all.map((path) => [path, { get: mock }])),
    );
    const answer = await harness.call("POST", "/restapis?mode=import", body);
    expect(answer.status).toBe(400);
    expect(answer.body["message"]).toContain(message);
  });

  test("300 resources and no more, the root counted", async () => {
    const many = (count: number): Json =>
      document(
        Object.fromEntries(
          Array.from({ length: count }, (_, n) => [`/r${n}`, { get: mock }]),
        ),
      );
    expect(
      (await harness.call("POST", "/restapis?mode=import", many(299))).status,
    ).toBe(201);
    const answer = await harness.call(
      "POST",
      "/restapis?mode=import",
      many(300),
    );
    expect(answer.status).toBe(400);
    expect(answer.body["message"]).toContain(
      "Maximum number of resources for this API has been reached.",
    );
  });
});

describe("security", () => {
  const secured = (security: unknown, all: Json, op: Json = {}): Json =>
    document(
      { "/x": { get: { ...mock, ...op } } },
      { security, ...schemes(all) },
    );

  test("IMP:test_import_swagger_api: TOKEN authorizer, used or not; no TTL unless given", async () => {
    const all = {
      used: authorizer({
        authorizerResultTtlInSeconds: 60,
        identityValidationExpression: "Bearer .+",
      }),
      spare: authorizer(),
    };
    const id = await imported(harness, secured([{ used: [] }], all));
    const [used, spare] = items(
      await harness.ok("GET", `/restapis/${id}/authorizers`),
    );
    const common = {
      type: "TOKEN",
      authType: "custom",
      authorizerUri: lambdaUri,
      identitySource: "method.request.header.Authorization",
      id: expect.any(String) as string,
    };
    expect(used).toEqual({
      ...common,
      name: "used",
      authorizerResultTtlInSeconds: 60,
      identityValidationExpression: "Bearer .+",
    });
    expect(spare).toEqual({ ...common, name: "spare" });
    expect(await method(id)).toMatchObject({
      authorizationType: "CUSTOM",
      authorizerId: used?.["id"],
    });
  });

  test("IMP:base_path_swagger: the document's security holds for OPTIONS too; an operation's own wins", async () => {
    const body = document(
      { "/x": { options: mock, get: { ...mock, security: [] } } },
      { security: [{ gate: [] }], ...schemes({ gate: authorizer() }) },
    );
    const id = await imported(harness, body);
    expect(await method(id, "/x", "OPTIONS")).toMatchObject({
      authorizationType: "CUSTOM",
    });
    expect(await method(id)).toMatchObject({ authorizationType: "NONE" });
  });

  test("IMP:global_api_key: REQUEST authorizer with its own identity source, and a key", async () => {
    const request = authorizer({
      type: "request",
      identitySource: "method.request.header.X-A, context.path",
    });
    const key = { type: "apiKey", name: "x-api-key", in: "header" };
    const id = await imported(
      harness,
      secured([{ gate: [], api_key: [] }], { gate: request, api_key: key }),
    );
    const authorizers = items(
      await harness.ok("GET", `/restapis/${id}/authorizers`),
    );
    expect(authorizers).toHaveLength(1);
    expect(authorizers[0]).toMatchObject({
      type: "REQUEST",
      identitySource: "method.request.header.X-A, context.path",
    });
    expect(await method(id)).toMatchObject({
      authorizationType: "CUSTOM",
      apiKeyRequired: true,
    });
  });

  test("a REQUEST authorizer without cache needs no identity source, and gets none from its scheme", async () => {
    const gate = authorizer({
      type: "request",
      authorizerResultTtlInSeconds: 0,
    });
    const id = await imported(harness, secured([{ gate: [] }], { gate }));
    const [only] = items(
      await harness.ok("GET", `/restapis/${id}/authorizers`),
    );
    expect(only).toMatchObject({
      type: "REQUEST",
      authorizerResultTtlInSeconds: 0,
    });
    expect(only).not.toHaveProperty("identitySource");
  });

  test("IMP:test_import_with_cognito_auth_identity_source", async () => {
    const pool =
      "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_x";
    const cognito = authorizer(
      {
        type: "cognito_user_pools",
        providerARNs: [pool],
        authorizerUri: undefined,
      },
      { "x-amazon-apigateway-authtype": "cognito_user_pools" },
    );
    const id = await imported(
      harness,
      secured(
        [{ gate: [] }],
        { gate: cognito },
        { security: [{ gate: ["a/b"] }] },
      ),
    );
    expect(
      items(await harness.ok("GET", `/restapis/${id}/authorizers`))[0],
    ).toMatchObject({ providerARNs: [pool], authType: "cognito_user_pools" });
    expect(await method(id)).toMatchObject({
      authorizationType: "COGNITO_USER_POOLS",
      authorizationScopes: ["a/b"],
    });
  });

  test("aws-apigateway-importer#187: an authtype without an authorizer leaves the method out", async () => {
    const { body } = await harness.call(
      "POST",
      "/restapis?mode=import",
      secured([{ gate: [] }], {
        gate: {
          type: "apiKey",
          name: "A",
          in: "header",
          "x-amazon-apigateway-authtype": "custom",
        },
      }),
    );
    expect(body["warnings"]).toEqual([
      expect.stringContaining(
        "Unable to create authorizer from security definition: 'gate'.",
      ),
    ]);
    expect((await tree(String(body["id"])))["/x"]).not.toHaveProperty(
      "resourceMethods",
    );
  });

  test("an authorizer without an authtype leaves the method open, as users report", async () => {
    const id = await imported(
      harness,
      secured([{ gate: [] }], {
        gate: authorizer({}, { "x-amazon-apigateway-authtype": undefined }),
      }),
    );
    expect(await method(id)).toMatchObject({ authorizationType: "NONE" });
  });

  test("a scheme that means nothing here is warned about", async () => {
    const { body } = await harness.call(
      "POST",
      "/restapis?mode=import",
      secured([{ gate: [] }], { gate: { type: "http", scheme: "bearer" } }),
    );
    expect(body["warnings"]).toEqual([
      "Security definition 'gate' is not supported. Ignoring.",
    ]);
  });

  test.each([
    [
      "uri",
      { authorizerUri: "arn:aws:lambda:us-east-1:000000000000:function:f" },
      "Invalid Authorizer URI: arn:aws:lambda",
    ],
    ["ttl", { authorizerResultTtlInSeconds: 3601 }, "between 0 and 3600"],
    [
      "expression",
      { identityValidationExpression: "(" },
      "Invalid identity validation expression",
    ],
    [
      "identity source",
      { identitySource: "method.request.querystring.a" },
      "Invalid identity source",
    ],
    [
      "cache without identity source",
      { type: "request", authorizerResultTtlInSeconds: 1 },
      "Identity source is required",
    ],
    [
      "cache with an empty identity source",
      { type: "request", identitySource: "" },
      "Identity source is required",
    ],
    ["type", { type: "jwt" }, "1 validation error detected: Value 'JWT'"],
  ])("refused authorizer: %s", async (_, more, message) => {
    const answer = await harness.call(
      "POST",
      "/restapis?mode=import",
      secured([{ gate: [] }], { gate: authorizer(more) }),
    );
    expect(answer.status).toBe(400);
    expect(answer.body["message"]).toContain(
      "Unable to create authorizer 'gate': ",
    );
    expect(answer.body["message"]).toContain(message);
  });

  test("eleven authorizers are one too many", async () => {
    const all = Object.fromEntries(
      Array.from({ length: 11 }, (_, n) => [`a${n}`, authorizer()]),
    );
    expect(
      (await harness.call("POST", "/restapis?mode=import", secured([], all)))
        .status,
    ).toBe(400);
  });
});
