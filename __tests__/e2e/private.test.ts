// A private gate through dist/, engine and local cloud, with both AWS plugins: a run from elsewhere proves nothing, one in the VPC does.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Cloud, startCloud } from "../../local/cloud/cloud.ts";
import { throughProxy } from "../fixtures/client.ts";
import { runAction } from "../fixtures/runner.ts";

jest.setTimeout(240_000);

const token = "team-a.0123456789abcdefghijklmnopqrstuvwxyz";
const config = (endpoint: string) => `${endpoint}
upstreams:
  plain: { url: https://upstream.example.com/score }
routes:
  - { path: /score, methods: [POST], upstream: plain }
consumers:
  - { id: team-a, token: { env: TEAM_A_TOKEN } }
`;
const [own, other] = ["vpce-0123456789abcdef0", "vpce-0fedcba9876543210"];
const through = (...ids: string[]) =>
  `endpoint: private\nvpc-endpoints: [${ids.join(", ")}]`;

const truthRig = process.env["AI_GATE_TRUTH_RIG"];
const plugins: [string, string | undefined][] = [
  ["the stand-in plugin", undefined],
];
if (truthRig !== undefined)
  plugins.push(["the real Terraform AWS provider", truthRig]);

describe.each(plugins)("with %s", (_, plugin) => {
  let cloud: Cloud;
  let state: string;
  let url = "";
  let endpoint: string | undefined;
  beforeAll(async () => {
    cloud = await startCloud({
      region: "eu-west-1",
      vpcEndpoint: () => endpoint,
      ...(plugin === undefined ? {} : { plugin }),
    });
    state = mkdtempSync(path.join(tmpdir(), "ai-gate-state-"));
  });
  afterAll(async () => {
    await cloud.stop();
    rmSync(state, { recursive: true, force: true });
  });

  async function run(command: string, text: string) {
    const before = cloud.gateway.ledger.length;
    const result = await runAction({
      inputs: {
        command,
        stack: "prod",
        region: "eu-west-1",
        backend: `file://${state}`,
      },
      environment: {
        ...cloud.env,
        RUNNER_TEMP: cloud.directory,
        TMPDIR: cloud.directory,
        PULUMI_CONFIG_PASSPHRASE: "passphrase-0123456789",
        TEAM_A_TOKEN: token,
      },
      files: { "ai-gate.yml": config(text) },
    });
    if (result.code !== 0)
      throw new Error((result.stdout + result.stderr).slice(-3000));
    const writes = cloud.gateway.ledger
      .slice(before)
      .filter(({ operation, write }) => write && operation !== "Invoke")
      .map(({ operation }) => operation);
    return { ...result, writes };
  }
  const status = async (from?: string) => {
    endpoint = from;
    const headers = { authorization: `Bearer ${token}` };
    const request = { url: `${url}/score`, headers, body: "{}" };
    return (await throughProxy(cloud, { method: "POST", ...request })).status;
  };
  const apis = () =>
    [...cloud.gateway.store.apis.values()].map(({ parts }) => parts.api);

  test("a run from elsewhere proves nothing, and says so", async () => {
    const { outputs, summary } = await run("up", through(own));
    url = outputs["base-url"] ?? "";
    expect(outputs["ready"]).toBe("false");
    expect(outputs["failure-reason"]).toBe("");
    expect(outputs["verdict"]).toContain("not proved");
    expect(summary).toContain("self-hosted runner in its VPC");
    expect(summary).toContain("The gate is private");
    expect(await status()).toBe(403);
    expect(await status(other)).toBe(403);
    expect(await status(own)).toBe(200);
    expect(apis()[0]?.endpointConfiguration).toMatchObject({
      types: ["PRIVATE"],
      vpcEndpointIds: [own],
    });
  });

  test("one in the VPC proves it, and changes and writes nothing", async () => {
    endpoint = own;
    const second = await run("up", through(own));
    expect([second.outputs["changed"], second.writes]).toEqual(["false", []]);
    expect(second.outputs["ready"]).toBe("true");
    await run("refresh", through(own));
    const third = await run("up", through(own));
    expect([third.outputs["changed"], third.writes]).toEqual(["false", []]);
  });

  test("another endpoint comes, and the former goes", async () => {
    endpoint = other;
    const { outputs, summary } = await run("up", through(other));
    expect(outputs["ready"]).toBe("true");
    expect(summary).toContain("may no longer be called through");
    expect([await status(own), await status(other)]).toEqual([403, 200]);
    endpoint = other;
    const again = await run("up", through(other));
    expect([again.outputs["changed"], again.writes]).toEqual(["false", []]);
  });

  test("regional: a new API, and private again in place", async () => {
    const [former] = apis();
    endpoint = undefined;
    const { outputs } = await run("up", "");
    url = outputs["base-url"] ?? "";
    expect(outputs["ready"]).toBe("true");
    expect(await status()).toBe(200);
    expect(apis()).toHaveLength(1);
    expect(apis()[0]?.id).not.toBe(former?.id);
    expect(apis()[0]?.policy).toBeUndefined();
    const [regional] = apis();
    await run("up", through(own));
    expect(apis()[0]?.id).toBe(regional?.id);
    expect([await status(), await status(own)]).toEqual([403, 200]);
  });

  test("destroy leaves nothing behind", async () => {
    await run("destroy", through(own));
    expect(apis()).toEqual([]);
  });
});
