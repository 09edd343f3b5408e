// The examples are what they say: each config of examples/configs is deployed as it stands, against issuers that answer at the
// real names, and called with tokens of them; the workflows run in act.
import { readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import path from "node:path";
import { runAct } from "../../local/tools/act.ts";
import { provideAct } from "../../local/tools/go-tools.ts";
import {
  startGithubIssuer,
  type GithubIssuer,
} from "../../local/issuer/issuer-github.ts";
import { startIssuer, type LocalIssuer } from "../../local/issuer/issuer.ts";
import { silentProgress } from "../../local/system/progress.ts";
import { putParameter } from "../../local/demo/seed.ts";
import { type Rig, type Run, startRig } from "../fixtures/action-rig.ts";
import { mapAtOnce } from "../fixtures/at-once.ts";

jest.setTimeout(180_000);

const root = path.join(import.meta.dirname, "../..");
const examples = path.join(root, "examples");
const pool = "eu-west-1_AbCdEfGhI";
const client = "1example23456789abcdefghij";
const api = "https://gate.acme.example";
const tokenOf = (name: string) => `${name}.0123456789abcdefghijklmnopqrstuv`;
const environment = Object.fromEntries(
  [
    "BATCH_TOKEN",
    "BATCH_TOKEN_NEXT",
    "PARTNER_TOKEN",
    "VISITOR_TOKEN",
    "TEAM_A_TOKEN",
    "OPERATORS_TOKEN",
  ].map((name) => [name, tokenOf(name)]),
);

const serviceKey = "key-of-a-service-0123456789";

let rig: Rig;
let cognito: LocalIssuer;
let auth0: LocalIssuer;
let github: GithubIssuer;

beforeAll(async () => {
  const to =
    (issuer: () => LocalIssuer) =>
    (request: IncomingMessage, response: ServerResponse) =>
      issuer().answer(request, response);
  rig = await startRig({
    upstreamHosts: [
      "bedrock-runtime.us-east-1.amazonaws.com",
      "generativelanguage.googleapis.com",
      "mcp.example.com",
      "my-resource.openai.azure.com",
    ],
    hosts: {
      "cognito-idp.eu-west-1.amazonaws.com": to(() => cognito),
      "acme.eu.auth0.com": to(() => auth0),
      "token.actions.githubusercontent.com": to(() => github),
    },
  });
  const { authority } = rig.cloud;
  cognito = await startIssuer({
    authority,
    issuer: `https://cognito-idp.eu-west-1.amazonaws.com/${pool}`,
    path: `/${pool}`,
  });
  auth0 = await startIssuer({
    authority,
    issuer: "https://acme.eu.auth0.com/",
    path: "/",
  });
  github = await startGithubIssuer({
    authority,
    issuer: "https://token.actions.githubusercontent.com",
  });
  await putParameter(rig.cloud, "/ai/openai", "sk-example-0123456789");
  for (const name of ["anthropic", "gemini", "tools"])
    await putParameter(rig.cloud, `/ai/${name}`, serviceKey);
  await putParameter(
    rig.cloud,
    "/ai/azure",
    JSON.stringify({ api_key: serviceKey }),
  );
});
afterAll(async () => {
  await Promise.all([cognito, auth0, github].map((issuer) => issuer.stop()));
  await rig.cloud.stop();
});

const chat = "/openai/chat/completions";
const access = (claims: object = {}) =>
  cognito.token({
    sub: "jane",
    token_use: "access",
    client_id: client,
    scope: "openid gate/chat",
    ...claims,
  });
const identity = (claims: object = {}) =>
  cognito.token({
    sub: "jane",
    token_use: "id",
    aud: client,
    "cognito:groups": ["users"],
    ...claims,
  });
const person = (claims: object) =>
  auth0.token({
    sub: "auth0|jane",
    aud: [api, "https://acme.eu.auth0.com/userinfo"],
    exp: Math.floor(Date.now() / 1000) + 3600,
    ...claims,
  });
const workflow = (
  stack: string,
  job: Parameters<GithubIssuer["jobToken"]>[0],
) => github.jobToken(job, `ai-gate.acme.app/${stack}`);
const evaluate = {
  repository: "acme/other",
  repositoryId: "7",
  jobWorkflowRef: "acme/workflows/.github/workflows/evaluate.yml@refs/tags/v2",
};

interface Case {
  readonly who: string;
  readonly token: () => string | Promise<string>;
  readonly path?: string;
  readonly method?: string;
  /** Where it sends its token, if not as a bearer token alone. */
  readonly headers?: (token: string) => Record<string, string>;
  /** 400 is the AI service's answer to an empty question, so the call has passed. */
  readonly status: number;
}
const opaque = (name: string) => () => tokenOf(name);

const claude = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const models = { path: "/openai/models", method: "GET" };
const inKeyHeader = (token: string) => ({ "X-API-Key": token });
const agent = opaque("TEAM_A_TOKEN");

const configs: Record<string, readonly Case[]> = {
  agents: [
    { who: "an agent", token: agent, status: 400 },
    { who: "an agent", token: agent, ...models, status: 200 },
    {
      who: "an agent with its key in x-api-key",
      token: agent,
      headers: inKeyHeader,
      ...models,
      status: 200,
    },
    {
      who: "an agent with its key in both",
      token: agent,
      headers: (token) => ({
        "x-api-key": token,
        authorization: `bearer ${token}`,
      }),
      ...models,
      status: 200,
    },
    {
      who: "an agent with two keys",
      token: agent,
      headers: (token) => ({
        "x-api-key": token,
        authorization: `Bearer ${tokenOf("BATCH_TOKEN")}`,
      }),
      ...models,
      status: 401,
    },
    {
      who: "an agent with its key where it would travel on",
      token: agent,
      headers: (token) => ({ "x-api-key": token, "x-trace": token }),
      ...models,
      status: 403,
    },
    {
      who: "an agent by another method",
      token: agent,
      path: "/openai/chat/completions",
      method: "GET",
      status: 403,
    },
    {
      who: "an agent beside its prefix",
      token: agent,
      path: "/openai/embeddings",
      status: 403,
    },
    {
      who: "the batch at its one path",
      token: opaque("BATCH_TOKEN"),
      path: "/openai/embeddings",
      status: 400,
    },
    {
      who: "the batch at another",
      token: opaque("BATCH_TOKEN"),
      ...models,
      status: 403,
    },
  ],
  "cognito-access": [
    {
      who: "an access token with the scope",
      token: () => access(),
      status: 400,
    },
    {
      who: "an access token without it",
      token: () => access({ scope: "openid" }),
      status: 401,
    },
    { who: "an ID token", token: () => identity(), status: 401 },
  ],
  "cognito-id": [
    { who: "a user", token: () => identity(), status: 400 },
    {
      who: "a user",
      token: () => identity(),
      path: "/models",
      method: "GET",
      status: 403,
    },
    {
      who: "an operator",
      token: () => identity({ "cognito:groups": ["operators"] }),
      path: "/models",
      method: "GET",
      status: 200,
    },
    { who: "an access token", token: () => access(), status: 401 },
  ],
  auth0: [
    {
      who: "a chatter",
      token: () => person({ permissions: ["chat:write"] }),
      status: 400,
    },
    {
      who: "a reader of scores",
      token: () => person({ permissions: ["score:read"] }),
      path: "/score",
      status: 200,
    },
    {
      who: "a reader of scores",
      token: () => person({ permissions: ["score:read"] }),
      status: 403,
    },
    {
      who: "a caller without permission",
      token: () => person({}),
      status: 401,
    },
  ],
  "github-oidc": [
    {
      who: "a release",
      token: () => workflow("github-oidc", { environment: "production" }),
      status: 400,
    },
    {
      who: "the repository elsewhere",
      token: () => workflow("github-oidc", {}),
      status: 401,
    },
    {
      who: "an evaluation",
      token: () => workflow("github-oidc", evaluate),
      path: "/evaluations/embeddings",
      status: 400,
    },
    {
      who: "an evaluation",
      token: () => workflow("github-oidc", evaluate),
      status: 403,
    },
    {
      who: "the owner's repository without the reviewed workflow",
      token: () => workflow("github-oidc", { repositoryId: "7" }),
      path: "/evaluations/embeddings",
      status: 401,
    },
  ],
  mixed: [
    { who: "the batch's old token", token: opaque("BATCH_TOKEN"), status: 400 },
    {
      who: "the batch's new token",
      token: opaque("BATCH_TOKEN_NEXT"),
      status: 400,
    },
    {
      who: "people",
      token: () => person({ scope: "openid chat" }),
      status: 400,
    },
    { who: "a push to main", token: () => workflow("mixed", {}), status: 400 },
    {
      who: "a pull request against main",
      token: () => workflow("mixed", { event: "pull_request_target" }),
      status: 401,
    },
    { who: "the former partner", token: opaque("PARTNER_TOKEN"), status: 401 },
  ],
  plans: [
    { who: "a team", token: opaque("TEAM_A_TOKEN"), status: 400 },
    {
      who: "the batch, without a plan",
      token: opaque("BATCH_TOKEN"),
      status: 400,
    },
  ],
  services: [
    ...[
      ["openai/chat/completions", "authorization", 400],
      ["claude/v1/messages", "x-api-key", 400],
      ["claude/v1/messages", "authorization", 400],
      ["azure/openai/deployments/gpt-5/chat/completions", "api-key", 400],
      ["gemini/v1beta/models/gemini-3:generateContent", "x-goog-api-key", 400],
      [`bedrock/model/${claude}/converse`, "authorization", 200],
      ["tools/mcp", "authorization", 200],
      ["trial/chat/completions", "authorization", 200],
    ].map(([at, header, status]): Case => ({
      who: `team-a by ${header} at ${at}`,
      token: agent,
      path: `/${at}`,
      headers: (token) => ({
        [String(header)]:
          header === "authorization" ? `Bearer ${token}` : token,
      }),
      status: Number(status),
    })),
    {
      who: "nobody at a service",
      token: opaque("CUSTOMER"),
      path: "/tools/mcp",
      status: 401,
    },
  ],
  dynamodb: [
    { who: "an operator", token: opaque("OPERATORS_TOKEN"), status: 400 },
    {
      who: "a token that was not put there",
      token: opaque("CUSTOMER"),
      path: "/trial/embeddings",
      status: 401,
    },
  ],
};

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

test("every config is here", () => {
  const found = readdirSync(path.join(examples, "configs")).map((name) =>
    path.basename(name, ".yml"),
  );
  expect(found.sort()).toEqual(Object.keys(configs).sort());
});

let gates: Record<string, Run> = {};
beforeAll(async () => {
  const deployed = await mapAtOnce(Object.keys(configs), async (name) => {
    const file = path.join(examples, "configs", `${name}.yml`);
    const config = readFileSync(file, "utf8");
    const files = { "ai-gate.yml": config };
    return [name, await rig.up(name, { files, environment })] as const;
  });
  gates = Object.fromEntries(deployed);
});

describe.each(Object.entries(configs))(
  "examples/configs/%s.yml",
  (name, cases) => {
    test.each(cases)("$who: $status", async ({ token, status, ...at }) => {
      const headers = at.headers ?? bearer;
      const answer = await rig.callWith(
        gates[name]!,
        at.path ?? chat,
        headers(await token()),
        at.method,
      );
      expect(answer.status).toBe(status);
    });
  },
);

describe("workflows", () => {
  const run = async (
    name: string,
    repository: object,
    env: Record<string, string> = {},
  ) =>
    runAct({
      act: await provideAct(silentProgress),
      workflow: path.join(examples, name),
      event: "push",
      eventPayload: { ref: "refs/heads/main", repository },
      actionDirectory: root,
      env: {
        ...rig.cloud.env,
        PULUMI_BACKEND_URL: `file://${rig.cloud.directory}/state`,
        PULUMI_CONFIG_PASSPHRASE: "passphrase-of-the-rig",
        ...env,
      },
      vars: { AWS_ROLE: "arn:aws:iam::000000000000:role/deploy" },
    });
  const repository = { name: "app", id: 456789, full_name: "acme/app" };

  test("examples/github-oidc.yml deploys, and its second job gets an answer of the model without a stored token", async () => {
    rig.cloud.upstream.clear();
    const { jobs, output } = await run(
      "github-oidc.yml",
      repository,
      github.jobEnvironment({}),
    );
    if (jobs["ask"] !== "success") console.error(output.slice(-3000));
    expect(jobs).toEqual({ deploy: "success", ask: "success" });
    const asked = rig.cloud.upstream.requests().at(-1);
    expect(asked?.path).toBe("/v1/chat/completions");
    expect(asked?.headers["x-gate-consumer"]).toBe("app");
  });

  test("examples/github-oidc.yml: another repository's job is refused", async () => {
    const { jobs } = await run(
      "github-oidc.yml",
      repository,
      github.jobEnvironment({ repositoryId: "1" }),
    );
    expect(jobs).toEqual({ deploy: "success", ask: "failure" });
  });

  test("examples/auth0.yml deploys a gate that takes the API's tokens", async () => {
    const { jobs, outputs, output } = await run("auth0.yml", repository);
    if (jobs["deploy"] !== "success") console.error(output.slice(-3000));
    expect(jobs).toEqual({ deploy: "success" });
    const told = JSON.stringify(outputs);
    const url = /https:\/\/[a-z0-9]+\.execute-api\.[^"\\/]+\/v1/.exec(
      told,
    )?.[0];
    const gate = { outputs: { "base-url": url ?? "" } };
    expect((await rig.call(gate, chat, await person({}))).status).toBe(400);
    expect(
      (await rig.call(gate, chat, await person({ aud: "x" }))).status,
    ).toBe(401);
  });
});
