// A gate before an MCP server, through dist/, engine and local cloud: its 401 says where to sign in after its creation and after every
// update, although each import of the document takes that answer away.
import { makeKeys, serveKeys } from "../../local/issuer/issuer-keys.ts";
import {
  proofOf,
  type Rig,
  startRig,
  succeeded,
} from "../fixtures/action-rig.ts";
import { throughProxy } from "../fixtures/client.ts";
import { pluginsOfRun } from "../fixtures/plugins.ts";

jest.setTimeout(180_000);

const issuer = "https://login.example.com";
const other = "{ path: /other, methods: [GET], upstream: plain }";
const score = "{ path: /score, methods: [POST], upstream: plain }";
const config = (kind: string, more: readonly string[] = []) => `
auth: { issuers: { staff: { issuer: ${issuer}, audience: tools, jwks: keys.json } } }
upstreams:
  tools: { kind: ${kind}, url: "https://upstream.example.com/echo" }
  plain: { url: "https://upstream.example.com/echo" }
routes:
  - { path: /mcp, upstream: tools }
  - ${other}
${more.map((route) => `  - ${route}`).join("\n")}
consumers: [{ id: user, jwt: { issuer: staff } }]
`;

describe.each(pluginsOfRun)("with %s", (_, plugin) => {
  let rig: Rig;
  let keys: string;

  beforeAll(async () => {
    rig = await startRig({ plugin });
    const at = { issuer, jwksPath: "/jwks" };
    const set = await serveKeys(makeKeys(["RS256"]), at);
    keys = JSON.stringify({ keys: set.issuer.keys.toJSON() });
  });
  afterAll(() => rig.cloud.stop());

  async function run(command: string, text: string, inputs = {}) {
    const done = succeeded(
      await rig.run(command, "prod", {
        inputs,
        files: { "ai-gate.yml": text, "keys.json": keys },
      }),
    );
    const writes = done.writes
      .filter(({ service }) => service === "apigateway")
      .map(({ operation }) => operation);
    return { ...done, writes };
  }

  const ask = (method: string, url: string) =>
    throughProxy(rig.cloud, { method, url, headers: {} });

  async function expectSignIn({ outputs }: Awaited<ReturnType<typeof run>>) {
    expect(outputs).toMatchObject({ ready: "true" });
    expect(
      proofOf({ outputs })
        .filter(({ id }) => id.startsWith("sign-in"))
        .map(({ id, status }) => [id, status]),
    ).toEqual([
      ["sign-in challenge", "passed"],
      ["sign-in metadata /.well-known/oauth-protected-resource/mcp", "passed"],
    ]);
    const base = outputs["base-url"] ?? "";
    const metadata = `${base}/.well-known/oauth-protected-resource/mcp`;
    const refused = await ask("POST", `${base}/mcp`);
    expect(refused.status).toBe(401);
    expect(refused.headers["www-authenticate"]).toBe(
      `Bearer resource_metadata="${metadata}"`,
    );
    expect(JSON.parse(refused.body)).toMatchObject({
      error: { type: "authentication_error" },
    });
    const document = await ask("GET", metadata);
    expect(JSON.parse(document.body)).toEqual({
      resource: `${base}/mcp`,
      authorization_servers: [issuer],
      bearer_methods_supported: ["header"],
    });
  }

  test("a new gate says where to sign in", async () => {
    const up = await run("up", config("mcp"));
    await expectSignIn(up);
    expect(up.writes.filter((one) => one.includes("Gateway"))).toEqual([
      "PutGatewayResponse",
    ]);
  });

  test("a second up changes nothing, and nothing is drift", async () => {
    const up = await run("up", config("mcp"));
    expect(up.outputs).toMatchObject({ changed: "false" });
    expect(up.writes).toEqual([]);
    expect((await run("refresh", config("mcp"))).writes).toEqual([]);
    const drift = await run("drift", config("mcp"));
    expect(drift.outputs).toMatchObject({ changed: "false" });
    expect((await run("up", config("mcp"))).writes).toEqual([]);
  });

  test.each([
    ["one more route", [score]],
    ["the route gone", []],
  ])("an update of the document puts it again: %s", async (_what, more) => {
    const up = await run("up", config("mcp", more));
    await expectSignIn(up);
    const order = ["PutRestApi", "PutGatewayResponse", "CreateDeployment"];
    expect(up.writes.filter((one) => order.includes(one))).toEqual(order);
  });

  test("another stage has another URL, and the same document", async () => {
    const up = await run("up", config("mcp"), { "stage-name": "v2" });
    await expectSignIn(up);
    expect(up.outputs["base-url"]).toMatch(/\/v2$/);
    expect(up.writes).not.toContain("PutRestApi");
    expect(up.writes).toContain("PutGatewayResponse");
  });

  test("without an MCP server the 401 is a plain one again", async () => {
    const inputs = { "stage-name": "v2" };
    const up = await run("up", config("http"), inputs);
    expect(up.writes).not.toContain("DeleteGatewayResponse");
    const url = `${up.outputs["base-url"] ?? ""}/mcp`;
    const refused = await ask("POST", url);
    expect(refused.headers["www-authenticate"]).toBe("Bearer");
    expect(refused.headers["x-ai-gate-error"]).toMatch(/^UNAUTHORIZED /);
    const again = await run("up", config("http"), inputs);
    expect(again.writes).toEqual([]);
  });

  test("destroy leaves nothing behind", async () => {
    await run("up", config("mcp"));
    const { writes } = await run("destroy", config("mcp"));
    expect(writes).toContain("DeleteRestApi");
    expect(writes).not.toContain("DeleteGatewayResponse");
  });
});
