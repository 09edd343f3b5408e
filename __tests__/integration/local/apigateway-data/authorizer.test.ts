import type { Invocation } from "../../../../local/apigateway/data/collaborators.ts";
import { parseAuthorizerResult } from "../../../../local/apigateway/data/authorizer.ts";
import {
  allowing,
  apiArn,
  closeAll,
  custom,
  functionArn,
  mock,
  record,
  serve,
  tokenAuthorizer,
  type Served,
} from "../../../fixtures/data-plane.ts";

afterEach(closeAll);

const token = { headers: { Authorization: "Bearer abc" } };

function gate(
  authorizer: Parameters<typeof tokenAuthorizer>[0] = {},
  change: Parameters<typeof record>[1] = {},
) {
  const paths = {
    "/a": { GET: { ...mock(), ...custom } },
    "/b/{proxy+}": { ANY: { ...mock(), ...custom } },
    "/open": { GET: mock() },
  };
  return record(paths, {
    ...change,
    parts: { authorizers: tokenAuthorizer(authorizer), ...change.parts },
  });
}

const statuses = async (
  { ask }: Served,
  asked: [string, string, object?][],
) => {
  const found: number[] = [];
  for (const [method, path, sent] of asked)
    found.push((await ask(method, path, sent)).status);
  return found;
};

describe("TOKEN: before the function is called (aws-documented)", () => {
  test.each([
    ["no header", {}],
    ["an empty header", { Authorization: "" }],
    ["only blanks", { Authorization: "  " }],
    ["two headers", { Authorization: ["Bearer abc", "Bearer abc"] }],
    ["the token in another header", { "X-Api-Key": "Bearer abc" }],
  ])("%s: 401, not called", async (_name, headers) => {
    const served = await serve(gate(), { decide: () => allowing(["*"]) });
    const answer = await served.ask("GET", "/v1/a", {
      headers,
    });
    expect(answer).toMatchObject({
      status: 401,
      body: '{"message":"Unauthorized"}',
    });
    expect(answer.headers["x-amzn-errortype"]).toBe("UnauthorizedException");
    expect(served.events).toEqual([]);
  });

  test("a method without authorization calls nobody", async () => {
    const served = await serve(gate(), { decide: () => allowing([]) });
    expect((await served.ask("GET", "/v1/open", token)).status).toBe(200);
    expect(served.events).toEqual([]);
  });
});

test("the event has the token, the method ARN with the raw path, and nothing else", async () => {
  const served = await serve(gate(), { decide: () => allowing(["*"]) });
  await served.ask("PUT", "/v1/b/x%2Fy//z/?q=1", token);
  expect(served.events).toEqual([
    {
      arn: functionArn,
      event: {
        type: "TOKEN",
        authorizationToken: "Bearer abc",
        methodArn: `${apiArn}v1/PUT/b/x%2Fy//z/`,
      },
    },
  ]);
});

describe("what the function answers", () => {
  const policy = (more: object) => ({
    payload: {
      principalId: "p",
      policyDocument: { Version: "2012-10-17", Statement: [more] },
    },
  });
  const all = {
    Effect: "Allow",
    Action: "execute-api:Invoke",
    Resource: `${apiArn}v1/*`,
  };
  const failure = (errorMessage: string): Invocation => ({
    payload: { errorMessage, errorType: "Error" },
    functionError: "Unhandled",
  });
  const [nothing, config, fault] = [
    '{"message":null}',
    "AuthorizerConfigurationException",
    "AuthorizerFailureException",
  ];
  const denied = "User is not authorized to access this resource";
  test.each<[string, Invocation, number, string, string | undefined]>([
    ["allows", policy(all), 200, "", undefined],
    [
      "allows something else",
      allowing(["GET/b/*"]),
      403,
      `{"Message":"${denied}"}`,
      "AccessDeniedException",
    ],
    [
      "denies",
      policy({ ...all, Effect: "Deny" }),
      403,
      `{"Message":"${denied} with an explicit deny"}`,
      "AccessDeniedException",
    ],
    [
      "has no statement",
      { payload: { principalId: "p", policyDocument: { Statement: [] } } },
      403,
      `{"Message":"${denied}"}`,
      "AccessDeniedException",
    ],
    [
      "throws Unauthorized",
      failure("Unauthorized"),
      401,
      '{"message":"Unauthorized"}',
      "UnauthorizedException",
    ],
    [
      "throws unauthorized in lower case",
      failure("unauthorized"),
      500,
      nothing,
      fault,
    ],
    ["throws anything else", failure("[500] oops"), 500, nothing, fault],
    [
      "times out",
      failure("2025-01-01 Task timed out after 5.00 seconds"),
      500,
      nothing,
      fault,
    ],
    [
      "returns the word Unauthorized",
      { payload: "Unauthorized" },
      500,
      nothing,
      config,
    ],
    ["returns null", { payload: null }, 500, nothing, config],
    [
      "returns HTTP API's simple form",
      { payload: { isAuthorized: true } },
      500,
      nothing,
      config,
    ],
    [
      "forgets principalId",
      { payload: { policyDocument: { Statement: [all] } } },
      500,
      nothing,
      config,
    ],
    [
      "forgets the policy",
      { payload: { principalId: "p" } },
      500,
      nothing,
      config,
    ],
    [
      "forgets the effect",
      policy({ ...all, Effect: undefined }),
      500,
      nothing,
      config,
    ],
    [
      "nests an object in the context",
      allowing(["*"], { context: { a: {} } }),
      500,
      nothing,
      config,
    ],
    [
      "nests a list in the context",
      allowing(["*"], { context: { a: [] } }),
      500,
      nothing,
      config,
    ],
    [
      "has a resource of 513 characters",
      policy({ ...all, Resource: "x".repeat(513) }),
      500,
      nothing,
      config,
    ],
    [
      "is over 8 KB",
      allowing(["*"], { context: { a: "x".repeat(8192) } }),
      500,
      nothing,
      config,
    ],
  ])("%s", async (_name, invocation, ...expected) => {
    const [status, body, errorType] = expected;
    const { ask } = await serve(gate(), { decide: () => invocation });
    const answer = await ask("GET", "/v1/a", token);
    expect(answer).toMatchObject({ status, body });
    expect(answer.headers["x-amzn-errortype"]).toBe(errorType);
  });

  test("the function cannot be reached: 500 AUTHORIZER_FAILURE", async () => {
    const { ask } = await serve(gate());
    expect(await ask("GET", "/v1/a", token)).toMatchObject({
      status: 500,
      body: nothing,
    });
  });

  test("context values become text, null stays null", () => {
    const { payload } = allowing([], {
      context: { str: "hello", num: 123, bool: true, none: null },
      usageIdentifierKey: "k",
    });
    expect(parseAuthorizerResult(payload)).toMatchObject({
      context: {
        str: "hello",
        num: "123",
        bool: "true",
        none: null,
        principalId: "team-a",
      },
      usageIdentifierKey: "k",
    });
  });
});

describe("permission and configuration", () => {
  const permission = (pattern: string) =>
    JSON.stringify({
      Statement: {
        Effect: "Allow",
        Principal: { Service: "apigateway.amazonaws.com" },
        Action: "lambda:InvokeFunction",
        Condition: { ArnLike: { "AWS:SourceArn": pattern } },
      },
    });
  test.each([
    ["permitted", permission(`${apiArn}authorizers/*`), {}, 200],
    [
      "permitted for another API only",
      permission(`${apiArn.replace("api1", "api2")}authorizers/*`),
      {},
      500,
    ],
    ["no policy", undefined, {}, 500],
    [
      "no policy, but a role",
      undefined,
      { authorizerCredentials: "arn:aws:iam::123456789012:role/r" },
      200,
    ],
    [
      "the URI is no function",
      permission("*"),
      { authorizerUri: "arn:aws:s3:::x" },
      500,
    ],
  ])("%s", async (_name, policy, authorizer, status) => {
    const served = await serve(gate(authorizer), {
      decide: () => allowing(["*"]),
      functionPolicy: () => Promise.resolve(policy),
    });
    const answer = await served.ask("GET", "/v1/a", token);
    expect(answer.status).toBe(status);
    if (status === 500) {
      expect(answer.headers["x-amzn-errortype"]).toBe(
        "AuthorizerConfigurationException",
      );
      expect(served.events).toEqual([]);
    }
  });

  test.each([
    [
      "an authorizer that is not deployed",
      { authorizationType: "CUSTOM", authorizerId: "gone" },
      500,
    ],
    ["AWS_IAM", { authorizationType: "AWS_IAM" }, 403],
    [
      "COGNITO_USER_POOLS",
      { authorizationType: "COGNITO_USER_POOLS", authorizerId: "auth1" },
      401,
    ],
    ["a type nobody knows", { authorizationType: "LATER" }, 401],
  ])("%s lets nobody through", async (_name, authorization, status) => {
    const made = record(
      { "/a": { GET: { ...mock(), ...authorization } } },
      { parts: { authorizers: tokenAuthorizer() } },
    );
    const { ask } = await serve(made, { decide: () => allowing(["*"]) });
    expect((await ask("GET", "/v1/a", token)).status).toBe(status);
  });

  test("a method ARN over 1600 bytes: 414, not called", async () => {
    const served = await serve(gate(), { decide: () => allowing(["*"]) });
    expect(
      (await served.ask("GET", `/v1/b/${"x".repeat(1600)}`, token)).status,
    ).toBe(414);
    expect(served.events).toEqual([]);
  });
});

describe("the result cache", () => {
  const clock = () => {
    let time = 1_700_000_000_000;
    return {
      now: () => time,
      pass: (seconds: number) => (time += seconds * 1000),
    };
  };
  const a: [string, string, object] = ["GET", "/v1/a", token];

  test.each<
    [string, { authorizerResultTtlInSeconds?: number }, number, number]
  >([
    ["300 seconds when not given", {}, 299, 1],
    ["300 seconds when not given, not longer", {}, 300, 2],
    ["as long as given", { authorizerResultTtlInSeconds: 10 }, 9, 1],
    [
      "as long as given, not longer",
      { authorizerResultTtlInSeconds: 10 },
      10,
      2,
    ],
    ["not at all with 0", { authorizerResultTtlInSeconds: 0 }, 0, 2],
  ])("%s", async (_name, authorizer, seconds, calls) => {
    const time = clock();
    const served = await serve(gate(authorizer), {
      decide: () => allowing(["*"]),
      now: time.now,
    });
    await statuses(served, [a]);
    time.pass(seconds);
    await statuses(served, [a]);
    expect(served.events).toHaveLength(calls);
  });

  test("the cached policy is evaluated for every method ARN", async () => {
    const served = await serve(gate(), { decide: () => allowing(["GET/a"]) });
    expect(await statuses(served, [a, ["GET", "/v1/b/x", token], a])).toEqual([
      200, 403, 200,
    ]);
    expect(served.events).toHaveLength(1);
  });

  test("a policy of event.methodArn blocks the second route: the classic trap", async () => {
    const decide = ({ methodArn }: { methodArn: string }) =>
      allowing([methodArn.slice(`${apiArn}v1/`.length)]);
    const served = await serve(gate(), { decide });
    expect(await statuses(served, [["POST", "/v1/b/x", token], a])).toEqual([
      200, 403,
    ]);
  });

  test("a deny policy is cached, errors never are", async () => {
    const answers = [
      allowing([]),
      { payload: { errorMessage: "Unauthorized" }, functionError: "Unhandled" },
      { payload: {} },
      allowing(["*"]),
    ];
    const served = await serve(gate(), { decide: () => answers.shift()! });
    const other = { headers: { Authorization: "other" } };
    expect(await statuses(served, [a, a])).toEqual([403, 403]);
    expect(served.events).toHaveLength(1);
    expect(
      await statuses(served, [
        ["GET", "/v1/a", other],
        ["GET", "/v1/a", other],
        ["GET", "/v1/a", other],
      ]),
    ).toEqual([401, 500, 200]);
    expect(served.events).toHaveLength(4);
  });

  test.each([
    [
      "another token",
      ["GET", "/v1/a", { headers: { Authorization: "bearer abc" } }],
    ],
    [
      "another case of the token",
      ["GET", "/v1/a", { headers: { Authorization: "Bearer ABC" } }],
    ],
  ] as [string, [string, string, object]][])(
    "%s is another entry",
    async (_name, other) => {
      const served = await serve(gate(), { decide: () => allowing(["*"]) });
      await statuses(served, [a, other]);
      expect(served.events).toHaveLength(2);
    },
  );

  test("it outlives a deployment and ends with a flush of its stage", async () => {
    const made = gate();
    const served = await serve(made, { decide: () => allowing(["*"]) });
    await statuses(served, [a]);
    made.record.deployments.set(
      "d2",
      structuredClone(made.record.deployments.get("d1")!),
    );
    made.stage.deploymentId = "d2";
    await statuses(served, [a]);
    served.plane.flush("api1", "v2");
    served.plane.flush("api", "1v1");
    await statuses(served, [a]);
    expect(served.events).toHaveLength(1);
    served.plane.flush("api1", "v1");
    await statuses(served, [a]);
    expect(served.events).toHaveLength(2);
  });

  test("stages do not share it", async () => {
    const made = gate();
    made.record.stages.set("v2", { ...made.stage, stageName: "v2" });
    const served = await serve(made, { decide: () => allowing(["*"]) });
    expect(await statuses(served, [a, ["GET", "/v2/a", token]])).toEqual([
      200, 403,
    ]);
    expect(served.events).toHaveLength(2);
  });
});

describe("REQUEST", () => {
  const sources =
    "method.request.header.Authorization, method.request.querystring.team";
  const both = { headers: { Authorization: "t", "X-Two": ["1", "2"] } };

  test("all identity sources must be there", async () => {
    const served = await serve(
      gate({ type: "REQUEST", identitySource: sources }),
      { decide: () => allowing(["*"]) },
    );
    expect(
      await statuses(served, [
        ["GET", "/v1/a?team=x", both],
        ["GET", "/v1/a", both],
        ["GET", "/v1/a?team=", both],
        ["GET", "/v1/a?team=x"],
      ]),
    ).toEqual([200, 401, 401, 401]);
    expect(served.events).toHaveLength(1);
  });

  test("all of them are the cache key", async () => {
    const served = await serve(
      gate({ type: "REQUEST", identitySource: sources }),
      { decide: () => allowing(["*"]) },
    );
    await statuses(served, [
      ["GET", "/v1/a?team=x", both],
      ["GET", "/v1/b/z?team=x", both],
      ["GET", "/v1/a?team=y", both],
    ]);
    expect(served.events).toHaveLength(2);
  });

  test("without identity sources nothing is shared", async () => {
    const served = await serve(gate({ type: "REQUEST", identitySource: "" }), {
      decide: () => allowing(["*"]),
    });
    await statuses(served, [
      ["GET", "/v1/a"],
      ["GET", "/v1/a"],
    ]);
    expect(served.events).toHaveLength(2);
  });

  test("the event", async () => {
    const served = await serve(
      gate({ type: "REQUEST", identitySource: sources }),
      { decide: () => allowing(["*"]) },
    );
    await served.ask("GET", "/v1/b/x/y?team=a%20b&team2=1&team2=2", both);
    expect(served.events[0]?.event).toMatchObject({
      type: "REQUEST",
      methodArn: `${apiArn}v1/GET/b/x/y`,
      resource: "/b/{proxy+}",
      path: "/b/x/y",
      httpMethod: "GET",
      headers: { Authorization: "t", "X-Two": "2" },
      multiValueHeaders: { "X-Two": ["1", "2"] },
      queryStringParameters: { team: "a b", team2: "2" },
      multiValueQueryStringParameters: { team2: ["1", "2"] },
      pathParameters: { proxy: "x/y" },
      stageVariables: {},
      requestContext: {
        stage: "v1",
        path: "/v1/b/x/y",
        resourcePath: "/b/{proxy+}",
      },
    });
    expect(served.events[0]?.event).not.toHaveProperty("body");
  });

  const open = { type: "REQUEST", authorizerResultTtlInSeconds: 0 } as const;
  const withoutSources = (paths: Parameters<typeof record>[0]) => {
    const authorizers = tokenAuthorizer(open);
    for (const one of authorizers.values()) delete one.identitySource;
    return record(paths, { parts: { authorizers } });
  };
  const method = { ...mock(), ...custom };

  test("without identity sources and time to live the function is asked on each call, also without any header", async () => {
    const served = await serve(withoutSources({ "/a": { GET: method } }), {
      decide: () => allowing(["*"]),
    });
    const bare = { headers: ["Host", "x"] };
    expect(
      await statuses(served, [
        ["GET", "/v1/a", bare],
        ["GET", "/v1/a", bare],
        ["GET", "/v1/a", both],
      ]),
    ).toEqual([200, 200, 200]);
    expect(served.events).toHaveLength(3);
    expect(served.events[0]?.event).toMatchObject({
      headers: { Host: "x" },
      queryStringParameters: {},
    });
  });

  test("method and path as identity sources are part of the cache key", async () => {
    const served = await serve(
      gate({
        type: "REQUEST",
        identitySource:
          "method.request.header.Authorization, context.httpMethod, context.path",
      }),
      { decide: () => allowing(["*"]) },
    );
    const calls: [string, string, object?][] = [
      ["GET", "/v1/b/x", token],
      ["GET", "/v1/b/x", token],
      ["POST", "/v1/b/x", token],
      ["GET", "/v1/b/y", token],
      ["GET", "/v1/b/%78", token],
      ["GET", "/v1/b/x"],
    ];
    expect(await statuses(served, calls)).toEqual([
      200, 200, 200, 200, 200, 401,
    ]);
    expect(served.events).toHaveLength(4);
  });

  // docs.aws.amazon.com: "Input to an API Gateway Lambda authorizer"; CloudFront's own headers come with EDGE only.
  test("the documentation's example", async () => {
    const made = record(
      { "/request": { GET: method } },
      {
        parts: {
          authorizers: tokenAuthorizer({ type: "REQUEST", identitySource: "" }),
        },
      },
    );
    const served = await serve(made, { decide: () => allowing(["*"]) });
    await served.ask("GET", "/v1/request?QueryString1=queryValue1", {
      headers: [
        ["Host", "api1.execute-api.eu-west-1.amazonaws.com"],
        ["X-AMZ-Date", "20170718T062915Z"],
        ["Accept", "*/*"],
        ["HeaderAuth1", "headerValue1"],
        ["cache-control", "no-cache"],
        ["Content-Type", "application/x-www-form-urlencoded"],
      ].flat(),
    });
    const own = {
      "X-Amzn-Trace-Id": expect.stringMatching(/^Root=1-/),
      "X-Forwarded-For": expect.stringMatching(/./),
      "X-Forwarded-Port": "443",
      "X-Forwarded-Proto": "https",
    };
    const sent = {
      Host: "api1.execute-api.eu-west-1.amazonaws.com",
      "X-AMZ-Date": "20170718T062915Z",
      Accept: "*/*",
      HeaderAuth1: "headerValue1",
      "cache-control": "no-cache",
      "Content-Type": "application/x-www-form-urlencoded",
    };
    expect(served.events[0]?.event).toEqual({
      type: "REQUEST",
      methodArn: `${apiArn}v1/GET/request`,
      resource: "/request",
      path: "/request",
      httpMethod: "GET",
      headers: { ...sent, ...own },
      multiValueHeaders: Object.fromEntries(
        Object.entries({ ...sent, ...own }).map(([name, one]) => [name, [one]]),
      ),
      queryStringParameters: { QueryString1: "queryValue1" },
      multiValueQueryStringParameters: { QueryString1: ["queryValue1"] },
      pathParameters: {},
      stageVariables: {},
      requestContext: expect.objectContaining({
        path: "/v1/request",
        accountId: "123456789012",
        resourceId: "r0",
        stage: "v1",
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        identity: expect.objectContaining({
          sourceIp: expect.stringMatching(/^[0-9a-f.:]+$/),
        }),
        resourcePath: "/request",
        httpMethod: "GET",
        apiId: "api1",
      }),
    });
  });

  // Conformance §5 for proxy events; that an authorizer gets the same is an inference.
  test.each([
    ["/v1/p/", "/p/", { proxy: "p" }, "/v1/p/", "/p/"],
    ["/v1/p//q", "/p//q", { proxy: "p//q" }, "/v1/p//q", "/p//q"],
    ["//v1/p", "/p", { proxy: "p" }, "/v1/p", "/p"],
    ["/v1//p", "/p", { proxy: "p" }, "/v1//p", "//p"],
    ["/v1//literal", "/literal", {}, "/v1//literal", "//literal"],
    [
      "/v1/a%2Bb@c/d+e",
      "/a%2Bb@c/d+e",
      { proxy: "a%2Bb@c/d+e" },
      "/v1/a%2Bb@c/d+e",
      "/a%2Bb@c/d+e",
    ],
    [
      "/v1/a/%2e%2E/b",
      "/a/%2e%2E/b",
      { proxy: "a/%2e%2E/b" },
      "/v1/a/%2e%2E/b",
      "/a/%2e%2E/b",
    ],
  ])(
    "the paths of %s",
    async (asked, path, pathParameters, inContext, inArn) => {
      const served = await serve(
        withoutSources({
          "/{proxy+}": { GET: method },
          "/literal": { GET: method },
        }),
        { decide: () => allowing(["*"]) },
      );
      await served.ask("GET", asked);
      expect(served.events[0]?.event).toMatchObject({
        path,
        pathParameters,
        requestContext: { path: inContext },
        methodArn: `${apiArn}v1/GET${inArn}`,
      });
      expect(served.events[0]?.event).toHaveProperty(
        "pathParameters",
        pathParameters,
      );
    },
  );

  test("header names keep their spelling, and all values of all spellings are there", async () => {
    const served = await serve(withoutSources({ "/a": { GET: method } }), {
      decide: () => allowing(["*"]),
    });
    const headers = [
      "Host",
      "x",
      "X-KEY",
      "1",
      "x-key",
      "2",
      "aUThorization",
      "t",
    ];
    await served.ask("GET", "/v1/a", { headers });
    const { multiValueHeaders } = served.events[0]?.event as {
      multiValueHeaders: Record<string, string[]>;
    };
    expect(multiValueHeaders).toMatchObject({
      "x-key": ["1", "2"],
      aUThorization: ["t"],
    });
  });
});

/** What the override does is documented, not when: see `Readings`. */
describe("X-HTTP-Method-Override", () => {
  const made = () =>
    record(
      {
        "/a": {
          GET: { ...mock(), ...custom },
          DELETE: {
            ...mock({
              requestTemplates: { "application/json": '{"statusCode": 204}' },
              integrationResponses: { "204": { statusCode: "204" } },
            }),
            ...custom,
            methodResponses: { "204": { statusCode: "204" } },
          },
        },
      },
      {
        parts: {
          authorizers: tokenAuthorizer({ type: "REQUEST", identitySource: "" }),
        },
      },
    );
  const override = (value: string) => ({
    headers: { ...token.headers, "x-http-METHOD-override": value },
  });

  test.each([
    ["before-routing", "DELETE", 204, "DELETE"],
    ["after-authorizer", "DELETE", 204, "GET"],
    ["before-routing", "PUT", 403, undefined],
    ["after-authorizer", "PUT", 403, "GET"],
    ["after-authorizer", "", 200, "GET"],
  ] as const)("%s: %s", async (methodOverride, value, status, seen) => {
    const served = await serve(made(), {
      decide: () => allowing(["GET/*", "DELETE/*"]),
      readings: { methodOverride },
    });
    expect((await served.ask("GET", "/v1/a", override(value))).status).toBe(
      status,
    );
    expect(
      served.events.map(
        ({ event }) => (event as { httpMethod: string }).httpMethod,
      ),
    ).toEqual(seen === undefined ? [] : [seen]);
  });
});

describe("resource policy and authorizer together (AWS: authorization flow)", () => {
  const policy = (...statements: object[]) =>
    JSON.stringify({ Version: "2012-10-17", Statement: statements });
  const statement = (Effect: string, more: object = {}) => ({
    Effect,
    Principal: "*",
    Action: "execute-api:Invoke",
    Resource: "execute-api:/*",
    ...more,
  });
  const away = {
    Condition: { NotIpAddress: { "aws:SourceIp": "127.0.0.0/8" } },
  };
  const here = { Condition: { IpAddress: { "aws:SourceIp": "127.0.0.0/8" } } };
  const [silent, allow, deny] = [
    allowing([]),
    allowing(["*"]),
    {
      payload: {
        principalId: "p",
        policyDocument: {
          Statement: [{ Effect: "Deny", Action: "*", Resource: "*" }],
        },
      },
    },
  ];
  test.each<[string, string | undefined, Invocation, number, number]>([
    ["no policy, allowed", undefined, allow, 200, 200],
    ["no policy, silent", undefined, silent, 403, 200],
    [
      "deny-only that does not apply, allowed: an open route is denied",
      policy(statement("Deny", away)),
      allow,
      200,
      403,
    ],
    [
      "deny-only that does not apply, silent",
      policy(statement("Deny", away)),
      silent,
      403,
      403,
    ],
    [
      "deny that applies, allowed",
      policy(statement("Deny", here)),
      allow,
      403,
      403,
    ],
    [
      "allow everyone, silent: allowed by the union",
      policy(statement("Allow")),
      silent,
      200,
      200,
    ],
    [
      "allow everyone, explicit deny",
      policy(statement("Allow")),
      deny,
      403,
      200,
    ],
    [
      "allow everyone and deny elsewhere, silent",
      policy(statement("Allow"), statement("Deny", away)),
      silent,
      200,
      200,
    ],
    [
      "the escaped spelling that the API hands out",
      policy(statement("Deny", here)).replaceAll('"', String.raw`\"`),
      allow,
      403,
      403,
    ],
    ["an unreadable policy", "{", allow, 500, 500],
    [
      "allow with this API's full ARN",
      policy(statement("Allow", { Resource: `${apiArn}v1/GET/*` })),
      silent,
      200,
      200,
    ],
  ])("%s", async (_name, text, invocation, ...expected) => {
    const { ask } = await serve(
      gate({}, { api: text === undefined ? {} : { policy: text } }),
      { decide: () => invocation },
    );
    expect([
      (await ask("GET", "/v1/a", token)).status,
      (await ask("GET", "/v1/open")).status,
    ]).toEqual(expected);
  });

  test("an explicit deny comes before the authorizer", async () => {
    const served = await serve(
      gate({}, { api: { policy: policy(statement("Deny", here)) } }),
      { decide: () => allow },
    );
    const answer = await served.ask("GET", "/v1/a", token);
    expect(answer.body).toContain("with an explicit deny");
    expect(served.events).toEqual([]);
  });
});
