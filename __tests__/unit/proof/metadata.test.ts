// What the proof makes of a gate that should say where MCP clients sign in.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Gate } from "../../../src/gate/gate.ts";
import {
  proveMetadata,
  readUrl,
  type Reply,
} from "../../../src/proof/metadata.ts";
import { rsaJwk } from "../../fixtures/issuers.ts";
import {
  fewInputs,
  gateOf,
  sourceOf,
  workspaceOf,
} from "../../fixtures/sources.ts";

const gateWith = (consumers: string, paths: readonly string[]): Gate =>
  gateOf(
    sourceOf(
      fewInputs,
      `
${consumers.includes("jwt") ? "auth: { issuers: { staff: { issuer: https://login.example.com, audience: tools, jwks: keys.json } } }" : ""}
upstreams: { tools: { kind: mcp, url: https://tools.example.com/mcp } }
routes: [${paths.map((path) => `{ path: "${path}", upstream: tools }`).join(", ")}]
consumers: [${consumers}]`,
      workspaceOf({ "keys.json": JSON.stringify({ keys: [rsaJwk] }) }),
    ),
  );
const user = "{ id: user, jwt: { issuer: staff } }";
const single = gateWith(user, ["/mcp"]);

const baseUrl = "https://abc.execute-api.eu-west-1.amazonaws.com/v1";
const document = "/.well-known/oauth-protected-resource/mcp";
const right: Readonly<Record<string, Reply>> = {
  "GET /mcp": {
    status: 401,
    challenge: `Bearer resource_metadata="${baseUrl}${document}"`,
    body: "",
  },
  [`GET ${document}`]: {
    status: 200,
    challenge: undefined,
    body: JSON.stringify({ resource: `${baseUrl}/mcp` }),
  },
};

/** @param answers the reply to a call, by its attempt and what it asks for; undefined is none */
async function proveWith(
  gate: Gate,
  answer: (call: string, attempt: number) => Reply | undefined,
) {
  const calls: string[] = [];
  let time = 0;
  const results = await proveMetadata(gate, {
    baseUrl,
    deadline: 20,
    now: () => time,
    sleep: (milliseconds) => {
      time += milliseconds;
      return Promise.resolve();
    },
    read: (method, url) => {
      const call = `${method} ${url.slice(baseUrl.length)}`;
      calls.push(call);
      const attempt = calls.filter((one) => one === call).length;
      const reply = answer(call, attempt);
      return reply
        ? Promise.resolve(reply)
        : Promise.reject(
            Object.assign(new Error("secret of a proxy"), {
              code: "ECONNRESET",
            }),
          );
    },
  });
  return { calls, results };
}

const statuses = ({ results }: Awaited<ReturnType<typeof proveWith>>) =>
  results.map(({ status }) => status);

test("a gate that says so is asked once for each", async () => {
  const { calls, results } = await proveWith(single, (call) => right[call]);
  expect(calls).toEqual(["GET /mcp", `GET ${document}`]);
  expect(results).toEqual([
    {
      id: "sign-in challenge",
      title: "GET /mcp without a credential says where to sign in",
      expected: "401 that names the metadata of /mcp",
      shows: "MCP clients learn where to sign in",
      sentence:
        "`GET /mcp` without a credential must bring 401 that names the metadata of /mcp: MCP clients learn where to sign in",
      actual: "401",
      status: "passed",
      attempts: 1,
      message: "",
    },
    {
      id: `sign-in metadata ${document}`,
      title: `GET ${document}`,
      expected: "200 that names the resource",
      shows: "MCP clients sign in for the URL that they call",
      sentence: `\`GET ${document}\` without a credential must bring 200 that names the resource: MCP clients sign in for the URL that they call`,
      actual: "200",
      status: "passed",
      attempts: 1,
      message: "",
    },
  ]);
});

const changed = (call: string, change: Partial<Reply>) => ({
  ...right,
  [call]: { ...right[call]!, ...change },
});

test.each<[string, Readonly<Record<string, Reply>>, string[]]>([
  [
    "a plain 401",
    changed("GET /mcp", { challenge: "Bearer" }),
    ["failed", "passed"],
  ],
  [
    "no header",
    changed("GET /mcp", { challenge: undefined }),
    ["failed", "passed"],
  ],
  [
    "the URL of another stage",
    changed("GET /mcp", {
      challenge: right["GET /mcp"]!.challenge!.replace("/v1/", "/v2/"),
    }),
    ["failed", "passed"],
  ],
  ["an open route", changed("GET /mcp", { status: 200 }), ["failed", "passed"]],
  [
    "no document",
    changed(`GET ${document}`, { status: 404 }),
    ["passed", "failed"],
  ],
  [
    "another resource",
    changed(`GET ${document}`, {
      body: JSON.stringify({ resource: `${baseUrl}/other` }),
    }),
    ["passed", "failed"],
  ],
  [
    "no JSON",
    changed(`GET ${document}`, { body: "<html>" }),
    ["passed", "failed"],
  ],
  [
    "JSON of another form",
    changed(`GET ${document}`, { body: "null" }),
    ["passed", "failed"],
  ],
])("%s fails, once the time is up", async (_, replies, expected) => {
  const proof = await proveWith(single, (call) => replies[call]);
  expect(statuses(proof)).toEqual(expected);
  for (const { attempts, message, status } of proof.results) {
    expect(attempts > 1).toBe(status === "failed");
    expect(message === "").toBe(status === "passed");
  }
});

test("what comes late counts, and silence is told by its code", async () => {
  const late = await proveWith(single, (call, attempt) =>
    attempt > 2 ? right[call] : undefined,
  );
  expect(statuses(late)).toEqual(["passed", "passed"]);
  const silent = await proveWith(single, () => undefined);
  expect(silent.results.map(({ actual }) => actual)).toEqual([
    "no answer (ECONNRESET)",
    "no answer (ECONNRESET)",
  ]);
});

test("of several servers each document is asked for, and the one 401", async () => {
  const { results } = await proveWith(
    gateWith(user, ["/team/a", "/team/b"]),
    () => undefined,
  );
  expect(results.map(({ id }) => id)).toEqual([
    "sign-in challenge",
    "sign-in metadata /.well-known/oauth-protected-resource/team",
    "sign-in metadata /.well-known/oauth-protected-resource/team/a",
    "sign-in metadata /.well-known/oauth-protected-resource/team/b",
  ]);
});

test("a gate that names no authorization server is asked nothing", async () => {
  const tokens = "{ id: team-a, token: { env: TEAM_A_TOKEN } }";
  const { calls, results } = await proveWith(
    gateWith(tokens, ["/mcp"]),
    () => undefined,
  );
  expect([calls, results]).toEqual([[], []]);
});

test("a URL is read without a credential, and no redirect is followed", async () => {
  const asked: unknown[] = [];
  const server = createServer(({ headers, method, url }, response) => {
    asked.push([method, url, headers.authorization]);
    response
      .writeHead(302, { location: "/else", "www-authenticate": "Bearer x" })
      .end("text");
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  expect(await readUrl("POST", `http://127.0.0.1:${port}/mcp`)).toEqual({
    status: 302,
    challenge: "Bearer x",
    body: "text",
  });
  expect(asked).toEqual([["POST", "/mcp", undefined]]);
  server.close();
});

describe("an answer without an end", () => {
  const open: Server[] = [];
  afterEach(() => {
    for (const server of open.splice(0)) server.close().closeAllConnections();
  });

  /** @param pause milliseconds between pieces of a kilobyte */
  async function drip(pause: number): Promise<string> {
    const server = createServer((_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write("x".repeat(1024)), pause);
      response.on("close", () => clearInterval(timer));
    });
    open.push(server);
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  }

  test("is read up to 64 KiB", async () => {
    const { body } = await readUrl("GET", await drip(1));
    expect(body).toHaveLength(64 * 1024);
  });

  test("is no answer when the time is up, though it never stops coming", async () => {
    const started = Date.now();
    await expect(
      readUrl("GET", await drip(100), undefined, 1),
    ).rejects.toMatchObject({
      code: "ETIMEDOUT",
    });
    expect(Date.now() - started).toBeLessThan(5000);
  });

  test("that does not begin is none either", async () => {
    const server = createServer(() => undefined);
    open.push(server);
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as AddressInfo;
    await expect(
      readUrl("GET", `http://127.0.0.1:${port}/`, undefined, 1),
    ).rejects.toBeInstanceOf(Error);
  });
});
