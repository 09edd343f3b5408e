// A gate with networks through dist/, engine and local cloud, with both AWS plugins: its policy comes, is left alone, changes and goes.
// Every call comes from loopback.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Cloud, startCloud } from "../../local/cloud/cloud.ts";
import { throughProxy } from "../fixtures/client.ts";
import { runAction } from "../fixtures/runner.ts";

jest.setTimeout(180_000);

const token = "team-a.0123456789abcdefghijklmnopqrstuvwxyz";
const config = (network: string) => `
${network}
upstreams:
  plain: { url: https://upstream.example.com/score }
routes:
  - { path: /score, methods: [POST], upstream: plain }
consumers:
  - { id: team-a, token: { env: TEAM_A_TOKEN } }
`;
const here = "network: { allow: [127.0.0.0/8], deny: [127.66.0.0/16] }";
const elsewhere = "network: { allow: [198.51.100.0/24] }";

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
  beforeAll(async () => {
    cloud = await startCloud({
      region: "eu-west-1",
      ...(plugin === undefined ? {} : { plugin }),
    });
    state = mkdtempSync(path.join(tmpdir(), "ai-gate-state-"));
  });
  afterAll(async () => {
    await cloud.stop();
    rmSync(state, { recursive: true, force: true });
  });

  async function run(command: string, network: string) {
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
      files: { "ai-gate.yml": config(network) },
    });
    if (result.code !== 0)
      throw new Error((result.stdout + result.stderr).slice(-3000));
    const writes = cloud.gateway.ledger
      .slice(before)
      .filter(({ operation, write }) => write && operation !== "Invoke")
      .map(({ operation }) => operation);
    return { ...result, writes };
  }
  const statuses = async () => {
    const headers = { authorization: `Bearer ${token}` };
    const [score, health] = await Promise.all([
      throughProxy(cloud, {
        method: "POST",
        url: `${url}/score`,
        headers,
        body: "{}",
      }),
      throughProxy(cloud, {
        method: "GET",
        url: `${url}/healthz`,
        headers: {},
      }),
    ]);
    return [score.status, health.status];
  };
  const policy = () =>
    [...cloud.gateway.store.apis.values()].map(({ parts }) => parts.api.policy);

  test("callers of the network pass, and the proof is one", async () => {
    const { outputs } = await run("up", here);
    url = outputs["base-url"] ?? "";
    expect(outputs["ready"]).toBe("true");
    expect(await statuses()).toEqual([200, 200]);
    expect(policy()[0]).toContain("127.66.0.0/16");
  });

  test("a second up, also behind a refresh, changes and writes nothing", async () => {
    const second = await run("up", here);
    expect([second.outputs["changed"], second.writes]).toEqual(["false", []]);
    const refresh = await run("refresh", here);
    expect(refresh.outputs["changes"]).toBe("[]");
    const third = await run("up", here);
    expect([third.outputs["changed"], third.writes]).toEqual(["false", []]);
  });

  test("another network: closed for this run, which says so and calls nothing proved", async () => {
    const { outputs, summary } = await run("up", elsewhere);
    expect(outputs["ready"]).toBe("false");
    expect(outputs["failure-reason"]).toBe("");
    expect(outputs["verdict"]).toContain("takes no calls from this runner");
    expect(summary).toContain("The gate takes calls from");
    expect(await statuses()).toEqual([403, 403]);
    const second = await run("up", elsewhere);
    expect([second.outputs["changed"], second.writes]).toEqual(["false", []]);
  });

  test("no network any more: the policy of the deployed gate denies nobody", async () => {
    await run("refresh", elsewhere);
    const { outputs, summary } = await run("up", "");
    expect(summary).toContain("may also call from any address but");
    expect(outputs["ready"]).toBe("true");
    expect(await statuses()).toEqual([200, 200]);
    expect(policy()[0]).not.toContain("Deny");
    const second = await run("up", "");
    expect([second.outputs["changed"], second.writes]).toEqual(["false", []]);
  });

  test("destroy leaves nothing behind", async () => {
    await run("destroy", "");
    expect(policy()).toEqual([]);
  });
});
