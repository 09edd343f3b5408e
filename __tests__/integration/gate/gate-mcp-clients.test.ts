// The MCP snippet of the summary as the official client runs it: with a token of the gate; and, where every caller has a JWT, with
// nothing but the URL, by a client that no authorization server knows yet and that registers itself (RFC 7591).
import http from "node:http";
import type { AddressInfo } from "node:net";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { makeKeys, serveKeys } from "../../../local/issuer/issuer-keys.ts";
import { summarizeGate } from "../../../src/diff/summary.ts";
import { renderSummary } from "../../../src/report/comment.ts";
import {
  consumer,
  everything,
  secrets,
  source,
  tokens,
  valuesOf,
} from "../../fixtures/gates.ts";
import {
  type RunningGate,
  startGate,
  stopAll,
} from "../../fixtures/local-gate.ts";
import { fetchFrom, signingIn } from "../../fixtures/mcp-client.ts";
import { createMcpServer } from "../../fixtures/mcp-server.ts";
import { run, urls } from "../../fixtures/runs.ts";
import { sha256, workspaceOf } from "../../fixtures/sources.ts";

const issuer = "https://login.example.com";
const upstream = `
upstreams:
  tools: { kind: mcp, url: https://tools.example.com/mcp, secret: ssm:/ai/anthropic, scopes: ["tools:call"] }
routes:
  - { path: /tools/mcp, upstream: tools }
consumers:
`;
const user =
  '  - { id: user, jwt: { issuer: staff, claims: { scope: "tools:call" } } }';
const staff = `
auth: { issuers: { staff: { issuer: ${issuer}, audience: tools, jwks: keys.json } } }`;

const server = createMcpServer(() => Promise.resolve());
let login: http.Server;
let keys: string;
const started: RunningGate[] = [];
const given: string[] = [];
/** Clients that the authorization server knows, with what they said of themselves. */
const registered = new Map<string, Record<string, unknown>>();
/** The ids by which tokens were asked for. */
const asked: string[] = [];

beforeAll(async () => {
  const at = { issuer, jwksPath: "/jwks" };
  const set = await serveKeys(makeKeys(["RS256"]), at);
  keys = JSON.stringify({ keys: set.issuer.keys.toJSON() });
  set.service.on("beforeTokenSigning", ({ payload }, { body }) => {
    Object.assign(payload, { aud: "tools", scope: "tools:call" });
    asked.push(String(body["client_id"]));
  });
  set.service.on(
    "beforeWellKnownOpenIdConfiguration",
    ({ body }: { body: Record<string, unknown> }) => {
      body["registration_endpoint"] = `${issuer}/register`;
      body["token_endpoint_auth_methods_supported"] = ["none"];
    },
  );
  login = http.createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", issuer);
    if (pathname === "/register") {
      void register(request, response);
      return;
    }
    const client = searchParams.get("client_id") ?? "";
    if (pathname === "/authorize" && !registered.has(client)) {
      response.writeHead(400).end("unknown client");
      return;
    }
    set.service.requestHandler(request, response);
  });
  login.listen(0, "127.0.0.1");
});
afterAll(async () => {
  await server.stop();
  await stopAll();
  login.close();
});
beforeEach(() => {
  registered.clear();
  asked.splice(0);
});
afterEach(() => {
  for (const gate of started) {
    const seen = everything(gate.seen.splice(0));
    for (const token of [...Object.values(tokens), ...given])
      expect(seen).not.toContain(token);
  }
});

async function register(
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const client = JSON.parse(Buffer.concat(pieces).toString()) as object;
  const id = `client-${registered.size + 1}`;
  registered.set(id, { ...client });
  response
    .writeHead(201, { "content-type": "application/json" })
    .end(JSON.stringify({ ...client, client_id: id }));
}

async function start(config: string): Promise<RunningGate> {
  const files = workspaceOf({ "keys.json": keys });
  const gate = await startGate(source(config, files), {
    secrets,
    answer: (request, response) =>
      server.answer(request, response, gate.seen.at(-1)?.body ?? ""),
  });
  started.push(gate);
  return gate;
}

/** The server of the summary's snippet, with the variable filled in as a client does. */
function snippetOf({ baseUrl, gate }: RunningGate, token: string) {
  const text = renderSummary(
    run({
      command: "up",
      previewed: false,
      after: summarizeGate(gate, { sha256 }),
      urls: { ...urls, baseUrl },
    }),
  );
  const [, json = ""] =
    /\*\*MCP client, \.mcp\.json\*\*\n\n```json\n(.*?)\n```/s.exec(text) ?? [];
  const { mcpServers } = JSON.parse(
    json.replaceAll("${GATE_TOKEN}", token),
  ) as {
    mcpServers: {
      gate: { type: string; url: string; headers?: Record<string, string> };
    };
  };
  return mcpServers.gate;
}

const fetchOf = (gate: RunningGate) =>
  fetchFrom((host) =>
    new Map([
      [new URL(issuer).hostname, (login.address() as AddressInfo).port],
      [new URL(gate.baseUrl).hostname, Number(new URL(gate.gateway.url).port)],
    ]).get(host),
  );

async function sumBy(transport: StreamableHTTPClientTransport) {
  const client = new Client({ name: "test", version: "1.0.0" });
  await client.connect(transport);
  const { tools } = await client.listTools();
  const sum = await client.callTool({ name: "add", arguments: { a: 1, b: 2 } });
  await client.close();
  return [tools.map(({ name }) => name), sum.content];
}
const three = [["add", "say", "count"], [{ type: "text", text: "3" }]];

test.each([
  ["the services' header", "", "Authorization", `Bearer ${tokens["team-a"]}`],
  [
    "a header of its own",
    "token-header: X-Gate-Token",
    "X-Gate-Token",
    tokens["team-a"],
  ],
])(
  "the snippet of a gate that reads %s is all that a client with a token needs",
  async (_, header, name, value) => {
    const gate = await start(`${header}${upstream}${consumer("team-a")}`);
    const { type, url, headers } = snippetOf(gate, tokens["team-a"]);
    expect(type).toBe("http");
    expect(headers).toEqual({ [name]: value });
    const transport = new StreamableHTTPClientTransport(new URL(url), {
      fetch: fetchOf(gate),
      requestInit: { headers: headers! },
    });
    expect(await sumBy(transport)).toEqual(three);
    for (const one of gate.seen)
      expect(valuesOf(one, "x-gate-consumer")).toEqual(["team-a"]);
    expect(registered.size).toBe(0);
  },
);

test("where every caller has a JWT, the URL is enough: the client registers itself, signs in and calls", async () => {
  const gate = await start(`${staff}${upstream}${user}`);
  const { url, headers } = snippetOf(gate, "");
  expect(headers).toBeUndefined();
  const fetch = fetchOf(gate);
  const provider = signingIn((token) => given.push(token));
  const transport = () =>
    new StreamableHTTPClientTransport(new URL(url), {
      fetch,
      authProvider: provider,
    });
  const first = transport();
  await expect(
    new Client({ name: "test", version: "1.0.0" }).connect(first),
  ).rejects.toBeInstanceOf(UnauthorizedError);
  expect(gate.seen).toEqual([]);
  // By what the gate's 401 led to, and nothing else.
  expect([...registered]).toMatchObject([
    ["client-1", { client_name: "a test", token_endpoint_auth_method: "none" }],
  ]);
  const [page] = provider.shown;
  expect(Object.fromEntries(page?.searchParams ?? [])).toMatchObject({
    client_id: "client-1",
    code_challenge_method: "S256",
    resource: url,
    scope: "tools:call",
  });
  const back = await fetch(page ?? "");
  const code = new URL(back.headers.get("location") ?? "").searchParams;
  await first.finishAuth(code.get("code") ?? "");
  expect(new Set(asked)).toEqual(new Set(["client-1"]));
  expect(provider.known()).toMatchObject({ client_id: "client-1" });

  expect(await sumBy(transport())).toEqual(three);
  for (const one of gate.seen)
    expect(valuesOf(one, "x-gate-consumer")).toEqual(["user"]);
  // It keeps its id: a second session does not register again.
  expect(registered.size).toBe(1);
  // The gate itself registers nobody.
  for (const path of ["/register", "/.well-known/oauth-authorization-server"])
    expect((await fetch(gate.baseUrl + path)).status).toBe(404);
});
