import type { Invocation } from "../../../../local/apigateway/data/collaborators.ts";
import type { Integration } from "../../../../local/apigateway/model.ts";
import {
  functionPolicyThrough,
  invokeThrough,
} from "../../../../local/apigateway/data/lambda-api.ts";
import {
  allowing,
  apiArn,
  backend,
  closeAll,
  custom,
  functionArn,
  integration,
  invocationUri,
  record,
  serve,
  tokenAuthorizer,
} from "../../../fixtures/data-plane.ts";

afterEach(closeAll);

const uri = invocationUri(functionArn);
const proxy = (more: Partial<Integration> = {}) => ({
  methodIntegration: integration("AWS_PROXY", {
    uri,
    httpMethod: "POST",
    ...more,
  }),
});
const serverError = '{"message": "Internal server error"}';

async function gate(
  payload: unknown,
  options: {
    functionError?: string;
    more?: Partial<Integration>;
    change?: Parameters<typeof record>[1];
  } = {},
) {
  const { functionError, more, change } = options;
  const invocation: Invocation =
    functionError === undefined ? { payload } : { payload, functionError };
  const method = { ANY: proxy(more) };
  return serve(record({ "/hardcoded": method, "/{proxy+}": method }, change), {
    decide: () => invocation,
  });
}

const eventOf = (served: { events: { event: unknown }[] }) =>
  served.events[0]!.event as Record<string, never>;

describe("AWS_PROXY event (conformance §5)", () => {
  const alias = "test%2Balias@gmail.com/plus/test+alias@gmail.com";
  test.each([
    ["/v1/proxy-value/", "/proxy-value/", "proxy-value"],
    [
      "/v1/proxy-value//double-slash",
      "/proxy-value//double-slash",
      "proxy-value//double-slash",
    ],
    ["//v1/proxy-value", "/proxy-value", "proxy-value", "/v1/proxy-value"],
    ["/v1//proxy-value", "/proxy-value", "proxy-value"],
    ["/v1//hardcoded", "/hardcoded", null],
    [`/v1/${alias}`, `/${alias}`, alias],
  ])("%s", async (asked, path, proxy, contextPath = asked) => {
    const served = await gate({});
    await served.ask("GET", asked);
    expect(eventOf(served)).toMatchObject({
      path,
      pathParameters: proxy === null ? null : { proxy },
      requestContext: { path: contextPath },
    });
  });

  test("a bare request: empty maps and the body are null", async () => {
    const served = await gate({});
    const { headers } = await served.ask("GET", "/v1/hardcoded");
    const event = eventOf(served);
    expect(event).toEqual({
      body: null,
      headers: expect.any(Object) as object,
      httpMethod: "GET",
      isBase64Encoded: false,
      multiValueHeaders: expect.any(Object) as object,
      multiValueQueryStringParameters: null,
      path: "/hardcoded",
      pathParameters: null,
      queryStringParameters: null,
      requestContext: expect.any(Object) as object,
      resource: "/hardcoded",
      stageVariables: null,
    });
    expect(event["requestContext"]).toMatchObject({
      accountId: "123456789012",
      apiId: "api1",
      deploymentId: "d1",
      protocol: "HTTP/1.1",
      requestId: headers["x-amzn-requestid"],
      stage: "v1",
      identity: { sourceIp: "127.0.0.1", user: null },
    });
    expect(event["requestContext"]).not.toHaveProperty("authorizer");
  });

  test("query values are decoded, repeats keep the last and all", async () => {
    const served = await gate({});
    await served.ask("GET", "/v1/hardcoded?a=%2B&a=1+2%203&b");
    expect(eventOf(served)).toMatchObject({
      queryStringParameters: { a: "1 2 3", b: "" },
      multiValueQueryStringParameters: { a: ["+", "1 2 3"], b: [""] },
    });
  });

  test("headers: the entry list is dropped, forwarding ones added, mappings ignored", async () => {
    const requestParameters = { "integration.request.header.X-Mapped": "'m'" };
    const served = await gate({}, { more: { requestParameters } });
    const kept = {
      Host: "api1.example",
      Authorization: "a",
      "Content-Encoding": "identity",
      "tEsT-HEADeR": "x",
    };
    const headersSent = { ...kept, TE: "t" };
    await served.ask("POST", "/v1/hardcoded", {
      headers: headersSent,
      body: "text",
    });
    const { headers, body } = eventOf(served) as Record<string, unknown> as {
      headers: Record<string, string>;
      body: string;
    };
    expect(headers).toMatchObject({
      ...kept,
      "X-Forwarded-For": "127.0.0.1",
      "X-Forwarded-Port": "443",
      "X-Forwarded-Proto": "https",
    });
    const names = Object.keys(headers).map((name) => name.toLowerCase());
    for (const name of ["te", "content-length", "connection", "x-mapped"])
      expect(names).not.toContain(name);
    expect(body).toBe("text");
  });

  test("the authorizer's context is all text", async () => {
    const authorizerUri = invocationUri("auth");
    const made = record(
      { "/a": { GET: { ...proxy(), ...custom } } },
      { parts: { authorizers: tokenAuthorizer({ authorizerUri }) } },
    );
    const context = { str: "hello", num: 123, bool: true, null: null };
    const served = await serve(made, {
      decide: (event: { type?: string }) =>
        event.type === "TOKEN" ? allowing(["*"], { context }) : { payload: {} },
    });
    await served.ask("GET", "/v1/a", { headers: { Authorization: "t" } });
    expect(served.events[1]?.event).toHaveProperty(
      "requestContext.authorizer",
      {
        str: "hello",
        num: "123",
        bool: "true",
        null: null,
        principalId: "team-a",
        integrationLatency: 0,
      },
    );
  });

  test("a binary body is base64 where its type is declared", async () => {
    const served = await gate(
      {},
      { change: { api: { binaryMediaTypes: ["image/png"] } } },
    );
    for (const type of ["image/png", "image/jpg"])
      await served.ask("POST", "/v1/hardcoded", {
        headers: { "content-type": type },
        body: Buffer.from([1, 255]),
      });
    expect(served.events.map(({ event }) => event)).toMatchObject([
      { isBase64Encoded: true, body: "Af8=" },
      { isBase64Encoded: false, body: "\u0001\uFFFD" },
    ]);
  });
});

describe("AWS_PROXY result (conformance §4.7)", () => {
  const noText = { body: { a: 1 } };
  const undeclared = { body: "AQ==", isBase64Encoded: true };
  const inBoth = {
    headers: { "x-a": "value-solo" },
    multiValueHeaders: { "X-A": ["value-multi"] },
  };
  const remapped = { "x-amzn-remapped-server": "s" };
  test.each<[string, unknown, number, string?, object?]>([
    ["status only", { statusCode: 200 }, 200],
    ["nothing", {}, 200],
    ["headers only", { headers: { "X-A": "1" } }, 200, "", { "x-a": "1" }],
    ["a status as text", { statusCode: "201", body: "b" }, 201, "b"],
    ["no number as status", { statusCode: "test" }, 502],
    ["an impossible status", { statusCode: 99 }, 502],
    ["an unknown key", { statusCode: 200, wrongValue: 1 }, 502],
    ["text", "ok", 502],
    ["null", null, 502],
    ["headers null", { headers: null }, 200],
    ["a boolean", { headers: { "X-A": true } }, 200, "", { "x-a": "true" }],
    ["a value that is no list", { multiValueHeaders: { "X-A": "1" } }, 502],
    ["a header in both", inBoth, 200, "", { "x-a": "value-multi, value-solo" }],
    ["a body that is no text", noText, 502],
    ["base64 without a binary type", undeclared, 200, "AQ=="],
    ["reserved headers", { headers: { Server: "s" } }, 200, "", remapped],
    ["one that cannot be sent", { headers: { "X-A": "a\r\nb" } }, 500],
  ])("%s: %#", async (_name, payload, ...row) => {
    const [status, body = status < 500 ? "" : serverError, headers = {}] = row;
    const { ask } = await gate(payload);
    expect(await ask("GET", "/v1/hardcoded")).toMatchObject({
      status,
      body,
      headers,
    });
  });

  test("headers of a success", async () => {
    const { ask } = await gate({ body: "x" });
    const { headers } = await ask("GET", "/v1/hardcoded", {
      headers: { "X-Amzn-Trace-Id": "Root=1-5-a;Parent=b;Sampled=1" },
    });
    expect(headers).toMatchObject({
      "content-type": "application/json",
      "content-length": "1",
      "x-amzn-trace-id": "Root=1-5-a;Parent=b;Sampled=1",
    });
    expect(headers).not.toHaveProperty("x-amzn-errortype");
  });

  test.each([
    ["image/png", "\u0001"],
    ["image/jpg", "AQ=="],
    ["image/*", "AQ=="],
    ["*/*", "AQ=="],
  ])("binary types: Accept %s", async (accept, body) => {
    const { ask } = await gate(
      { body: "AQ==", isBase64Encoded: true },
      { change: { api: { binaryMediaTypes: ["image/png"] } } },
    );
    expect(
      (await ask("GET", "/v1/hardcoded", { headers: { accept } })).body,
    ).toBe(body);
  });

  test("the function fails: 502", async () => {
    const { ask } = await gate(
      { errorMessage: "Unauthorized" },
      { functionError: "Unhandled" },
    );
    const answer = await ask("GET", "/v1/hardcoded");
    expect(answer).toMatchObject({
      status: 502,
      body: serverError,
    });
    expect(answer.headers["x-amzn-errortype"]).toBe(
      "InternalServerErrorException",
    );
  });
});

describe("a Lambda integration that cannot work (conformance §4.3, §7)", () => {
  const streaming = uri
    .replace("2015-03-31", "2021-11-15")
    .replace("invocations", "response-streaming-invocations");
  const reserved =
    "Authorization connection Content-Length Expect Proxy-Authenticate TE Transfer-Encoding";
  test.each<[string, Partial<Integration>]>([
    ["another method than POST", { httpMethod: "GET" }],
    ["no function", { uri: "arn:aws:apigateway:eu-west-1:s3:path/b" }],
    ["a streaming invocation", { uri: streaming }],
    ["a stage variable", { uri: invocationUri("${stageVariables.f}") }],
    ...reserved.split(" ").map((name): [string, Partial<Integration>] => {
      const requestParameters = {
        [`integration.request.header.${name}`]: "'x'",
      };
      return [`mapping ${name}`, { requestParameters }];
    }),
  ])("%s: 500", async (_name, more) => {
    const served = await gate({}, { more });
    expect(await served.ask("GET", "/v1/hardcoded")).toMatchObject({
      status: 500,
      body: serverError,
    });
    expect(served.events).toEqual([]);
  });

  test("in time or not at all", async () => {
    const made = record({ "/a": { GET: proxy({ timeoutInMillis: 50 }) } });
    const { ask } = await serve(made, {
      invokeFunction: () => new Promise(() => undefined),
    });
    expect(await ask("GET", "/v1/a")).toMatchObject({
      status: 504,
      body: '{"message": "Endpoint request timed out"}',
    });
  });

  test.each([
    ["variables as stars", "*/GET/nested/*", undefined, 200],
    ["another path", "*/GET/other", undefined, 500],
    ["only the authorizers", "authorizers/*", undefined, 500],
    ["a role instead", "authorizers/*", "arn:aws:iam::1:role/r", 200],
  ])("permission for %s", async (_name, pattern, credentials, status) => {
    const Statement = {
      Effect: "Allow",
      Principal: { Service: "apigateway.amazonaws.com" },
      Action: "lambda:InvokeFunction",
      Condition: { ArnLike: { "AWS:SourceArn": apiArn + pattern } },
    };
    const GET = proxy(credentials === undefined ? {} : { credentials });
    const { ask } = await serve(record({ "/nested/{test}": { GET } }), {
      decide: () => ({ payload: {} }),
      functionPolicy: () => Promise.resolve(JSON.stringify({ Statement })),
    });
    expect((await ask("GET", "/v1/nested/x")).status).toBe(status);
  });
});

describe("AWS with a function (conformance §4.6)", () => {
  const responses = {
    ok: {
      statusCode: "200",
      responseTemplates: { "application/json": "{\"got\":$input.json('$')}" },
    },
    bad: { statusCode: "400", selectionPattern: ".*Malformed.*" },
    decoy: { statusCode: "418", selectionPattern: "200" },
  };
  const [ok, refused] = [{ statusCode: "200" }, { statusCode: "400" }];
  const method = (more: Partial<Integration> = {}) => ({
    methodResponses: { "200": ok, "400": refused },
    methodIntegration: integration("AWS", {
      uri,
      httpMethod: "POST",
      integrationResponses: responses,
      ...more,
    }),
  });

  const failed = (errorMessage: string): Invocation => ({
    payload: { errorMessage },
    functionError: "Handled",
  });
  test.each<[string, Invocation, number, string]>([
    ["success: the default", { payload: { a: 1 } }, 200, '{"got":{"a":1}}'],
    ["a failure is matched", failed("[x] Malformed y"), 400, ""],
    [
      "an unknown failure takes the default",
      failed("other"),
      200,
      '{"got":{"errorMessage":"other"}}',
    ],
  ])("%s", async (_name, invocation, status, body) => {
    const { ask } = await serve(record({ "/a": { POST: method() } }), {
      decide: () => invocation,
    });
    const answer = await ask("POST", "/v1/a", { body: "{}" });
    expect(answer.status).toBe(status);
    if (body !== "") expect(answer.body).toBe(body);
  });

  test("the event is the template's text, or the body", async () => {
    const template = '{"stage":"$context.stage"}';
    const requestTemplates = { "application/json": template };
    const made = record({
      "/a": { POST: method({ requestTemplates }) },
      "/b": { POST: method() },
    });
    const served = await serve(made, { decide: () => ({ payload: {} }) });
    await served.ask("POST", "/v1/a", { body: "{}" });
    await served.ask("POST", "/v1/b", { body: '{"b":1}' });
    expect(served.events.map(({ event }) => event)).toEqual([
      { stage: "v1" },
      { b: 1 },
    ]);
  });
});

describe("the Lambda API of the backend", () => {
  test("invoke: path, event, result, failure", async () => {
    const lambda = await backend((request, response) => {
      if (request.url?.includes("broken"))
        response.setHeader("x-amz-function-error", "Unhandled");
      response.end('{"errorMessage":"x"}');
    });
    const invoke = invokeThrough(new URL(lambda.url));
    expect(await invoke(functionArn, { a: 1 })).toEqual({
      payload: { errorMessage: "x" },
    });
    expect(await invoke("broken", {})).toEqual({
      payload: { errorMessage: "x" },
      functionError: "Unhandled",
    });
    expect(lambda.seen[0]).toMatchObject({
      method: "POST",
      url: `/2015-03-31/functions/${encodeURIComponent(functionArn)}/invocations`,
      body: '{"a":1}',
    });
    expect(lambda.seen[0]?.headers.authorization).toContain(
      "Credential=123456789012/20260101/eu-west-1/lambda/aws4_request",
    );
  });

  const answering = (status: number, body: string) =>
    backend((_request, response) => response.writeHead(status).end(body));

  // None of the answer is in the message.
  test.each([
    [404, "{}", "Lambda answered 404"],
    [200, "secret", "the Lambda API's answer is no JSON"],
  ])("invoke: %i %s", async (status, body, message) => {
    const lambda = await answering(status, body);
    await expect(
      invokeThrough(new URL(lambda.url))(functionArn, {}),
    ).rejects.toThrow(message);
  });

  test.each([
    [200, '{"Policy":"{}"}', "{}"],
    [404, "{}", undefined],
  ])("policy: %d", async (status, body, expected) => {
    const lambda = await answering(status, body);
    expect(await functionPolicyThrough(new URL(lambda.url))(functionArn)).toBe(
      expected,
    );
    expect(lambda.seen[0]?.url).toBe(
      `/2015-03-31/functions/${encodeURIComponent(functionArn)}/policy`,
    );
  });
});
