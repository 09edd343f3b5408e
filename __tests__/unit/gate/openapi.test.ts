import type { SimpleInputs } from "../../../src/config/gate-source.ts";
import { type Gate, isFronted } from "../../../src/gate/gate.ts";
import {
  errorMarker,
  errorValue,
  readErrorValue,
} from "../../../src/gate/openapi/gateway-responses.ts";
import { buildDocument } from "../../../src/gate/openapi/openapi.ts";
import {
  fewInputs,
  fullConfig,
  gateOf,
  goodInputs,
  pythonHandler,
  sha256,
  sourceOf,
  token,
  workspaceOf,
} from "../../fixtures/sources.ts";

const uri = "arn:aws:apigateway:eu-west-1:lambda:path/x/invocations";

const h = "integration.request.header.";

/** What every call has in place of the caller's, besides what belongs to its upstream. */
const always = {
  [`${h}Authorization`]: "'none'",
  [`${h}x-api-key`]: "'none'",
  [`${h}x_api_key`]: "'none'",
  [`${h}api-key`]: "'none'",
  [`${h}api_key`]: "'none'",
  [`${h}x-goog-api-key`]: "'none'",
  [`${h}x_goog_api_key`]: "'none'",
  [`${h}Ocp-Apim-Subscription-Key`]: "'none'",
  [`${h}Ocp_Apim_Subscription_Key`]: "'none'",
  [`${h}Proxy-Authorization`]: "'none'",
  [`${h}Proxy_Authorization`]: "'none'",
  [`${h}X-Original-URL`]: "'none'",
  [`${h}X_Original_URL`]: "'none'",
  [`${h}X-Rewrite-URL`]: "'none'",
  [`${h}X_Rewrite_URL`]: "'none'",
  [`${h}X-HTTP-Method-Override`]: "'POST'",
  [`${h}X_HTTP_Method_Override`]: "'POST'",
  [`${h}X-HTTP-Method`]: "'POST'",
  [`${h}X_HTTP_Method`]: "'POST'",
  [`${h}X-Method-Override`]: "'POST'",
  [`${h}X_Method_Override`]: "'POST'",
  [`${h}X-Gate-Consumer`]: "context.authorizer.consumer",
  [`${h}X_Gate_Consumer`]: "context.authorizer.consumer",
};
const credential = "context.authorizer.credential";

/** A workspace with an authorizer of the user's own. */
const own = workspaceOf({ "authorizer/authorizer.py": pythonHandler });

function documentOf(gate: Gate) {
  return buildDocument(gate, {
    name: "ai-gate-prod",
    authorizerUri: uri,
    sha256,
    proofKey: null,
  });
}

function proxyOf(gate: Gate, path: string, method: string) {
  const integration =
    documentOf(gate).paths[path]?.[method]?.["x-amazon-apigateway-integration"];
  if (integration?.type !== "http_proxy") throw new Error("no proxy");
  return integration;
}

function preflightOf(gate: Gate, path: string) {
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
          ...always,
          [`${h}Authorization`]: credential,
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
    ["/a", "https://a.example.com/v1/", "https://a.example.com/v1/"],
    ["/{m}", "https://a.example.com/{m}/", "https://a.example.com/{m}/"],
    ["/a", "https://a.example.com/", "https://a.example.com"],
    [
      "/a/{proxy+}",
      "https://a.example.com/v1/",
      "https://a.example.com/v1/{proxy}",
    ],
    ["/a/{proxy+}", "https://a.example.com/", "https://a.example.com/{proxy}"],
    [
      "/a/{rest+}",
      "https://a.example.com/{rest}/x/",
      "https://a.example.com/{rest}/x/",
    ],
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
  test.each<[string, Gate, string, Record<string, string>]>([
    [
      "a token header that is also the credential's",
      full,
      "/anthropic/v1/{proxy+}",
      {
        [`${h}x-api-key`]: credential,
        [`${h}x_api_key`]: credential,
        [`${h}anthropic-version`]: "'2023-06-01'",
        [`${h}anthropic_version`]: "'2023-06-01'",
        "integration.request.path.proxy": "method.request.path.proxy",
      },
    ],
    [
      "a token header that is not",
      full,
      "/openai/{proxy+}",
      {
        [`${h}Authorization`]: credential,
        "integration.request.path.proxy": "method.request.path.proxy",
      },
    ],
    [
      "no credential",
      full,
      "/score/{id}",
      {
        "integration.request.path.id": "method.request.path.id",
        [`${h}Accept-Encoding`]: "'identity'",
        [`${h}Accept_Encoding`]: "'identity'",
      },
    ],
    [
      "headers of the user's list",
      gateOf(
        sourceOf({ ...goodInputs, "strip-headers": "X-Team, cookie\nfoo_bar" }),
      ),
      "/openai/{proxy+}",
      {
        [`${h}Authorization`]: credential,
        [`${h}X-Team`]: "'none'",
        [`${h}X_Team`]: "'none'",
        [`${h}cookie`]: "'none'",
        [`${h}foo_bar`]: "'none'",
        "integration.request.path.proxy": "method.request.path.proxy",
      },
    ],
    [
      "a token header of its own",
      gateOf(
        sourceOf({ ...goodInputs, "token-header": "Authorization, X-Token" }),
      ),
      "/openai/{proxy+}",
      {
        [`${h}Authorization`]: credential,
        [`${h}X-Token`]: "'none'",
        [`${h}X_Token`]: "'none'",
        "integration.request.path.proxy": "method.request.path.proxy",
      },
    ],
  ])("with %s never are the caller's", (...[, gate, path, expected]) => {
    expect(proxyOf(gate, path, "post").requestParameters).toEqual({
      ...always,
      ...expected,
    });
  });

  test("name no header twice in two spellings", () => {
    const gate = gateOf(
      sourceOf({
        ...goodInputs,
        "token-header": "authorization",
        "upstream-header": "AUTHORIZATION: Bearer",
        "strip-headers": "X-API-KEY",
      }),
    );
    const names = Object.keys(
      proxyOf(gate, "/openai/{proxy+}", "post").requestParameters,
    );
    const low = names.map((name) => name.toLowerCase());
    expect(new Set(low).size).toBe(low.length);
    expect(names).toContain(`${h}AUTHORIZATION`);
  });
});

const authorizerOf = (gate: Gate) =>
  documentOf(gate).components.securitySchemes.gate[
    "x-amazon-apigateway-authorizer"
  ];

/** The simple gate with a config's `auth`, and more inputs. */
const withAuth = (auth: string, inputs: SimpleInputs = {}) =>
  gateOf(sourceOf({ ...goodInputs, ...inputs }, `auth: ${auth}`, own));

describe("the authorizer", () => {
  test("is asked on each call, whatever the call has", () => {
    expect(documentOf(simple).components.securitySchemes.gate).toEqual({
      type: "apiKey",
      name: "Unused",
      in: "header",
      "x-amazon-apigateway-authtype": "custom",
      "x-amazon-apigateway-authorizer": {
        type: "request",
        authorizerUri: uri,
        authorizerResultTtlInSeconds: 0,
      },
    });
  });

  const cached = "context.httpMethod, context.path";
  test.each<[string, Gate, object]>([
    [
      "with a cache",
      withAuth("{ cache-ttl: 30 }", { "token-header": "x-key" }),
      {
        type: "request",
        identitySource: `method.request.header.x-key, ${cached}`,
        authorizerResultTtlInSeconds: 30,
      },
    ],
    [
      "with several headers",
      withAuth("{ cache-ttl: 0 }", { "token-header": "Authorization,x-key" }),
      { type: "request", authorizerResultTtlInSeconds: 0 },
    ],
    [
      "in front of the user's own",
      withAuth("{ mode: custom, directory: authorizer }", { tokens: "" }),
      { type: "request", authorizerResultTtlInSeconds: 0 },
    ],
    ...(
      [
        [
          "",
          {
            type: "token",
            identitySource: "method.request.header.Authorization",
            authorizerResultTtlInSeconds: 0,
          },
        ],
        [
          ", cache-ttl: 9",
          {
            type: "token",
            identitySource: "method.request.header.Authorization",
            authorizerResultTtlInSeconds: 9,
          },
        ],
        [
          ", type: request",
          { type: "request", authorizerResultTtlInSeconds: 0 },
        ],
        [
          ", type: request, cache-ttl: 9",
          {
            type: "request",
            identitySource: `method.request.header.Authorization, ${cached}`,
            authorizerResultTtlInSeconds: 9,
          },
        ],
      ] as const
    ).map(([more, expected]): [string, Gate, object] => [
      `that is the user's own${more}`,
      withAuth(`{ mode: custom, directory: authorizer${more} }`, {
        tokens: "",
        "upstream-secret": "",
      }),
      expected,
    ]),
  ])("%s", (_, gate, expected) => {
    expect(authorizerOf(gate)).toEqual({ authorizerUri: uri, ...expected });
  });

  test("guards every operation except health, preflight and 405s, which have nothing behind them", () => {
    const open = Object.entries(documentOf(full).paths).flatMap(
      ([path, item]) =>
        Object.entries(item)
          .filter(
            ([, { security }]) =>
              JSON.stringify(security?.[0]) !== '{"gate":[]}',
          )
          .map(
            ([method, operation]) => [`${method} ${path}`, operation] as const,
          ),
    );
    expect(
      open.map(
        ([, operation]) => operation["x-amazon-apigateway-integration"].type,
      ),
    ).toEqual(open.map(() => "mock"));
    expect(
      open
        .filter(([, { responses }]) => !("405" in responses))
        .map(([call]) => call),
    ).toEqual([
      "options /openai/{proxy+}",
      "options /anthropic/v1/{proxy+}",
      "options /score/{id}",
      "get /healthz",
      "head /healthz",
    ]);
  });

  test("of the user's own gives the document no context", () => {
    const gate = withAuth("{ mode: custom, directory: authorizer }", {
      tokens: "",
      "upstream-secret": "",
    });
    expect(isFronted(gate)).toBe(false);
    expect(JSON.stringify(documentOf(gate))).not.toContain(
      "context.authorizer",
    );
    expect(
      proxyOf(gate, "/openai/{proxy+}", "post").requestParameters,
    ).toMatchObject({
      [`${h}Authorization`]: "'none'",
      [`${h}X-Gate-Consumer`]: "'custom'",
    });
  });

  test("in front of the user's own passes on what the gate's says", () => {
    const gate = withAuth("{ mode: custom, directory: authorizer }", {
      tokens: "",
    });
    expect(isFronted(gate)).toBe(true);
    expect(
      proxyOf(gate, "/openai/{proxy+}", "post").requestParameters,
    ).toMatchObject({
      ...always,
      [`${h}Authorization`]: credential,
    });
  });
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
      Object.entries(item)
        .filter(([, { responses }]) => !("405" in responses))
        .map(
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
      ["head /healthz", undefined],
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
  const marker = errorMarker(simple, { sha256, proofKey: null });

  test.each([
    ["UNAUTHORIZED", "401", "authentication_error"],
    ["ACCESS_DENIED", "403", "permission_error"],
    ["MISSING_AUTHENTICATION_TOKEN", "404", "not_found_error"],
    ["INVALID_SIGNATURE", "404", "not_found_error"],
    ["EXPIRED_TOKEN", "404", "not_found_error"],
    ["THROTTLED", "429", "rate_limit_error"],
    ["QUOTA_EXCEEDED", "429", "rate_limit_error"],
    ["REQUEST_TOO_LARGE", "413", "request_too_large"],
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
      "gatewayresponse.header.x-ai-gate-error": `'${code} ${marker}'`,
    });
    const body: unknown = JSON.parse(
      response?.responseTemplates["application/json"] ?? "",
    );
    expect(body).toEqual({
      type: "error",
      error: {
        message: expect.stringMatching(
          /^[A-Z].*\.( \$context\.authorizer\.reason)?$/,
        ) as string,
        type,
        code: code.toLowerCase(),
      },
    });
  });

  test("say when a client's own retry is of no use, and when it is", () => {
    const g = "gatewayresponse.header.";
    const retries = Object.entries(responses).flatMap(
      ([code, { responseParameters }]) =>
        ["x-should-retry", "Retry-After"].flatMap((name) => {
          const value = responseParameters[g + name];
          return value === undefined ? [] : [[code, name, value]];
        }),
    );
    expect(retries).toEqual([
      ["THROTTLED", "Retry-After", "'1'"],
      ["QUOTA_EXCEEDED", "x-should-retry", "'false'"],
      ["INTEGRATION_TIMEOUT", "x-should-retry", "'false'"],
    ]);
  });

  test("cover every type API Gateway has, and render as they are", () => {
    expect(Object.keys(responses)).toHaveLength(21);
  });

  const messageOf = (gate: Gate, code: string): unknown =>
    (
      JSON.parse(
        documentOf(gate)["x-amazon-apigateway-gateway-responses"][code]!
          .responseTemplates["application/json"],
      ) as { error: { message: unknown } }
    ).error.message;

  const unfronted = withAuth("{ mode: custom, directory: authorizer }", {
    tokens: "",
    "upstream-secret": "",
  });

  test("say why a known caller was refused, where the gate's authorizer does", () => {
    expect(messageOf(simple, "ACCESS_DENIED")).toBe(
      "This credential may not make this call. $context.authorizer.reason",
    );
    expect(messageOf(unfronted, "ACCESS_DENIED")).toBe(
      "This credential may not make this call.",
    );
  });

  test("name the headers that are read", () => {
    const both = withAuth("{}", { "token-header": "Authorization, x-key" });
    const text = "The gate does not know this credential, or none was sent.";
    expect(messageOf(both, "UNAUTHORIZED")).toBe(
      `${text} It reads the header Authorization (as Bearer TOKEN) or x-key.`,
    );
    expect(messageOf(unfronted, "UNAUTHORIZED")).toBe(
      `${text} It reads the header Authorization.`,
    );
  });

  test("are Velocity only where they mean to be", () => {
    const templates = (gate: Gate) =>
      Object.values(documentOf(gate)["x-amazon-apigateway-gateway-responses"])
        .map(({ responseTemplates }) => responseTemplates["application/json"])
        .join("");
    expect(templates(unfronted)).not.toMatch(/[$#]/);
    expect(templates(simple).match(/[$#][^ "]*/g)).toEqual([
      "$context.authorizer.reason",
    ]);
  });

  test("have a mark of this gate, which another key changes", () => {
    const x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    const proofKey = { kty: "OKP", crv: "Ed25519", x } as const;
    const other = errorMarker(simple, { sha256, proofKey });
    const { id } = simple;
    expect(marker).toMatch(/^[0-9a-f]{16}$/);
    expect(other).not.toBe(marker);
    expect(errorMarker({ id: `${id}2` }, { sha256, proofKey })).not.toBe(other);
    const value = errorValue("THROTTLED", marker);
    expect(readErrorValue(value, marker)).toBe("THROTTLED");
    for (const wrong of [undefined, "", "THROTTLED", `${value} `, `x${value}`])
      expect(readErrorValue(wrong, marker)).toBeUndefined();
    expect(readErrorValue(value, other)).toBeUndefined();
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
    const { options, ...operations } = documentOf(simple).paths[path] ?? {};
    expect(options).toBeUndefined();
    expect(operations["x-amazon-apigateway-any-method"]).toMatchObject({
      responses: { "405": { description: "No route takes this method" } },
    });
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
      contentHandling: "CONVERT_TO_TEXT",
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
      [`${g}Access-Control-Expose-Headers`]:
        "'x-ai-gate-error,Retry-After,WWW-Authenticate,x-amzn-RequestId,x-request-id,request-id,x-should-retry'",
    });
    expect(errorHeaders(gate)?.[`${g}Vary`]).toBe(vary);
  });

  test.each(['"', "$", "'", "#", "\\", " ", "\n", "{", "é"])(
    "never has an origin with %j, whoever let it through",
    (character) => {
      const gate = withOrigins("[https://a.example.com]");
      const bad = `https://a${character}.example.com`;
      for (const origins of [[bad], ["https://b.example.com", bad]])
        expect(() => documentOf({ ...gate, cors: { origins } })).toThrow(
          "an origin has a character that no origin has",
        );
    },
  );

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
      // Never of the request: names in mappings have case, and HTTP/2 writes `origin`.
      [`${g}Access-Control-Allow-Origin`]: "'*'",
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
  const health = {
    responses: { "200": { description: "The gate is up" } },
    "x-amazon-apigateway-integration": {
      type: "mock",
      contentHandling: "CONVERT_TO_TEXT",
      passthroughBehavior: "never",
      requestTemplates: expect.objectContaining({
        "application/json": '{"statusCode":200}',
        "text/plain": '{"statusCode":200}',
        "image/png": '{"statusCode":200}',
      }) as object,
      responses: {
        default: {
          statusCode: "200",
          contentHandling: "CONVERT_TO_TEXT",
          responseTemplates: { "application/json": '{"status":"ok"}' },
        },
      },
    },
  };
  const { get, head } = document.paths["/healthz"] ?? {};
  expect([get, head]).toEqual([health, health]);
});

test("uploads are bytes, JSON and text are not, and no type has a wildcard", () => {
  const types = documentOf(simple)["x-amazon-apigateway-binary-media-types"];
  expect(types).toEqual(
    expect.arrayContaining(["multipart/form-data", "application/octet-stream"]),
  );
  expect(types.filter((type) => /json|text|\*/.test(type))).toEqual([]);
  expect(new Set(types).size).toBe(types.length);
});

test.each([
  [true, undefined],
  [false, "'identity'"],
])("stream: %s has Accept-Encoding %s", (stream, expected) => {
  const config = `upstreams: { a: { url: https://a.example.com } }
routes: [{ path: /a, methods: [GET], upstream: a, stream: ${String(stream)} }]
consumers: [{ id: a, token: { env: TEAM_A_TOKEN } }]`;
  const { requestParameters } = proxyOf(
    gateOf(sourceOf(fewInputs, config)),
    "/a",
    "get",
  );
  expect(requestParameters[`${h}Accept-Encoding`]).toBe(expected);
});

test("as many routes of one method as there may be, with all their 405s, are below the 6 MB of an import", () => {
  const routes = Array.from(
    { length: 298 },
    (_, index) => `  - { path: /r${index}, methods: [GET], upstream: a }`,
  );
  const origins = Array.from(
    { length: 5 },
    (_, at) => `https://a-rather-long-name-${at}.example.com`,
  );
  const text = `upstreams: { a: { url: https://a.example.com, secret: "ssm:/x" } }\nroutes:\n${routes.join("\n")}\ncors: { origins: [${origins.join()}] }`;
  const gate = gateOf(sourceOf({ ...fewInputs, tokens: `ci=${token}` }, text));
  expect(JSON.stringify(documentOf(gate)).length).toBeLessThan(6_000_000);
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

describe("models", () => {
  const documentWith = (routes: string) =>
    documentOf(
      gateOf(
        sourceOf(
          { ...fewInputs, tokens: `ci=${token}` },
          `upstreams: { a: { url: https://a.example.com/v1/chat } }\nroutes:\n${routes}`,
        ),
      ),
    );
  const line = (path: string, models?: string) =>
    `  - { path: ${path}, methods: [POST], upstream: a${models === undefined ? "" : `, models: [${models}]`} }\n`;

  test("are a schema of the body that the operation's validator checks", () => {
    const document = documentWith(line("/a", "m2, m1") + line("/b"));
    const { schemas = {} } = document.components;
    const [name = "", body = ""] = Object.keys(schemas);
    expect([name, body].join()).toMatch(/^Model[0-9a-f]{16},Body[0-9a-f]{16}$/);
    expect(schemas[name]).toEqual({ type: "string", enum: ["m1", "m2"] });
    const one = { $ref: `#/components/schemas/${name}` };
    const { properties, ...schema } = schemas[body] as {
      properties: Record<string, unknown>;
    };
    expect(schema).toEqual({ type: "object", required: ["model"] });
    expect(properties).toMatchObject({
      model: one,
      Model: one,
      MODEL: one,
      moDeL: one,
      models: { type: "array", items: one },
      fallbacks: { type: "array", items: one },
      context_window_fallbacks: { type: "array", items: one },
      content_policy_fallbacks: { type: "array", items: one },
    });
    expect(Object.keys(properties)).toHaveLength(2 ** 5 + 4);
    expect(document.paths["/a"]?.["post"]).toMatchObject({
      requestBody: {
        required: true,
        content: {
          "application/json": {
            schema: { $ref: `#/components/schemas/${body}` },
          },
        },
      },
      "x-amazon-apigateway-request-validator": "body",
    });
    expect(document).toMatchObject({
      "x-amazon-apigateway-request-validators": {
        body: { validateRequestBody: true, validateRequestParameters: false },
      },
    });
    for (const operation of [
      document.paths["/b"]?.["post"],
      document.paths["/a"]?.["x-amazon-apigateway-any-method"],
    ])
      expect(JSON.stringify(operation)).not.toMatch(/requestBody|validator/);
  });

  test("of routes with the same list are one schema, in whatever order", () => {
    const [one, other] = ["m1, m2", "m2, m1"].map((models) =>
      documentWith(line("/a", models) + line("/b", "m1, m2")),
    );
    expect(Object.keys(one?.components.schemas ?? {})).toHaveLength(2);
    expect(other).toEqual(one);
    const two = documentWith(line("/a", "m1") + line("/b", "m1, m2"));
    expect(Object.keys(two.components.schemas ?? {})).toHaveLength(4);
  });

  test("in no route leave the document without schemas", () => {
    expect(JSON.stringify(documentWith(line("/a")))).not.toMatch(
      /schemas|validator/,
    );
  });

  test("of 290 routes with 100 models each are below the 6 MB of an import", () => {
    const list = (start: number) =>
      Array.from(
        { length: 100 },
        (_, at) => `organisation/model-with-a-long-name-${start * 100 + at}`,
      ).join(", ");
    const routes = Array.from({ length: 290 }, (_, at) =>
      line(`/r${at}`, list(at)),
    );
    expect(JSON.stringify(documentWith(routes.join(""))).length).toBeLessThan(
      5_500_000,
    );
  });
});
