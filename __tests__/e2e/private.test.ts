// A private gate through dist/, engine and local cloud, with both AWS plugins in `npm run test:rig`: a run from elsewhere proves nothing, one in the VPC does.
import {
  type Rig,
  type Run,
  rest,
  restOf,
  startRig,
  succeeded,
} from "../fixtures/action-rig.ts";
import { pluginsOfRun } from "../fixtures/plugins.ts";

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
/** Such a run waits in vain. */
const fromElsewhere = { "proof-timeout": "2" };

describe.each(pluginsOfRun)("with %s", (_, plugin) => {
  let rig: Rig;
  let gate: Run;
  let endpoint: string | undefined;
  beforeAll(async () => {
    rig = await startRig({ plugin, vpcEndpoint: () => endpoint });
  });
  afterAll(() => rig.cloud.stop());

  const run = async (command: string, text: string, inputs = {}) =>
    succeeded(
      await rig.run(command, "prod", {
        inputs,
        environment: { TEAM_A_TOKEN: token },
        files: { "ai-gate.yml": config(text) },
      }),
    );
  const status = async (from?: string) => {
    endpoint = from;
    return (await rig.call(gate, "/score", token)).status;
  };
  const apis = () =>
    [...rig.cloud.gateway.store.apis.values()].map(({ parts }) => parts.api);

  test("a run from elsewhere proves nothing, and says so", async () => {
    gate = await run("up", through(own), fromElsewhere);
    const { outputs, summary } = gate;
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
    expect(restOf(second)).toEqual(rest);
    expect(second.outputs["ready"]).toBe("true");
    await run("refresh", through(own));
    expect(restOf(await run("up", through(own)))).toEqual(rest);
  });

  test("another endpoint comes, and the former goes", async () => {
    endpoint = other;
    const { outputs, summary } = await run("up", through(other));
    expect(outputs["ready"]).toBe("true");
    expect(summary).toContain("may no longer be called through");
    expect([await status(own), await status(other)]).toEqual([403, 200]);
    endpoint = other;
    expect(restOf(await run("up", through(other)))).toEqual(rest);
  });

  test("regional: a new API, and private again in place", async () => {
    const [former] = apis();
    endpoint = undefined;
    gate = await run("up", "");
    expect(gate.outputs["ready"]).toBe("true");
    expect(await status()).toBe(200);
    expect(apis()).toHaveLength(1);
    expect(apis()[0]?.id).not.toBe(former?.id);
    expect(apis()[0]?.policy).toBeUndefined();
    const [regional] = apis();
    await run("up", through(own), fromElsewhere);
    expect(apis()[0]?.id).toBe(regional?.id);
    expect([await status(), await status(own)]).toEqual([403, 200]);
  });

  test("destroy leaves nothing behind", async () => {
    await run("destroy", through(own));
    expect(apis()).toEqual([]);
  });
});
