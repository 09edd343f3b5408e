// One HTTP exchange against a real server on this machine.
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createSend } from "../../../authorizer/aws/transport.ts";
import { Unavailable } from "../../../authorizer/failure.ts";

let server: Server | undefined;

async function serve(listener: RequestListener): Promise<URL> {
  const started = createServer(listener);
  server = started;
  await new Promise<void>((resolve) => started.listen(0, "127.0.0.1", resolve));
  return new URL(
    `http://127.0.0.1:${(started.address() as AddressInfo).port}/`,
  );
}

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

const post = (url: URL, send = createSend()) =>
  send({ method: "POST", url, headers: { "x-a": "b" }, body: "é" });

test("a body is posted and the answer returned", async () => {
  const url = await serve((request, response) => {
    request.on("data", (chunk: Buffer) =>
      response
        .writeHead(203)
        .end([request.method, request.headers["x-a"], chunk].join(" ")),
    );
  });
  expect(await post(url)).toMatchObject({ status: 203, body: "POST b é" });
});

test("a redirect is an answer", async () => {
  let calls = 0;
  const url = await serve((_, response) => {
    calls += 1;
    response.writeHead(302, { location: "/elsewhere" }).end();
  });
  expect(await post(url)).toMatchObject({ status: 302 });
  expect(calls).toBe(1);
});

test.each([
  ["too much", (response) => response.end("x".repeat(600_000))],
  [
    "an answer that breaks off",
    (response) =>
      response
        .writeHead(200, { "content-length": 100 })
        .write("x", () => response.destroy()),
  ],
  ["no answer", () => undefined],
  ["an answer without an end", (response) => response.write("x")],
] satisfies [string, (response: Parameters<RequestListener>[1]) => unknown][])(
  "%s is a failure",
  async (_, answer) => {
    const url = await serve((__, response) => void answer(response));
    await expect(post(url)).rejects.toThrow();
  },
);

test("a refused connection is a failure", async () => {
  const url = await serve(() => undefined);
  await new Promise((resolve) => server?.close(resolve));
  await expect(post(url)).rejects.toMatchObject({
    message: "ECONNREFUSED",
    kind: "passing",
  });
});

test("https is spoken where the URL says so", async () => {
  const url = await serve((_, response) => response.end());
  await expect(
    post(new URL(url.href.replace("http:", "https:"))),
  ).rejects.toBeInstanceOf(Unavailable);
});

test("the connection of an answer that is too large is ended", async () => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const url = await serve((_, response) => {
    response.on("close", resolve).write("x".repeat(20));
  });
  const call = { method: "GET", url, headers: {} } as const;
  await expect(
    createSend()({ ...call, limit: 19, timeout: 60_000 }),
  ).rejects.toThrow(/^too large$/);
  await promise;
});

test("POSTs share a connection, a GET has its own and no body", async () => {
  const ports: (number | undefined)[] = [];
  const url = await serve((request, response) => {
    ports.push(request.socket.remotePort);
    request.resume().on("end", () => response.end(request.method));
  });
  const send = createSend();
  await post(url, send);
  await post(url, send);
  const { body } = await send({ method: "GET", url, headers: {} });
  expect(body).toBe("GET");
  expect(ports[1]).toBe(ports[0]);
  expect(ports[2]).not.toBe(ports[0]);
});

test("a kept connection outlives the time limit of the call that opened it", async () => {
  let connections = 0;
  const url = await serve((request, response) => {
    request.resume().on("end", () => response.end());
  });
  server?.on("connection", () => (connections += 1));
  const send = createSend();
  const call = { method: "POST", url, headers: {}, body: "x" } as const;
  await send({ ...call, timeout: 500 });
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(await send(call)).toMatchObject({ status: 200 });
  expect(connections).toBe(1);
});

test("limit and time are the caller's to lower", async () => {
  const url = await serve((_, response) => response.end("x".repeat(20)));
  const call = { method: "GET", url, headers: {} } as const;
  await expect(createSend()({ ...call, limit: 19 })).rejects.toMatchObject({
    message: "too large",
    kind: undefined,
  });
  await expect(createSend()({ ...call, limit: 20 })).resolves.toMatchObject({
    body: "x".repeat(20),
  });
});

test("the time is the caller's to shorten", async () => {
  const url = await serve(() => undefined);
  await expect(
    createSend()({ method: "GET", url, headers: {}, timeout: 20 }),
  ).rejects.toMatchObject({ message: "ABORT_ERR", kind: "passing" });
});
