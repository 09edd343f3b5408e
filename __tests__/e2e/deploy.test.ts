// The main job through the committed dist/, the real engine and the local cloud: preview, up with proof, calls with tokens,
// a second up that changes nothing, a removed route, destroy. Runs with the stand-in AWS plugin and, in `npm run test:rig`,
// with the real Terraform AWS provider behind the same tokens (the truth rig).
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Cloud, startCloud } from "../../local/cloud/cloud.ts";
import type { LedgerCall } from "../../local/apigateway/model.ts";
import { putParameter } from "../../local/demo/seed.ts";
import { throughProxy } from "../fixtures/client.ts";
import { pluginsOfRun } from "../fixtures/plugins.ts";
import {
  runAction,
  type RunOptions,
  type RunResult,
} from "../fixtures/runner.ts";

jest.setTimeout(180_000);

const token = "team-a.0123456789abcdefghijklmnopqrstuvwxyz";
const otherToken = "team-b.0123456789abcdefghijklmnopqrstuvwxyz";
const passphrase = "passphrase-canary-0123456789";
const upstreamKey = "sk-canary-upstream-key-0123456789";

const config = (routes: string[]) => `
token-header: [Authorization, x-api-key]
upstreams:
  openai: { url: https://api.openai.com/v1, secret: ssm:/ai/openai }
  models: { url: https://api.openai.com/v1/models, secret: ssm:/ai/openai }
  plain: { url: https://upstream.example.com/score }
routes:
${routes.map((route) => `  - ${route}`).join("\n")}
consumers:
  - { id: team-a, token: { env: TEAM_A_TOKEN } }
  - { id: team-b, token: { env: TEAM_B_TOKEN }, routes: [/score, "GET /openai/models"] }
cors: { origins: [https://app.example.com] }
`;
const chat =
  '{ path: "/openai/{proxy+}", methods: [POST, GET], upstream: openai }';
const models = "{ path: /openai/models, methods: [GET], upstream: models }";
const score =
  "{ path: /score, methods: [POST], upstream: plain, stream: false, timeout: 29 }";
const extra = "{ path: /extra, methods: [GET], upstream: plain }";

/** What the tutorial's authorizer does, and the same for an authorizer that gets the whole request. */
const python: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ["token", 'event["authorizationToken"] != "Bearer allow-me"'],
    [
      "request",
      '[v for k, v in event["headers"].items() if k.lower() == "x-team"] != ["allow-me"]',
    ],
  ].map(([type = "", isWrong = ""]) => [
    type,
    `
def handler(event, context):
    if ${isWrong}:
        raise Exception("Unauthorized")
    return {
        "principalId": "user",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": event["methodArn"]}],
        },
    }
`,
  ]),
);

/** By plugin and phase: what was written, without order, since the engine works on several resources at once. */
const writeCalls: Record<string, Record<string, string[]>> = {};

describe.each(pluginsOfRun)("with %s", (pluginName, plugin) => {
  let cloud: Cloud;
  let state: string;
  let temp: string;
  let url = "";
  const runs: RunResult[] = [];

  beforeAll(async () => {
    cloud = await startCloud({
      region: "eu-west-1",
      ...(plugin === undefined ? {} : { plugin }),
      upstream: {
        credentials: {
          "api.openai.com": {
            header: "authorization",
            value: `Bearer ${upstreamKey}`,
          },
        },
      },
    });
    state = mkdtempSync(path.join(tmpdir(), "ai-gate-state-"));
    temp = cloud.directory;
    await putParameter(cloud, "/ai/openai", upstreamKey);
  });

  afterAll(async () => {
    await cloud.stop();
    rmSync(state, { recursive: true, force: true });
  });

  async function run(
    command: string,
    routes: string[],
    { files = {}, inputs = {} }: Pick<RunOptions, "files" | "inputs"> = {},
  ): Promise<RunResult & { writes: LedgerCall[] }> {
    const before = cloud.gateway.ledger.length;
    const result = await runAction({
      inputs: {
        command,
        stack: "prod",
        region: "eu-west-1",
        backend: `file://${state}`,
        ...inputs,
      },
      // The truth rig keeps archives in TMPDIR and their paths in the state, so that directory must stay the same.
      environment: {
        ...cloud.env,
        RUNNER_TEMP: temp,
        TMPDIR: temp,
        PULUMI_CONFIG_PASSPHRASE: passphrase,
        TEAM_A_TOKEN: token,
        TEAM_B_TOKEN: otherToken,
      },
      files: { "ai-gate.yml": config(routes), ...files },
    });
    runs.push(result);
    const writes = cloud.gateway.ledger
      .slice(before)
      .filter(
        (call) =>
          call.write &&
          call.operation !== "Invoke" &&
          call.operation !== "PutParameter",
      );
    return { ...result, writes };
  }

  const call = (
    method: string,
    route: string,
    options: {
      token?: string;
      headers?: Record<string, string>;
      body?: string;
    } = {},
  ) =>
    throughProxy(cloud, {
      method,
      url: url + route,
      headers: {
        ...(options.token !== undefined && {
          authorization: `Bearer ${options.token}`,
        }),
        ...options.headers,
      },
      ...(options.body === undefined ? {} : { body: options.body }),
    });

  function record(phase: string, writes: readonly LedgerCall[]): void {
    const names = writes.map(
      ({ operation, service }) => `${service} ${operation}`,
    );
    (writeCalls[pluginName] ??= {})[phase] = names.sort();
  }

  test("a preview of a new gate says what it would create, and creates nothing", async () => {
    const { code, outputs, writes } = await run("preview", [
      chat,
      models,
      score,
      extra,
    ]);
    expect({
      code,
      verdict: outputs["verdict"],
      created: outputs["create-count"],
    }).toEqual({ code: 0, verdict: "9 to create", created: "9" });
    expect(writes.map(({ operation }) => operation)).toEqual([]);
  });

  test("up deploys, proves the gate and hands over its URL", async () => {
    const { code, outputs, stdout, writes } = await run("up", [
      chat,
      models,
      score,
      extra,
    ]);
    if (code !== 0) console.error(stdout);
    expect(code).toBe(0);
    expect(outputs).toMatchObject({
      ready: "true",
      "failure-reason": "",
      "create-count": "9",
      "stage-name": "v1",
      region: "eu-west-1",
    });
    expect(outputs["invoke-url"]).toMatch(
      /^https:\/\/[a-z0-9]{10}\.execute-api\.eu-west-1\.amazonaws\.com\/v1\/openai$/,
    );
    const proof = JSON.parse(outputs["proof"]!) as {
      status: string;
      title: string;
    }[];
    expect(proof.filter(({ status }) => status === "failed")).toEqual([]);
    expect(
      proof.filter(({ status }) => status === "passed").length,
    ).toBeGreaterThanOrEqual(8);
    url = outputs["base-url"]!;
    record("up", writes);
  });

  test.each([
    ["no credential", "POST", "/openai/chat/completions", undefined, 401],
    [
      "a wrong one",
      "POST",
      "/openai/chat/completions",
      "wrong.0123456789abcdefghijklmnopqrstuv",
      401,
    ],
    ["a right one", "POST", "/openai/chat/completions", token, 200],
    [
      "a right one on an allowed exact route",
      "POST",
      "/score",
      otherToken,
      200,
    ],
    [
      "a right one on a route it may not call",
      "POST",
      "/openai/chat/completions",
      otherToken,
      403,
    ],
    [
      "a right one on the exact route beside a greedy one",
      "GET",
      "/openai/models",
      otherToken,
      200,
    ],
    [
      "a right one on what is beside the exact route",
      "GET",
      "/openai/models/gpt-5",
      otherToken,
      403,
    ],
    [
      "a right one with a method it may not call",
      "POST",
      "/openai/models",
      otherToken,
      403,
    ],
    ["an unknown route", "GET", "/nowhere", token, 404],
    ["health", "GET", "/healthz", undefined, 200],
  ])("%s: %s %s", async (_, method, route, credential, status) => {
    const body = JSON.stringify({
      model: "gpt-5",
      messages: [{ role: "user", content: "hello" }],
    });
    const answer = await call(method, route, {
      ...(credential === undefined ? {} : { token: credential }),
      ...(method === "POST" ? { body } : {}),
    });
    expect(answer.status).toBe(status);
  });

  test.each<[string, Record<string, string>, number]>([
    ["the second token header", { "x-api-key": token }, 200],
    [
      "both, the same",
      { "X-Api-Key": token, authorization: `bearer ${token}` },
      200,
    ],
    [
      "both, of two callers",
      { "x-api-key": token, authorization: `Bearer ${otherToken}` },
      401,
    ],
    [
      "both, one unknown",
      { "x-api-key": `${token}x`, authorization: `Bearer ${token}` },
      401,
    ],
    [
      "the token where it would travel on",
      { "x-api-key": token, cookie: `key=${token}` },
      403,
    ],
  ])("with %s", async (_, headers, status) => {
    const answer = await call("GET", "/openai/models", { headers });
    expect(answer.status).toBe(status);
    expect(answer.body).not.toContain(token);
  });

  test("the upstream saw its own key and the consumer, never a caller's token", () => {
    const requests = cloud.upstream.requests();
    expect(requests.length).toBeGreaterThan(0);
    expect(JSON.stringify(requests)).not.toContain(token);
    const asked = requests.find(
      ({ host, path: at }) =>
        host === "api.openai.com" && at === "/v1/chat/completions",
    );
    expect(asked?.headers).toMatchObject({
      authorization: `Bearer ${upstreamKey}`,
      "x-gate-consumer": "team-a",
    });
    expect(
      requests.find(({ host }) => host === "upstream.example.com")?.headers[
        "authorization"
      ],
    ).toBe("none");
  });

  test("a streamed answer arrives piece by piece", async () => {
    const answer = await call("POST", "/openai/chat/completions", {
      token,
      body: JSON.stringify({
        model: "gpt-5",
        stream: true,
        messages: [{ role: "user", content: "hello" }],
      }),
    });
    expect(answer.pieces).toBeGreaterThan(1);
    expect(answer.body).toContain("data: [DONE]");
  });

  test("a second up changes nothing and makes no write call", async () => {
    const { code, outputs, writes } = await run("up", [
      chat,
      models,
      score,
      extra,
    ]);
    expect({
      code,
      changed: outputs["changed"],
      ready: outputs["ready"],
    }).toEqual({ code: 0, changed: "false", ready: "true" });
    expect(writes.map(({ operation }) => operation)).toEqual([]);
  });

  test("a removed route is gone, proved, and nothing else is touched", async () => {
    const { code, outputs, summary, writes } = await run("up", [
      chat,
      models,
      score,
    ]);
    record("update", writes);
    expect({
      code,
      replaced: outputs["replace-count"],
      updated: outputs["update-count"],
      created: outputs["create-count"],
    }).toEqual({
      code: 0,
      replaced: "1", // the deployment
      updated: "3", // the document, the stage's deployment, and the authorizer, which knows the routes
      created: "0",
    });
    expect((await call("GET", "/extra", { token })).status).toBe(404);
    expect(outputs["proof"]).toContain("GET /extra, removed");
    expect(summary).toContain("/extra");
    expect(summary).toMatch(
      /Snippets to copy[^]*curl "https:\/\/[^"]*\/v1\/[^]*\$GATE_TOKEN/,
    );
  });

  test("another region for the same stack is refused, and nothing is touched", async () => {
    const { annotations, code, writes } = await run(
      "refresh",
      [chat, models, score],
      { inputs: { region: "us-east-1" } },
    );
    expect(code).toBe(1);
    expect(annotations[0]?.message).toContain(
      'region: "us-east-1" is not where the stack prod is (eu-west-1)',
    );
    expect(writes).toEqual([]);
  });

  test.each<[string, string, Record<string, string>]>([
    ["token", "Authorization", { authorization: "Bearer allow-me" }],
    ["request", "X-Team", { "x-team": "allow-me" }],
  ])(
    "a %s authorizer of the user's own, in Python, behind the gate's",
    async (type, header, right) => {
      const { outputs, stdout, writes } = await run("up", [], {
        inputs: { stack: `own-${type}`, "proof-token": "allow-me" },
        files: {
          "ai-gate.yml": `
token-header: ${header}
auth: { mode: custom, type: ${type}, directory: ./authorizer }
upstreams: { openai: { url: https://api.openai.com/v1, secret: ssm:/ai/openai } }
routes: [${chat}]
`,
          "authorizer/authorizer.py": python[type] ?? "",
        },
      });
      if (outputs["ready"] !== "true") console.error(stdout);
      expect(outputs["ready"]).toBe("true");
      record(`own ${type}`, writes);
      const ask = async (path: string, headers: Record<string, string>) =>
        (
          await throughProxy(cloud, {
            method: "GET",
            url: `${outputs["base-url"] ?? ""}${path}`,
            headers,
          })
        ).status;
      const before = cloud.upstream.requests().length;
      expect([
        await ask("/openai/models", {}),
        await ask("/openai/models", { [header]: "Bearer wrong" }),
        await ask("/openai/models", right),
        await ask("/openai/..%2fadmin", right),
      ]).toEqual([401, 401, 200, 403]);
      const seen = cloud.upstream.requests().slice(before);
      expect(seen.map(({ headers }) => headers["authorization"])).toEqual([
        `Bearer ${upstreamKey}`,
      ]);
      expect(JSON.stringify(seen)).not.toContain("allow-me");
      await run("destroy", [], { inputs: { stack: `own-${type}` } });
    },
  );

  test("destroy leaves nothing behind", async () => {
    const { code, outputs, writes } = await run("destroy", [
      chat,
      models,
      score,
    ]);
    record("destroy", writes);
    expect({ code, deleted: outputs["delete-count"] }).toEqual({
      code: 0,
      deleted: "9",
    });
    expect(cloud.gateway.store.apis.size).toBe(0);
  });

  test("no token, key or passphrase in any log, output, summary or state", () => {
    const canaries = [token, otherToken, upstreamKey, passphrase];
    for (const { stdout, stderr, outputs, summary } of runs) {
      const logged = stdout.replace(/^::add-mask::.*$/gm, "");
      for (const canary of canaries) {
        expect(
          logged + stderr + JSON.stringify(outputs) + summary,
        ).not.toContain(canary);
      }
    }
  });
});

test("both plugins make the same write calls", () => {
  const [standIn, real] = pluginsOfRun.map(([name]) => writeCalls[name]);
  expect(Object.keys(standIn!)).toEqual([
    "up",
    "update",
    "own token",
    "own request",
    "destroy",
  ]);
  // There is no table of known differences, because there is none.
  if (real !== undefined) expect(standIn).toEqual(real);
});
