// Conformance §9, the rows that have no other place: AWS's "important notes", users' reports, and what nobody here has seen, by
// reading. The others: bodies in content.test.ts, header targets and path values in http-proxy.test.ts, templates in
// mock.test.ts, X-HTTP-Method-Override in authorizer.test.ts, 409s of a new bucket in verify-aws.test.ts.
import { once } from "node:events";
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
  mock,
  record,
  serve,
  tokenAuthorizer,
} from "../../../fixtures/data-plane.ts";

afterEach(closeAll);

type Played = Partial<Readings>;

/** `ANY /x/{proxy+}` in front of a recording backend. */
async function through(
  more: Partial<Integration> = {},
  readings: Played = {},
  answer?: Parameters<typeof backend>[0],
) {
  const upstream = await backend(answer);
  const methodIntegration = integration("HTTP_PROXY", {
    uri: `${upstream.url}/{proxy}`,
    httpMethod: "ANY",
    ...more,
    requestParameters: {
      "integration.request.path.proxy": "method.request.path.proxy",
      ...more.requestParameters,
    },
  });
  const made = record({ "/x/{proxy+}": { ANY: { methodIntegration } } });
  return { ...(await serve(made, { readings })), seen: upstream.seen };
}

/** Each says its type. */
const gatewayResponses = (
  types: readonly string[],
  responseParameters: Readonly<Record<string, string>> = {},
): Map<string, GatewayResponse> =>
  new Map(
    types.map((responseType) => [
      responseType,
      {
        responseType,
        responseParameters,
        responseTemplates: { "application/json": responseType },
        defaultResponse: false,
      },
    ]),
  );

const valuesOf = (rawHeaders: readonly string[], name: string) =>
  headerValues(headerPairs(rawHeaders), name);

describe("sources of mappings have case", () => {
  const requestParameters = {
    "integration.request.header.X-Seen": "method.request.header.Origin",
  };
  test.each<[Played["headerSources"], string, string[]]>([
    ["exact", "Origin", ["o"]],
    ["exact", "origin", []],
    ["any-case", "origin", ["o"]],
  ])("read %s: %s", async (headerSources = "exact", name, expected) => {
    const { ask, seen } = await through(
      { requestParameters },
      { headerSources },
    );
    await ask("GET", "/v1/x/y", { headers: ["Host", "h", name, "o"] });
    expect(valuesOf(seen[0]!.rawHeaders, "x-seen")).toEqual(expected);
  });

  test("in gateway responses too", async () => {
    const responses = gatewayResponses(["MISSING_AUTHENTICATION_TOKEN"], {
      "gatewayresponse.header.X-Seen": "method.request.header.Origin",
    });
    const made = record({}, { parts: { gatewayResponses: responses } });
    const { ask } = await serve(made);
    const seenBy = async (name: string) =>
      (await ask("GET", "/v1/none", { headers: ["Host", "h", name, "o"] }))
        .headers["x-seen"];
    expect(await seenBy("Origin")).toBe("o");
    expect(await seenBy("origin")).toBeUndefined();
  });
});

describe("an unknown path", () => {
  const made = () =>
    record(
      { "/a": { GET: mock() } },
      {
        parts: {
          gatewayResponses: gatewayResponses([
            "INVALID_SIGNATURE",
            "DEFAULT_4XX",
            "MISSING_AUTHENTICATION_TOKEN",
          ]),
        },
      },
    );
  const [missing, incomplete] = [
    "MissingAuthenticationTokenException",
    "IncompleteSignatureException",
  ];

  test.each<[Played["unknownPath"], string | undefined, string, string]>([
    ["invalid-signature", "Bearer t", "INVALID_SIGNATURE", incomplete],
    ["invalid-signature", "Basic t", "INVALID_SIGNATURE", incomplete],
    ["default-4xx", "Bearer t", "DEFAULT_4XX", incomplete],
    ["missing-token", "Bearer t", "MISSING_AUTHENTICATION_TOKEN", missing],
    ["invalid-signature", undefined, "MISSING_AUTHENTICATION_TOKEN", missing],
    [
      "invalid-signature",
      "AWS4-HMAC-SHA256 Credential=a",
      "MISSING_AUTHENTICATION_TOKEN",
      missing,
    ],
  ])("read %s, with %s: %s", async (unknownPath, sent, body, errorType) => {
    const { ask } = await serve(made(), {
      readings: { ...(unknownPath && { unknownPath }) },
    });
    const headers = sent === undefined ? {} : { Authorization: sent };
    for (const [method, path] of [
      ["GET", "/v1/none"],
      ["PUT", "/v1/a"],
    ] as const) {
      const answer = await ask(method, path, { headers });
      expect(answer).toMatchObject({ status: 403, body });
      expect(answer.headers["x-amzn-errortype"]).toBe(errorType);
    }
  });

  test("quotes no credential", async () => {
    const { ask } = await serve(record({}));
    const headers = { Authorization: "Bearer secret-canary" };
    const answer = await ask("GET", "/v1/none", { headers });
    expect(answer.status).toBe(403);
    expect(answer.body).toContain("Signature");
    expect(answer.body).not.toContain("canary");
  });
});

describe("URLs", () => {
  test.each([
    ["/v1/x/100%", 400],
    ["/v1/x/a%2", 400],
    ["/v1/x/a?b=%", 400],
    ["/v1/x/a?b=|", 400],
    ["/v1/x/a?b={c}", 400],
    ["/v1/x/a?b=%7C%7B%7D", 200],
    ["/v1/x/100%25", 200],
  ])("%s is %d", async (path, status) => {
    const { ask, seen } = await through();
    expect((await ask("GET", path)).status).toBe(status);
    expect(seen).toHaveLength(status === 200 ? 1 : 0);
    const lenient = await through({}, { malformedUrls: "passed" });
    expect((await lenient.ask("GET", path)).status).toBe(200);
  });

  test("a quoted slash of the query arrives plain, a semicolon splits it", async () => {
    const requestParameters = {
      "integration.request.header.X-B": "method.request.querystring.b",
    };
    const { ask, seen } = await through({ requestParameters });
    await ask("GET", "/v1/x/y?a=c%2Fd;b=%2f");
    expect(seen[0]).toMatchObject({
      url: "/y?a=c/d&b=/",
      headers: { "x-b": "/" },
    });
  });

  test.each<[Played["emptySegments"], string, number]>([
    ["leading-merged", "/v1//a/b", 200],
    ["leading-merged", "/v1/a//b", 403],
    ["merged", "/v1/a//b", 200],
    ["merged", "/v1/a/b", 200],
  ])("empty segments, read %s: %s is %d", async (read, path, status) => {
    const { ask } = await serve(record({ "/a/b": { GET: mock() } }), {
      readings: { ...(read && { emptySegments: read }) },
    });
    expect((await ask("GET", path)).status).toBe(status);
  });
});

describe("headers towards the backend", () => {
  test("Via is dropped, the forwarded port and scheme are API Gateway's own", async () => {
    const { ask, seen } = await through();
    await ask("GET", "/v1/x/y", {
      headers: {
        Via: "1.1 mine",
        "x-forwarded-port": ["80", "81"],
        "X-Forwarded-Proto": "http",
      },
    });
    expect(seen[0]!.headers).not.toHaveProperty("via");
    const values = (name: string) => valuesOf(seen[0]!.rawHeaders, name);
    expect(values("x-forwarded-port")).toEqual(["443"]);
    expect(values("x-forwarded-proto")).toEqual(["https"]);
  });

  test.each([
    ["AWS4-HMAC-SHA256 Credential=a", {}, []],
    ["Bearer t", {}, ["Bearer t"]],
    [
      "AWS4-HMAC-SHA256 Credential=a",
      { "integration.request.header.Authorization": "'mapped'" },
      ["mapped"],
    ],
  ])(
    "Authorization: %s, mapped by %j",
    async (sent, requestParameters, got) => {
      const { ask, seen } = await through({ requestParameters });
      await ask("GET", "/v1/x/y", { headers: { Authorization: sent } });
      expect(valuesOf(seen[0]!.rawHeaders, "authorization")).toEqual(got);
    },
  );

  test.each<[Played["undeclaredBodies"], boolean]>([
    ["text", false],
    ["bytes", true],
  ])("bytes of an undeclared type, read as %s", async (read, whole) => {
    const { ask, seen } = await through(
      {},
      { ...(read && { undeclaredBodies: read }) },
    );
    const body = Buffer.from([0x80, 0xff, 0x00]);
    await ask("POST", "/v1/x/y", { headers: { "content-type": "x/y" }, body });
    expect(seen[0]!.bytes.equals(body)).toBe(whole);
  });
});

describe("headers of the backend's answer", () => {
  const given = {
    Expect: "e",
    Host: "h",
    "Proxy-Authenticate": "p",
    Trailer: "t",
    Upgrade: "u",
  };

  test.each<[Played["answerNames"], "BUFFERED" | "STREAM"]>([
    ["remapped", "BUFFERED"],
    ["remapped", "STREAM"],
    ["dropped", "BUFFERED"],
    ["dropped", "STREAM"],
  ])("%s, %s", async (answerNames = "remapped", responseTransferMode) => {
    const answering = await listen((_request, response) =>
      response.socket?.end(
        [
          "HTTP/1.1 200 OK",
          ...Object.entries(given).map((pair) => pair.join(": ")),
          "Via: 1.1 theirs",
          "X-Amzn-Trace-Id: Root=theirs",
          "Content-Length: 2",
          "",
          "{}",
        ].join("\r\n"),
      ),
    );
    const { ask } = await through(
      { uri: `${answering.origin}/`, responseTransferMode },
      { answerNames },
    );
    const { headers, rawHeaders } = await ask("GET", "/v1/x/y");
    expect(headers["x-amzn-trace-id"]).toBe("Root=theirs");
    expect(headers).not.toHaveProperty("via");
    for (const [name, value] of Object.entries(given)) {
      expect(headers).not.toHaveProperty(name.toLowerCase());
      expect(valuesOf(rawHeaders, `x-amzn-remapped-${name}`)).toEqual(
        answerNames === "remapped" ? [value] : [],
      );
    }
  });

  test.each(["BUFFERED", "STREAM"] as const)(
    "bytes over 127 come as they were sent, %s",
    async (responseTransferMode) => {
      const { ask } = await through(
        { responseTransferMode },
        {},
        (_request, response) =>
          response.writeHead(200, { "X-Name": "caf\u00e9 \u00ff" }).end("{}"),
      );
      expect((await ask("GET", "/v1/x/y")).headers["x-name"]).toBe(
        "caf\u00e9 \u00ff",
      );
    },
  );
});

test.each([0, 100])("a key in a plan counts after %d s", async (seconds) => {
  const put = 1_700_000_000;
  let now = put;
  const key = { id: "k1", value: "value-0123456789abcdef", enabled: true };
  const made = record(
    { "/a": { GET: { ...mock(), apiKeyRequired: true } } },
    {
      store: {
        apiKeys: new Map([
          [
            "k1",
            { ...key, createdDate: put, lastUpdatedDate: put, stageKeys: [] },
          ],
        ]),
        usagePlans: new Map([
          [
            "p1",
            {
              id: "p1",
              name: "p",
              apiStages: [{ apiId: "api1", stage: "v1" }],
            },
          ],
        ]),
        planKeys: new Map([["p1", new Map([["k1", put]])]]),
      },
    },
  );
  const { ask } = await serve(made, {
    now: () => now * 1000,
    readings: { keyDelaySeconds: seconds },
  });
  const sent = { headers: { "x-api-key": key.value } };
  const statuses = [];
  for (now of [put, put + 99, put + 100])
    statuses.push((await ask("GET", "/v1/a", sent)).status);
  expect(statuses).toEqual(seconds === 0 ? [200, 200, 200] : [403, 403, 200]);
});

describe("a large body that is still coming", () => {
  const guarded = () =>
    serve(
      record(
        { "/a": { POST: { ...mock(), ...custom } } },
        { parts: { authorizers: tokenAuthorizer() } },
      ),
      { decide: () => allowing(["*"]) },
    );

  /** Sends the head, waits for the whole answer, and only then the body; a reset would fail it. */
  async function slowly(url: URL, headers: readonly string[], size: number) {
    const socket = net.connect(Number(url.port), url.hostname);
    await once(socket, "connect");
    let answer = "";
    const ended = new Promise<void>((resolve, reject) => {
      socket.on("error", reject);
      socket.on("data", (data: Buffer) => (answer += data.toString()));
      socket.on("end", resolve);
    });
    socket.write(
      ["POST /v1/a HTTP/1.1", "Host: h", ...headers, "", ""].join("\r\n"),
    );
    while (!answer.includes("\r\n\r\n")) await once(socket, "data");
    for (let sent = 0; sent < size; sent += 65_536)
      if (!socket.write(Buffer.alloc(65_536))) await once(socket, "drain");
    await ended;
    socket.end();
    return answer;
  }

  test.each([
    ["no credential", "401", [], 4 * 1_048_576],
    ["too large", "413", ["Authorization: t"], 11 * 1_048_576],
  ] as const)("%s: %s, and no reset", async (_why, status, more, size) => {
    const { url, events } = await guarded();
    const headers = [...more, `Content-Length: ${size}`, "Connection: close"];
    const answer = await slowly(url, headers, size);
    expect(answer.split(" ")[1]).toBe(status);
    expect(events).toHaveLength(status === "413" ? 1 : 0);
  });
});
