// A gate with a domain and a firewall, through dist/, engine and local cloud: before its DNS record is there, after that, and without the
// default endpoint. The real Terraform AWS provider (5.100) does not know the API's `securityPolicy` and `endpointAccessMode` (there they stand
// in the document alone), and refuses the policies of 2025 for a domain name: with it the gate has TLS_1_2, and nothing is shown of the others.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { jsonCall } from "../../local/provider/aws/cloud.ts";
import { httpSender } from "../../local/provider/aws/http.ts";
import { type Cloud, startCloud } from "../../local/cloud/cloud.ts";
import { throughProxy } from "../fixtures/client.ts";
import { runAction } from "../fixtures/runner.ts";

jest.setTimeout(600_000);

const name = "ai.example.com";
const region = "eu-west-1";
const certificate = `arn:aws:acm:${region}:000000000000:certificate/11111111-1111-1111-1111-111111111111`;
const token = "team-a-0123456789abcdefghijklmnopqr";

const config = (more: string) => `
upstreams: { plain: { url: "https://upstream.example.com/echo" } }
routes: [{ path: /score, methods: [GET, POST], upstream: plain }]
consumers: [{ id: team-a, token: { env: TEAM_A_TOKEN } }]
${more}`;

const truthRig = process.env["AI_GATE_TRUTH_RIG"];
const plugins: [string, string | undefined][] = [
  ["the stand-in plugin", undefined],
];
if (truthRig !== undefined)
  plugins.push(["the real Terraform AWS provider", truthRig]);

const domainIn = <Check extends { readonly id: string }>(
  proof: readonly Check[],
) => proof.find(({ id }) => id === "domain");

describe.each(plugins)("with %s", (_, plugin) => {
  const domains = new Set<string>();
  let cloud: Cloud;
  let state: string;
  let webAcl: string;

  beforeAll(async () => {
    cloud = await startCloud({
      region,
      domains,
      ...(plugin !== undefined && { plugin }),
    });
    state = mkdtempSync(path.join(tmpdir(), "ai-gate-domain-"));
    const credentials = { accessKeyId: "local", secretAccessKey: "local" };
    const send = httpSender({
      endpoint: cloud.gateway.url,
      region,
      credentials,
    });
    const { Summary } = await jsonCall(
      { send, wait: () => Promise.resolve() },
      "wafv2",
      "CreateWebACL",
      { Name: "gate", Scope: "REGIONAL", DefaultAction: { Allow: {} } },
    );
    webAcl = String((Summary as { ARN?: string }).ARN);
  });
  afterAll(async () => {
    await cloud.stop();
    rmSync(state, { recursive: true, force: true });
  });

  async function run(command: string, more: string) {
    const before = cloud.gateway.ledger.length;
    const { code, outputs, stdout, summary } = await runAction({
      inputs: { command, stack: "prod", region, backend: `file://${state}` },
      environment: {
        ...cloud.env,
        RUNNER_TEMP: cloud.directory,
        TMPDIR: cloud.directory,
        TEAM_A_TOKEN: token,
      },
      files: { "ai-gate.yml": config(more) },
    });
    if (code !== 0) console.error(stdout);
    const writes = cloud.gateway.ledger
      .slice(before)
      .filter(({ write }) => write)
      .map(({ operation }) => operation);
    const proof = JSON.parse(outputs["proof"] || "[]") as {
      id: string;
      status: string;
      message: string;
    }[];
    return { code, outputs, summary, writes, proof };
  }

  const ask = (url: string) =>
    throughProxy(cloud, {
      method: "GET",
      url,
      headers: { Authorization: `Bearer ${token}` },
    });
  const withDomain = (more = "") =>
    `domain: { name: ${name}, certificate: "${certificate}", base-path: ai${more} }
waf: { web-acl: "${webAcl}" }
${plugin === undefined ? "" : "tls: TLS_1_2"}`;

  test("its life", async () => {
    const first = await run("up", withDomain());
    expect(first.outputs).toMatchObject({
      ready: "true",
      "base-url": `https://${name}/ai`,
      "invoke-url": `https://${name}/ai/score`,
      "dns-target": expect.stringMatching(/^d-.*\.execute-api\./) as string,
    });
    expect(first.writes).toEqual(
      expect.arrayContaining([
        "CreateDomainName",
        "CreateBasePathMapping",
        "AssociateWebACL",
      ]),
    );
    const { "dns-target": target = "" } = first.outputs;
    expect(domainIn(first.proof)).toMatchObject({
      id: "domain",
      status: "warning",
      message: expect.stringContaining(
        `DNS does not lead here yet: lead ${name} to ${target}`,
      ) as string,
    });

    domains.add(name);
    const second = await run("up", withDomain());
    expect(second.writes).toEqual([]);
    expect(second.outputs).toMatchObject({ changed: "false", ready: "true" });
    expect(domainIn(second.proof)).toMatchObject({
      id: "domain",
      status: "passed",
    });
    expect((await ask(`https://${name}/ai/score`)).status).toBe(200);

    domains.delete(name);
    const shut = await run("up", withDomain(", default-endpoint: false"));
    expect(shut.outputs).toMatchObject({ ready: "true" });
    // Through the regional host name, by the domain's own name.
    expect(
      shut.proof.filter(({ status }) => status === "passed").length,
    ).toBeGreaterThan(4);
    const { "api-id": id = "" } = first.outputs;
    expect(
      (await ask(`https://${id}.execute-api.${region}.amazonaws.com/v1/score`))
        .status,
    ).toBe(403);

    const refreshed = await run("refresh", withDomain());
    expect(refreshed.outputs).toMatchObject({ changed: "false" });

    const without = await run("up", "");
    expect(without.outputs["base-url"]).toBe(
      `https://${id}.execute-api.${region}.amazonaws.com/v1`,
    );
    expect(without.writes).toEqual(
      expect.arrayContaining([
        "DeleteDomainName",
        "DeleteBasePathMapping",
        "DisassociateWebACL",
      ]),
    );
    expect((await run("destroy", "")).code).toBe(0);
    expect(cloud.gateway.store.apis.size).toBe(0);
  });
});
