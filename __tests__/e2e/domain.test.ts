// A gate with a domain and a firewall, through dist/, engine and local cloud: before its DNS record is there, after that, and without the
// default endpoint. The real Terraform AWS provider (5.100) does not know the API's `securityPolicy` and `endpointAccessMode` (there they stand
// in the document alone), and refuses the policies of 2025 for a domain name: with it the gate has TLS_1_2, and nothing is shown of the others.
import { throughProxy } from "../fixtures/client.ts";
import {
  operationsOf,
  proofOf,
  type Rig,
  startRig,
  succeeded,
} from "../fixtures/action-rig.ts";
import { pluginsOfRun } from "../fixtures/plugins.ts";
import { makeWebAcl } from "../fixtures/web-acl.ts";

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

describe.each(pluginsOfRun)("with %s", (_, plugin) => {
  const domains = new Set<string>();
  let rig: Rig;
  let webAcl: string;

  beforeAll(async () => {
    rig = await startRig({ plugin, domains });
    webAcl = await makeWebAcl(rig.cloud);
  });
  afterAll(() => rig.cloud.stop());

  async function run(command: string, more: string) {
    const done = succeeded(
      await rig.run(command, "prod", {
        environment: { TEAM_A_TOKEN: token },
        files: { "ai-gate.yml": config(more) },
      }),
    );
    const proof = proofOf(done);
    const domain = proof.find(({ id }) => id === "domain");
    return { ...done, writes: operationsOf(done), proof, domain };
  }

  const ask = (url: string) =>
    throughProxy(rig.cloud, {
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
    expect(first.domain).toMatchObject({
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
    expect(second.domain).toMatchObject({
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
    await run("destroy", "");
    expect(rig.cloud.gateway.store.apis.size).toBe(0);
  });
});
