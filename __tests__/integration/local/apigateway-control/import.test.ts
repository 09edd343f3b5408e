// Import of OpenAPI documents, row by row of what was recorded on AWS (names of the rows are those of the recordings).

import type {
  Authorizer,
  Method,
  Resource,
} from "../../../../local/apigateway/model.ts";
import {
  bad,
  document,
  type Harness,
  imported,
  items,
  type Json,
  lambdaUri,
  missing,
  mock,
  newApi,
  partsOf,
  put,
  refusal,
  startHarness,
} from "../../../fixtures/control-plane.ts";

let harness: Harness;
beforeAll(async () => (harness = await startHarness()));
afterAll(() => harness.stop());

const overwrite = (id: string, body: unknown) =>
  harness.call("PUT", `/restapis/${id}?mode=overwrite`, body);
const refused = async (body: unknown): Promise<Json> =>
  refusal(await put(harness, body));
/** The id of the new API with one path. */
const withPath = (item: Json, path = "/x"): Promise<string> =>
  imported(harness, document({ [path]: item }));
const one = document({ "/x": { get: mock } });

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

/** Resources by path. */
const tree = (id: string): Record<string, Resource> =>
  Object.fromEntries(
    [...partsOf(harness, id).resources.values()].map((resource) => [
      resource.path,
      resource,
    ]),
  );
const paths = (id: string): string[] => Object.keys(tree(id)).sort();
const method = (id: string, path = "/x", verb = "GET"): Method | undefined =>
  tree(id)[path]?.methods.get(verb);
const authorizers = (id: string): Authorizer[] => [
  ...partsOf(harness, id).authorizers.values(),
];

describe("documents", () => {
  test("IMP:test_import_rest_api: 200, no warnings key", async () => {
    const answer = await put(harness, one, "&failonwarnings=true");
    expect(answer.status).toBe(200);
    expect(answer.body).not.toHaveProperty("warnings");
    expect(answer.body["tags"]).toEqual({});
  });

  test.each([
    ["broken JSON", '{"openapi": "3.0.1",'],
    ["no document", '"text"'],
    ["OpenAPI 3.1", { ...document({}), openapi: "3.1.0" }],
    ["no title", { openapi: "3.0.1", info: {}, paths: {} }],
  ])("IMP:test_import_api_bad_file: %s", async (_, body) => {
    expect(await refused(body)).toEqual(bad("Invalid OpenAPI input."));
  });

  // The body is read first.
  test.each([
    ["IMP:test_import_api_bad_file", "{", bad("Invalid OpenAPI input.")],
    [
      "a good document",
      one,
      missing("Invalid API identifier specified 000000000000:nothere123"),
    ],
  ])("an unknown API: %s", async (_, body, expected) => {
    expect(refusal(await overwrite("nothere123", body))).toEqual(expected);
  });

  test("the version as a number", async () => {
    const info = { title: "numbers", version: 1, description: "text" };
    const { body } = await put(harness, document({}, { info }));
    expect(body).toMatchObject({
      name: "numbers",
      version: "1",
      description: "text",
    });
  });

  test("merging is refused", async () => {
    const { id } = await newApi(harness);
    const at = `/restapis/${id}?mode=merge`;
    const answer = await harness.call("PUT", at, document({}));
    expect(answer.status).toBe(400);
  });

  test("EXT:test_export_swagger_openapi[PETSTORE]: no version in, none out", async () => {
    const info = { title: "t" };
    const { body } = await put(harness, document({}, { info }));
    expect(body).not.toHaveProperty("version");
  });
});

test.each([
  ["", 200],
  ["&failonwarnings=true", 400],
])(
  "IMP:test_import_rest_api_with_base_path_oas30: a parameter that is no text is dropped with a warning: %s",
  async (query, status) => {
    const get = proxy({
      requestParameters: {
        "integration.request.header.nothing": true,
        "integration.request.header.a": "'b'",
      },
    });
    const answer = await put(harness, document({ "/test": { get } }), query);
    const warning =
      "Invalid format for 'requestParameters'. Expected type string for property 'integration.request.header.nothing' of resource '/test' and method 'GET' but got 'true'";
    expect(answer.status).toBe(status);
    if (status === 400) {
      expect(answer.body["message"]).toBe(
        `Warnings found during import:\n\t${warning}`,
      );
      return;
    }
    expect(answer.body["warnings"]).toEqual([warning]);
    expect(
      method(String(answer.body["id"]), "/test")?.methodIntegration
        ?.requestParameters,
    ).toEqual({ "integration.request.header.a": "'b'" });
  },
);

describe("overwriting", () => {
  test("IMP:test_put_rest_api_mode_binary_media_types[overwrite]", async () => {
    const { id, root } = await newApi(harness, {
      binaryMediaTypes: ["image/heif"],
    });
    const binaryMediaTypes = ["image/png", "image/jpg"];
    const body = document(
      { "/x": { get: mock } },
      { "x-amazon-apigateway-binary-media-types": binaryMediaTypes },
    );
    expect(await overwrite(id, body)).toMatchObject({
      status: 200,
      body: { binaryMediaTypes, name: "gate", rootResourceId: root },
    });
  });

  test("IMP:test_put_rest_api_overwrite: surviving paths keep their ids, the others go", async () => {
    const id = await imported(
      harness,
      document({ "/test": { get: mock }, "/old": { get: mock } }),
    );
    const before = tree(id)["/test"]?.id;
    const next = document({ "/test": { post: mock }, "/new": { get: mock } });
    expect((await overwrite(id, next)).status).toBe(200);
    const after = tree(id);
    expect(Object.keys(after).sort()).toEqual(["/", "/new", "/test"]);
    expect(after["/test"]?.id).toBe(before);
    expect([...(after["/test"]?.methods.keys() ?? [])]).toEqual(["POST"]);
  });

  test("overwriting takes away what the document lacks; the endpoint type and tags stay", async () => {
    const { id } = await newApi(harness, {
      description: "d",
      apiKeySource: "AUTHORIZER",
      disableExecuteApiEndpoint: true,
      endpointConfiguration: { types: ["REGIONAL"] },
      tags: { a: "b" },
      policy: JSON.stringify({ Statement: [] }),
    });
    const { status, body } = await overwrite(id, one);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      apiKeySource: "HEADER",
      disableExecuteApiEndpoint: false,
      tags: { a: "b" },
      endpointConfiguration: { types: ["REGIONAL"] },
    });
    for (const gone of ["description", "policy"])
      expect(body).not.toHaveProperty(gone);
  });

  test("a refused document changes nothing", async () => {
    const id = await withPath({ get: mock }, "/keep");
    const next = document({ "/new": { get: proxy({ uri: "nope" }) } });
    const answer = await overwrite(id, next);
    expect(answer.status).toBe(400);
    expect(paths(id)).toEqual(["/", "/keep"]);
  });
});

describe("API settings", () => {
  test("IMP:test_import_with_global_api_key_authorizer", async () => {
    const source = { "x-amazon-apigateway-api-key-source": "AUTHORIZER" };
    expect((await put(harness, document({}, source))).body).toMatchObject({
      apiKeySource: "AUTHORIZER",
    });
  });

  test("gateway responses are customised, an unknown type is refused", async () => {
    const responses = (all: Json): Json =>
      document({}, { "x-amazon-apigateway-gateway-responses": all });
    const responseParameters = { "gatewayresponse.header.x-a": "'b'" };
    const id = await imported(
      harness,
      responses({ UNAUTHORIZED: { statusCode: 401, responseParameters } }),
    );
    expect(
      await harness.ok("GET", `/restapis/${id}/gatewayresponses/UNAUTHORIZED`),
    ).toEqual({
      responseType: "UNAUTHORIZED",
      statusCode: "401",
      responseParameters,
      responseTemplates: {
        "application/json": '{"message":$context.error.messageString}',
      },
      defaultResponse: false,
    });
    const answer = await put(harness, responses({ UNAUTHORISED: {} }));
    expect(answer.body["message"]).toContain(
      "Unable to put gateway response 'UNAUTHORISED'",
    );
    const header = "gatewayresponse.header.method.response.header.X";
    const odd = responses({
      UNAUTHORIZED: { responseParameters: { [header]: "'*'" } },
    });
    expect((await put(harness, odd, "&failonwarnings=true")).status).toBe(200);
  });

  test("what was put besides the document is gone (aws/serverless-application-model#390)", async () => {
    const item = { "x-amazon-apigateway-gateway-responses": { THROTTLED: {} } };
    const id = await imported(harness, document({}, item));
    const at = `/restapis/${id}/gatewayresponses`;
    const responseParameters = { "gatewayresponse.header.x-a": "'b'" };
    for (const type of ["UNAUTHORIZED", "THROTTLED"])
      await harness.ok("PUT", `${at}/${type}`, { responseParameters });
    const again = `/restapis/${id}?mode=overwrite`;
    await harness.ok("PUT", again, document({}, item));
    expect(await harness.ok("GET", `${at}/UNAUTHORIZED`)).toMatchObject({
      responseParameters: {},
      defaultResponse: true,
    });
    expect(await harness.ok("GET", `${at}/THROTTLED`)).toMatchObject({
      responseParameters: {},
      defaultResponse: false,
    });
  });

  test("IMP:test_import_with_circular_models_and_request_validation", async () => {
    const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
    const content = { "application/json": { schema: ref("Person") } };
    const basic = {
      validateRequestBody: true,
      validateRequestParameters: true,
    };
    const body = document(
      { "/x": { post: { ...mock, requestBody: { content } } } },
      {
        components: {
          schemas: {
            Person: {
              type: "object",
              description: "about",
              properties: { house: ref("House") },
            },
            House: { type: "object", properties: { owner: ref("Person") } },
          },
        },
        "x-amazon-apigateway-request-validators": { basic },
        "x-amazon-apigateway-request-validator": "basic",
      },
    );
    const id = await imported(harness, body);
    const { validators, models } = partsOf(harness, id);
    const [validator] = validators.values();
    expect(validator).toMatchObject({ name: "basic", ...basic });
    expect(method(id, "/x", "POST")).toMatchObject({
      requestModels: { "application/json": "Person" },
      requestValidatorId: validator?.id,
    });
    expect([...models.keys()]).toEqual(["Person", "House"]);
    const person = models.get("Person");
    expect(person).toMatchObject({
      contentType: "application/json",
      description: "about",
    });
    expect(person?.schema).toContain(
      `https://apigateway.amazonaws.com/restapis/${id}/models/House`,
    );
  });
});

describe("methods and integrations", () => {
  test("IMP:test_import_swagger_api: resources without embed", async () => {
    const id = await withPath({ get: mock, post: mock }, "/a/b");
    const resources = items(
      await harness.ok("GET", `/restapis/${id}/resources`),
    );
    const byPath = Object.fromEntries(
      resources.map((resource) => [resource["path"], resource]),
    );
    const root = byPath["/"]?.["id"];
    const [id1, id2] = [byPath["/a"]?.["id"], byPath["/a/b"]?.["id"]];
    expect([typeof id1, typeof id2]).toEqual(["string", "string"]);
    expect(byPath).toEqual({
      "/": { id: root, path: "/" },
      "/a": { id: id1, parentId: root, path: "/a", pathPart: "a" },
      "/a/b": {
        id: id2,
        parentId: id1,
        path: "/a/b",
        pathPart: "b",
        resourceMethods: { GET: {}, POST: {} },
      },
    });
  });

  test("IMP:test_import_swagger_api: parameters, responses", async () => {
    const operation = {
      ...mock,
      parameters: [
        { name: "q", in: "query", schema: {} },
        { $ref: "#/components/parameters/trace" },
      ],
      responses: {
        200: { description: "ok", headers: { "X-A": { schema: {} } } },
        default: { description: "no" },
      },
    };
    const trace = { name: "X-Trace", in: "header", required: true, schema: {} };
    const item = {
      parameters: [{ name: "id", in: "path", required: true }],
      get: operation,
    };
    const id = await imported(
      harness,
      document({ "/x/{id}": item }, { components: { parameters: { trace } } }),
    );
    expect(method(id, "/x/{id}")).toMatchObject({
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
    const any = proxy({ payloadFormatVersion: "1.0" });
    const id = await withPath({
      get: proxy(),
      post: mock,
      "x-amazon-apigateway-any-method": any,
    });
    const common = {
      passthroughBehavior: "WHEN_NO_MATCH",
      timeoutInMillis: 29000,
    };
    expect(method(id)?.methodIntegration).toEqual({
      ...common,
      type: "HTTP_PROXY",
      httpMethod: "POST",
      uri: "https://up.example.com/x",
      connectionType: "INTERNET",
    });
    expect(method(id, "/x", "POST")?.methodIntegration).toEqual({
      ...common,
      type: "MOCK",
      requestTemplates: { "application/json": '{"statusCode":200}' },
      integrationResponses: { 200: { statusCode: "200" } },
    });
    expect(method(id, "/x", "ANY")).toMatchObject({
      httpMethod: "ANY",
      authorizationType: "NONE",
      apiKeyRequired: false,
    });
    expect(method(id, "/x", "POST")).not.toHaveProperty("methodResponses");
  });

  test("streams: the mode and its timeout are kept", async () => {
    const stream = { responseTransferMode: "STREAM", timeoutInMillis: 900000 };
    const id = await withPath({ get: proxy(stream) });
    expect(method(id)?.methodIntegration).toMatchObject(stream);
  });

  const on = (what: string): string =>
    `Unable to ${what} 'GET' for resource at path '/x': `;
  const expression = (part: string): string =>
    `Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression ${part}]`;
  const header = (source: string): Json =>
    proxy({ requestParameters: { "integration.request.header.A": source } });
  const noEndpoint = "Invalid HTTP endpoint specified for URI";
  const noVerb = "Enumeration value for HttpMethod must be non-empty";
  const noStream =
    "ResponseTransferMode STREAM is only supported for HTTP_PROXY and AWS_PROXY integrations";
  const timeout = (limit: number): string =>
    `Timeout should be between 50 ms and ${limit} ms`;
  const mocked = (more: Json): Json => ({
    "x-amazon-apigateway-integration": { type: "mock", ...more },
  });
  const refusedAt = async (get: Json, message: string): Promise<void> =>
    expect(await refused(document({ "/x": { get } }))).toEqual(
      bad(`Errors found during import:\n\t${message}`),
    );

  test.each([
    ["bad uri", proxy({ uri: "ftp://x" }), noEndpoint],
    ["no uri", proxy({ uri: undefined }), noEndpoint],
    ["no httpMethod", proxy({ httpMethod: undefined }), noVerb],
    [
      "undeclared parameter",
      header("method.request.header.B"),
      expression("parameter specified: method.request.header.B"),
    ],
    ["no expression", header("Bearer x"), expression("specified: Bearer x")],
    ["open quote", header("'none"), expression("specified: 'none")],
    [
      "unknown context variable",
      header("context.authoriser.x"),
      expression("specified: context.authoriser.x"),
    ],
    [
      "bad target",
      proxy({ requestParameters: { "integration.request.body.A": "'x'" } }),
      expression("specified: integration.request.body.A"),
    ],
    ["over 29 s", proxy({ timeoutInMillis: 29001 }), timeout(29000)],
    [
      "streaming for longer than 15 min",
      proxy({ timeoutInMillis: 900001, responseTransferMode: "STREAM" }),
      timeout(900000),
    ],
    ["streaming MOCK", mocked({ responseTransferMode: "STREAM" }), noStream],
  ])("refused integration: %s", (_, get, message) =>
    refusedAt(get, on("put integration on") + message),
  );

  const security = [{ nobody: [] }];
  const validator = { "x-amazon-apigateway-request-validator": "none" };
  test.each([
    [
      "unknown scheme",
      { ...mock, security },
      "Security definition 'nobody' is not defined",
    ],
    [
      "unknown validator",
      { ...mock, ...validator },
      "Invalid Request Validator identifier specified",
    ],
  ])("refused method: %s", (_, get, message) =>
    refusedAt(get, on("create method") + message),
  );

  test("refused response: undeclared header", () => {
    const responseParameters = { "method.response.header.A": "'x'" };
    return refusedAt(
      mocked({
        responses: { default: { statusCode: "200", responseParameters } },
      }),
      on("put integration response on") +
        expression("parameter specified: method.response.header.A"),
    );
  });

  test.each([["lambda"], [undefined]])(
    "a malformed integration of type %s",
    async (type) => {
      const get = { "x-amazon-apigateway-integration": { type } };
      expect(await refused(document({ "/x": { get } }))).toEqual(
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
  const greedy =
    "Cannot create a child of a resource with a greedy path variable: {p+}";
  const sibling =
    "A sibling ({a}) of this resource already has a variable path part -- only one is allowed";
  test.each([
    ["a blank", ["/a b"], part],
    ["an asterisk", ["/a*"], part],
    ["half a variable", ["/{a}b"], part],
    ["an encoded slash", ["/a%2Fb"], part],
    ["below a greedy one", ["/{p+}/x"], greedy],
    ["two variables beside each other", ["/{a}", "/{b+}"], sibling],
    ["an empty segment", ["/a//b"], "Invalid path specified: /a//b"],
    ["no leading slash", ["a"], "Invalid path specified: a"],
  ])("refused: %s", async (_, all, message) => {
    const body = document(
      Object.fromEntries(all.map((path) => [path, { get: mock }])),
    );
    const answer = await put(harness, body);
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
    expect((await put(harness, many(299))).status).toBe(200);
    const answer = await put(harness, many(300));
    expect(answer.status).toBe(400);
    expect(answer.body["message"]).toContain(
      "Maximum number of resources for this API has been reached.",
    );
  });
});

describe("security", () => {
  const secured = (all: Json, security: unknown = [{ gate: [] }]): Json =>
    document({ "/x": { get: mock } }, { security, ...schemes(all) });

  test("IMP:test_import_swagger_api: TOKEN authorizer, used or not; no TTL unless given", async () => {
    const ttl = { authorizerResultTtlInSeconds: 60 };
    const all = { used: authorizer(ttl), spare: authorizer() };
    const id = await imported(harness, secured(all, [{ used: [] }]));
    const [used, spare] = authorizers(id);
    const common = {
      type: "TOKEN",
      authType: "custom",
      authorizerUri: lambdaUri,
      identitySource: "method.request.header.Authorization",
      id: expect.any(String) as string,
    };
    expect(used).toEqual({ ...common, name: "used", ...ttl });
    expect(spare).toEqual({ ...common, name: "spare" });
    expect(method(id)).toMatchObject({
      authorizationType: "CUSTOM",
      authorizerId: used?.id,
    });
  });

  test("IMP:base_path_swagger: the document's security holds for OPTIONS too; an operation's own wins", async () => {
    const body = document(
      { "/x": { options: mock, get: { ...mock, security: [] } } },
      { security: [{ gate: [] }], ...schemes({ gate: authorizer() }) },
    );
    const id = await imported(harness, body);
    expect(method(id, "/x", "OPTIONS")).toMatchObject({
      authorizationType: "CUSTOM",
    });
    expect(method(id)).toMatchObject({ authorizationType: "NONE" });
  });

  test("IMP:global_api_key: REQUEST authorizer with its own identity source, and a key", async () => {
    const request = {
      type: "request",
      identitySource: "method.request.header.X-A, context.path",
    };
    const key = { type: "apiKey", name: "x-api-key", in: "header" };
    const all = { gate: authorizer(request), api_key: key };
    const id = await imported(
      harness,
      secured(all, [{ gate: [], api_key: [] }]),
    );
    expect(authorizers(id)).toMatchObject([{ ...request, type: "REQUEST" }]);
    expect(method(id)).toMatchObject({
      authorizationType: "CUSTOM",
      apiKeyRequired: true,
    });
  });

  test("a REQUEST authorizer without cache needs no identity source, and gets none from its scheme", async () => {
    const ttl = { authorizerResultTtlInSeconds: 0 };
    const gate = authorizer({ type: "request", ...ttl });
    const id = await imported(harness, secured({ gate }));
    const [only] = authorizers(id);
    expect(only).toMatchObject({ type: "REQUEST", ...ttl });
    expect(only).not.toHaveProperty("identitySource");
  });

  const authtype = "x-amazon-apigateway-authtype";
  test("aws-apigateway-importer#187: an authtype without an authorizer leaves the method out", async () => {
    const gate = {
      type: "apiKey",
      name: "A",
      in: "header",
      [authtype]: "custom",
    };
    const { body } = await put(harness, secured({ gate }));
    expect(body["warnings"]).toEqual([
      expect.stringContaining(
        "Unable to create authorizer from security definition: 'gate'.",
      ),
    ]);
    expect(tree(String(body["id"]))["/x"]?.methods.size).toBe(0);
  });

  test("an authorizer without an authtype leaves the method open, as users report", async () => {
    const gate = authorizer({}, { [authtype]: undefined });
    const id = await imported(harness, secured({ gate }));
    expect(method(id)).toMatchObject({ authorizationType: "NONE" });
  });

  test("a scheme that means nothing here is warned about", async () => {
    const gate = { type: "http", scheme: "bearer" };
    const { body } = await put(harness, secured({ gate }));
    expect(body["warnings"]).toEqual([
      "Security definition 'gate' is not supported. Ignoring.",
    ]);
  });

  const authorizerUri = "arn:aws:lambda:us-east-1:000000000000:function:f";
  const required = "Identity source is required";
  test.each([
    [{ authorizerUri }, "Invalid Authorizer URI: arn:aws:lambda"],
    [{ authorizerResultTtlInSeconds: 3601 }, "between 0 and 3600"],
    [
      { identityValidationExpression: "Bearer .+" },
      "has no identityValidationExpression",
    ],
    [
      { identitySource: "method.request.querystring.a" },
      "Invalid identity source",
    ],
    [{ type: "request", authorizerResultTtlInSeconds: 1 }, required],
    [{ type: "request", identitySource: "" }, required],
    [{ type: "jwt" }, "1 validation error detected: Value 'JWT'"],
  ])("refused authorizer: %j", async (more, message) => {
    const answer = await put(harness, secured({ gate: authorizer(more) }));
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
    expect((await put(harness, secured(all, []))).status).toBe(400);
  });
});
