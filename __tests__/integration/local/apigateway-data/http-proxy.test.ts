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

const sentHeaders = {
  Accept: "text/x",
  "Accept-Charset": "utf-8",
  "Accept-Encoding": "gzip",
  Age: "1",
  Authorization: "Bearer mine",
  "Content-Encoding": "identity",
  "Content-MD5": "m",
  "Content-Type": "application/x",
  Cookie: "a=b",
  Date: "Tue, 15 Nov 1994 08:12:31 GMT",
  Expect: "100-continue",
  "Max-Forwards": "1",
  Pragma: "p",
  "Proxy-Authenticate": "p",
  Range: "bytes=0-",
  Referer: "r",
  Server: "s",
  TE: "trailers",
  Trailer: "t",
  "User-Agent": "me/1",
  Warn: "w",
  "WWW-Authenticate": "w",
  "tEsT-HEADeR": "kept",
  "x-api-key": "k",
};

describe("headers towards the backend (conformance §4.4)", () => {
  test("dropped on entry, rewritten, added, passed", async () => {
    const { ask, seen, host } = await through();
    await ask("POST", "/v1/x/y", { headers: sentHeaders, body: "{}" });
    const { headers, rawHeaders } = seen[0]!;
    const passed = [
      "accept",
      "accept-charset",
      "accept-encoding",
      "age",
      "authorization",
      "content-type",
      "cookie",
      "date",
      "pragma",
      "range",
      "referer",
      "user-agent",
      "warn",
      "test-header",
      "x-api-key",
    ];
    const sent = Object.fromEntries(
      Object.entries(sentHeaders).map(([name, value]) => [
        name.toLowerCase(),
        value,
      ]),
    );
    expect(headers).toMatchObject(
      Object.fromEntries(
        passed.map((name) => [name, sent[name as keyof typeof sent]]),
      ),
    );
    expect(rawHeaders).toContain("tEsT-HEADeR");
    for (const name of [
      "content-encoding",
      "content-md5",
      "expect",
      "max-forwards",
      "proxy-authenticate",
      "server",
      "te",
      "trailer",
      "upgrade",
      "www-authenticate",
    ]) {
      expect(headers).not.toHaveProperty(name);
    }
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

  test("the client's X-Forwarded-For is continued", async () => {
    const { ask, seen } = await through();
    await ask("GET", "/v1/x/y", { headers: { "X-Forwarded-For": "1.2.3.4" } });
    expect(seen[0]?.headers["x-forwarded-for"]).toBe("1.2.3.4, 127.0.0.1");
  });

  test.each([
    [
      "unchanged when it has a parent",
      "Root=1-5-a;Parent=b;Sampled=1",
      /^Root=1-5-a;Parent=b;Sampled=1$/,
    ],
    [
      "with a parent made up",
      "Root=1-5-a;Sampled=1",
      /^Root=1-5-a;Parent=[0-9a-f]{16};Sampled=1$/,
    ],
  ])("the client's trace goes on %s", async (_name, given, expected) => {
    const { ask, seen } = await through();
    await ask("GET", "/v1/x/y", { headers: { "X-Amzn-Trace-Id": given } });
    expect(seen[0]?.headers["x-amzn-trace-id"]).toMatch(expected);
  });

  test("repeats reach the backend as they were sent", async () => {
    const { ask, seen } = await through();
    await ask("GET", "/v1/x/y", { headers: { "X-Two": ["1", "2"] } });
    expect(headerValues(headerPairs(seen[0]!.rawHeaders), "x-two")).toEqual([
      "1",
      "2",
    ]);
  });
});

describe("header mappings (conformance §4.5)", () => {
  const context = { upstream_openai: "Bearer secret", empty: "", none: null };
  const client = {
    headers: { authorization: "Bearer client", "X-Client": "c" },
  };
  const mapped = (
    target: string,
    source: string,
    more: Partial<Integration> = {},
  ) => {
    const requestParameters = {
      [`integration.request.header.${target}`]: source,
    };
    return through({ ...more, requestParameters }, undefined, {
      context,
    });
  };

  test.each([
    [
      "a context value replaces the client's credential",
      "Authorization",
      "context.authorizer.upstream_openai",
      ["Bearer secret"],
    ],
    [
      "whatever the case of either name",
      "AUTHORIZATION",
      "context.authorizer.upstream_openai",
      ["Bearer secret"],
    ],
    ["a literal replaces it", "Authorization", "'none'", ["none"]],
    [
      "an absent value lets the client's own through",
      "Authorization",
      "context.authorizer.upstream_nobody",
      ["Bearer client"],
    ],
    [
      "an empty value lets the client's own through",
      "Authorization",
      "context.authorizer.empty",
      ["Bearer client"],
    ],
    [
      "an empty literal lets the client's own through",
      "Authorization",
      "''",
      ["Bearer client"],
    ],
    [
      "a null lets the client's own through",
      "Authorization",
      "context.authorizer.none",
      ["Bearer client"],
    ],
    [
      "an absent header lets the client's own through",
      "Authorization",
      "method.request.header.X-Nope",
      ["Bearer client"],
    ],
    [
      "another header's value",
      "Authorization",
      "method.request.header.X-Client",
      ["c"],
    ],
    [
      "the principal",
      "X-Gate-Consumer",
      "context.authorizer.principalId",
      ["team-a"],
    ],
    ["a path value", "X-Path", "method.request.path.proxy", ["y"]],
    ["a query value", "X-Query", "method.request.querystring.q", ["a b"]],
    ["a context value", "X-Stage", "context.stage", ["v1"]],
    ["the Host", "Host", "'other.example'", ["other.example"]],
    [
      "Content-Encoding arrives when mapped",
      "Content-Encoding",
      "'identity'",
      ["identity"],
    ],
    ["Content-MD5 arrives when mapped", "Content-MD5", "'m'", ["m"]],
    ["TE never arrives", "TE", "'trailers'", []],
    ["Expect never arrives", "Expect", "'x'", []],
    ["Proxy-Authenticate never arrives", "Proxy-Authenticate", "'x'", []],
    [
      "the API id cannot be mapped over",
      "x-amzn-apigateway-api-id",
      "'other'",
      ["api1"],
    ],
  ])("%s", async (_name, target, source, values) => {
    const { ask, seen } = await mapped(target, source);
    expect((await ask("GET", "/v1/x/y?q=a+b", client)).status).toBe(200);
    expect(headerValues(headerPairs(seen[0]!.rawHeaders), target)).toEqual(
      values,
    );
  });

  test("two headers of the client are both replaced", async () => {
    const { ask, seen } = await mapped("X-Api-Key", "'mine'");
    await ask("GET", "/v1/x/y", {
      headers: { authorization: "t", "x-api-key": ["1", "2"] },
    });
    expect(headerValues(headerPairs(seen[0]!.rawHeaders), "x-api-key")).toEqual(
      ["mine"],
    );
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
    const { ask, seen } = await through(
      {
        requestParameters: {
          "integration.request.header.X-Bad": "context.authorizer.bad",
        },
      },
      undefined,
      { context: { bad: "a\r\nX-Injected: 1" } },
    );
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
    "Host",
    "h",
    "authorization",
    "t",
    "X-API-Key",
    "t",
    "x-api-key",
    "t",
  ];
  test.each([
    ["replace", [], { "x-api-key": ["ours"] }],
    ["beside", ["X-API-Key"], { "x-api-key": ["t", "ours"] }],
  ] as const)("header targets: %s", async (headerTargets, left, values) => {
    const { ask, seen } = await through({ requestParameters }, undefined, {
      readings: { headerTargets },
    });
    await ask("GET", "/v1/x/y", { headers: sent });
    const pairs = headerPairs(seen[0]!.rawHeaders);
    expect(headerValues(pairs, "authorization")).toEqual(["ours"]);
    expect(headerValues(pairs, "x-api-key")).toEqual(values["x-api-key"]);
    expect(pairs.filter(([, value]) => value === "t")).toHaveLength(
      left.length,
    );
  });

  test.each([
    ["kept", "/v1/x/a%2Fb%3Ac", "/up/a%2Fb%3Ac"],
    ["requoted", "/v1/x/a%2Fb%3Ac", "/up/a/b%3Ac"],
    ["requoted", "/v1/x/%252e/%41", "/up/%252e/A"],
    ["requoted", "/v1/x/100%", "/up/100%"],
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
    ["ANY takes the client's verb", "ANY", "PUT", "PUT"],
    ["any other the integration's", "POST", "GET", "POST"],
  ])("%s", async (_name, httpMethod, verb, expected) => {
    const { ask, seen } = await through({ httpMethod });
    await ask(verb, "/v1/x/y");
    expect(seen[0]?.method).toBe(expected);
  });

  test.each([
    [
      "the slash is not escaped",
      "/up/{proxy}",
      "/v1/x/status/200",
      "/up/status/200",
    ],
    [
      "nothing is decoded",
      "/up/{proxy}",
      "/v1/x/a%2Fb%2B//c@d",
      "/up/a%2Fb%2B//c@d",
    ],
    [
      "dot segments stay",
      "/up/{proxy}",
      "/v1/x/../secret/%2e%2e",
      "/up/../secret/%2e%2e",
    ],
    [
      "a name without a mapping stays as it is written",
      "/up/{other}",
      "/v1/x/y",
      "/up/%7Bother%7D",
    ],
    ["no path is the root", "", "/v1/x/y", "/"],
    [
      "the client's query goes on as it was sent",
      "/up",
      "/v1/x/y?b=1&a=%20+&b=2&flag",
      "/up?b=1&a=%20+&b=2&flag",
    ],
  ])("%s", async (_name, uri, asked, url) => {
    const { ask, seen } = await through({}, uri);
    await ask("GET", asked);
    expect(decodeURI(seen[0]!.url)).toBe(decodeURI(url));
  });

  test("query merge: the URI's, the client's, the mapped ones; appended, not replaced", async () => {
    const requestParameters = {
      "integration.request.path.pathVar": "'foobar'",
      "integration.request.path.qsVar": "'bar'",
      "integration.request.querystring.queryString":
        "method.request.querystring.testQueryString",
      "integration.request.querystring.testQs":
        "method.request.querystring.testQueryString",
      "integration.request.querystring.testEmptyQs":
        "method.request.header.emptyheader",
    };
    const { ask, seen } = await through(
      { requestParameters },
      "/up?testVar={pathVar}&testQs={qsVar}",
    );
    await ask("GET", "/v1/x/y?testQueryString=foo&testVar=bar");
    const query = new URL(seen[0]!.url, "http://x").searchParams;
    expect(
      [
        "testVar",
        "testQs",
        "testQueryString",
        "queryString",
        "testEmptyQs",
      ].map((name) => query.getAll(name)),
    ).toEqual([["foobar", "bar"], ["bar", "foo"], ["foo"], ["foo"], []]);
  });

  test.each([
    [
      "a stage variable, which is not served",
      "http://${stageVariables.nope}/x",
    ],
    ["no URI", undefined],
    ["no HTTP URI", "ftp://127.0.0.1/"],
  ])("%s: 500 invalid endpoint (conformance §4.3)", async (_name, uri) => {
    const { ask, log } = await serve(
      record({ "/a": { GET: proxied(uri as string) } }),
    );
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
    return serve(record({ "/a": { ANY: proxied(upstream.url, more) } }));
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
    const upstream = await backend((_request, response) =>
      response.end(Buffer.alloc(10_485_761)),
    );
    const { ask } = await serve(
      record({
        "/a": { GET: proxied(upstream.url) },
        "/s": {
          GET: proxied(upstream.url, { responseTransferMode: "STREAM" }),
        },
      }),
    );
    expect((await ask("GET", "/v1/a")).status).toBe(500);
    expect((await ask("GET", "/v1/s")).body).toHaveLength(10_485_761);
  });
});

describe("no answer (aws-documented)", () => {
  const timeoutBody = '{"message": "Endpoint request timed out"}';
  const failureBody =
    '{"message": "Network error communicating with endpoint"}';

  test.each(["BUFFERED", "STREAM"] as const)(
    "a silent backend, %s: 504 INTEGRATION_TIMEOUT",
    async (responseTransferMode) => {
      const upstream = await backend(() => undefined);
      const { ask } = await serve(
        record({
          "/a": {
            GET: proxied(upstream.url, {
              timeoutInMillis: 50,
              responseTransferMode,
            }),
          },
        }),
      );
      expect(await ask("GET", "/v1/a")).toMatchObject({
        status: 504,
        body: timeoutBody,
      });
    },
  );

  test("a buffered answer that does not end in time is a 504 too", async () => {
    const upstream = await backend((_request, response) =>
      response.write("half"),
    );
    const { ask } = await serve(
      record({ "/a": { GET: proxied(upstream.url, { timeoutInMillis: 80 }) } }),
    );
    expect(await ask("GET", "/v1/a")).toMatchObject({
      status: 504,
      body: timeoutBody,
    });
  });

  test("nobody listens, or the name does not resolve: 504 INTEGRATION_FAILURE", async () => {
    const url = (await listen(() => undefined)).href;
    await closeAll();
    const { ask } = await serve(
      record({
        "/a": { GET: proxied(url) },
        "/b": { GET: proxied("http://nothing.invalid/") },
      }),
    );
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
    const { ask } = await serve(
      record({
        "/a": { GET: proxied(before.url) },
        "/b": { GET: proxied(within.url) },
      }),
    );
    for (const path of ["/v1/a", "/v1/b"])
      expect(await ask("GET", path)).toMatchObject({
        status: 504,
        body: failureBody,
      });
  });

  test("a VPC link is not served", async () => {
    const { ask } = await serve(
      record({
        "/a": {
          GET: proxied("http://127.0.0.1/", { connectionType: "VPC_LINK" }),
        },
      }),
    );
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
    const { url } = await serve(
      record({ "/a": { GET: proxied(upstream.url, streaming()) } }),
    );
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
    const { ask } = await serve(
      record({ "/a": { GET: proxied(upstream.url, more) } }),
      { streamIdleMs },
    );
    await expect(ask("GET", "/v1/a")).rejects.toThrow();
  });

  test("the backend breaks off: so does the answer", async () => {
    const upstream = await backend((request, response) =>
      response.write("half", () => request.socket.destroy()),
    );
    const { ask } = await serve(
      record({ "/a": { GET: proxied(upstream.url, streaming()) } }),
    );
    await expect(ask("GET", "/v1/a")).rejects.toThrow();
  });

  test.each([
    ["BUFFERED, before the answer", "BUFFERED" as const, false],
    ["STREAM, before the answer", "STREAM" as const, false],
    ["STREAM, within the answer", "STREAM" as const, true],
  ])(
    "the client goes away (%s): so does the call to the backend",
    async (_name, responseTransferMode, begun) => {
      const asked = Promise.withResolvers<undefined>();
      const gone = Promise.withResolvers<undefined>();
      const upstream = await backend((_request, response) => {
        response.on("close", () => gone.resolve(undefined));
        if (begun) response.write("half");
        asked.resolve(undefined);
      });
      const { url } = await serve(
        record({
          "/a": { GET: proxied(upstream.url, { responseTransferMode }) },
        }),
      );
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
    const upstream = await backend(() => undefined);
    const made = record(
      {
        "/a": {
          GET: proxied(upstream.url, streaming({ timeoutInMillis: 50 })),
        },
      },
      {
        parts: {
          gatewayResponses: new Map([["INTEGRATION_TIMEOUT", response]]),
        },
      },
    );
    expect((await (await serve(made)).ask("GET", "/v1/a")).status).toBe(599);
  });
});

test("backends can be reached some other way, by their own names", async () => {
  const upstream = await backend();
  const opened: string[] = [];
  const made = record({
    "/a": {
      GET: proxied("https://api.openai.com/v1/models?a=1", {
        httpMethod: "GET",
      }),
    },
  });
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
  const { url } = await serve(
    record({
      "/{proxy+}": {
        ANY: proxied(`${upstream.url}/{proxy}`, { requestParameters }),
      },
    }),
  );
  const paths = Array.from({ length: 50 }, (_value, index) => `/n/${index}`);
  const answers = await Promise.all(
    paths.map((path) => send(url, "GET", `/v1${path}`, {})),
  );
  expect(answers.map(({ body }) => body)).toEqual(paths);
});
