// One gate with everything that a gate can have at once, through dist/, engine and local cloud, with both AWS plugins: made, left alone,
// looked at for drift, refreshed, changed and destroyed. This is what `npm test` runs on the real Terraform AWS provider; each feature's
// own life is in the file of its name, and on that provider in `npm run test:rig`. A new feature has a line here.
import { makeKeys, serveKeys } from "../../local/issuer/issuer-keys.ts";
import { putParameter } from "../../local/demo/seed.ts";
import {
  callAws,
  nameOf,
  operationsOf,
  proofOf,
  type Rig,
  type Run,
  rest,
  restOf,
  startRig,
  succeeded,
} from "../fixtures/action-rig.ts";
import { mapAtOnce } from "../fixtures/at-once.ts";
import { outcomeOf, throughProxy } from "../fixtures/client.ts";
import { bothPlugins } from "../fixtures/plugins.ts";
import { makeTool } from "../fixtures/tool-function.ts";
import { makeWebAcl } from "../fixtures/web-acl.ts";

jest.setTimeout(600_000);

const account = "000000000000";
const name = "every.example.com";
const certificate = `arn:aws:acm:eu-west-1:${account}:certificate/11111111-1111-1111-1111-111111111111`;
const topic = `arn:aws:sns:eu-west-1:${account}:gate-alarms`;
const issuer = "https://login.example.com";
const upstreamKey = "sk-upstream-0123456789";
const token = "team-a.0123456789abcdefghijklmnopqrstuvwxyz";
const otherToken = "team-b.0123456789abcdefghijklmnopqrstuvwxyz";
const logsRole = "ai-gate-api-gateway-logs-eu-west-1";
const code =
  "export const handler = async () => ({ statusCode: 200, body: 'tool' });";

/** TLS_1_2, because the real provider (5.100) does not know the policies of 2025. */
const config = ({
  alarm = 5,
  more = "",
  network = "{ allow: [127.0.0.0/8], deny: [127.66.0.0/16] }",
  retention = 7,
  webAcl,
}: {
  alarm?: number;
  more?: string;
  network?: string;
  retention?: number;
  webAcl: string;
}) => `
store: dynamodb
auth: { issuers: { staff: { issuer: ${issuer}, audience: tools, jwks: keys.json } } }
upstreams:
  openai: { kind: openai, secret: ssm:/ai/openai }
  plain: { url: https://upstream.example.com/echo }
  tools: { kind: mcp, url: https://upstream.example.com/echo }
  tool: { kind: lambda, arn: "arn:aws:lambda:eu-west-1:${account}:function:tool:live" }
  scorer: { kind: sagemaker, endpoint: Scorer-v2 }
  trial: { kind: mock }
routes:
  - { path: "/openai/{proxy+}", methods: [GET, POST], upstream: openai }
  - { path: /score, methods: [POST], upstream: plain }
  - { path: /mcp, upstream: tools }
  - { path: /tool, methods: [POST], upstream: tool }
  - { path: /scorer, upstream: scorer }
  - { path: /trial, methods: [POST], upstream: trial }
${more}plans:
  basic: { rate: 50, burst: 100, quota: { limit: 1000, period: day } }
consumers:
  - { id: team-a, token: { env: TEAM_A_TOKEN }, plan: basic }
  - { id: team-b, token: { env: TEAM_B_TOKEN } }
  - { id: user, jwt: { issuer: staff } }
cors: { origins: [https://app.example.com] }
throttle: { rate: 80, burst: 160 }
network: ${network}
logs: { access: true, account-role: true, retention-days: ${retention} }
alarms: { topic: "${topic}", unauthorized: ${alarm} }
tracing: true
domain: { name: ${name}, certificate: "${certificate}", base-path: ai }
waf: { web-acl: "${webAcl}" }
tls: TLS_1_2
tags: { team: ml }
`;

/** By plugin and run: what was written, without order, since the engine works on several resources at once. */
const writeCalls: Record<string, Record<string, string[]>> = {};

/** One gate, with one plugin. */
interface Life {
  readonly plugin: string;
  readonly rig: Rig;
  readonly keys: string;
  readonly webAcl: string;
  /** What its last run handed over. */
  gate: Pick<Run, "outputs">;
}

let lives: readonly Life[] = [];
beforeAll(async () => {
  lives = await mapAtOnce(bothPlugins, ([plugin, file]) => begin(plugin, file));
});
afterAll(() => mapAtOnce(lives, ({ rig }) => rig.cloud.stop()));

async function begin(plugin: string, file: string | undefined): Promise<Life> {
  const rig = await startRig({
    plugin: file,
    domains: new Set([name]),
    upstream: {
      credentials: {
        "api.openai.com": {
          header: "authorization",
          value: `Bearer ${upstreamKey}`,
        },
      },
    },
  });
  const webAcl = await makeWebAcl(rig.cloud);
  await makeTool((one) => callAws(rig.cloud, one), code);
  await putParameter(rig.cloud, "/ai/openai", upstreamKey);
  const set = await serveKeys(makeKeys(["RS256"]), {
    issuer,
    jwksPath: "/jwks",
  });
  const keys = JSON.stringify({ keys: set.issuer.keys.toJSON() });
  return { plugin, rig, keys, webAcl, gate: { outputs: {} } };
}

/** The same with each plugin, side by side: the real one mostly waits. */
const inEach = (step: (life: Life) => Promise<void>) => () =>
  mapAtOnce(lives, (life) =>
    step(life).catch((cause: unknown) => {
      throw new Error(`with ${life.plugin}`, { cause });
    }),
  );

const run = async (
  { keys, rig, webAcl }: Life,
  command: string,
  given: Omit<Parameters<typeof config>[0], "webAcl"> = {},
) =>
  succeeded(
    await rig.run(command, "every", {
      environment: { TEAM_A_TOKEN: token, TEAM_B_TOKEN: otherToken },
      files: {
        "ai-gate.yml": config({ ...given, webAcl }),
        "keys.json": keys,
      },
    }),
  );
const record = ({ plugin }: Life, what: string, done: Run) => {
  (writeCalls[plugin] ??= {})[what] = operationsOf(done).sort();
  return done;
};
const metricAlarms = async ({ rig }: Life) => {
  const { MetricAlarms } = await callAws(rig.cloud, {
    service: "monitoring",
    target: "GraniteServiceVersion20100801.DescribeAlarms",
    body: {},
  });
  return MetricAlarms as { AlarmName: string; Threshold: number }[];
};
const logGroups = async ({ rig }: Life) => {
  const { logGroups: groups } = await callAws(rig.cloud, {
    service: "logs",
    target: "Logs_20140328.DescribeLogGroups",
    body: { logGroupNamePrefix: "/aws/apigateway/" },
  });
  return groups as { retentionInDays: number }[];
};

async function expectSignIn({ gate, rig }: Life) {
  const metadata = `https://${name}/ai/.well-known/oauth-protected-resource/mcp`;
  const refused = await rig.call(gate, "/mcp");
  expect(refused.status).toBe(401);
  expect(refused.headers["www-authenticate"]).toContain(
    `resource_metadata="${metadata}"`,
  );
  const document = await throughProxy(rig.cloud, {
    method: "GET",
    url: metadata,
    headers: {},
  });
  expect(JSON.parse(document.body)).toMatchObject({
    resource: `https://${name}/ai/mcp`,
    authorization_servers: [issuer],
  });
}

test(
  "up makes all of it, and the proof passes",
  inEach(async (life) => {
    const up = record(life, "up", await run(life, "up"));
    life.gate = up;
    expect(up.outputs).toMatchObject({
      ready: "true",
      "base-url": `https://${name}/ai`,
      "dns-target": expect.stringMatching(/^d-.*\.execute-api\./) as string,
    });
    const proof = proofOf(up);
    expect(proof.filter(({ status }) => status === "failed")).toEqual([]);
    const passed = proof.flatMap(({ id, status }) =>
      status === "passed" ? [id] : [],
    );
    expect(passed).toEqual(
      expect.arrayContaining(["closed POST /tool", "domain", "wrong"]),
    );
    expect(operationsOf(up)).toEqual(
      expect.arrayContaining([
        "AssociateWebACL",
        "CreateBasePathMapping",
        "CreateDomainName",
        "CreateTable",
        "CreateUsagePlanKey",
        "PutMetricAlarm",
      ]),
    );
  }),
);

test(
  "callers get what is theirs, nobody else anything",
  inEach(async (life) => {
    const refused = "401 UNAUTHORIZED";
    for (const [path, outcome] of [
      ["/score", "200"],
      // The services miss a model and instances: their own refusals are passed on.
      ["/openai/chat/completions", "400"],
      ["/scorer", "424"],
      ["/tool", "200"],
      ["/trial", "200"],
    ] as const) {
      expect(outcomeOf(await life.rig.call(life.gate, path, token))).toBe(
        outcome,
      );
      expect(outcomeOf(await life.rig.call(life.gate, path))).toBe(refused);
    }
    expect(
      outcomeOf(await life.rig.call(life.gate, "/score", otherToken)),
    ).toBe("200");
    expect(
      outcomeOf(await life.rig.call(life.gate, "/score", `${token}x`)),
    ).toBe(refused);
    await expectSignIn(life);
    const seen = JSON.stringify(life.rig.cloud.upstream.requests());
    expect(seen).toContain(upstreamKey);
    expect(seen).not.toContain(token);
  }),
);

test(
  "what is recorded, and who is told",
  inEach(async (life) => {
    const get = (path: string) =>
      callAws(life.rig.cloud, { service: "apigateway", method: "GET", path });
    expect(await get("/account")).toMatchObject({
      cloudwatchRoleArn: `arn:aws:iam::${account}:role/${logsRole}`,
    });
    const stage = `/restapis/${life.gate.outputs["api-id"] ?? ""}/stages/v1`;
    expect(await get(stage)).toMatchObject({
      tracingEnabled: true,
      tags: { team: "ml" },
      accessLogSettings: {
        destinationArn: expect.stringContaining(
          `${nameOf("every")}-access`,
        ) as string,
      },
    });
    expect(await logGroups(life)).toMatchObject([{ retentionInDays: 7 }]);
    expect(await metricAlarms(life)).toHaveLength(4);
  }),
);

test(
  "a second up does nothing; there is no drift, a refresh finds nothing, and nothing is to do after it",
  inEach(async (life) => {
    expect(restOf(await run(life, "up"))).toEqual(rest);
    expect(restOf(await run(life, "drift"))).toEqual(rest);
    expect((await run(life, "refresh")).outputs["changes"]).toBe("[]");
    expect(restOf(await run(life, "up"))).toEqual(rest);
  }),
);

test(
  "what is changed is changed in place, and the import takes nothing away",
  inEach(async (life) => {
    life.gate = record(
      life,
      "change",
      await run(life, "up", {
        alarm: 7,
        more: "  - { path: /more, methods: [POST], upstream: plain }\n",
        network: "{ allow: [127.0.0.0/8] }",
        retention: 14,
      }),
    );
    expect(life.gate.outputs).toMatchObject({
      ready: "true",
      "create-count": "0",
    });
    expect(outcomeOf(await life.rig.call(life.gate, "/more", token))).toBe(
      "200",
    );
    await expectSignIn(life);
    expect(await logGroups(life)).toMatchObject([{ retentionInDays: 14 }]);
    const alarms = await metricAlarms(life);
    expect(
      alarms.find(({ AlarmName }) => AlarmName.endsWith("-unauthorized")),
    ).toMatchObject({ Threshold: 7 });
    const [api] = [...life.rig.cloud.gateway.store.apis.values()];
    expect(api?.parts.api.policy).not.toContain("127.66.0.0/16");
  }),
);

test(
  "destroy leaves nothing but the account's role",
  inEach(async (life) => {
    record(life, "destroy", await run(life, "destroy"));
    expect(life.rig.cloud.gateway.store.apis.size).toBe(0);
    expect(await metricAlarms(life)).toEqual([]);
    expect(await logGroups(life)).toEqual([]);
  }),
);

test("both plugins make the same write calls", () => {
  const [standIn, real] = bothPlugins.map(([plugin]) => writeCalls[plugin]);
  expect(Object.keys(standIn!)).toEqual(["up", "change", "destroy"]);
  if (real !== undefined) expect(standIn).toEqual(real);
});
