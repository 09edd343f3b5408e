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
