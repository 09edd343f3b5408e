import { isFronted } from "../../src/gate/access/front.ts";
import type { Gate } from "../../src/gate/gate.ts";
import { buildDocument } from "../../src/gate/document/openapi.ts";
import type {
  MockIntegration,
  ProxyIntegration,
} from "../../src/gate/document/openapi-types.ts";
import {
  fewInputs,
  fullConfig,
  gateOf,
  goodInputs,
  pythonHandler,
  sourceOf,
  token,
  workspaceOf,
} from "./sources.ts";

const uri = "arn:aws:apigateway:eu-west-1:lambda:path/x/invocations";

const jwt = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.eyJpc3MiOiJhIn0.c2lnbmF0dXJl-_";

/** A workspace with an authorizer of the user's own. */
const own = workspaceOf({ "authorizer/authorizer.py": pythonHandler });

function documentOf(gate: Gate) {
  return buildDocument(gate, { name: "ai-gate-prod", authorizerUri: uri });
}

function proxyOf(gate: Gate, path: string, method: string): ProxyIntegration {
  const integration =
    documentOf(gate).paths[path]?.[method]?.["x-amazon-apigateway-integration"];
  if (integration?.type !== "http_proxy") throw new Error("no proxy");
  return integration;
}

function preflightOf(gate: Gate, path: string): MockIntegration {
  const integration =
    documentOf(gate).paths[path]?.options?.["x-amazon-apigateway-integration"];
  if (integration?.type !== "mock") throw new Error("no mock");
  return integration;
}

const simple = gateOf(sourceOf(goodInputs));
const full = gateOf(sourceOf(fewInputs, fullConfig));

describe("a route", () => {
  test("that is greedy streams to the URL and what it matched", () => {
    expect(documentOf(simple).paths["/openai/{proxy+}"]?.post).toEqual({
      parameters: [
        {
          name: "proxy",
          in: "path",
          required: true,
          schema: { type: "string" },
        },
      ],
      responses: { "200": { description: "The upstream's answer" } },
      security: [{ gate: [] }],
      "x-amazon-apigateway-integration": {
        type: "http_proxy",
        httpMethod: "POST",
        uri: "https://api.openai.com/v1/{proxy}",
        responseTransferMode: "STREAM",
        timeoutInMillis: 900_000,
        requestParameters: {
          "integration.request.header.Authorization":
            "context.authorizer.upstream_service",
          "integration.request.header.X-Gate-Consumer":
            "context.authorizer.consumer",
          "integration.request.header.x-api-key": "'none'",
          "integration.request.path.proxy": "method.request.path.proxy",
        },
      },
    });
  });

  test("has one operation a method, each with its own upstream method", () => {
    const item = documentOf(full).paths["/anthropic/v1/{proxy+}"] ?? {};
    expect(Object.keys(item)).toEqual([
      "get",
      "post",
      "put",
      "patch",
      "delete",
      "head",
      "options",
    ]);
    expect(proxyOf(full, "/anthropic/v1/{proxy+}", "delete").httpMethod).toBe(
      "DELETE",
    );
  });

  test("that does not stream is buffered, and fills the URL's placeholder", () => {
    expect(proxyOf(full, "/score/{id}", "post")).toMatchObject({
      uri: "https://scores.example.com:8443/models/{id}",
      responseTransferMode: "BUFFERED",
      timeoutInMillis: 20_000,
      requestParameters: {
        "integration.request.path.id": "method.request.path.id",
      },
    });
  });

  test.each([
    ["/a", "https://a.example.com/v1", "https://a.example.com/v1"],
    ["/a/{proxy+}", "https://a.example.com", "https://a.example.com/{proxy}"],
    [
      "/a/{rest+}",
      "https://a.example.com/{rest}/x",
      "https://a.example.com/{rest}/x",
    ],
    [
      "/{m}/{proxy+}",
      "https://a.example.com/{m}",
      "https://a.example.com/{m}/{proxy}",
    ],
    ["/{m}", "https://a.example.com/{m}:run", "https://a.example.com/{m}:run"],
  ])("%s to %s calls %s", (path, upstream, target) => {
    const gate = gateOf(
      sourceOf({ ...goodInputs, path, upstream, methods: "GET" }),
    );
    expect(proxyOf(gate, path, "get").uri).toBe(target);
  });

  test("of one path and two upstreams is one path with both", () => {
    const text = `
upstreams: { a: { url: https://a.example.com }, b: { url: https://b.example.com } }
routes:
  - { path: /x, methods: [GET], upstream: a }
  - { path: /x, methods: [POST], upstream: b }`;
    const gate = gateOf(
      sourceOf({ ...fewInputs, tokens: `ci=${token}` }, text),
    );
    expect(proxyOf(gate, "/x", "get").uri).toBe("https://a.example.com");
    expect(proxyOf(gate, "/x", "post").uri).toBe("https://b.example.com");
  });
});

describe("the headers of a call", () => {
  const h = "integration.request.header.";
  test.each<[string, Gate, string, string, Record<string, string>]>([
    [
      "a token header that is also the credential's",
      full,
      "/anthropic/v1/{proxy+}",
      "post",
      {
        [`${h}x-api-key`]: "context.authorizer.upstream_anthropic",
        [`${h}Authorization`]: "'none'",
        [`${h}X-Gate-Consumer`]: "context.authorizer.consumer",
        [`${h}anthropic-version`]: "'2023-06-01'",
        "integration.request.path.proxy": "method.request.path.proxy",
      },
    ],
    [
      "a token header that is not",
      full,
      "/openai/{proxy+}",
      "post",
      {
        [`${h}x-api-key`]: "'none'",
        [`${h}Authorization`]: "context.authorizer.upstream_openai",
        [`${h}X-Gate-Consumer`]: "context.authorizer.consumer",
        "integration.request.path.proxy": "method.request.path.proxy",
      },
    ],
    [
      "no credential",
      full,
      "/score/{id}",
      "post",
      {
        [`${h}x-api-key`]: "'none'",
        [`${h}Authorization`]: "'none'",
        [`${h}X-Gate-Consumer`]: "context.authorizer.consumer",
        "integration.request.path.id": "method.request.path.id",
      },
    ],
  ])(
    "with %s never are the caller's",
    (...[, gate, path, method, expected]) => {
      expect(proxyOf(gate, path, method).requestParameters).toEqual(expected);
    },
  );

  test("name no header twice in two spellings", () => {
    const gate = gateOf(
      sourceOf({
        ...goodInputs,
        "token-header": "authorization",
        "upstream-header": "AUTHORIZATION: Bearer",
      }),
    );
    const names = Object.keys(
      proxyOf(gate, "/openai/{proxy+}", "post").requestParameters,
    );
    expect(names).toEqual([
      `${h}AUTHORIZATION`,
      `${h}x-api-key`,
      `${h}X-Gate-Consumer`,
      "integration.request.path.proxy",
    ]);
  });

  test("of an upstream with hyphens use a context key without", () => {
    const text = `
upstreams: { my-own-ai: { url: https://a.example.com, secret: "ssm:/x" } }
routes: [{ path: /x, methods: [GET], upstream: my-own-ai }]`;
    const gate = gateOf(
      sourceOf({ ...fewInputs, tokens: `ci=${token}` }, text),
    );
    expect(
      proxyOf(gate, "/x", "get").requestParameters[`${h}Authorization`],
    ).toBe("context.authorizer.upstream_my_own_ai");
  });
});

describe("the authorizer", () => {
  test("is a token authorizer that filters junk", () => {
    expect(documentOf(simple).components.securitySchemes.gate).toEqual({
      type: "apiKey",
      name: "Authorization",
      in: "header",
      "x-amazon-apigateway-authtype": "custom",
      "x-amazon-apigateway-authorizer": {
        type: "token",
        authorizerUri: uri,
        identitySource: "method.request.header.Authorization",
        identityValidationExpression:
          "^[Bb][Ee][Aa][Rr][Ee][Rr] [A-Za-z0-9._~+/=-]{32,8192}$",
        authorizerResultTtlInSeconds: 60,
      },
    });
  });

  test.each([
    ["Authorization", `Bearer ${token}`, true],
    ["Authorization", `bearer ${token}`, true],
    ["Authorization", token, false],
    ["Authorization", `Bearer  ${token}`, false],
    ["Authorization", `Bearer ${token} `, false],
    ["Authorization", "Bearer short", false],
    ["x-api-key", token, true],
    ["x-api-key", `Bearer ${token}`, false],
    ["Authorization", `Bearer ${jwt.padEnd(8192, "s")}`, true],
    ["Authorization", `Bearer ${jwt.padEnd(8193, "s")}`, false],
  ])("in %s lets %j through to the function: %j", (header, value, through) => {
    const gate = gateOf(sourceOf({ ...goodInputs, "token-header": header }));
    const { identityValidationExpression: expression = "" } =
      documentOf(gate).components.securitySchemes.gate[
        "x-amazon-apigateway-authorizer"
      ];
    expect(new RegExp(expression).test(value)).toBe(through);
  });

  test("guards every operation except health and preflight", () => {
    const open = Object.entries(documentOf(full).paths).flatMap(
      ([path, item]) =>
        Object.entries(item)
          .filter(
            ([, { security }]) =>
              JSON.stringify(security?.[0]) !== '{"gate":[]}',
          )
          .map(([method]) => `${method} ${path}`),
    );
    expect(open).toEqual([
      "options /openai/{proxy+}",
      "options /anthropic/v1/{proxy+}",
      "options /score/{id}",
      "get /healthz",
    ]);
  });

  test("of the user's own has no filter, no cache and no context", () => {
    const { tokens, "upstream-secret": secret, ...inputs } = goodInputs;
    expect([tokens, secret]).toBeDefined();
    const gate = gateOf(
      sourceOf({ ...inputs, authorizer: "./authorizer" }, undefined, own),
    );
    const document = documentOf(gate);
    expect(
      document.components.securitySchemes.gate[
        "x-amazon-apigateway-authorizer"
      ],
    ).toEqual({
      type: "token",
      authorizerUri: uri,
      identitySource: "method.request.header.Authorization",
      authorizerResultTtlInSeconds: 0,
    });
    expect(JSON.stringify(document)).not.toContain("context.authorizer");
    expect(
      proxyOf(gate, "/openai/{proxy+}", "post").requestParameters,
    ).toMatchObject({
      "integration.request.header.Authorization": "'none'",
      "integration.request.header.X-Gate-Consumer": "'custom'",
    });
  });
});

test("a custom authorizer behind the gate's own passes on what the gate's says", () => {
  const { tokens, ...inputs } = goodInputs;
  expect(tokens).toBeDefined();
  const gate = gateOf(
    sourceOf({ ...inputs, authorizer: "authorizer" }, undefined, own),
  );
  expect(isFronted(gate)).toBe(true);
  expect(
    proxyOf(gate, "/openai/{proxy+}", "post").requestParameters,
  ).toMatchObject({
    "integration.request.header.Authorization":
      "context.authorizer.upstream_service",
    "integration.request.header.X-Gate-Consumer": "context.authorizer.consumer",
    "integration.request.header.x-api-key": "'none'",
  });
  expect(
    documentOf(gate).components.securitySchemes.gate[
      "x-amazon-apigateway-authorizer"
    ],
  ).not.toHaveProperty("identityValidationExpression");
});

describe("plans", () => {
  const text = `
upstreams: { a: { url: https://a.example.com } }
routes: [{ path: "/a/{proxy+}", methods: [GET, POST], upstream: a }]
consumers: [{ id: a, token: { env: TEAM_A_TOKEN }, plan: basic }]
plans: { basic: { rate: 1, burst: 1 } }
cors: { origins: ["*"] }`;
  const document = documentOf(gateOf(sourceOf(fewInputs, text)));

  test("want a key of every guarded method, taken from the authorizer", () => {
    expect(document["x-amazon-apigateway-api-key-source"]).toBe("AUTHORIZER");
    expect(document.components.securitySchemes.api_key).toEqual({
      type: "apiKey",
      name: "x-api-key",
      in: "header",
    });
    const security = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(
        ([method, operation]) =>
          [`${method} ${path}`, operation.security] as const,
      ),
    );
    const both = [{ gate: [] }, { api_key: [] }];
    expect(security).toEqual([
      ["get /a/{proxy+}", both],
      ["post /a/{proxy+}", both],
      ["options /a/{proxy+}", undefined],
      ["get /healthz", undefined],
    ]);
  });

  test("are in no gate without them", () => {
    expect(JSON.stringify(documentOf(full))).not.toMatch(
      /"api_key"|api-key-source/,
    );
  });
});

describe("the gate's own errors", () => {
  const responses = documentOf(simple)["x-amazon-apigateway-gateway-responses"];

  test.each([
    ["UNAUTHORIZED", "401", "authentication_error"],
    ["ACCESS_DENIED", "403", "permission_error"],
    ["MISSING_AUTHENTICATION_TOKEN", "404", "not_found_error"],
    ["THROTTLED", "429", "rate_limit_error"],
    ["QUOTA_EXCEEDED", "429", "rate_limit_error"],
    ["REQUEST_TOO_LARGE", "413", "invalid_request_error"],
    ["INTEGRATION_TIMEOUT", "504", "timeout_error"],
    ["INTEGRATION_FAILURE", "504", "api_error"],
    ["AUTHORIZER_FAILURE", "500", "api_error"],
    ["AUTHORIZER_CONFIGURATION_ERROR", "500", "api_error"],
    ["DEFAULT_4XX", undefined, "invalid_request_error"],
    ["DEFAULT_5XX", undefined, "api_error"],
  ])("%s is %s, %s", (code, status, type) => {
    const response = responses[code];
    expect(response?.statusCode).toBe(status);
    expect(response?.responseParameters).toMatchObject({
      "gatewayresponse.header.x-ai-gate-error": `'${code}'`,
    });
    const body: unknown = JSON.parse(
      response?.responseTemplates["application/json"] ?? "",
    );
    expect(body).toEqual({
      error: {
        message: expect.stringMatching(/^[A-Z].*\.$/) as string,
        type,
        code: code.toLowerCase(),
      },
    });
  });

  test("cover every type API Gateway has, and render as they are", () => {
    expect(Object.keys(responses)).toHaveLength(21);
    // Templates are Velocity: `$` and `#` would mean something.
    expect(
      Object.values(responses)
        .map(({ responseTemplates }) => responseTemplates["application/json"])
        .join(""),
    ).not.toMatch(/[$#]/);
  });

  test("name the Bearer scheme only where it is the way in", () => {
    const parameters = (gate: Gate) =>
      documentOf(gate)["x-amazon-apigateway-gateway-responses"].UNAUTHORIZED
        ?.responseParameters;
    const name = "gatewayresponse.header.WWW-Authenticate";
    expect(parameters(simple)?.[name]).toBe("'Bearer'");
    expect(parameters(full)).not.toHaveProperty([name]);
  });
});

describe("CORS", () => {
  const withOrigins = (origins: string) =>
    gateOf(sourceOf(goodInputs, `cors: { origins: ${origins} }`));
  const errorHeaders = (gate: Gate) =>
    documentOf(gate)["x-amazon-apigateway-gateway-responses"].UNAUTHORIZED
      ?.responseParameters;
  const path = "/openai/{proxy+}";
  const m = "method.response.header.";
  const g = "gatewayresponse.header.";

  test("is absent by default", () => {
    expect(documentOf(simple).paths[path]).not.toHaveProperty("options");
    expect(errorHeaders(simple)).not.toHaveProperty([
      `${g}Access-Control-Allow-Origin`,
    ]);
  });

  test.each([
    [
      "one origin",
      '["https://app.example.com"]',
      "'https://app.example.com'",
      "'Origin'",
    ],
    ["every origin", '["*"]', "'*'", undefined],
  ])("of %s is static", (_what, origins, allow, vary) => {
    const gate = withOrigins(origins);
    const answer = preflightOf(gate, path).responses.default;
    expect(answer).toEqual({
      statusCode: "200",
      responseParameters: {
        [`${m}Access-Control-Allow-Methods`]: "'GET,POST'",
        [`${m}Access-Control-Allow-Headers`]: "'*,Authorization'",
        [`${m}Access-Control-Max-Age`]: "'600'",
        [`${m}Access-Control-Allow-Origin`]: allow,
        ...(vary && { [`${m}Vary`]: vary }),
      },
    });
    expect(errorHeaders(gate)).toMatchObject({
      [`${g}Access-Control-Allow-Origin`]: allow,
    });
    expect(errorHeaders(gate)?.[`${g}Vary`]).toBe(vary);
  });

  test("of several origins answers the caller's if it is one of them", () => {
    const gate = withOrigins("[https://a.example.com, https://b.example.com]");
    const answer = preflightOf(gate, path).responses.default;
    expect(answer.responseParameters).not.toHaveProperty([
      `${m}Access-Control-Allow-Origin`,
    ]);
    expect(answer.responseTemplates?.["application/json"]).toBe(
      [
        `#if($input.params('Origin') == "https://a.example.com" || $input.params('origin') == "https://a.example.com")#set($context.responseOverride.header.Access-Control-Allow-Origin = "https://a.example.com")#end`,
        `#if($input.params('Origin') == "https://b.example.com" || $input.params('origin') == "https://b.example.com")#set($context.responseOverride.header.Access-Control-Allow-Origin = "https://b.example.com")#end`,
      ].join("\n"),
    );
    expect(errorHeaders(gate)).toMatchObject({
      [`${g}Access-Control-Allow-Origin`]: "method.request.header.Origin",
      [`${g}Vary`]: "'Origin'",
    });
  });

  test("maps only headers that the method response declares", () => {
    const { options } = documentOf(full).paths[path] ?? {};
    const declared = Object.keys(options?.responses["200"]?.headers ?? {});
    const mapped = Object.keys(
      preflightOf(full, path).responses.default.responseParameters ?? {},
    ).map((name) => name.replace(m, ""));
    expect(declared).toEqual(expect.arrayContaining(mapped));
    expect(declared).toContain("Access-Control-Allow-Origin");
    expect(
      preflightOf(full, path).responses.default.responseParameters,
    ).toMatchObject({
      [`${m}Access-Control-Allow-Headers`]: "'*,Authorization,x-api-key'",
    });
  });
});

test("health answers by itself, and the document has the API's name", () => {
  const document = documentOf(simple);
  expect(document.info).toEqual({ title: "ai-gate-prod", version: "1" });
  expect(document.paths["/healthz"]).toEqual({
    get: {
      responses: { "200": { description: "The gate is up" } },
      "x-amazon-apigateway-integration": {
        type: "mock",
        requestTemplates: { "application/json": '{"statusCode":200}' },
        responses: {
          default: {
            statusCode: "200",
            responseTemplates: { "application/json": '{"status":"ok"}' },
          },
        },
      },
    },
  });
});

test("250 routes are one document well below the 6 MB of an import", () => {
  const routes = Array.from(
    { length: 250 },
    (_, index) => `  - { path: /r${index}, methods: [ANY], upstream: a }`,
  );
  const text = `upstreams: { a: { url: https://a.example.com, secret: "ssm:/x" } }\nroutes:\n${routes.join("\n")}\ncors: { origins: [https://a.example.com, https://b.example.com] }`;
  const gate = gateOf(sourceOf({ ...fewInputs, tokens: `ci=${token}` }, text));
  const document = documentOf(gate);
  expect(Object.keys(document.paths)).toHaveLength(251);
  expect(JSON.stringify(document).length).toBeLessThan(3_000_000);
});
