// Reading a small public document: whatever is on the other side, there is an answer in words, soon and without following it.
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createPublicJson } from "../../../src/deploy/discovery.ts";

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
}

const read = createPublicJson(2);

test("a document", async () => {
  let accept: string | undefined;
  const url = await serve(({ headers }, response) => {
    ({ accept } = headers);
    response.end('{"keys":[]}');
  });
  expect(await read(url)).toEqual({ value: { keys: [] } });
  expect(accept).toBe("application/json");
});

test.each<[string, RequestListener]>([
  ["answered 404", (_, response) => response.writeHead(404).end("{}")],
  [
    "answered 302 with a redirect to other.example.com, which is not followed",
    (_, response) =>
      response
        .writeHead(302, { location: "https://other.example.com/secret?x" })
        .end(),
  ],
  [
    "answered 302",
    (_, response) => response.writeHead(302, { location: "/here" }).end(),
  ],
  ["is not JSON", (_, response) => response.end("<html>")],
  ["is over 256 KB", (_, response) => response.end(`"${"x".repeat(300_000)}"`)],
  ["does not answer (ECONNRESET)", ({ socket }) => socket.destroy()],
])("%s", async (fault, listener) => {
  expect(await read(await serve(listener))).toEqual({ fault });
});

test("a redirect's target is not asked", async () => {
  const paths: string[] = [];
  const url = await serve(({ url: path = "" }, response) => {
    paths.push(path);
    response.writeHead(301, { location: "/elsewhere" }).end();
  });
  await read(url);
  expect(paths).toEqual(["/keys"]);
});

test("a busy server is asked again", async () => {
  let count = 0;
  const url = await serve((_, response) => {
    count += 1;
    response.writeHead(count === 1 ? 503 : 200).end("1");
  });
  expect(await read(url)).toEqual({ value: 1 });
});

test("a server that drips has until the time is up", async () => {
  const url = await serve((_, response) => {
    response.write("[");
    const timer = setInterval(() => response.write(" "), 20);
    response.on("close", () => clearInterval(timer));
  });
  expect(await createPublicJson(0.2)(url)).toEqual({
    fault: "does not answer within 0.2 seconds",
  });
});
