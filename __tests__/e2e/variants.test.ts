// Gates other than the main one, through dist/, engine and local cloud: the tutorial's own Python authorizer, a Node one, a
// header of the user's choice, 250 routes for the price of one, and a proof that fails as loudly as it must.
import { type Cloud, startCloud } from "../../local/cloud/cloud.ts";
import { putParameter } from "../../local/demo/seed.ts";
import { outcomeOf, throughProxy } from "../fixtures/client.ts";
import { runAction, type RunOptions } from "../fixtures/runner.ts";

jest.setTimeout(180_000);

let cloud: Cloud;

beforeAll(async () => {
  const upstreamHosts = [
    "bedrock-runtime.us-east-1.amazonaws.com",
    "generativelanguage.googleapis.com",
    "mcp.example.com",
  ];
  cloud = await startCloud({ region: "eu-west-1", upstreamHosts });
  await putParameter(cloud, "/ai/key", "sk-variant-0123456789");
});
afterAll(() => cloud.stop());

async function run(command: string, stack: string, options: RunOptions = {}) {
  const before = cloud.gateway.ledger.length;
  const result = await runAction({
    ...options,
    inputs: {
      command,
      stack,
      region: "eu-west-1",
      backend: `file://${cloud.directory}/state`,
      ...options.inputs,
    },
    environment: {
      ...cloud.env,
      RUNNER_TEMP: cloud.directory,
      TOKEN: token,
      ...options.environment,
    },
  });
  const writes = cloud.gateway.ledger
    .slice(before)
    .filter(
      ({ operation, service, write }) =>
        write &&
        operation !== "Invoke" &&
        ["apigateway", "iam", "lambda", "logs"].includes(service),
    )
    .map(({ operation }) => operation);
  return { ...result, writes };
}

const token = "caller.0123456789abcdefghijklmnopqrstuvwxyz";
const call = (
  url: string,
  headers: Record<string, string> = {},
  method = "GET",
) =>
  throughProxy(cloud, {
    method,
    url,
    headers,
    ...(method === "GET" ? {} : { body: "{}" }),
  });

// The authorizer of the tutorial: it knows one token, allows the method that was called, and returns no context.
const python = `
def handler(event, context):
    if event["authorizationToken"] != "Bearer allow-me":
        raise Exception("Unauthorized")
    return {
        "principalId": "user",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": event["methodArn"]}],
        },
    }
`;

test("the tutorial's parts: a Python authorizer.handler in ./authorizer guards /myservice, and no credential leaks", async () => {
  const inputs = {
    authorizer: "./authorizer",
    upstream: "https://upstream.example.com/echo",
    "proof-token": "allow-me",
  };
  const { code, outputs, stdout } = await run("up", "tutorial", {
    inputs,
    files: { "authorizer/authorizer.py": python },
  });
  if (code !== 0) console.error(stdout);
  expect(outputs).toMatchObject({ ready: "true", "create-count": "9" });
  const url = outputs["invoke-url"]!;
  expect(url).toMatch(/\/v1\/myservice$/);
  cloud.upstream.clear();
  expect((await call(url)).status).toBe(401);
  expect((await call(url, { authorization: "Bearer wrong" })).status).toBe(401);
  expect((await call(url, { authorization: "Bearer allow-me" })).status).toBe(
    200,
  );
  expect(JSON.stringify(cloud.upstream.requests())).not.toContain("allow-me");
  expect((await run("destroy", "tutorial")).outputs["delete-count"]).toBe("9");
});

test("without a proof token the positive checks of a custom authorizer are reported as not made", async () => {
  const inputs = {
    authorizer: "authorizer",
    upstream: "https://upstream.example.com/echo",
  };
  const source = `exports.handler = async (event) => { throw new Error("Unauthorized"); };`;
  const { code, outputs } = await run("up", "closed", {
    inputs,
    files: { "authorizer/authorizer.js": source },
  });
  expect(code).toBe(0);
  const proof = JSON.parse(outputs["proof"]!) as { status: string }[];
  expect(proof.some(({ status }) => status === "not-made")).toBe(true);
  expect(proof.some(({ status }) => status === "failed")).toBe(false);
});

test("an authorizer that lets everybody in fails the run as gate-broken, loudly, with its URL still in the outputs", async () => {
  const inputs = {
    authorizer: "authorizer",
    upstream: "https://upstream.example.com/echo",
  };
  const source = `exports.handler = async (event) => ({ principalId: "x", policyDocument: { Version: "2012-10-17",
    Statement: [{ Action: "execute-api:Invoke", Effect: "Allow", Resource: "*" }] } });`;
  const { annotations, code, outputs } = await run("up", "open", {
    inputs: { ...inputs, "proof-timeout": "4" },
    files: { "authorizer/authorizer.js": source },
  });
  expect({
    code,
    reason: outputs["failure-reason"],
    ready: outputs["ready"],
  }).toEqual({ code: 1, reason: "gate-broken", ready: "false" });
  expect(outputs["base-url"]).toMatch(/^https:/);
  expect(annotations.at(-1)?.message).toMatch(/^THE GATE IS NOT CLOSED/);
});

test("a key that upstreams refuse fails the run for that reason, and the next run is green once it is right", async () => {
  const config = `
upstreams:
  openai: { kind: openai, secret: ssm:/ai/key }
  claude: { kind: anthropic, secret: ssm:/ai/key }
  gemini: { kind: gemini, secret: ssm:/ai/key }
  nova: { kind: bedrock, region: us-east-1, models: [openai.gpt-oss-120b-1:0] }
  tools: { kind: mcp, url: https://mcp.example.com/mcp, secret: ssm:/ai/key }
  plain: { url: https://upstream.example.com/echo }
routes:
  - { path: "/bedrock/{proxy+}", methods: [POST], upstream: nova }
  - { path: /tools, methods: [POST], upstream: tools }
  - { path: "/openai/{proxy+}", methods: [GET, POST], upstream: openai }
  - { path: "/claude/{proxy+}", methods: [POST], upstream: claude, stream: false, timeout: 20 }
  - { path: "/gemini/{proxy+}", methods: [GET, POST], upstream: gemini, stream: false, timeout: 20 }
  - { path: /plain, methods: [POST], upstream: plain, stream: false, timeout: 20 }
consumers:
  - { id: team-a, token: { env: TOKEN } }
cors: { origins: [https://app.example.com] }
`;
  const services = {
    "api.openai.com": ["authorization", "Bearer "],
    "api.anthropic.com": ["x-api-key", ""],
    "generativelanguage.googleapis.com": ["x-goog-api-key", ""],
    "bedrock-runtime.us-east-1.amazonaws.com": ["authorization", "Bearer "],
    "mcp.example.com": ["authorization", "Bearer "],
  } as const;
  const expectKey = (key: string | undefined) => {
    for (const [host, [header, prefix]] of Object.entries(services))
      cloud.upstream.expectCredential(
        host,
        key === undefined ? key : { header, value: prefix + key },
      );
  };
  const up = () => run("up", "wrong-key", { files: { "ai-gate.yml": config } });
  expectKey("sk-another-0123456789");
  const wrong = await up();
  expect({
    code: wrong.code,
    reason: wrong.outputs["failure-reason"],
    ready: wrong.outputs["ready"],
  }).toEqual({ code: 1, reason: "upstream-refused", ready: "false" });
  expect(wrong.outputs["base-url"]).toMatch(/^https:/);
  expect(wrong.annotations.at(-1)?.message).toMatch(
    /^The gate is closed, but the upstream claude refuses the gate's credential: it answered 401 to POST \/claude\/v1\/messages\/count_tokens; check the upstream's secret and header \(and 4 more/,
  );
  expect(wrong.outputs["verdict"]).toContain("check the upstream's secret");
  expect(wrong.summary).toContain(
    "it answered 400 to GET /gemini/v1beta/models",
  );
  expect(faultsIn(wrong.outputs["proof"])).toEqual([
    "open claude failed",
    "open gemini failed",
    "open nova failed",
    "open openai failed",
    "open tools failed",
    "page answer gemini warning",
    "page answer nova warning",
    "page answer openai warning",
    "page answer plain warning",
    "page answer tools warning",
    "streamed nova not-made",
    "streamed openai not-made",
    "streamed tools not-made",
  ]);
  expect(wrong.stdout + JSON.stringify(wrong.outputs)).not.toContain(
    "Incorrect API key",
  );

  expectKey("sk-variant-0123456789");
  // Another one each time: what the gate makes by itself is looked at in targets.test.ts.
  cloud.upstream.expectCredential(
    "bedrock-runtime.us-east-1.amazonaws.com",
    undefined,
  );
  const right = await up();
  expectKey(undefined);
  expect(right.outputs).toMatchObject({
    ready: "true",
    "failure-reason": "",
    changed: "false",
  });
  expect(faultsIn(right.outputs["proof"])).toEqual([
    "page answer gemini warning",
    "page answer nova warning",
    "page answer openai warning",
    "page answer plain warning",
    "page answer tools warning",
  ]);
});

test("a secret that is JSON, of which no key is named, fails the run and its own routes alone, and is never sent", async () => {
  const canary = "sk-in-json-0123456789";
  await putParameter(cloud, "/ai/json", JSON.stringify({ api_key: canary }));
  await putParameter(cloud, "/ai/blank", " ");
  const config = (json: string) => `
upstreams:
  good: { url: https://upstream.example.com/echo, secret: ssm:/ai/key }
  json: { url: https://upstream.example.com/echo, secret: "${json}" }
  blank: { url: https://upstream.example.com/echo, secret: ssm:/ai/blank }
routes:
  - { path: /good, methods: [POST], upstream: good }
  - { path: /json, methods: [POST], upstream: json }
${json.includes("#") ? "" : "  - { path: /blank, methods: [POST], upstream: blank }"}
consumers:
  - { id: team-a, token: { env: TOKEN } }
`;
  const up = (secret: string, timeout: string) =>
    run("up", "json-secret", {
      inputs: { "proof-timeout": timeout },
      files: {
        "ai-gate.yml": secret.includes("#")
          ? config(secret).replace(/^ {2}blank:.*\n/m, "")
          : config(secret),
      },
    });
  cloud.upstream.clear();
  const wrong = await up("ssm:/ai/json", "4");
  expect({
    code: wrong.code,
    reason: wrong.outputs["failure-reason"],
    ready: wrong.outputs["ready"],
  }).toEqual({ code: 1, reason: "gate-broken", ready: "false" });
  expect(wrong.annotations.at(-1)?.message).toContain(
    "check that the upstream's secret exists and can be read",
  );
  expect(faultsIn(wrong.outputs["proof"])).toEqual([
    "open blank failed",
    "open json failed",
    "streamed blank not-made",
    "streamed json not-made",
  ]);
  const outcome = async (path: string) =>
    outcomeOf(
      await call(
        wrong.outputs["base-url"]! + path,
        { authorization: `Bearer ${token}` },
        "POST",
      ),
    );
  expect(await Promise.all(["/good", "/json", "/blank"].map(outcome))).toEqual([
    "200",
    "500 AUTHORIZER_FAILURE",
    "500 AUTHORIZER_FAILURE",
  ]);
  const seen = JSON.stringify(cloud.upstream.requests());
  expect(seen).toContain("sk-variant-0123456789");
  expect(seen).not.toContain(canary);
  expect(wrong.stdout + JSON.stringify(wrong.outputs)).not.toContain(canary);

  const right = await up("ssm:/ai/json#api_key", "20");
  expect(right.outputs["ready"]).toBe("true");
  cloud.upstream.clear();
  expect(await outcome("/json")).toBe("200");
  expect(cloud.upstream.requests()[0]?.headers["authorization"]).toBe(
    `Bearer ${canary}`,
  );
});

/** What did not pass, in the order of the alphabet. */
const faultsIn = (proof = "[]") =>
  (JSON.parse(proof) as { id: string; status: string }[])
    .filter(({ status }) => status !== "passed")
    .map(({ id, status }) => `${id} ${status}`)
    .sort();

test("a token header of the user's choice and an upstream that wants x-api-key", async () => {
  const config = `
token-header: x-api-key
upstreams:
  anthropic: { url: https://api.anthropic.com/v1, header: x-api-key, secret: ssm:/ai/key, headers: { anthropic-version: "2023-06-01" } }
routes:
  - { path: "/anthropic/{proxy+}", methods: [POST], upstream: anthropic }
consumers:
  - { id: team-a, token: { env: TOKEN } }
`;
  const { outputs, stdout } = await run("up", "anthropic", {
    files: { "ai-gate.yml": config },
  });
  if (outputs["ready"] !== "true") console.error(stdout);
  expect(outputs["ready"]).toBe("true");
  cloud.upstream.clear();
  const answer = await call(
    `${outputs["invoke-url"]!}/messages`,
    { "x-api-key": token, authorization: `Bearer ${token}` },
    "POST",
  );
  expect(answer.status).toBeLessThan(500);
  const [seen] = cloud.upstream.requests();
  expect(seen?.headers).toMatchObject({
    "x-api-key": "sk-variant-0123456789",
    authorization: "none",
    "anthropic-version": "2023-06-01",
  });
  expect(JSON.stringify(cloud.upstream.requests())).not.toContain(token);
});

test("250 routes take the same AWS write calls as one", async () => {
  const config = (count: number) => `
upstreams:
  plain: { url: https://upstream.example.com/echo }
routes:
${Array.from({ length: count }, (_, index) => `  - { path: /route-${index}, methods: [POST], upstream: plain }`).join("\n")}
consumers:
  - { id: team-a, token: { env: TOKEN } }
`;
  const deploy = (count: number) =>
    run("up", `routes-${count}`, {
      inputs: { proof: "false" },
      files: { "ai-gate.yml": config(count) },
    });
  const one = await deploy(1);
  const many = await deploy(250);
  expect([one.code, many.code]).toEqual([0, 0]);
  expect(many.writes.sort()).toEqual(one.writes.sort());
  expect(
    (
      await call(
        `${many.outputs["base-url"]!}/route-249`,
        { authorization: `Bearer ${token}` },
        "POST",
      )
    ).status,
  ).toBe(200);
});

test("a job cancelled before the engine runs changes nothing and says so", async () => {
  const { code, outputs, writes } = await run("up", "cancelled", {
    inputs: {
      upstream: "https://upstream.example.com/echo",
      tokens: `team-a=${token}`,
    },
    started: (child) => {
      child.stdout?.once("data", () => child.kill("SIGINT"));
    },
  });
  expect({ code, reason: outputs["failure-reason"] }).toEqual({
    code: 1,
    reason: "cancelled",
  });
  expect(writes).toEqual([]);
});

test("pull_request_target is refused before anything is read or made", async () => {
  const before = cloud.gateway.ledger.length;
  const { annotations, code, outputs } = await run("up", "prod", {
    event: "pull_request_target",
  });
  expect({ code, reason: outputs["failure-reason"] }).toEqual({
    code: 1,
    reason: "invalid-input",
  });
  expect(annotations.at(-1)?.message).toContain("Use the event pull_request");
  expect(cloud.gateway.ledger).toHaveLength(before);
});

test("without credentials nothing is asked of AWS, and the line says what to do", async () => {
  const before = cloud.gateway.ledger.length;
  const { annotations, code, outputs } = await run("destroy", "prod", {
    environment: { AWS_ACCESS_KEY_ID: "" },
  });
  expect({ code, reason: outputs["failure-reason"] }).toEqual({
    code: 1,
    reason: "no-credentials",
  });
  expect(annotations.at(-1)?.message).toContain(
    "aws-actions/configure-aws-credentials",
  );
  expect(cloud.gateway.ledger).toHaveLength(before);
});
