// What a gate records and who is told, through dist/ and the real engine, with the stand-in AWS plugin and, in
// `npm run test:rig`, the real Terraform provider.
import {
  callAws,
  nameOf,
  type Rig,
  type Run,
  rest,
  restOf,
  startRig,
} from "../fixtures/action-rig.ts";
import { pluginsOfRun } from "../fixtures/plugins.ts";

jest.setTimeout(600_000);

const token = "team-a.0123456789abcdefghijklmnopqrstuvwxyz";
const plain = `
upstreams:
  main: { url: https://upstream.example.com/echo }
routes:
  - { path: /score, methods: [POST], upstream: main }
consumers:
  - { id: team-a, token: { env: TEAM_A_TOKEN } }
`;
const topic = "arn:aws:sns:eu-west-1:000000000000:gate-alarms";
const watched = (role: boolean) => `${plain}
logs: { access: true, account-role: ${role}, retention-days: 7 }
alarms: { topic: "${topic}", server-errors: 3 }
tracing: true
tags: { team: ml }
`;

const name = nameOf("watched");
const kinds = [
  "authorizer-errors",
  "server-errors",
  "throttled",
  "unauthorized",
];

describe.each(pluginsOfRun)("with %s", (_, plugin) => {
  let rig: Rig;
  let gate: Run;
  const run = (command: string, text: string) =>
    rig.run(command, "watched", {
      files: { "ai-gate.yml": text },
      environment: { TEAM_A_TOKEN: token },
    });
  const gateway = (path: string) =>
    callAws(rig.cloud, { service: "apigateway", method: "GET", path });
  const logs = (operation: string, body: object) =>
    callAws(rig.cloud, {
      service: "logs",
      target: `Logs_20140328.${operation}`,
      body,
    });
  const alarms = async () => {
    const { MetricAlarms } = await callAws(rig.cloud, {
      service: "monitoring",
      target: "GraniteServiceVersion20100801.DescribeAlarms",
      body: {},
    });
    return MetricAlarms as Record<string, unknown>[];
  };

  beforeAll(async () => {
    rig = await startRig({ plugin });
  });
  afterAll(() => rig.cloud.stop());

  test("without the account's role nothing is made, and what to do is said", async () => {
    const { code, outputs, stdout, writes } = await run("up", watched(false));
    expect([code, outputs["failure-reason"]]).toEqual([1, "invalid-input"]);
    expect(stdout).toContain("API Gateway has no role for logs");
    expect(writes).toEqual([]);
  });

  test("with `account-role` it is made once, and everything else with it", async () => {
    gate = await run("up", watched(true));
    expect(gate.stdout).toContain("ai-gate-api-gateway-logs-eu-west-1 is now");
    expect(gate.code).toBe(0);
    expect(await gateway("/account")).toMatchObject({
      cloudwatchRoleArn:
        "arn:aws:iam::000000000000:role/ai-gate-api-gateway-logs-eu-west-1",
    });
    const stage = await gateway(
      `/restapis/${gate.outputs["api-id"]}/stages/v1`,
    );
    expect(stage).toMatchObject({
      tracingEnabled: true,
      tags: { team: "ml" },
      accessLogSettings: {
        destinationArn: expect.stringMatching(
          new RegExp(`:log-group:/aws/apigateway/${name}-access$`),
        ),
        format: expect.stringContaining("$context.requestId"),
      },
    });
    expect(
      await logs("DescribeLogGroups", {
        logGroupNamePrefix: "/aws/apigateway/",
      }),
    ).toMatchObject({ logGroups: [{ retentionInDays: 7 }] });
    expect((await alarms()).map(({ AlarmName }) => AlarmName).sort()).toEqual(
      kinds.map((kind) => `${name}-${kind}`),
    );
  });

  test("a second up, and one after a refresh, change nothing", async () => {
    expect(restOf(await run("up", watched(true)))).toEqual(rest);
    const drift = await run("drift", watched(true));
    expect([drift.code, drift.outputs["changed"]]).toEqual([0, "false"]);
    const third = await run("refresh", watched(true));
    expect([third.code, third.outputs["changed"]]).toEqual([0, "false"]);
    expect(restOf(await run("up", watched(true)))).toEqual(rest);
  });

  test("what AWS would send on is a check of the run that made the document", () => {
    const proof = JSON.parse(gate.outputs["proof"] ?? "[]") as {
      id: string;
      status: string;
    }[];
    expect(proof).toContainEqual(
      expect.objectContaining({ id: "received main", status: "passed" }),
    );
    expect(gate.summary).toContain("received main");
  });

  test("without them all is as before, and the account's role stays", async () => {
    const off = await run("up", plain);
    expect(off.code).toBe(0);
    const stage = await gateway(`/restapis/${off.outputs["api-id"]}/stages/v1`);
    expect(stage).toMatchObject({ tracingEnabled: false });
    expect(stage).not.toHaveProperty("accessLogSettings");
    expect(await alarms()).toEqual([]);
    expect(await gateway("/account")).toHaveProperty("cloudwatchRoleArn");
    expect(restOf(await run("up", plain))).toEqual(rest);
  });

  test("an account with a role needs no `account-role`; destroy leaves no log and no alarm", async () => {
    expect((await run("up", watched(false))).code).toBe(0);
    expect((await run("destroy", watched(false))).code).toBe(0);
    expect(await alarms()).toEqual([]);
    expect(await logs("DescribeLogGroups", {})).toMatchObject({
      logGroups: [],
    });
    expect(await gateway("/account")).toHaveProperty("cloudwatchRoleArn");
  });
});
