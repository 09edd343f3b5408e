// Against real servers on the loopback interface: what the wire does is the point here.
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { createAsk } from "../../../src/proof/ask.ts";

const marker = "0123456789abcdef";

interface Listening {
  readonly baseUrl: string;
  readonly close: () => Promise<void>;
}

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function serve(listener: RequestListener): Promise<Listening> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  closers.push(close);
  return { baseUrl: `http://127.0.0.1:${port}/v1`, close };
}

const question = { method: "GET", path: "/score", headers: {} } as const;

test("method, path and headers arrive, a POST with an empty body that says so", async () => {
  const seen: {
    method: string;
    url: string;
    headers: IncomingMessage["headers"];
    body: string;
  }[] = [];
  const { baseUrl } = await serve((request, response) => {
    let body = "";
    request.on("data", (data: Buffer) => (body += data.toString()));
    request.on("end", () => {
      seen.push({
        method: request.method!,
        url: request.url!,
        headers: request.headers,
        body,
      });
      response.end();
    });
  });
  await createAsk({ baseUrl, marker })({
    method: "POST",
    path: "/score",
    headers: { "X-Key": "t" },
  });
  expect(seen).toHaveLength(1);
  expect(seen[0]).toMatchObject({ method: "POST", url: "/v1/score", body: "" });
  expect(seen[0]!.headers).toMatchObject({
    "x-key": "t",
    "content-length": "0",
  });
});

test("a body is sent as it is", async () => {
  const seen: object[] = [];
  const { baseUrl } = await serve((request, response) => {
    let body = "";
    request.on("data", (data: Buffer) => (body += data.toString()));
    request.on("end", () => {
      seen.push({ headers: request.headers, body });
      response.end();
    });
  });
  await createAsk({ baseUrl, marker })({
    method: "POST",
    path: "/chat",
    headers: { "Content-Type": "application/json" },
    body: '{"model":"m"}',
  });
  expect(seen).toMatchObject([
    {
      body: '{"model":"m"}',
      headers: { "content-type": "application/json", "content-length": "13" },
    },
  ]);
});

test.each([
  [401, `UNAUTHORIZED ${marker}`, "UNAUTHORIZED"],
  // An upstream's own header, another gate's, and an old gate's do not count here.
  [401, "UNAUTHORIZED", undefined],
  [401, "UNAUTHORIZED 0000000000000000", undefined],
  [401, `UNAUTHORIZED ${marker}, UNAUTHORIZED ${marker}`, undefined],
  [403, `<b>@all ${marker}`, undefined],
  [200, undefined, undefined],
])("status %s with gate error %s", async (status, header, gateError) => {
  const { baseUrl } = await serve((_, response) => {
    response.writeHead(status, {
      "content-length": 2,
      ...(header && { "x-ai-gate-error": header }),
    });
    response.end("{}");
  });
  const answer = await createAsk({ baseUrl, marker })(question);
  expect(answer).toMatchObject({ status, chunked: false, pieces: 1 });
  expect(answer.gateError).toBe(gateError);
});

const forbidden = { "x-amzn-errortype": "ForbiddenException" };
const noPath = { "x-amzn-errortype": "MissingAuthenticationTokenException" };

/** What API Gateway says for an API or a stage that is not there, or a path, where nothing of a gate is deployed; and what only looks like it. */
test.each<[number, Record<string, string>, string, string | undefined]>([
  [403, forbidden, '{"message":"Forbidden"}', "ForbiddenException"],
  [
    403,
    noPath,
    '{"message":"Missing Authentication Token"}',
    "MissingAuthenticationTokenException",
  ],
  [403, forbidden, '{"message":"Forbidden"} ', undefined],
  [403, forbidden, '{"Message":"Forbidden"}', undefined],
  [403, forbidden, '{"message":"Missing Authentication Token"}', undefined],
  [403, forbidden, "", undefined],
  [403, forbidden, `{"message":"Forbidden"}${"x".repeat(200)}`, undefined],
  [403, {}, '{"message":"Forbidden"}', undefined],
  [403, noPath, '{"message":"Forbidden"}', undefined],
  [401, forbidden, '{"message":"Forbidden"}', undefined],
  [200, forbidden, '{"message":"Forbidden"}', undefined],
  [404, forbidden, '{"message":"Forbidden"}', undefined],
  [403, { "x-amzn-errortype": "x" }, '{"message":"Forbidden"}', undefined],
  // Of an upstream that is an API of API Gateway itself.
  [
    403,
    { ...forbidden, "x-amzn-remapped-date": "x" },
    '{"message":"Forbidden"}',
    undefined,
  ],
  [
    403,
    { ...forbidden, "x-ai-gate-error": `ACCESS_DENIED ${marker}` },
    '{"message":"Forbidden"}',
    undefined,
  ],
])("%i %j %s is bare: %s", async (status, headers, body, bareError) => {
  const { baseUrl } = await serve((_, response) =>
    response.writeHead(status, headers).end(body),
  );
  const answer = await createAsk({ baseUrl, marker })(question);
  expect(answer.bareError).toBe(bareError);
  const head = { ...question, method: "HEAD" } as const;
  const { bareError: ofHead } = await createAsk({ baseUrl, marker })(head);
  if (bareError !== undefined) expect(ofHead).toBe(bareError);
});

test("a bare error whose body does not end is none", async () => {
  const { baseUrl } = await serve((_, response) => {
    response.writeHead(403, forbidden).write('{"message":"Forbidden"}');
  });
  const ask = createAsk({ baseUrl, marker, timeout: 0.3 });
  expect(await ask(question)).not.toHaveProperty("bareError");
});

test("redirects are answers, and nothing is asked twice", async () => {
  let calls = 0;
  const { baseUrl } = await serve((_, response) => {
    calls += 1;
    response.writeHead(302, { location: "/elsewhere" }).end();
  });
  expect(await createAsk({ baseUrl, marker })(question)).toMatchObject({
    status: 302,
  });
  expect(calls).toBe(1);
});

test.each([
  ["https://api.example.com/v1/models", "api.example.com"],
  ["//other.example.com:8443/x", "other.example.com:8443"],
  ["http://user:secret@api.example.com/", "api.example.com"],
  ["/elsewhere", undefined],
  ["../up", undefined],
  ["mailto:a@b.example", undefined],
  ["https://", undefined],
  [undefined, undefined],
])("a redirect to %s leads to %s", async (location, host) => {
  const { baseUrl } = await serve((_, response) =>
    response.writeHead(307, location === undefined ? {} : { location }).end(),
  );
  const answer = await createAsk({ baseUrl, marker })(question);
  expect(answer.redirectsTo).toBe(host);
  expect(JSON.stringify(answer)).not.toContain("secret");
});

test("a redirect to the gate itself leads nowhere else, and a Location without one neither", async () => {
  const { baseUrl } = await serve((request, response) => {
    const location = `http://${request.headers.host}/v1/other`;
    const status = request.url === "/v1/made" ? 201 : 308;
    response.writeHead(status, { location }).end();
  });
  const ask = createAsk({ baseUrl, marker });
  expect(await ask(question)).not.toHaveProperty("redirectsTo");
  const made = await serve((_, response) =>
    response.writeHead(201, { location: "https://api.example.com/1" }).end(),
  );
  expect(
    await createAsk({ baseUrl: made.baseUrl, marker })(question),
  ).not.toHaveProperty("redirectsTo");
});

test("of an answer nothing is kept but status, arrival, marks and what a browser looks at", async () => {
  const { baseUrl } = await serve((_, response) =>
    response
      .writeHead(200, {
        "access-control-allow-origin": "https://app.example.com",
        "access-control-allow-methods": "GET,POST",
        "access-control-allow-headers": "*",
        "access-control-expose-headers": "x-private",
        "set-cookie": "session=canary",
        "x-private": "canary",
        "content-length": 6,
      })
      .end("canary"),
  );
  expect(await createAsk({ baseUrl, marker })(question)).toEqual({
    status: 200,
    chunked: false,
    pieces: 1,
    allows: {
      origin: "https://app.example.com",
      methods: "GET,POST",
      headers: "*",
    },
  });
});

test.each<[string, number, string[], string | undefined]>([
  [
    "SageMaker's 200",
    200,
    ["<UnknownOperationException/>"],
    "UnknownOperationException",
  ],
  [
    "Bedrock's 200",
    200,
    [
      '{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"}}',
    ],
    "UnknownOperationException",
  ],
  [
    "Google's 400, cut anywhere",
    400,
    ['{"error":{"details":[{"reason":"API_KEY', '_INVALID"}]}}'],
    "API_KEY_INVALID",
  ],
  [
    "OpenAI's 401 in many pieces",
    401,
    ['{"error":', '{"message":', '"Missing scopes: api.model.read"}}'],
    "Missing scopes",
  ],
  ["another", 400, ['{"error":"canary"}'], undefined],
])("what %s says in its body is found", async (_, status, parts, mark) => {
  const { baseUrl } = await serve((_request, response) => {
    response.writeHead(status).flushHeaders();
    parts.forEach((part, index) =>
      setTimeout(() => response.write(part), 20 * index),
    );
    setTimeout(() => response.end(), 20 * parts.length);
  });
  const answer = await createAsk({ baseUrl, marker })(question);
  expect(answer.mark).toBe(mark);
  expect(JSON.stringify(answer)).not.toContain("canary");
});

test("an error of any length is read to the limit only", async () => {
  const { baseUrl } = await serve((_, response) => {
    response.writeHead(400);
    response.write("x".repeat(100 * 1024));
    setTimeout(() => response.end("API_KEY_INVALID"), 50);
  });
  const answer = await createAsk({ baseUrl, marker })(question);
  expect(answer).not.toHaveProperty("mark");
});

test("a 503 is an answer and is not asked again", async () => {
  let calls = 0;
  const { baseUrl } = await serve((_, response) => {
    calls += 1;
    response.writeHead(503).end();
  });
  expect(await createAsk({ baseUrl, marker })(question)).toMatchObject({
    status: 503,
  });
  expect(calls).toBe(1);
});

const later = (work: () => void) => setTimeout(work, 50);

test.each<
  [
    string,
    (response: ServerResponse) => void,
    { chunked: boolean; pieces: number },
  ]
>([
  [
    "chunked",
    (response) => {
      response.write("a");
      later(() => response.end("b"));
    },
    { chunked: true, pieces: 2 },
  ],
  [
    "chunked, never ending",
    (response) => {
      response.write("a");
      later(() => response.write("b"));
    },
    { chunked: true, pieces: 2 },
  ],
  [
    "of known length in two pieces",
    (response) => {
      response.writeHead(200, { "content-length": 2 });
      response.write("a");
      later(() => response.end("b"));
    },
    { chunked: false, pieces: 2 },
  ],
  [
    "cut off",
    (response) => {
      response.writeHead(200, { "content-length": 5 });
      response.write("a");
      later(() => response.destroy());
    },
    { chunked: false, pieces: 1 },
  ],
  [
    "empty",
    (response) => response.writeHead(200, { "content-length": 0 }).end(),
    { chunked: false, pieces: 0 },
  ],
])("a body %s", async (_, respond, expected) => {
  const { baseUrl } = await serve((_request, response) => respond(response));
  expect(await createAsk({ baseUrl, marker })(question)).toMatchObject(
    expected,
  );
});

test("a long buffered body is not taken for a stream, and is not read to its end", async () => {
  const size = 50 * 1024 * 1024;
  let sent = 0;
  const { baseUrl } = await serve((_, response) => {
    response.writeHead(200, { "content-length": size });
    const piece = Buffer.alloc(64 * 1024);
    const more = () => {
      while (sent < size && !response.destroyed) {
        sent += piece.length;
        if (!response.write(piece)) return;
      }
    };
    response.on("drain", more);
    more();
  });
  const answer = await createAsk({ baseUrl, marker })(question);
  expect(answer.pieces).toBeLessThanOrEqual(1);
  expect(sent).toBeLessThan(size);
});

test("a server that never answers is silence", async () => {
  const { baseUrl } = await serve(() => undefined);
  await expect(
    createAsk({ baseUrl, marker, timeout: 0.2 })(question),
  ).rejects.toMatchObject({ code: "ETIMEDOUT" });
});

test("headers without a body in time are an answer, still coming", async () => {
  const { baseUrl } = await serve((_, response) =>
    response.writeHead(200).flushHeaders(),
  );
  expect(
    await createAsk({ baseUrl, marker, timeout: 0.3 })(question),
  ).toMatchObject({
    status: 200,
    chunked: true,
  });
});

test("no server, and a connection that is cut, are silence with a code", async () => {
  const { baseUrl, close } = await serve(() => undefined);
  await close();
  await expect(createAsk({ baseUrl, marker })(question)).rejects.toMatchObject({
    code: "ECONNREFUSED",
  });
  const cutting = createTcpServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => cutting.listen(0, "127.0.0.1", resolve));
  closers.push(() => new Promise((resolve) => cutting.close(() => resolve())));
  const { port } = cutting.address() as AddressInfo;
  await expect(
    createAsk({ baseUrl: `http://127.0.0.1:${port}`, marker })(question),
  ).rejects.toMatchObject({ code: "ECONNRESET" });
});
