// The official MCP client through a gate: it finds out from the gate's 401 where to sign in, gets a token there, and calls tools.
import { readFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import {
  type CallToolResult,
  LoggingMessageNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { makeKeys, serveKeys } from "../../../local/issuer/issuer-keys.ts";
import {
  consumer,
  everything,
  secrets,
  source,
  tokens,
  valuesOf,
} from "../../fixtures/gates.ts";
import {
  startGate,
  stopAll,
  type RunningGate,
} from "../../fixtures/local-gate.ts";
import { rsaJwk } from "../../fixtures/issuers.ts";
import { fetchFrom, signingIn } from "../../fixtures/mcp-client.ts";
import { createMcpServer } from "../../fixtures/mcp-server.ts";
import { workspaceOf } from "../../fixtures/sources.ts";

const issuer = "https://login.example.com";

const config = `
auth:
  issuers:
    staff: { issuer: ${issuer}, audience: tools, jwks: keys.json }
upstreams:
  tools: { kind: mcp, url: https://tools.example.com/mcp, secret: ssm:/ai/anthropic, scopes: ["tools:call"] }
routes:
  - { path: /tools/mcp, upstream: tools }
consumers:
  - { id: user, jwt: { issuer: staff, claims: { scope: "tools:call" } } }
${consumer("team-a")}
cors: { origins: [https://app.example.com] }
`;

let gate: RunningGate;
let login: http.Server;
/** What the authorization server was asked. */
let asked: string[];
/** Every token that it gave out. */
let given: string[];
let release = (): void => undefined;
const server = createMcpServer(
  () => new Promise<void>((resolve) => (release = resolve)),
);

beforeAll(async () => {
  asked = [];
  given = [];
  const keys = await serveKeys(makeKeys(["RS256"]), {
    issuer,
    jwksPath: "/jwks",
  });
  keys.service.on("beforeTokenSigning", ({ payload }, { body }) => {
    Object.assign(payload, { aud: "tools", scope: "tools:call" });
    asked.push(`resource ${String(body["resource"])}`);
  });
  login = http.createServer((request, response) => {
    asked.push(`${request.method ?? ""} ${request.url ?? ""}`);
    keys.service.requestHandler(request, response);
  });
  login.listen(0, "127.0.0.1");
  const files = workspaceOf({
    "keys.json": JSON.stringify({ keys: keys.issuer.keys.toJSON() }),
  });
  gate = await startGate(source(config, files), {
    secrets,
    answer: (request, response) =>
      server.answer(request, response, gate.seen.at(-1)?.body ?? ""),
  });
});
afterAll(async () => {
  await server.stop();
  await stopAll();
  login.close();
});
beforeEach(() => {
  gate.seen.splice(0);
  asked.splice(0);
});
afterEach(() => {
  const seen = everything(gate.seen);
  for (const token of [...Object.values(tokens), ...given])
    expect(seen).not.toContain(token);
  for (const one of gate.seen)
    expect(valuesOf(one, "authorization")).toEqual([
      `Bearer ${secrets["/ai/anthropic"]}`,
    ]);
});

const fetchHere = fetchFrom((host) =>
  new Map([
    [new URL(issuer).hostname, (login.address() as AddressInfo).port],
    [new URL(gate.baseUrl).hostname, Number(new URL(gate.gateway.url).port)],
  ]).get(host),
);

const mcpUrl = () => new URL(`${gate.baseUrl}/tools/mcp`);
const metadataUrl = () =>
  `${gate.baseUrl}/.well-known/oauth-protected-resource/tools/mcp`;

const transportWith = (more: object) =>
  new StreamableHTTPClientTransport(mcpUrl(), { fetch: fetchHere, ...more });
const newClient = () => new Client({ name: "test", version: "1.0.0" });
const textOf = (result: unknown) =>
  (result as CallToolResult).content.map((one) =>
    one.type === "text" ? one.text : "",
  );

test("a client without a token finds out where to sign in, does so, and calls a tool", async () => {
  const provider = signingIn((token) => given.push(token), {
    client_id: "desktop-app",
    issuer,
  });
  const first = transportWith({ authProvider: provider });
  await expect(newClient().connect(first)).rejects.toBeInstanceOf(
    UnauthorizedError,
  );
  expect(gate.seen).toEqual([]);
  const [page] = provider.shown;
  expect(page?.origin).toBe(issuer);
  expect(Object.fromEntries(page?.searchParams ?? [])).toMatchObject({
    client_id: "desktop-app",
    code_challenge_method: "S256",
    resource: mcpUrl().href,
    scope: "tools:call",
  });
  const back = await fetchHere(page ?? "");
  const code = new URL(back.headers.get("location") ?? "").searchParams;
  await first.finishAuth(code.get("code") ?? "");
  expect(asked).toContain(`resource ${mcpUrl().href}`);

  const client = newClient();
  await client.connect(transportWith({ authProvider: provider }));
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(["add", "say", "count"]);
  const sum = { name: "add", arguments: { a: 1, b: 2 } };
  expect(textOf(await client.callTool(sum))).toEqual(["3"]);
  await client.close();
  expect(
    new Set(gate.seen.flatMap((one) => valuesOf(one, "x-gate-consumer"))),
  ).toEqual(new Set(["user"]));
});

const withToken = (caller: keyof typeof tokens) =>
  transportWith({
    requestInit: { headers: { Authorization: `Bearer ${tokens[caller]}` } },
  });

test("a client with a token of the gate needs no sign-in; its session is its own and ends by DELETE", async () => {
  const transport = withToken("team-a");
  const client = newClient();
  await client.connect(transport);
  const { sessionId } = transport;
  expect(server.sessions()).toContain(sessionId);
  await client.listTools();
  await transport.terminateSession();
  expect(server.sessions()).not.toContain(sessionId);
  await client.close();
  expect(asked).toEqual([]);
  const methods = gate.seen.map(({ method }) => method);
  expect(methods).toContain("GET");
  expect(methods.at(-1)).toBe("DELETE");
  for (const { headers } of gate.seen.slice(1))
    expect(headers).toMatchObject({
      "mcp-session-id": sessionId,
      "mcp-protocol-version": expect.stringMatching(/^20\d\d-/),
    });
});

test("a stream comes as it is written, and goes on after the last event that the client saw", async () => {
  const client = newClient();
  await client.connect(withToken("team-a"));
  const numbers: unknown[] = [];
  client.setNotificationHandler(
    LoggingMessageNotificationSchema,
    ({ params }) => {
      numbers.push(params.data);
      // The server waits for this: behind a gate that collects answers it would never come.
      release();
    },
  );
  const answer = await client.callTool({
    name: "count",
    arguments: { to: 3 },
  });
  expect(textOf(answer)).toEqual(["counted to 3"]);
  expect(numbers).toEqual([1, 2, 3]);
  await client.close();
  const resumed = gate.seen.filter(
    ({ headers, method }) =>
      method === "GET" && headers["last-event-id"] !== undefined,
  );
  expect(resumed.length).toBeGreaterThan(0);
});

test("the settings of docs/clients.md are all that a client with a token needs", async () => {
  const page = readFileSync(
    path.join(import.meta.dirname, "../../../docs/clients.md"),
    "utf8",
  );
  const shown = /```json\n(.*?)```/s.exec(
    page.split("## MCP clients")[1] ?? "",
  );
  const text = (shown?.[1] ?? "")
    .replace(/https:.*?\/v1/, gate.baseUrl)
    .replace("${GATE_TOKEN}", tokens["team-a"]);
  const { mcpServers } = JSON.parse(text) as {
    mcpServers: { tools: { url: string; headers: Record<string, string> } };
  };
  const { headers, url } = mcpServers.tools;
  const client = newClient();
  await client.connect(
    new StreamableHTTPClientTransport(new URL(url), {
      fetch: fetchHere,
      requestInit: { headers },
    }),
  );
  expect((await client.listTools()).tools).toHaveLength(3);
  await client.close();
});

test("a token of nobody's leads to the sign-in as well", async () => {
  const answer = await fetchHere(mcpUrl(), {
    method: "POST",
    headers: { Authorization: `Bearer ${tokens.unknown}` },
  });
  expect(answer.status).toBe(401);
  expect(answer.headers.get("www-authenticate")).toBe(
    `Bearer resource_metadata="${metadataUrl()}"`,
  );
  expect(answer.headers.get("x-ai-gate-document")).toMatch(/^[0-9a-f]{16}$/);
  expect(answer.headers.get("access-control-expose-headers")).toMatch(
    /WWW-Authenticate.*Mcp-Session-Id/,
  );
  expect(gate.seen).toEqual([]);
});

describe("the metadata", () => {
  test.each(["GET", "HEAD"])("are there for everybody: %s", async (method) => {
    const answer = await fetchHere(metadataUrl(), { method });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    const text = await answer.text();
    expect(method === "HEAD" || JSON.parse(text)).toEqual(
      method === "HEAD" || {
        resource: mcpUrl().href,
        authorization_servers: [issuer],
        scopes_supported: ["tools:call"],
        bearer_methods_supported: ["header"],
      },
    );
  });

  test("may be asked for by pages, with the header that MCP clients send", async () => {
    const answer = await fetchHere(metadataUrl(), {
      method: "OPTIONS",
      headers: {
        Origin: "https://other.example.com",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "mcp-protocol-version",
      },
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(answer.headers.get("access-control-allow-headers")).toContain("*");
  });

  const document = "/.well-known/oauth-protected-resource";
  test.each([
    ["POST", `${document}/tools/mcp`],
    ["PUT", `${document}/tools/mcp`],
    ["DELETE", `${document}/tools/mcp`],
    ["GET", document],
    ["GET", `${document}/tools`],
    ["GET", `${document}/tools/mcp/more`],
    ["GET", `${document}/tools/mcp/../mcp/x`],
    ["GET", `${document}//tools/mcp`],
    ["GET", `${document}/tools%2Fmcp`],
    ["GET", `${document}%2Ftools/mcp`],
    ["GET", "/.well-known/oauth-authorization-server"],
    ["GET", "/.well-known/oauth-protected-resource;x/tools/mcp"],
    ["GET", `${document}/..%2ftools/mcp`],
  ])("%s %s is no way in, with a token or without", async (method, path) => {
    for (const headers of [
      {},
      { Authorization: `Bearer ${tokens["team-a"]}` },
    ]) {
      const answer = await gate.ask(method, path, { headers });
      expect(answer.status).toBeGreaterThanOrEqual(400);
    }
    expect(gate.seen).toEqual([]);
  });

  test.each([`/${document}/tools/mcp`, `${document}/tools/mcp/`])(
    "%s, which API Gateway takes for the document, names a resource of this gate",
    async (path) => {
      const answer = await gate.ask("GET", path);
      expect(JSON.parse(answer.body)).toMatchObject({
        resource: expect.stringContaining(`${gate.baseUrl}/`),
      });
      expect(gate.seen).toEqual([]);
    },
  );
});

describe("a route that takes everything, beside an MCP server", () => {
  const document = "/.well-known/oauth-protected-resource/mcp";
  let wide: RunningGate;
  beforeAll(async () => {
    const files = workspaceOf({
      "keys.json": JSON.stringify({ keys: [rsaJwk] }),
    });
    const text = `
auth: { issuers: { staff: { issuer: ${issuer}, audience: tools, jwks: keys.json } } }
upstreams:
  tools: { kind: mcp, url: https://tools.example.com/mcp }
  all: { url: https://all.example.com }
routes:
  - { path: /mcp, upstream: tools }
  - { path: "/{proxy+}", methods: [GET, POST], upstream: all }
consumers:
  - { id: user, jwt: { issuer: staff }, routes: [/mcp] }
${consumer("team-a")}
${consumer("team-b", "[/mcp]")}
`;
    wide = await startGate(source(text, files), { secrets });
  });
  beforeEach(() => void wide.seen.splice(0));

  test.each<[string, string, keyof typeof tokens | "nobody", number]>([
    ["GET", document, "nobody", 200],
    ["GET", document, "team-a", 200],
    ["POST", document, "nobody", 401],
    ["POST", document, "unknown", 401],
    ["POST", document, "team-b", 403],
    ["GET", `${document}/more`, "nobody", 401],
    ["GET", `${document}/more`, "team-b", 403],
    ["GET", document.replace("/mcp", "%2Fmcp"), "nobody", 401],
    ["GET", document.replace("/mcp", "//mcp"), "nobody", 401],
    ["GET", document.replace("/mcp", "/%6Dcp"), "nobody", 401],
    ["GET", document.replace("well", "wel%6C"), "nobody", 401],
    ["GET", "/.well-known/oauth-protected-resource", "nobody", 401],
    ["GET", "/.well-known/openid-configuration", "nobody", 401],
  ])("%s %s as %s is %i, and reaches no upstream", async (...row) => {
    const [method, path, who, status] = row;
    const headers: Record<string, string> =
      who === "nobody" ? {} : { Authorization: `Bearer ${tokens[who]}` };
    const answer = await wide.ask(method, path, { headers });
    expect(answer.status).toBe(status);
    expect(wide.seen).toEqual([]);
  });

  test("gets what the document does not take, from those who may call it", async () => {
    const headers = { Authorization: `Bearer ${tokens["team-a"]}` };
    expect((await wide.ask("POST", document, { headers })).status).toBe(200);
    expect(wide.seen).toMatchObject([{ method: "POST", url: document }]);
  });
});
