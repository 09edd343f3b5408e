import { request as openRequest } from "node:http";
import {
  startUpstream,
  type Upstream,
} from "../../../../local/upstream/upstream.ts";

const openai = "api.openai.com";
const anthropic = "api.anthropic.com";
const gemini = "generativelanguage.googleapis.com";
const azure = "r.openai.azure.com";
const chat = {
  model: "gpt-4o",
  messages: [{ role: "user", content: "one two three" }],
};

let upstream: Upstream;

beforeAll(async () => {
  upstream = await startUpstream({
    credentials: {
      [openai]: { header: "authorization", value: "Bearer sk-right" },
      [gemini]: { header: "x-goog-api-key", value: "right" },
      [azure]: { header: "api-key", value: "right" },
    },
    chunkMs: 5,
  });
});
afterAll(() => upstream.stop());
beforeEach(() => upstream.clear());

interface Answer {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  chunks: string[];
  json(): Record<string, unknown>;
}

async function call(
  host: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const method = body === undefined ? "GET" : "POST";
  return new Promise((resolve, reject) => {
    const request = openRequest(
      {
        host: "127.0.0.1",
        port: upstream.port,
        method,
        path,
        headers: { host, ...headers },
      },
      (response) => {
        const chunks: string[] = [];
        response
          .setEncoding("utf8")
          .on("data", (chunk: string) => chunks.push(chunk));
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            chunks,
            json: () => JSON.parse(chunks.join("")) as Record<string, unknown>,
          }),
        );
      },
    );
    request.on("error", reject);
    request.end(typeof body === "string" ? body : JSON.stringify(body));
  });
}

const right = { authorization: "Bearer sk-right" };
const anthropicRight = {
  "x-api-key": "any",
  "anthropic-version": "2023-06-01",
};

type Row = [
  string,
  string,
  string,
  unknown,
  Record<string, string>,
  number,
  object,
];

test.each<Row>([
  [
    "chat completion",
    openai,
    "/v1/chat/completions",
    chat,
    right,
    200,
    { object: "chat.completion" },
  ],
  [
    "chat under a base path",
    "upstream.example.com",
    "/base/v1/chat/completions",
    chat,
    {},
    200,
    { object: "chat.completion" },
  ],
  ["models", openai, "/v1/models", undefined, right, 200, { object: "list" }],
  [
    "embeddings",
    openai,
    "/v1/embeddings",
    { input: "x" },
    right,
    200,
    { object: "list" },
  ],
  [
    "message",
    anthropic,
    "/v1/messages",
    chat,
    anthropicRight,
    200,
    { type: "message" },
  ],
  [
    "empty body",
    openai,
    "/v1/chat/completions",
    "",
    right,
    400,
    { error: { type: "invalid_request_error" } },
  ],
  [
    "body that is no JSON",
    openai,
    "/v1/chat/completions",
    "{",
    right,
    400,
    { error: { type: "invalid_request_error" } },
  ],
  [
    "embedding of nothing",
    openai,
    "/v1/embeddings",
    {},
    right,
    400,
    { error: { param: null } },
  ],
  [
    "no credential",
    openai,
    "/v1/models",
    undefined,
    {},
    401,
    { error: { code: "invalid_api_key" } },
  ],
  [
    "wrong credential",
    openai,
    "/v1/models",
    undefined,
    { authorization: "Bearer sk-wrong" },
    401,
    { error: { code: "invalid_api_key" } },
  ],
  // OpenAI says so whatever the key is.
  [
    "wrong credential for an unknown path",
    openai,
    "/v1/nothing",
    undefined,
    { authorization: "Bearer sk-wrong" },
    404,
    { error: { code: "unknown_url" } },
  ],
  [
    "wrong key for Google",
    gemini,
    "/v1beta/models",
    undefined,
    { "x-goog-api-key": "wrong" },
    400,
    { error: { details: [{ reason: "API_KEY_INVALID" }] } },
  ],
  [
    "no key for Google",
    gemini,
    "/v1beta/models",
    undefined,
    {},
    403,
    { error: { status: "PERMISSION_DENIED" } },
  ],
  [
    "wrong key for Azure, whatever the path",
    azure,
    "/openai/nothing",
    undefined,
    { "api-key": "wrong" },
    401,
    { error: { code: "401" } },
  ],
  [
    "no key for Anthropic",
    anthropic,
    "/v1/messages",
    chat,
    { "anthropic-version": "x" },
    401,
    { type: "error" },
  ],
  [
    "no version for Anthropic",
    anthropic,
    "/v1/messages",
    chat,
    { "x-api-key": "any" },
    400,
    { type: "error" },
  ],
  [
    "unknown path",
    openai,
    "/v2/nothing",
    undefined,
    right,
    404,
    { error: { code: "unknown_url" } },
  ],
  [
    "any path elsewhere",
    "upstream.example.com",
    "/score?x=1",
    undefined,
    {},
    200,
    { ok: true, path: "/score?x=1" },
  ],
  [
    "a slow answer",
    "upstream.example.com",
    "/slow?ms=1",
    undefined,
    {},
    200,
    { ok: true },
  ],
])("%s", async (_name, ...row) => {
  const [host, path, body, headers, status, expected] = row;
  const answer = await call(host, path, body, headers);
  expect(answer.status).toBe(status);
  expect(answer.json()).toMatchObject(expected);
});

test("a stream comes in several chunks and ends as OpenAI's do", async () => {
  const { chunks, headers } = await call(
    openai,
    "/v1/chat/completions",
    { ...chat, stream: true },
    right,
  );
  expect(headers["content-type"]).toMatch(/^text\/event-stream/);
  expect(chunks.length).toBeGreaterThan(2);
  expect(chunks.join("")).toMatch(
    /"content":"three".*\n\ndata: \[DONE\]\n\n$/s,
  );
});

test("Anthropic's stream ends with message_stop", async () => {
  const { chunks } = await call(
    anthropic,
    "/v1/messages",
    { ...chat, stream: true },
    anthropicRight,
  );
  expect(chunks.join("")).toMatch(
    /^event: message_start\n.*event: message_stop\ndata: \{"type":"message_stop"\}\n\n$/s,
  );
});

test("a redirect is not followed by the service itself", async () => {
  const answer = await call("upstream.example.com", "/redirect");
  expect([answer.status, answer.headers.location]).toEqual([302, "/v1/models"]);
});

test("the hanging endpoint records the request and never answers", async () => {
  const request = openRequest({
    host: "127.0.0.1",
    port: upstream.port,
    path: "/hang",
    headers: { host: "upstream.example.com" },
  });
  const answered = new Promise((resolve) =>
    request
      .once("response", () => resolve("answered"))
      .once("error", () => resolve("cut")),
  );
  request.end();
  while (upstream.requests().length === 0)
    await new Promise((resolve) => setTimeout(resolve, 5));
  request.destroy();
  expect(await answered).toBe("cut");
});

test("every request is recorded as it came", async () => {
  await call(openai, "/v1/models?a=%2F", undefined, {
    ...right,
    "X-Gate-Consumer": "team-a",
  });
  await call(openai, "/v1/embeddings", { input: "ü" }, {});
  expect(upstream.requests()).toMatchObject([
    {
      host: openai,
      method: "GET",
      path: "/v1/models?a=%2F",
      headers: { "x-gate-consumer": "team-a" },
      body: "",
    },
    {
      host: openai,
      method: "POST",
      path: "/v1/embeddings",
      body: '{"input":"ü"}',
    },
  ]);
  upstream.clear();
  expect(upstream.requests()).toEqual([]);
});

test("an expected credential can change", async () => {
  upstream.expectCredential("other.example.com", {
    header: "x-key",
    value: "new",
  });
  expect(
    (await call("other.example.com", "/", undefined, { "x-key": "old" }))
      .status,
  ).toBe(401);
  expect(
    (await call("other.example.com", "/", undefined, { "x-key": "new" }))
      .status,
  ).toBe(200);
  upstream.expectCredential("other.example.com", undefined);
  expect((await call("other.example.com", "/")).status).toBe(200);
});
