import { X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { once } from "node:events";
import {
  Agent,
  createServer,
  type IncomingMessage,
  request as openRequest,
  type RequestListener,
  type Server,
} from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listen } from "../../../../local/system/servers.ts";
import { createAuthority } from "../../../../local/system/certificates.ts";
import {
  runCommand,
  type CommandResult,
} from "../../../../local/system/processes.ts";
import {
  forward,
  startProxy,
  type Proxy,
} from "../../../../local/cloud/proxy.ts";
import {
  startUpstream,
  type Upstream,
} from "../../../../local/upstream/upstream.ts";

const api = "abcde12345.execute-api.us-east-1.amazonaws.com";

let upstream: Upstream;
let gateway: Server;
let proxy: Proxy;
let directory: string;
let env: Record<string, string>;

beforeAll(async () => {
  upstream = await startUpstream({ chunkMs: 60 });
  gateway = createServer((request, response) =>
    response.end(`gateway: ${request.headers.host ?? ""}${request.url ?? ""}`),
  );
  await new Promise<void>((resolve) => gateway.listen(0, "127.0.0.1", resolve));
  const gatewayUrl = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
  proxy = await startProxy({
    targetOf: (host) => {
      if (host.endsWith(".amazonaws.com")) return gatewayUrl;
      if (host === "downloads.example.com")
        return (_request, response) => response.end("an archive");
      if (host === "down.example.com") return "http://127.0.0.1:1";
      return host === "upstream.example.com" ? upstream.url : undefined;
    },
  });
  directory = await mkdtemp(join(tmpdir(), "ai-gate-proxy-test-"));
  const certificate = join(directory, "ca.pem");
  await writeFile(certificate, proxy.certificate);
  env = {
    PATH: process.env.PATH ?? "",
    HTTPS_PROXY: proxy.url,
    // curl heeds only the lower-case form of this one.
    http_proxy: proxy.url,
    NO_PROXY: "127.0.0.1,localhost",
    NODE_USE_ENV_PROXY: "1",
    NODE_EXTRA_CA_CERTS: certificate,
    SSL_CERT_FILE: certificate,
    CURL_CA_BUNDLE: certificate,
  };
});

afterAll(async () => {
  await proxy.stop();
  await upstream.stop();
  gateway.close();
  await rm(directory, { recursive: true });
});

const run = (file: string, ...args: string[]): Promise<CommandResult> =>
  runCommand({ file, arguments: args, env, directory });

const fetchIn = (url: string): [string, ...string[]] => [
  process.execPath,
  "-e",
  `fetch("${url}").then((r) => r.text()).then((t) => process.stdout.write(t), (e) => { console.error(e.cause); process.exitCode = 1 })`,
];
const urllib = (url: string): [string, ...string[]] => [
  "python3",
  "-c",
  `import urllib.request; print(urllib.request.urlopen("${url}").read().decode(), end="")`,
];
const curl = (url: string): [string, ...string[]] => [
  "curl",
  "-sS",
  "--fail",
  url,
];

describe.each([
  ["fetch", fetchIn],
  ["curl", curl],
  ["urllib", urllib],
])("%s, with the environment alone", (_name, command) => {
  test("reaches a known host, which sees the real Host", async () => {
    const { stdout, stderr } = await run(
      ...command(`https://${api}/v1/openai?x=%2F`),
    );
    expect({ stdout, stderr }).toEqual({
      stdout: `gateway: ${api}/v1/openai?x=%2F`,
      stderr: expect.any(String),
    });
  });

  test("is refused another host", async () => {
    const { code, stdout } = await run(
      ...command("https://elsewhere.example.com/"),
    );
    expect(code).not.toBe(0);
    expect(stdout).toBe("");
    expect(proxy.refused()).toContain("elsewhere.example.com:443");
  });
});

test("the certificates please openssl's strictest reading", async () => {
  const script = `
import ssl, socket, os, urllib.parse
context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
context.verify_flags |= ssl.VERIFY_X509_STRICT
proxy = urllib.parse.urlparse(os.environ["HTTPS_PROXY"])
raw = socket.create_connection((proxy.hostname, proxy.port))
raw.sendall(b"CONNECT ${api}:443 HTTP/1.1\\r\\n\\r\\n")
raw.recv(1000)
print(context.wrap_socket(raw, server_hostname="${api}").version(), end="")`;
  expect(await run("python3", "-c", script)).toEqual({
    code: 0,
    stdout: "TLSv1.3",
    stderr: "",
  });
});

test("plain http is refused, however well known the host", async () => {
  const { code } = await run(
    "curl",
    "-sS",
    "--fail",
    "http://upstream.example.com/",
  );
  expect(code).not.toBe(0);
  expect(proxy.refused()).toContain("http://upstream.example.com/");
  expect(upstream.requests()).toEqual([]);
});

test("a port other than 443 is refused", async () => {
  const { code } = await run(...curl("https://upstream.example.com:8443/"));
  expect(code).not.toBe(0);
  expect(proxy.refused()).toContain("upstream.example.com:8443");
});

test("a handler may answer itself", async () => {
  expect((await run(...curl("https://downloads.example.com/x"))).stdout).toBe(
    "an archive",
  );
});

test("a server that is down cuts the connection", async () => {
  const { code, stdout } = await run(...curl("https://down.example.com/"));
  expect([code === 0, stdout]).toEqual([false, ""]);
});

test("request bodies and all headers arrive, and a stream comes event by event", async () => {
  const body = JSON.stringify({
    stream: true,
    messages: [{ role: "user", content: "a b c d" }],
  });
  const script = `
    const response = await fetch("https://upstream.example.com/v1/chat/completions", { method: "POST", body: ${JSON.stringify(body)}, headers: { "x-two": "2" } });
    let pieces = 0;
    for await (const piece of response.body) pieces += 1;
    process.stdout.write(String(pieces));`;
  const { stdout, stderr } = await run(
    process.execPath,
    "--input-type=module",
    "-e",
    script,
  );
  expect({ stderr, several: Number(stdout) > 3 }).toEqual({
    stderr: expect.any(String),
    several: true,
  });
  expect(upstream.requests().at(-1)).toMatchObject({
    host: "upstream.example.com",
    body,
    headers: { "x-two": "2" },
  });
});

test("an authority signs for the host asked for and no other", async () => {
  const authority = await createAuthority();
  const leaf = new X509Certificate(
    (await authority.issue("a.example.com")).certificate,
  );
  const root = new X509Certificate(authority.certificate);
  expect([
    leaf.verify(root.publicKey),
    leaf.checkIssued(root),
    root.ca,
    leaf.ca,
  ]).toEqual([true, true, true, false]);
  expect([
    leaf.checkHost("a.example.com"),
    leaf.checkHost("b.example.com"),
  ]).toEqual(["a.example.com", undefined]);
  expect(
    leaf.verify(
      new X509Certificate((await createAuthority()).certificate).publicKey,
    ),
  ).toBe(false);
});

describe("a request that is handed on", () => {
  async function between(server: RequestListener) {
    const behind = await listen(createServer(server));
    const front = await listen(
      createServer((request, response) =>
        forward(new URL(behind.url), request, response),
      ),
    );
    stops.push(behind, front);
    return new URL(front.url);
  }
  const stops: { stop(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const one of stops.splice(0)) await one.stop();
  });

  test("keeps its connection, and bytes over 127 in the answer's headers", async () => {
    const url = await between((request, response) => {
      response.writeHead(200, { "X-Name": "caf\u00e9" });
      response.end(request.headers["x-own"]);
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number | undefined>();
    for (const own of ["a", "b"]) {
      const sent = openRequest(url, { agent, headers: { "X-Own": own } }).end();
      const [answer] = (await once(sent, "response")) as [IncomingMessage];
      ports.add(sent.socket?.localPort);
      expect(answer.headers).toMatchObject({
        "x-name": "caf\u00e9",
        connection: "keep-alive",
      });
      expect(await text(answer)).toBe(own);
    }
    agent.destroy();
    expect(ports.size).toBe(1);
  });

  test("gets an answer that comes before its body is through, not a reset", async () => {
    const url = await between((_request, response) =>
      response.writeHead(401).end("no"),
    );
    const headers = { "content-length": 8 * 1_048_576 };
    const sent = openRequest(url, { method: "POST", headers, agent: false });
    const failed = jest.fn();
    sent.on("error", failed);
    sent.write(Buffer.alloc(1024));
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    expect(answer.statusCode).toBe(401);
    const said = text(answer);
    sent.end(Buffer.alloc(8 * 1_048_576 - 1024));
    expect(await said).toBe("no");
    expect(failed).not.toHaveBeenCalled();
  });
});
