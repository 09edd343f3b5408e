// A gate with networks through dist/, engine and local cloud, with both AWS plugins in `npm run test:rig`: its policy comes, is left alone, changes and goes.
// Every call comes from loopback.
import {
  type Rig,
  rest,
  restOf,
  startRig,
  succeeded,
} from "../fixtures/action-rig.ts";
import { pluginsOfRun } from "../fixtures/plugins.ts";

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

describe.each(pluginsOfRun)("with %s", (_, plugin) => {
  let rig: Rig;
  let gate: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => {
    rig = await startRig({ plugin });
  });
  afterAll(() => rig.cloud.stop());

  const run = async (command: string, network: string) =>
    succeeded(
      await rig.run(command, "prod", {
        environment: { TEAM_A_TOKEN: token },
        files: { "ai-gate.yml": config(network) },
      }),
    );
  const statuses = async () => {
    const [score, health] = await Promise.all([
      rig.call(gate, "/score", token),
      rig.call(gate, "/healthz", undefined, "GET"),
    ]);
    return [score.status, health.status];
  };
  const policy = () =>
    [...rig.cloud.gateway.store.apis.values()].map(
      ({ parts }) => parts.api.policy,
    );

  test("callers of the network pass, and the proof is one", async () => {
    gate = await run("up", here);
    expect(gate.outputs["ready"]).toBe("true");
    expect(await statuses()).toEqual([200, 200]);
    expect(policy()[0]).toContain("127.66.0.0/16");
  });

  test("a second up, also behind a refresh, changes and writes nothing", async () => {
    expect(restOf(await run("up", here))).toEqual(rest);
    const refresh = await run("refresh", here);
    expect(refresh.outputs["changes"]).toBe("[]");
    expect(restOf(await run("up", here))).toEqual(rest);
  });

  test("another network: closed for this run, which says so and calls nothing proved", async () => {
    const { outputs, summary } = await run("up", elsewhere);
    expect(outputs["ready"]).toBe("false");
    expect(outputs["failure-reason"]).toBe("");
    expect(outputs["verdict"]).toContain("takes no calls from this runner");
    expect(summary).toContain("The gate takes calls from");
    expect(await statuses()).toEqual([403, 403]);
    expect(restOf(await run("up", elsewhere))).toEqual(rest);
  });

  test("no network any more: the policy of the deployed gate denies nobody", async () => {
    await run("refresh", elsewhere);
    const { outputs, summary } = await run("up", "");
    expect(summary).toContain("may also call from any address but");
    expect(outputs["ready"]).toBe("true");
    expect(await statuses()).toEqual([200, 200]);
    expect(policy()[0]).not.toContain("Deny");
    expect(restOf(await run("up", ""))).toEqual(rest);
  });

  test("destroy leaves nothing behind", async () => {
    await run("destroy", "");
    expect(policy()).toEqual([]);
  });
});
