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

/** Served with a function that allows everything. */
const permissive = (made = gate(), more: Parameters<typeof serve>[1] = {}) =>
  serve(made, { decide: () => allowing(["*"]), ...more });

const get = (path: string, sent: object = token): [string, string, object] => [
  "GET",
  `/v1${path}`,
  sent,
];

const statuses = async (
  { ask }: Served,
  ...asked: [string, string, object?][]
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
    const served = await permissive();
    const answer = await served.ask("GET", "/v1/a", { headers });
    expect(answer).toMatchObject({
      status: 401,
      body: '{"message":"Unauthorized"}',
    });
    expect(answer.headers["x-amzn-errortype"]).toBe("UnauthorizedException");
    expect(served.events).toEqual([]);
  });

  test("a method without authorization calls no function", async () => {
    const served = await serve(gate(), { decide: () => allowing([]) });
    expect((await served.ask("GET", "/v1/open", token)).status).toBe(200);
    expect(served.events).toEqual([]);
  });
});

test("the event has the token, the method ARN with the raw path, and nothing else", async () => {
  const served = await permissive();
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
  const nothing = '{"message":null}';
  const denied = "User is not authorized to access this resource";
  const answers = {
    allowed: [200, "", undefined],
    silent: [403, `{"Message":"${denied}"}`, "AccessDeniedException"],
    denied: [
      403,
      `{"Message":"${denied} with an explicit deny"}`,
      "AccessDeniedException",
    ],
    unauthorized: [401, '{"message":"Unauthorized"}', "UnauthorizedException"],
    config: [500, nothing, "AuthorizerConfigurationException"],
    failure: [500, nothing, "AuthorizerFailureException"],
  } as const;
  const noStatement = { principalId: "p", policyDocument: { Statement: [] } };
  const noPrincipal = { policyDocument: { Statement: [all] } };
  const context = (a: unknown) => allowing(["*"], { context: { a } });
  test.each<[keyof typeof answers, string, Invocation]>([
    ["allowed", "allows", policy(all)],
    ["silent", "allows something else", allowing(["GET/b/*"])],
    ["denied", "denies", policy({ ...all, Effect: "Deny" })],
    ["silent", "has no statement", { payload: noStatement }],
    ["unauthorized", "throws Unauthorized", failure("Unauthorized")],
    ["failure", "throws unauthorized in lower case", failure("unauthorized")],
    ["failure", "throws anything else", failure("[500] oops")],
    ["config", "returns the word Unauthorized", { payload: "Unauthorized" }],
    ["config", "returns null", { payload: null }],
    ["config", "returns HTTP API's form", { payload: { isAuthorized: true } }],
    ["config", "forgets principalId", { payload: noPrincipal }],
    ["config", "forgets the policy", { payload: { principalId: "p" } }],
    ["config", "forgets the effect", policy({ ...all, Effect: undefined })],
    ["config", "nests an object in the context", context({})],
    ["config", "nests a list in the context", context([])],
    [
      "config",
      "has a resource of 513 characters",
      policy({ ...all, Resource: "x".repeat(513) }),
    ],
    ["config", "is over 8 KB", context("x".repeat(8192))],
  ])("%s: it %s", async (expected, _, invocation) => {
    const [status, body, errorType] = answers[expected];
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
  const authorizerCredentials = "arn:aws:iam::123456789012:role/r";
  const other = permission(`${apiArn.replace("api1", "api2")}authorizers/*`);
  test.each([
    ["permitted", permission(`${apiArn}authorizers/*`), {}, 200],
    ["permitted for another API only", other, {}, 500],
    ["no policy", undefined, {}, 500],
    ["no policy, but a role", undefined, { authorizerCredentials }, 200],
    ["no function", permission("*"), { authorizerUri: "arn:aws:s3:::x" }, 500],
  ])("%s", async (_name, policy, authorizer, status) => {
    const served = await permissive(gate(authorizer), {
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
    ["CUSTOM", "gone", 500],
    ["AWS_IAM", undefined, 403],
    ["COGNITO_USER_POOLS", "auth1", 401],
    ["LATER", undefined, 401],
  ])("%s with authorizer %s: %i", async (...row) => {
    const [authorizationType, authorizerId, status] = row;
    const authorization = {
      authorizationType,
      ...(authorizerId && { authorizerId }),
    };
    const made = record(
      { "/a": { GET: { ...mock(), ...authorization } } },
      { parts: { authorizers: tokenAuthorizer() } },
    );
    const { ask } = await permissive(made);
    expect((await ask("GET", "/v1/a", token)).status).toBe(status);
  });

  test("a method ARN over 1600 bytes: 414, not called", async () => {
    const served = await permissive();
    expect(await statuses(served, get(`/b/${"x".repeat(1600)}`))).toEqual([
      414,
    ]);
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
  const a = get("/a");
  const ttl = (authorizerResultTtlInSeconds: number) => ({
    authorizerResultTtlInSeconds,
  });

  test.each<[string, ReturnType<typeof ttl> | object, number, number]>([
    ["300 seconds when not given", {}, 299, 1],
    ["300 seconds when not given, not longer", {}, 300, 2],
    ["as long as given", ttl(10), 9, 1],
    ["as long as given, not longer", ttl(10), 10, 2],
    ["not at all with 0", ttl(0), 0, 2],
  ])("%s", async (_name, authorizer, seconds, calls) => {
    const { now, pass } = clock();
    const served = await permissive(gate(authorizer), { now });
    await statuses(served, a);
    pass(seconds);
    await statuses(served, a);
    expect(served.events).toHaveLength(calls);
  });

  test("the cached policy is evaluated for every method ARN", async () => {
    const served = await serve(gate(), { decide: () => allowing(["GET/a"]) });
    expect(await statuses(served, a, get("/b/x"), a)).toEqual([200, 403, 200]);
    expect(served.events).toHaveLength(1);
  });

  test("a policy of event.methodArn blocks the second route: the classic trap", async () => {
    const decide = ({ methodArn }: { methodArn: string }) =>
      allowing([methodArn.slice(`${apiArn}v1/`.length)]);
    const served = await serve(gate(), { decide });
    const post: [string, string, object] = ["POST", "/v1/b/x", token];
    expect(await statuses(served, post, a)).toEqual([200, 403]);
  });

  test("a deny policy is cached, errors never are", async () => {
    const answers = [
      allowing([]),
      { payload: { errorMessage: "Unauthorized" }, functionError: "Unhandled" },
      { payload: {} },
      allowing(["*"]),
    ];
    const served = await serve(gate(), { decide: () => answers.shift()! });
    const other = get("/a", { headers: { Authorization: "other" } });
    expect(await statuses(served, a, a)).toEqual([403, 403]);
    expect(served.events).toHaveLength(1);
    expect(await statuses(served, other, other, other)).toEqual([
      401, 500, 200,
    ]);
    expect(served.events).toHaveLength(4);
  });

  test("another case of the token is another entry", async () => {
    const served = await permissive();
    const headers = { Authorization: "Bearer ABC" };
    await statuses(served, a, get("/a", { headers }));
    expect(served.events).toHaveLength(2);
  });

  test("it outlives a deployment and ends with a flush of its stage", async () => {
    const made = gate();
    const served = await permissive(made);
    await statuses(served, a);
    made.record.deployments.set(
      "d2",
      structuredClone(made.record.deployments.get("d1")!),
    );
    made.stage.deploymentId = "d2";
    await statuses(served, a);
    served.plane.flush("api1", "v2");
    served.plane.flush("api", "1v1");
    await statuses(served, a);
    expect(served.events).toHaveLength(1);
    served.plane.flush("api1", "v1");
    await statuses(served, a);
    expect(served.events).toHaveLength(2);
  });

  test("stages do not share it", async () => {
    const made = gate();
    made.record.stages.set("v2", { ...made.stage, stageName: "v2" });
    const served = await permissive(made);
    const second: [string, string, object] = ["GET", "/v2/a", token];
    expect(await statuses(served, a, second)).toEqual([200, 403]);
    expect(served.events).toHaveLength(2);
  });
});

describe("REQUEST", () => {
  const sources =
    "method.request.header.Authorization, method.request.querystring.team";
  const both = { headers: { Authorization: "t", "X-Two": ["1", "2"] } };

  const requested = (identitySource: string) =>
    permissive(gate({ type: "REQUEST", identitySource }));

  test("all identity sources must be there", async () => {
    const served = await requested(sources);
    expect(
      await statuses(
        served,
        get("/a?team=x", both),
        get("/a", both),
        get("/a?team=", both),
        get("/a?team=x", {}),
      ),
    ).toEqual([200, 401, 401, 401]);
    expect(served.events).toHaveLength(1);
  });

  const cached = ["/a?team=x", "/b/z?team=x", "/a?team=y"];
  test.each([
    ["all of them are the cache key", sources, cached, 2],
    ["without identity sources nothing is shared", "", ["/a", "/a"], 2],
  ])("%s", async (_name, identitySource, asked, calls) => {
    const served = await requested(identitySource);
    await statuses(served, ...asked.map((path) => get(path, both)));
    expect(served.events).toHaveLength(calls);
  });

  test("the event", async () => {
    const served = await requested(sources);
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
    const served = await permissive(withoutSources({ "/a": { GET: method } }));
    const bare = get("/a", { headers: ["Host", "x"] });
    expect(await statuses(served, bare, bare, get("/a", both))).toEqual([
      200, 200, 200,
    ]);
    expect(served.events).toHaveLength(3);
    expect(served.events[0]?.event).toMatchObject({
      headers: { Host: "x" },
      queryStringParameters: {},
    });
  });

  test("method and path as identity sources are part of the cache key", async () => {
    const served = await requested(
      "method.request.header.Authorization, context.httpMethod, context.path",
    );
    expect(
      await statuses(
        served,
        get("/b/x"),
        get("/b/x"),
        ["POST", "/v1/b/x", token],
        get("/b/y"),
        get("/b/%78"),
        get("/b/x", {}),
      ),
    ).toEqual([200, 200, 200, 200, 200, 401]);
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
    const served = await permissive(made);
    const sent = {
      Host: "api1.execute-api.eu-west-1.amazonaws.com",
      "X-AMZ-Date": "20170718T062915Z",
      Accept: "*/*",
      HeaderAuth1: "headerValue1",
      "cache-control": "no-cache",
      "Content-Type": "application/x-www-form-urlencoded",
    };
    await served.ask("GET", "/v1/request?QueryString1=queryValue1", {
      headers: Object.entries(sent).flat(),
    });
    const own = {
      "X-Amzn-Trace-Id": expect.stringMatching(/^Root=1-/),
      "X-Forwarded-For": expect.stringMatching(/./),
      "X-Forwarded-Port": "443",
      "X-Forwarded-Proto": "https",
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
    ["/v1/p/", "/p/", { proxy: "p" }],
    ["/v1/p//q", "/p//q", { proxy: "p//q" }],
    ["//v1/p", "/p", { proxy: "p" }, "/v1/p"],
    ["/v1//p", "/p", { proxy: "p" }, "/v1//p", "//p"],
    ["/v1//literal", "/literal", {}, "/v1//literal", "//literal"],
    ["/v1/a%2Bb@c/d+e", "/a%2Bb@c/d+e", { proxy: "a%2Bb@c/d+e" }],
    ["/v1/a/%2e%2E/b", "/a/%2e%2E/b", { proxy: "a/%2e%2E/b" }],
  ])(
    "the paths of %s",
    async (asked, path, pathParameters, inContext = asked, inArn = path) => {
      const served = await permissive(
        withoutSources({
          "/{proxy+}": { GET: method },
          "/literal": { GET: method },
        }),
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
    const served = await permissive(withoutSources({ "/a": { GET: method } }));
    const headers = [
      ["Host", "x"],
      ["X-KEY", "1"],
      ["x-key", "2"],
      ["aUThorization", "t"],
    ].flat();
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
    ["ignored", "DELETE", 200, "GET"],
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

test.each(["before-routing", "after-authorizer"] as const)(
  "X-HTTP-Method-Override, read %s, opens no guarded method by way of a public one",
  async (methodOverride) => {
    const served = await serve(
      record(
        { "/a": { OPTIONS: mock(), GET: { ...mock(), ...custom } } },
        {
          parts: {
            authorizers: tokenAuthorizer({
              type: "REQUEST",
              identitySource: "",
            }),
          },
        },
      ),
      { decide: () => allowing([]), readings: { methodOverride } },
    );
    const headers = { "X-HTTP-Method-Override": "GET" };
    expect((await served.ask("OPTIONS", "/v1/a", { headers })).status).toBe(
      403,
    );
    expect((await served.ask("OPTIONS", "/v1/a")).status).toBe(200);
    expect(
      served.events.map(
        ({ event }) => (event as { httpMethod: string }).httpMethod,
      ),
    ).toEqual(["GET"]);
  },
);

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
  const [silent, allow] = [allowing([]), allowing(["*"])];
  const deny = {
    payload: {
      principalId: "p",
      policyDocument: {
        Statement: [{ Effect: "Deny", Action: "*", Resource: "*" }],
      },
    },
  };
  const denyAway = policy(statement("Deny", away));
  const denyHere = policy(statement("Deny", here));
  const allowAll = policy(statement("Allow"));
  const mixed = policy(statement("Allow"), statement("Deny", away));
  const escaped = denyHere.replaceAll('"', String.raw`\"`);
  const full = policy(statement("Allow", { Resource: `${apiArn}v1/GET/*` }));
  test.each<[string, string | undefined, Invocation, number, number]>([
    ["no policy, allowed", undefined, allow, 200, 200],
    ["no policy, silent", undefined, silent, 403, 200],
    // So an open route is denied.
    ["deny-only that does not apply, allowed", denyAway, allow, 200, 403],
    ["deny-only that does not apply, silent", denyAway, silent, 403, 403],
    ["deny that applies, allowed", denyHere, allow, 403, 403],
    // Allowed by the union.
    ["allow everyone, silent", allowAll, silent, 200, 200],
    ["allow everyone, explicit deny", allowAll, deny, 403, 200],
    ["allow everyone and deny elsewhere, silent", mixed, silent, 200, 200],
    ["the escaped spelling the API hands out", escaped, allow, 403, 403],
    ["an unreadable policy", "{", allow, 500, 500],
    ["allow with this API's full ARN", full, silent, 200, 200],
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
    const served = await permissive(gate({}, { api: { policy: denyHere } }));
    const answer = await served.ask("GET", "/v1/a", token);
    expect(answer.body).toContain("with an explicit deny");
    expect(served.events).toEqual([]);
  });
});
