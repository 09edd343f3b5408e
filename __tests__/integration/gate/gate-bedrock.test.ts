// Bedrock behind a gate that makes its keys: both of its APIs, what the role may call, and what a caller cannot bring along.
import { getToken } from "@aws/bedrock-token-generator";
import OpenAI from "openai";
import {
  answerBedrock,
  keyFault,
  roleCredentials,
  streamOf,
} from "../../fixtures/bedrock.ts";
import {
  bearer,
  consumer,
  denied,
  errorOf,
  everything,
  gateFor,
  outcome,
  tokens,
  unauthorized,
  valuesOf,
} from "../../fixtures/gates.ts";
import { stopAll } from "../../fixtures/local-gate.ts";

afterAll(stopAll);

const claude = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const region = "us-east-1";

const gate = gateFor(
  `
upstreams:
  bedrock: { kind: bedrock, region: ${region}, models: ["${claude}", openai.gpt-oss-120b-1:0, global.amazon.nova-2-lite-v1:0] }
  chat: { kind: bedrock, models: [openai.gpt-oss-20b-1:0], url: "https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1/chat/completions" }
routes:
  - { path: "/bedrock/{proxy+}", methods: [GET, POST], upstream: bedrock }
  - { path: /chat, methods: [POST], upstream: chat }
consumers:
${consumer("admin")}
${consumer("team-b", '["/chat"]')}
`,
  {
    secrets: {},
    answer: (request, response) => {
      const body = gate.it.seen.at(-1)?.body ?? "";
      answerBedrock(request, response, { body, gate: gate.it.gate });
    },
  },
);

afterEach(() => {
  const seen = everything(gate.it.seen);
  for (const token of Object.values(tokens)) expect(seen).not.toContain(token);
});

const asked = JSON.stringify({
  messages: [{ role: "user", content: [{ text: "Say hello" }] }],
});
const call = (path: string, headers: readonly string[] = [], body = asked) =>
  gate.it.ask("POST", path, {
    headers: [
      "Authorization",
      `Bearer ${tokens.admin}`,
      "Content-Type",
      "application/json",
      ...headers,
    ],
    body,
  });

describe("Bedrock's own API", () => {
  test.each([
    claude,
    claude.replace(":", "%3A"),
    "global.amazon.nova-2-lite-v1:0",
  ])("answers for the model %s", async (model) => {
    const answer = await call(`/bedrock/model/${model}/converse`);
    expect(answer.status).toBe(200);
    expect(answer.body).toContain("Say hello");
    expect(gate.it.seen.map(({ url }) => url)).toEqual([
      `/model/${model}/converse`,
    ]);
  });

  test("streams its events byte for byte", async () => {
    const answer = await call(`/bedrock/model/${claude}/converse-stream`);
    expect(answer.headers["content-type"]).toBe(
      "application/vnd.amazon.eventstream",
    );
    expect(answer.bytes.equals(streamOf("Say hello"))).toBe(true);
  });

  test.each([
    "anthropic.claude-opus-4-1-20250805-v1:0",
    // The model of a profile that may be called, but not through it.
    "anthropic.claude-sonnet-4-5-20250929-v1:0",
    "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
    // Of the gate's other region.
    "openai.gpt-oss-20b-1:0",
  ])("refuses the gate for the model %s", async (model) => {
    const answer = await call(`/bedrock/model/${model}/converse`);
    expect(answer.status).toBe(403);
    expect(errorOf(answer)).toBeUndefined();
    expect(answer.body).toContain(`Not allowed: ${model}`);
  });
});

describe("its API in OpenAI's form", () => {
  const sdk = (apiKey: string = tokens.admin) =>
    new OpenAI({
      apiKey,
      baseURL: `${gate.it.gateway.url}/restapis/${gate.it.apiId}/v1/_user_request_/bedrock/openai/v1`,
    });
  const chat = {
    model: "openai.gpt-oss-120b-1:0",
    messages: [{ role: "user" as const, content: "Say hello" }],
  };

  test("answers OpenAI's SDK, whole and as a stream", async () => {
    const whole = await sdk().chat.completions.create(chat);
    expect(whole.choices[0]?.message.content).toContain("Say hello");
    const pieces: string[] = [];
    for await (const { choices } of await sdk().chat.completions.create({
      ...chat,
      stream: true,
    }))
      pieces.push(choices[0]?.delta.content ?? "");
    expect(pieces.join("")).toContain("Say hello");
    expect(pieces.length).toBeGreaterThan(1);
    expect(gate.it.seen.map(({ url }) => url)).toEqual([
      "/openai/v1/chat/completions",
      "/openai/v1/chat/completions",
    ]);
  });

  test("refuses the gate for a model that is not named", async () => {
    await expect(
      sdk().chat.completions.create({
        ...chat,
        model: "openai.gpt-oss-20b-1:0",
      }),
    ).rejects.toBeInstanceOf(OpenAI.PermissionDeniedError);
  });

  test("is told a wrong token of the gate as a wrong key", async () => {
    await expect(
      sdk(tokens.unknown).chat.completions.create(chat),
    ).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
    expect(gate.it.seen).toEqual([]);
  });

  test("is behind one path where the URL names it, in the gate's region", async () => {
    const body = JSON.stringify({ ...chat, model: "openai.gpt-oss-20b-1:0" });
    expect((await call("/chat", [], body)).status).toBe(200);
    const [seen] = gate.it.seen;
    expect(seen).toMatchObject({
      url: "/openai/v1/chat/completions",
      headers: { host: "bedrock-runtime.eu-west-1.amazonaws.com" },
    });
  });
});

describe("the key", () => {
  const converse = `/bedrock/model/${claude}/converse`;
  const keyOf = () =>
    gate.it.seen.map((seen) => valuesOf(seen, "authorization")).at(-1);

  test("is one that AWS's own package makes, and is short enough for a header", async () => {
    await call(converse);
    const [key = "", ...more] = keyOf() ?? [];
    expect(more).toEqual([]);
    expect(keyFault(key, region, Date.now())).toBeUndefined();
    // API Gateway takes 10,240 bytes for all headers, of which static ones may have 4,096.
    expect(key.length).toBeLessThan(3000);
    const theirs = await getToken({
      credentials: {
        accessKeyId: roleCredentials.AWS_ACCESS_KEY_ID,
        secretAccessKey: roleCredentials.AWS_SECRET_ACCESS_KEY,
        sessionToken: roleCredentials.AWS_SESSION_TOKEN,
      },
      region,
      expiresInSeconds: 3600,
    });
    expect(keyFault(`Bearer ${theirs}`, region, Date.now())).toBeUndefined();
    expect(theirs.length + "Bearer ".length).toBe(key.length);
  });

  test("is made anew for five minutes at most, ends in an hour, and is for its region", async () => {
    await call(converse);
    const [first = ""] = keyOf() ?? [];
    await call(converse);
    expect(keyOf()).toEqual([first]);
    expect(keyFault(first, "eu-west-1", Date.now())).toBe("of another region");
    expect(keyFault(first, region, Date.now() + 3_601_000)).toBe("expired");
    const forged = Buffer.from(first.slice(23), "base64")
      .toString()
      .replace("Expires=3600", "Expires=43200");
    expect(
      keyFault(
        `Bearer bedrock-api-key-${Buffer.from(forged).toString("base64")}`,
        region,
        Date.now(),
      ),
    ).toBe("forged");
  });

  test("is not in the authorizer's log", async () => {
    await call(converse);
    await call("/chat");
    expect(gate.it.log.join("")).not.toContain("bedrock-api-key");
  });

  test("is not made for a caller who is refused", async () => {
    const answer = await gate.it.ask("POST", converse, bearer("team-b"));
    expect(outcome(answer)).toBe(denied);
    expect(JSON.stringify(gate.it.asked.at(-1))).not.toContain(
      "bedrock-api-key",
    );
  });
});

describe("a caller cannot bring along", () => {
  const converse = `/bedrock/model/${claude}/converse`;
  const own = "AKIAOWN0123456789";
  const mine = `bedrock-api-key-${Buffer.from("bedrock.amazonaws.com/?own").toString("base64")}`;

  test.each<[string, readonly string[]]>([
    ["a key of its own beside", ["x-api-key", mine]],
    ["with an underscore", ["x_api_key", mine]],
    ["for another service", ["api-key", mine]],
    ["for Google", ["x-goog-api-key", mine]],
    ["for a proxy", ["Proxy-Authorization", `Bearer ${mine}`]],
  ])("a credential %s", async (_, headers) => {
    const answer = await call(converse, headers);
    expect(answer.status).toBe(200);
    expect(everything(gate.it.seen)).not.toContain(mine);
  });

  test.each<[string, readonly string[]]>([
    ["its token in another header", ["X-Amz-Security-Token", tokens.admin]],
    ["its token in a cookie", ["Cookie", `key=${tokens.admin}`]],
  ])("%s", async (_, headers) => {
    expect(outcome(await call(converse, headers))).toBe(denied);
    expect(gate.it.seen).toEqual([]);
  });

  test.each<[string, string]>([
    ["a key of Bedrock", `Bearer ${mine}`],
    [
      "a signature of AWS",
      `AWS4-HMAC-SHA256 Credential=${own}/20261201/us-east-1/bedrock/aws4_request, SignedHeaders=host, Signature=x`,
    ],
  ])("%s instead of its token", async (_, authorization) => {
    const answer = await gate.it.ask("POST", converse, {
      headers: { Authorization: authorization },
      body: asked,
    });
    expect(outcome(answer)).toBe(unauthorized);
    expect(gate.it.seen).toEqual([]);
  });

  test.each([
    `/bedrock/model/x/../${claude}/converse`,
    `/bedrock/model/${claude}/..%2f..%2fguardrail`,
    "/bedrock//model/x/converse",
    `/bedrock/model/%2e%2e/converse`,
  ])("a path that Bedrock may read otherwise: %s", async (path) => {
    expect((await call(path)).status).toBe(403);
    expect(gate.it.seen).toEqual([]);
  });
});
