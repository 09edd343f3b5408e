// Upstreams that are not a URL with a stored key, deployed through dist/ and called: a Lambda function by its alias, a SageMaker
// endpoint with its own role, Bedrock with a key that the authorizer makes, a mock. API Gateway may call exactly what the config says, and a second up changes nothing.
import { outcomeOf } from "../fixtures/client.ts";
import {
  callAws,
  nameOf,
  proofOf,
  type Rig,
  type Run,
  startRig,
} from "../fixtures/action-rig.ts";
import { invokeRoleName } from "../../src/deploy/names.ts";
import { pluginsOfRun } from "../fixtures/plugins.ts";
import { makeTool } from "../fixtures/tool-function.ts";

jest.setTimeout(180_000);

const token = "team-a.0123456789abcdefghijklmnopqrstuvwxyz";
const functions = "/2015-03-31/functions";
const code = `
export const handler = async ({ httpMethod, path, requestContext }) => {
  const { consumer } = requestContext.authorizer;
  return path === "/stream"
    ? '{"statusCode":201}' + "\\0".repeat(8) + "streamed to " + consumer
    : { statusCode: 200, body: httpMethod + " " + path + " by " + consumer };
};`;

const model = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const bedrockHost = "bedrock-runtime.us-east-1.amazonaws.com";

const config = (account: string, routes = "") => `
upstreams:
  tool: { kind: lambda, arn: "arn:aws:lambda:eu-west-1:${account}:function:tool:live" }
  scorer: { kind: sagemaker, endpoint: Scorer-v2 }
  brain: { kind: bedrock, region: us-east-1, models: ["${model}"] }
  trial: { kind: mock }
routes:
  - { path: "/tool/{proxy+}", methods: [GET, POST], upstream: tool }
${routes}  - { path: /score, upstream: scorer }
  - { path: "/bedrock/{proxy+}", methods: [POST], upstream: brain }
  - { path: "/openai/{proxy+}", methods: [POST], upstream: trial }
consumers:
  - { id: team-a, token: { env: TEAM_A_TOKEN } }
`;
const stream =
  "  - { path: /stream, methods: [POST], upstream: tool, stream: true }\n";
const account = "000000000000";

describe.each(pluginsOfRun)("with %s", (_, plugin) => {
  let rig: Rig;
  let gate: Run;
  const up = (text: string) =>
    rig.up("targets", {
      files: { "ai-gate.yml": text },
      environment: { TEAM_A_TOKEN: token },
    });

  beforeAll(async () => {
    rig = await startRig({ plugin, upstreamHosts: [bedrockHost] });
    await makeTool((one) => callAws(rig.cloud, one), code);
    gate = await up(config(account, stream));
  });
  afterAll(() => rig.cloud.stop());

  const policyOf = async () => {
    const { Policy = '{"Statement":[]}' } = await callAws(rig.cloud, {
      service: "lambda",
      method: "GET",
      path: `${functions}/tool/policy?Qualifier=live`,
    });
    const { Statement } = JSON.parse(String(Policy)) as {
      Statement: { Sid: string; Condition: { ArnLike: object } }[];
    };
    return Statement;
  };
  const sources = async () =>
    (await policyOf())
      .flatMap(({ Condition }) => Object.values(Condition.ArnLike) as string[])
      .map((arn) => arn.replace(/.*:[a-z0-9]+\//, ""))
      .sort();

  test("the function is called as the config says, and knows its caller", async () => {
    expect(await sources()).toEqual([
      "v1/GET/tool/*",
      "v1/POST/stream",
      "v1/POST/tool/*",
    ]);
    expect(await rig.call(gate, "/tool/a/b", token)).toMatchObject({
      status: 200,
      body: "POST /tool/a/b by team-a",
    });
    expect(await rig.call(gate, "/stream", token)).toMatchObject({
      status: 201,
      body: "streamed to team-a",
    });
    expect(outcomeOf(await rig.call(gate, "/tool/a"))).toBe("401 UNAUTHORIZED");
    const forged = {
      authorization: `Bearer ${token}`,
      "x-gate-consumer": "ops",
    };
    expect(outcomeOf(await rig.callWith(gate, "/tool/a", forged))).toBe(
      "403 ACCESS_DENIED",
    );
  });

  test("the proof reached what it may, and says what it left out", () => {
    const results = proofOf(gate);
    const statusOf = (id: string) =>
      results.find((one) => one.id === id)?.status;
    expect(
      [
        "open tool",
        "streamed tool",
        "open scorer",
        "open brain",
        "open trial",
      ].map(statusOf),
    ).toEqual(["passed", "not-made", "passed", "passed", "passed"]);
  });

  test("the endpoint is called with the gate's own role", async () => {
    rig.cloud.upstream.clear();
    const answer = await rig.callWith(gate, "/score", {
      authorization: `Bearer ${token}`,
      cookie: "a=b",
    });
    // The mock model wants instances: its own refusal is passed on.
    expect(outcomeOf(answer)).toBe("424");
    const [request] = rig.cloud.upstream.requests();
    const role = invokeRoleName(nameOf("targets"), "scorer");
    expect(request).toMatchObject({
      host: "runtime.sagemaker.eu-west-1.amazonaws.com",
      path: "/endpoints/Scorer-v2/invocations",
      headers: {
        "x-amz-security-token": `arn:aws:iam::${account}:role/${role}`,
      },
    });
    expect(JSON.stringify(request)).not.toContain(token);
    expect(request?.headers).not.toHaveProperty("cookie");
  });

  test("Bedrock is called with a short-term key that the authorizer made", async () => {
    rig.cloud.upstream.clear();
    const path = `/bedrock/model/${model}/converse`;
    expect(outcomeOf(await rig.call(gate, path, token))).toBe("200");
    const [request] = rig.cloud.upstream.requests();
    expect(request).toMatchObject({
      host: bedrockHost,
      path: `/model/${model}/converse`,
    });
    const [, key = ""] =
      /^Bearer bedrock-api-key-(.*)$/.exec(
        request?.headers["authorization"] ?? "",
      ) ?? [];
    const { searchParams } = new URL(
      `https://${Buffer.from(key, "base64").toString()}`,
    );
    expect(searchParams.get("Action")).toBe("CallWithBearerToken");
    expect(searchParams.get("X-Amz-Credential")).toMatch(
      /\/us-east-1\/bedrock\/aws4_request$/,
    );
  });

  test("the mock answers as OpenAI does", async () => {
    const { body } = await rig.call(gate, "/openai/chat/completions", token);
    expect(JSON.parse(body)).toMatchObject({ object: "chat.completion" });
  });

  test("a second up changes nothing", async () => {
    const { outputs, writes } = await up(config(account, stream));
    expect(writes).toEqual([]);
    expect(outputs).toMatchObject({ changed: "false", changes: "[]" });
  });

  test("a route that goes takes its permission along, and no other", async () => {
    gate = await up(config(account));
    expect(await sources()).toEqual(["v1/GET/tool/*", "v1/POST/tool/*"]);
    expect(outcomeOf(await rig.call(gate, "/tool/a", token))).toBe("200");
  });

  test("without its permission a call is a 500, and the endpoint's role without its policy a 403", async () => {
    for (const { Sid } of await policyOf())
      await callAws(rig.cloud, {
        service: "lambda",
        method: "DELETE",
        path: `${functions}/tool/policy/${Sid}?Qualifier=live`,
      });
    expect(outcomeOf(await rig.call(gate, "/tool/a", token))).toBe(
      "500 API_CONFIGURATION_ERROR",
    );
    await callAws(rig.cloud, {
      service: "iam",
      form: {
        Action: "DeleteRolePolicy",
        Version: "2010-05-08",
        RoleName: invokeRoleName(nameOf("targets"), "scorer"),
        PolicyName: "invoke",
      },
    });
    expect(outcomeOf(await rig.call(gate, "/score", token))).toBe("403");
  });

  test("a function of another account is refused before anything is changed", async () => {
    const { code, stdout, writes } = await rig.run("up", "other", {
      files: { "ai-gate.yml": config("111122223333") },
      environment: { TEAM_A_TOKEN: token },
    });
    expect(code).toBe(1);
    expect(stdout).toContain("is not of the gate's account");
    expect(writes).toEqual([]);
  });
});
