import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import type { Readings } from "../../../../local/apigateway/data/collaborators.ts";
import {
  headerPairs,
  headerValues,
} from "../../../../local/apigateway/data/headers.ts";
import type {
  GatewayResponse,
  Integration,
} from "../../../../local/apigateway/model.ts";
import {
  allowing,
  backend,
  closeAll,
  custom,
  integration,
  listen,
  record,
  send,
  serve,
  tokenAuthorizer,
} from "../../../fixtures/data-plane.ts";

afterEach(closeAll);

const proxied = (uri: string, more: Partial<Integration> = {}) => ({
  methodIntegration: integration("HTTP_PROXY", {
    uri,
    httpMethod: "ANY",
    connectionType: "INTERNET",
    ...more,
  }),
});

/** `ANY /x/{proxy+}` (with or without the token authorizer) in front of a recording backend. */
async function through(
  more: Partial<Integration> = {},
  uri = "/up/{proxy}",
  options: Parameters<typeof record>[1] & {
    context?: object;
    readings?: Partial<Readings>;
  } = {},
) {
  const upstream = await backend();
  const requestParameters = {
    "integration.request.path.proxy": "method.request.path.proxy",
    ...more.requestParameters,
  };
  const method = {
    ...proxied(upstream.url + uri, { ...more, requestParameters }),
    ...(options.context && custom),
  };
  const made = record(
    { "/x/{proxy+}": { ANY: method } },
    { ...options, parts: { authorizers: tokenAuthorizer(), ...options.parts } },
  );
  const served = await serve(made, {
    decide: () => allowing(["*"], { context: options.context }),
    ...(options.readings && { readings: options.readings }),
  });
  return { ...served, seen: upstream.seen, host: new URL(upstream.url).host };
}

/** `GET /v1/a`, for these integrations by path. */
const served = (paths: Record<string, ReturnType<typeof proxied>>) =>
  serve(
    record(
      Object.fromEntries(
        Object.entries(paths).map(([path, method]) => [path, { ANY: method }]),
      ),
    ),
  );

const valuesOf = ({ rawHeaders }: { rawHeaders: readonly string[] }) => {
  const pairs = headerPairs(rawHeaders);
  return (name: string) => headerValues(pairs, name);
};

const passed = {
  Accept: "text/x",
  "Accept-Charset": "utf-8",
  "Accept-Encoding": "gzip",
  Age: "1",
  Authorization: "Bearer mine",
  "Content-Type": "application/x",
  Cookie: "a=b",
  Date: "Tue, 15 Nov 1994 08:12:31 GMT",
  Pragma: "p",
  Range: "bytes=0-",
  Referer: "r",
  "User-Agent": "me/1",
  Warn: "w",
  "tEsT-HEADeR": "kept",
  "x-api-key": "k",
};
const dropped = {
  "Content-Encoding": "identity",
  "Content-MD5": "m",
  Expect: "100-continue",
  "Max-Forwards": "1",
  "Proxy-Authenticate": "p",
  Server: "s",
  TE: "trailers",
  Trailer: "t",
  "WWW-Authenticate": "w",
};

describe("headers towards the backend (conformance §4.4)", () => {
  test("dropped on entry, rewritten, added, passed", async () => {
    const { ask, seen, host } = await through();
    const sent = { ...passed, ...dropped };
    await ask("POST", "/v1/x/y", { headers: sent, body: "{}" });
    const { headers, rawHeaders } = seen[0]!;
    for (const [name, value] of Object.entries(passed))
      expect(headers[name.toLowerCase()]).toBe(value);
    expect(rawHeaders).toContain("tEsT-HEADeR");
    for (const name of [...Object.keys(dropped), "upgrade"])
      expect(headers).not.toHaveProperty(name.toLowerCase());
    expect(headers).toMatchObject({
      host,
      "content-length": "2",
      "x-amzn-apigateway-api-id": "api1",
      "x-forwarded-for": "127.0.0.1",
    });
    expect(headers["x-amzn-trace-id"]).toMatch(
      /^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/,
    );
  });

  test("no body from GET to POST: Content-Length 0", async () => {
    const { ask, seen } = await through({ httpMethod: "POST" });
    await ask("GET", "/v1/x/y");
    expect(seen[0]).toMatchObject({
      method: "POST",
      headers: { "content-length": "0", "user-agent": "AmazonAPIGateway_api1" },
    });
  });

  const root = "Root=1-5-a";
  test.each([
    ["X-Forwarded-For", "1.2.3.4", /^1\.2\.3\.4, 127\.0\.0\.1$/],
    [
      "X-Amzn-Trace-Id",
      `${root};Parent=b;Sampled=1`,
      /^Root=1-5-a;Parent=b;Sampled=1$/,
    ],
    [
      "X-Amzn-Trace-Id",
      `${root};Sampled=1`,
      /^Root=1-5-a;Parent=[0-9a-f]{16};Sampled=1$/,
    ],
  ])("the client's %s: %s is continued", async (name, given, expected) => {
    const { ask, seen } = await through();
    await ask("GET", "/v1/x/y", { headers: { [name]: given } });
    expect(seen[0]?.headers[name.toLowerCase()]).toMatch(expected);
  });

  test("repeats reach the backend as they were sent", async () => {
    const { ask, seen } = await through();
    await ask("GET", "/v1/x/y", { headers: { "X-Two": ["1", "2"] } });
    expect(valuesOf(seen[0]!)("x-two")).toEqual(["1", "2"]);
  });
});

describe("header mappings (conformance §4.5)", () => {
  const context = { upstream_openai: "Bearer secret", empty: "", none: null };
  const client = {
    headers: { authorization: "Bearer client", "X-Client": "c" },
  };
  const mapped = (target: string, source: string, more: object = {}) =>
    through(
      {
        requestParameters: { [`integration.request.header.${target}`]: source },
      },
      undefined,
      { context: { ...context, ...more } },
    );
  const named = (name: string) => `context.authorizer.${name}`;

  test.each([
    ["Authorization", named("upstream_openai"), ["Bearer secret"]],
    ["AUTHORIZATION", named("upstream_openai"), ["Bearer secret"]],
    ["Authorization", "'none'", ["none"]],
    // Absent and empty values let the client's own through.
    ["Authorization", named("upstream_nobody"), ["Bearer client"]],
    ["Authorization", named("empty"), ["Bearer client"]],
    ["Authorization", "''", ["Bearer client"]],
    ["Authorization", named("none"), ["Bearer client"]],
    ["Authorization", "method.request.header.X-Nope", ["Bearer client"]],
    ["Authorization", "method.request.header.X-Client", ["c"]],
    ["X-Gate-Consumer", named("principalId"), ["team-a"]],
    ["X-Path", "method.request.path.proxy", ["y"]],
    ["X-Query", "method.request.querystring.q", ["a b"]],
    ["X-Stage", "context.stage", ["v1"]],
    ["Host", "'other.example'", ["other.example"]],
    // These two arrive only when they are mapped.
    ["Content-Encoding", "'identity'", ["identity"]],
    ["Content-MD5", "'m'", ["m"]],
    // These never arrive.
    ["TE", "'trailers'", []],
    ["Expect", "'x'", []],
    ["Proxy-Authenticate", "'x'", []],
    // The API's id cannot be mapped over.
    ["x-amzn-apigateway-api-id", "'other'", ["api1"]],
  ])("%s from %s: %j", async (target, source, values) => {
    const { ask, seen } = await mapped(target, source);
    expect((await ask("GET", "/v1/x/y?q=a+b", client)).status).toBe(200);
    expect(valuesOf(seen[0]!)(target)).toEqual(values);
  });

  test("two headers of the client are both replaced", async () => {
    const { ask, seen } = await mapped("X-Api-Key", "'mine'");
    await ask("GET", "/v1/x/y", {
      headers: { authorization: "t", "x-api-key": ["1", "2"] },
    });
    expect(valuesOf(seen[0]!)("x-api-key")).toEqual(["mine"]);
  });

  test.each(["Content-Length", "transfer-encoding"])(
    "mapping %s is a 500 (conformance §4.3)",
    async (target) => {
      const { ask, seen } = await mapped(target, "'1'");
      const answer = await ask("GET", "/v1/x/y", client);
      expect(answer).toMatchObject({
        status: 500,
        body: '{"message": "Internal server error"}',
      });
      expect(answer.headers).toMatchObject({
        "x-amzn-errortype": "InternalServerErrorException",
        "content-length": "36",
      });
      expect(seen).toEqual([]);
    },
  );

  test("a mapped value with a line break is a 500 and never sent", async () => {
    const bad = "a\r\nX-Injected: 1";
    const { ask, seen } = await mapped("X-Bad", named("bad"), { bad });
    expect((await ask("GET", "/v1/x/y", client)).status).toBe(500);
    expect(seen).toEqual([]);
  });
});

describe("what is not known of AWS, by reading", () => {
  const requestParameters = {
    "integration.request.header.Authorization": "'ours'",
    "integration.request.header.x-api-key": "'ours'",
  };
  const sent = [
    ["Host", "h"],
    ["authorization", "t"],
    ["X-API-Key", "t"],
    ["x-api-key", "t"],
  ].flat();
  test.each([
    ["replace", ["ours"]],
    ["beside", ["t", "ours"]],
  ] as const)("header targets: %s", async (headerTargets, keys) => {
    const { ask, seen } = await through({ requestParameters }, undefined, {
      readings: { headerTargets },
    });
    await ask("GET", "/v1/x/y", { headers: sent });
    const values = valuesOf(seen[0]!);
    expect(values("authorization")).toEqual(["ours"]);
    expect(values("x-api-key")).toEqual(keys);
    // Nor has any other header one of the client's keys.
    const left = headerPairs(seen[0]!.rawHeaders).filter(
      ([, it]) => it === "t",
    );
    expect(left).toHaveLength(keys.length - 1);
  });

  test.each([
    ["kept", "/v1/x/a%2Fb%3Ac", "/up/a%2Fb%3Ac"],
    ["requoted", "/v1/x/a%2Fb%3Ac", "/up/a/b%3Ac"],
    ["requoted", "/v1/x/%252e/%41", "/up/%252e/A"],
  ] as const)("path values %s: %s", async (pathValues, asked, url) => {
    const { ask, seen } = await through({}, undefined, {
      readings: { pathValues },
    });
    await ask("GET", asked);
    expect(seen[0]?.url).toBe(url);
  });

  test("X-HTTP-Method-Override is not passed on, unless it is mapped", async () => {
    const headers = { "X-HTTP-Method-Override": "PUT" };
    const plain = await through();
    await plain.ask("GET", "/v1/x/y", { headers });
    expect(plain.seen[0]).toMatchObject({ method: "PUT" });
    expect(plain.seen[0]?.headers).not.toHaveProperty("x-http-method-override");
    const mapped = await through({
      requestParameters: {
        "integration.request.header.X-HTTP-Method-Override": "'GET'",
      },
    });
    await mapped.ask("GET", "/v1/x/y", { headers });
    expect(mapped.seen[0]?.headers["x-http-method-override"]).toBe("GET");
  });
});

describe("method, URI and query (conformance §4.5)", () => {
  test.each([
    ["ANY", "PUT", "PUT"],
    ["POST", "GET", "POST"],
  ])("%s, asked with %s: %s", async (httpMethod, verb, expected) => {
    const { ask, seen } = await through({ httpMethod });
    await ask(verb, "/v1/x/y");
    expect(seen[0]?.method).toBe(expected);
  });

  const dots = "../secret/%2e%2e";
  const query = "?b=1&a=%20+&b=2&flag";
  test.each([
    ["slashes are not escaped", "/up/{proxy}", "status/200", "/up/status/200"],
    ["nothing is decoded", "/{proxy}", "a%2Fb%2B//c@d", "/a%2Fb%2B//c@d"],
    ["dot segments stay", "/up/{proxy}", dots, `/up/${dots}`],
    ["a name without a mapping stays", "/up/{other}", "y", "/up/%7Bother%7D"],
    ["no path is the root", "", "y", "/"],
    ["the client's query goes on", "/up", `y${query}`, `/up${query}`],
  ])("%s", async (_name, uri, asked, url) => {
    const { ask, seen } = await through({}, uri);
    await ask("GET", `/v1/x/${asked}`);
    expect(decodeURI(seen[0]!.url)).toBe(decodeURI(url));
  });

  test("query merge: the URI's, the client's, the mapped ones; appended, not replaced", async () => {
    const at = "integration.request";
    const requestParameters = {
      [`${at}.path.pathVar`]: "'foobar'",
      [`${at}.path.qsVar`]: "'bar'",
      [`${at}.querystring.queryString`]:
        "method.request.querystring.testQueryString",
      [`${at}.querystring.testQs`]:
        "method.request.querystring.testQueryString",
      [`${at}.querystring.testEmptyQs`]: "method.request.header.emptyheader",
    };
    const { ask, seen } = await through(
      { requestParameters },
      "/up?testVar={pathVar}&testQs={qsVar}",
    );
    await ask("GET", "/v1/x/y?testQueryString=foo&testVar=bar");
    const query = new URL(seen[0]!.url, "http://x").searchParams;
    const names = "testVar testQs testQueryString queryString testEmptyQs";
    expect(names.split(" ").map((name) => query.getAll(name))).toEqual([
      ["foobar", "bar"],
      ["bar", "foo"],
      ["foo"],
      ["foo"],
      [],
    ]);
  });

  test.each([
    ["a stage variable, not served", "http://${stageVariables.nope}/x"],
    ["no URI", undefined],
    ["no HTTP URI", "ftp://127.0.0.1/"],
  ])("%s: 500 invalid endpoint (conformance §4.3)", async (_name, uri) => {
    const { ask, log } = await served({ "/a": proxied(uri as string) });
    expect(await ask("GET", "/v1/a")).toMatchObject({
      status: 500,
      body: '{"message": "Internal server error"}',
    });
    expect(log.join()).toContain("invalid endpoint address");
  });
});

describe("the backend's answer (conformance §4.6)", () => {
  const answering = async (
    status: number,
    headers: http.OutgoingHttpHeaders,
    more: Partial<Integration> = {},
  ) => {
    const upstream = await backend((_request, response) =>
      response.writeHead(status, headers).end("text"),
    );
    return served({ "/a": proxied(upstream.url, more) });
  };

  test.each([200, 201, 301, 400, 404, 418, 429, 500, 503])(
    "status %d passes through, redirects are not followed",
    async (status) => {
      const { ask } = await answering(status, {
        location: "http://127.0.0.1:1/",
      });
      expect(await ask("GET", "/v1/a")).toMatchObject({ status, body: "text" });
    },
  );

  test.each(["BUFFERED", "STREAM"] as const)(
    "headers, %s",
    async (responseTransferMode) => {
      const { ask } = await answering(
        200,
        {
          Server: "s",
          "WWW-Authenticate": "Basic",
          "x-amzn-RequestId": "theirs",
          "Set-Cookie": ["a=1", "b=2"],
          "Access-Control-Allow-Origin": "*",
          "X-Custom": "c",
          "Content-Type": "text/plain",
          "x-amz-apigw-id": "x",
        },
        { responseTransferMode },
      );
      const { headers, rawHeaders } = await ask("GET", "/v1/a");
      expect(headers).toMatchObject({
        "x-amzn-remapped-server": "s",
        "x-amzn-remapped-www-authenticate": "Basic",
        "x-amzn-remapped-x-amzn-requestid": "theirs",
        "set-cookie": ["a=1", "b=2"],
        "access-control-allow-origin": "*",
        "x-custom": "c",
        "content-type": "text/plain",
      });
      expect(headers["x-amzn-requestid"]).toMatch(/^[0-9a-f-]{36}$/);
      expect(headers["x-amz-apigw-id"]).not.toBe("x");
      expect(rawHeaders).toEqual(
        expect.arrayContaining([
          "x-amzn-RequestId",
          "x-amz-apigw-id",
          "Date",
          "Connection",
        ]),
      );
      for (const name of [
        "server",
        "www-authenticate",
        "x-amzn-trace-id",
        "x-amzn-errortype",
      ])
        expect(headers).not.toHaveProperty(name);
    },
  );

  test("Content-Type defaults to application/json", async () => {
    const { ask } = await answering(200, {});
    expect((await ask("GET", "/v1/a")).headers).toMatchObject({
      "content-type": "application/json",
      "content-length": "4",
    });
  });

  test("a HEAD answer has no body", async () => {
    const { ask } = await answering(200, { "content-length": "4" });
    expect(await ask("HEAD", "/v1/a")).toMatchObject({ status: 200, body: "" });
  });

  test("a buffered answer over 10 MB: 500", async () => {
    const { url } = await backend((_request, response) =>
      response.end(Buffer.alloc(10_485_761)),
    );
    const { ask } = await served({
      "/a": proxied(url),
      "/s": proxied(url, { responseTransferMode: "STREAM" }),
    });
    expect((await ask("GET", "/v1/a")).status).toBe(500);
    expect((await ask("GET", "/v1/s")).body).toHaveLength(10_485_761);
  });
});

describe("no answer (aws-documented)", () => {
  const timeoutBody = '{"message": "Endpoint request timed out"}';
  const failureBody =
    '{"message": "Network error communicating with endpoint"}';

  test.each<[string, "BUFFERED" | "STREAM", http.RequestListener]>([
    ["silent", "BUFFERED", () => undefined],
    ["silent", "STREAM", () => undefined],
    ["half done", "BUFFERED", (_request, response) => response.write("half")],
  ])(
    "a %s backend, %s: 504 INTEGRATION_TIMEOUT",
    async (_name, responseTransferMode, answer) => {
      const { url } = await backend(answer);
      const more = { timeoutInMillis: 80, responseTransferMode };
      const { ask } = await served({ "/a": proxied(url, more) });
      expect(await ask("GET", "/v1/a")).toMatchObject({
        status: 504,
        body: timeoutBody,
      });
    },
  );

  test("no server listens, or the name does not resolve: 504 INTEGRATION_FAILURE", async () => {
    const url = (await listen(() => undefined)).href;
    await closeAll();
    const { ask } = await served({
      "/a": proxied(url),
      "/b": proxied("http://nothing.invalid/"),
    });
    for (const path of ["/v1/a", "/v1/b"]) {
      const answer = await ask("GET", path);
      expect(answer).toMatchObject({ status: 504, body: failureBody });
      expect(answer.headers).toMatchObject({
        "content-length": "56",
        "x-amzn-errortype": "InternalServerErrorException",
      });
    }
  });

  test("the connection breaks before or within a buffered answer: 504 INTEGRATION_FAILURE", async () => {
    const before = await backend((request) => request.socket.destroy());
    const within = await backend((request, response) =>
      response.write("half", () => request.socket.destroy()),
    );
    const { ask } = await served({
      "/a": proxied(before.url),
      "/b": proxied(within.url),
    });
    for (const path of ["/v1/a", "/v1/b"])
      expect(await ask("GET", path)).toMatchObject({
        status: 504,
        body: failureBody,
      });
  });

  test("a VPC link is not served", async () => {
    const link = proxied("http://127.0.0.1/", { connectionType: "VPC_LINK" });
    const { ask } = await served({ "/a": link });
    expect((await ask("GET", "/v1/a")).status).toBe(500);
  });
});

describe("streams", () => {
  const streaming = (more: Partial<Integration> = {}) => ({
    responseTransferMode: "STREAM" as const,
    timeoutInMillis: 900_000,
    ...more,
  });

  test("events arrive one by one, while the backend is still open", async () => {
    const open: http.ServerResponse[] = [];
    const upstream = await backend((_request, response) => {
      open.push(
        response.writeHead(200, { "content-type": "text/event-stream" }),
      );
      response.write("data: 1\n\n");
    });
    const { url } = await served({ "/a": proxied(upstream.url, streaming()) });
    const request = http.get(new URL("/v1/a", url), { agent: false });
    const [message] = (await once(request, "response")) as [
      http.IncomingMessage,
    ];
    expect(message.headers["content-type"]).toBe("text/event-stream");
    const arrived: string[] = [];
    for await (const chunk of message) {
      arrived.push(String(chunk));
      if (arrived.length < 3) open[0]!.write(`data: ${arrived.length + 1}\n\n`);
      else open[0]!.end();
    }
    expect(arrived).toEqual(["data: 1\n\n", "data: 2\n\n", "data: 3\n\n"]);
  });

  test.each([
    ["the backend falls silent", streaming(), 50],
    ["the whole call times out", streaming({ timeoutInMillis: 50 }), 60_000],
  ])("%s: the connection breaks", async (_name, more, streamIdleMs) => {
    const upstream = await backend((_request, response) =>
      response.write("half"),
    );
    const made = record({ "/a": { GET: proxied(upstream.url, more) } });
    const { ask } = await serve(made, { streamIdleMs });
    await expect(ask("GET", "/v1/a")).rejects.toThrow();
  });

  test("the backend breaks off: so does the answer", async () => {
    const upstream = await backend((request, response) =>
      response.write("half", () => request.socket.destroy()),
    );
    const { ask } = await served({ "/a": proxied(upstream.url, streaming()) });
    await expect(ask("GET", "/v1/a")).rejects.toThrow();
  });

  test.each([
    ["before", "BUFFERED" as const, false],
    ["before", "STREAM" as const, false],
    ["within", "STREAM" as const, true],
  ])(
    "the client goes away %s the answer (%s): so does the call to the backend",
    async (_name, responseTransferMode, begun) => {
      const asked = Promise.withResolvers<undefined>();
      const gone = Promise.withResolvers<undefined>();
      const upstream = await backend((_request, response) => {
        response.on("close", () => gone.resolve(undefined));
        if (begun) response.write("half");
        asked.resolve(undefined);
      });
      const { url } = await served({
        "/a": proxied(upstream.url, { responseTransferMode }),
      });
      const client = net.connect(Number(url.port), "127.0.0.1");
      client.write("GET /v1/a HTTP/1.1\r\nHost: x\r\n\r\n");
      await asked.promise;
      if (begun) await once(client, "data");
      client.destroy();
      await expect(gone.promise).resolves.toBeUndefined();
    },
  );

  test("gateway responses still apply before the first byte", async () => {
    const response: GatewayResponse = {
      responseType: "INTEGRATION_TIMEOUT",
      statusCode: "599",
      responseParameters: {},
      responseTemplates: {},
      defaultResponse: false,
    };
    const { url } = await backend(() => undefined);
    const GET = proxied(url, streaming({ timeoutInMillis: 50 }));
    const gatewayResponses = new Map([["INTEGRATION_TIMEOUT", response]]);
    const made = record({ "/a": { GET } }, { parts: { gatewayResponses } });
    expect((await (await serve(made)).ask("GET", "/v1/a")).status).toBe(599);
  });
});

test("backends can be reached some other way, by their own names", async () => {
  const upstream = await backend();
  const opened: string[] = [];
  const uri = "https://api.openai.com/v1/models?a=1";
  const made = record({ "/a": { GET: proxied(uri, { httpMethod: "GET" }) } });
  const { ask } = await serve(made, {
    openUpstream: (url, options) => {
      opened.push(`${url.href} ${options.path ?? ""}`);
      return http.request(upstream.url, options);
    },
  });
  expect((await ask("GET", "/v1/a")).status).toBe(200);
  expect(opened).toEqual(["https://api.openai.com/ /v1/models?a=1"]);
  expect(upstream.seen[0]?.headers.host).toBe("api.openai.com");
});

test("many requests at once do not mix", async () => {
  const upstream = await backend((request, response) =>
    response.end(request.url),
  );
  const requestParameters = {
    "integration.request.path.proxy": "method.request.path.proxy",
  };
  const { url } = await served({
    "/{proxy+}": proxied(`${upstream.url}/{proxy}`, { requestParameters }),
  });
  const paths = Array.from({ length: 50 }, (_value, index) => `/n/${index}`);
  const answers = await Promise.all(
    paths.map((path) => send(url, "GET", `/v1${path}`, {})),
  );
  expect(answers.map(({ body }) => body)).toEqual(paths);
});
