// The SDKs of AI services as callers of a gate: answers, streams, and how each reads the gate's own errors.
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { runInThisContext } from "node:vm";
import Anthropic from "@anthropic-ai/sdk";
import { ApiError, GoogleGenAI } from "@google/genai";
import OpenAI, { AzureOpenAI, toFile } from "openai";
import { silentProgress } from "../../../local/system/progress.ts";
import { providePythonSdks } from "../../../local/tools/tools.ts";
import { servicesOf, urlOf as clientUrl } from "../../fixtures/ai-services.ts";
import { plainEnvironment } from "../../fixtures/clients/python.ts";
import {
  consumer,
  everything,
  gateFor,
  secrets,
  source,
  tokens,
} from "../../fixtures/gates.ts";
import { patch, stopAll } from "../../fixtures/local-gate.ts";
import { secretArn } from "../../fixtures/sources.ts";

afterAll(stopAll);

const config = `
token-header: [Authorization, x-api-key, api-key, x-goog-api-key]
upstreams:
  openai: { url: https://api.openai.com/v1, secret: "${secretArn}" }
  anthropic: { url: https://api.anthropic.com, header: x-api-key, secret: ssm:/ai/anthropic, headers: { anthropic-version: "2023-06-01" } }
  azure: { url: https://r.openai.azure.com/openai, header: api-key, secret: "ssm:/ai/azure#api_key" }
  gemini: { url: https://generativelanguage.googleapis.com, header: x-goog-api-key, secret: ssm:/ai/gemini }
  versioned: { kind: azure-openai, url: https://r.openai.azure.com/openai, secret: "ssm:/ai/azure#api_key", query: { api-version: "2024-10-21" } }
  slow: { url: https://slow.example.com/v1 }
routes:
  - { path: "/openai/{proxy+}", methods: [GET, POST], upstream: openai }
  - { path: "/claude/{proxy+}", methods: [GET, POST], upstream: anthropic }
  - { path: "/azure/openai/{proxy+}", methods: [GET, POST], upstream: azure }
  - { path: "/versioned/{proxy+}", methods: [POST], upstream: versioned }
  - { path: "/gemini/{proxy+}", methods: [GET, POST], upstream: gemini }
  - { path: "/slow/{proxy+}", methods: [POST], upstream: slow, stream: false, timeout: 1 }
  - { path: "/throttled/{proxy+}", methods: [POST], upstream: openai }
consumers:
${consumer("admin")}
${consumer("team-b", '["/claude/v1/models"]')}
`;

const gate = gateFor(
  config,
  servicesOf(() => gate.it),
);

const urlOf = (path: string, running = gate.it): string =>
  clientUrl(path, running);

/** As a user has it: the URL of the gate, and a token of the gate for the API key. */
const openai = (path = "/openai", apiKey: string = tokens.admin) =>
  new OpenAI({ baseURL: urlOf(path), apiKey });
const anthropic = (apiKey: string = tokens.admin) =>
  new Anthropic({ baseURL: urlOf("/claude"), apiKey, authToken: null });

const chat = {
  model: "gpt-5",
  messages: [{ role: "user" as const, content: "Say hello" }],
};
const message = {
  model: "claude-sonnet-5",
  max_tokens: 100,
  messages: [{ role: "user" as const, content: "Say hello" }],
};

/** That of API Gateway's log, which the SDK's error shows. */
const requestId = /^[0-9a-f-]{36}$/;

/** How often the gate was asked, the SDK's own retries among it. */
const attempts = () => gate.it.asked.length;
beforeEach(() => void gate.it.asked.splice(0));

afterEach(() => {
  const seen = everything(gate.it.seen);
  for (const token of Object.values(tokens)) expect(seen).not.toContain(token);
});

describe("OpenAI's SDK", () => {
  test("gets an answer, whole and as a stream", async () => {
    const whole = await openai().chat.completions.create(chat);
    expect(whole.choices[0]?.message.content).toContain("Say hello");
    const stream = await openai().chat.completions.create({
      ...chat,
      stream: true,
    });
    const pieces: string[] = [];
    for await (const { choices } of stream)
      pieces.push(choices[0]?.delta.content ?? "");
    expect(pieces.join("")).toContain("Say hello");
    expect(pieces.length).toBeGreaterThan(1);
  });

  test("gets an answer of the Responses API, whole and as a stream", async () => {
    const asked = { model: "gpt-5", input: "Say hello" };
    const whole = await openai().responses.create(asked);
    expect(whole.output_text).toContain("Say hello");
    const pieces: string[] = [];
    for await (const event of await openai().responses.create({
      ...asked,
      stream: true,
    }))
      if (event.type === "response.output_text.delta") pieces.push(event.delta);
    expect(pieces.join("")).toContain("Say hello");
    expect(pieces.length).toBeGreaterThan(1);
  });

  test("uploads a file byte for byte, and knows one that is too large", async () => {
    const upload = async (bytes: Buffer) =>
      openai().audio.transcriptions.create({
        model: "whisper-1",
        file: await toFile(bytes, "speech.wav"),
      });
    const file = randomBytes(100_000);
    expect((await upload(file)).text).toContain("Hello");
    expect(gate.it.seen.map(({ bytes }) => bytes.includes(file))).toEqual([
      true,
    ]);
    await expect(upload(Buffer.alloc(10_485_761))).rejects.toMatchObject({
      status: 413,
    });
    expect(attempts()).toBe(2);
  });

  test("lists models", async () => {
    const { data } = await openai().models.list();
    expect(data.length).toBeGreaterThan(0);
  });

  test("knows a wrong token by its error, and does not repeat the call", async () => {
    const error = await openai("/openai", tokens.unknown)
      .models.list()
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(OpenAI.AuthenticationError);
    expect(error).toMatchObject({
      status: 401,
      type: "authentication_error",
      code: "unauthorized",
      message: expect.stringContaining("It reads the header Authorization"),
      requestID: expect.stringMatching(requestId),
    });
    expect(attempts()).toBe(1);
  });

  test("reads why a known caller was refused", async () => {
    const error = await openai("/openai", tokens["team-b"])
      .models.list()
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(OpenAI.PermissionDeniedError);
    expect(error).toMatchObject({
      message: expect.stringContaining("in the list of this consumer"),
    });
    expect(attempts()).toBe(1);
  });

  test("knows a route that is not there", async () => {
    await expect(openai("/other").models.list()).rejects.toBeInstanceOf(
      OpenAI.NotFoundError,
    );
  });

  test("does not repeat what took too long on a buffered route", async () => {
    const error = await openai("/slow")
      .chat.completions.create(chat)
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      status: 504,
      type: "timeout_error",
      message: expect.stringContaining("A route that streams"),
    });
    expect(attempts()).toBe(1);
  });

  test("repeats a throttled call when the gate says so, and gets its answer", async () => {
    const key = "/~1throttled~1{proxy+}/POST/throttling";
    const limit = (rate: string) =>
      gate.it.control(
        "PATCH",
        "/stages/v1",
        patch(
          ["replace", `${key}/rateLimit`, rate],
          ["replace", `${key}/burstLimit`, rate],
        ),
      );
    await limit("0");
    const answer = openai("/throttled").chat.completions.create(chat);
    setTimeout(() => void limit("10"), 300);
    expect((await answer).choices).toHaveLength(1);
    await limit("0");
    const error = await openai("/throttled")
      .withOptions({ maxRetries: 0 })
      .chat.completions.create(chat)
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    expect((error as { headers: Headers }).headers.get("retry-after")).toBe(
      "1",
    );
  });
});

describe("Anthropic's SDK", () => {
  test("gets an answer, whole and as a stream", async () => {
    const whole = await anthropic().messages.create(message);
    expect(JSON.stringify(whole.content)).toContain("Say hello");
    const text = await anthropic().messages.stream(message).finalText();
    expect(text).toContain("Say hello");
  });

  test("counts the tokens of a message", async () => {
    const { input_tokens } = await anthropic().messages.countTokens({
      model: message.model,
      messages: message.messages,
    });
    expect(input_tokens).toBe(9);
  });

  test("gets an answer by Authorization, as Claude Code sends it", async () => {
    const client = new Anthropic({
      baseURL: urlOf("/claude"),
      apiKey: null,
      authToken: tokens.admin,
    });
    const whole = await client.messages.create(message);
    expect(JSON.stringify(whole.content)).toContain("Say hello");
  });

  test("gets an answer with the same token in both headers, as some agents send it", async () => {
    const client = new Anthropic({
      baseURL: urlOf("/claude"),
      apiKey: tokens.admin,
      defaultHeaders: { "x-api-key": tokens.admin },
    });
    expect((await client.messages.create(message)).content).toHaveLength(1);
    expect(gate.it.asked[0]?.event.headers).toMatchObject({
      authorization: `Bearer ${tokens.admin}`,
      "x-api-key": tokens.admin,
    });
  });

  test("knows the gate's errors by its own classes", async () => {
    const fails = (client: Anthropic) =>
      client.messages.create(message).catch((caught: unknown) => caught);
    const unknown = await fails(anthropic(tokens.unknown));
    expect(unknown).toBeInstanceOf(Anthropic.AuthenticationError);
    expect(unknown).toMatchObject({
      error: { type: "error", error: { type: "authentication_error" } },
      requestID: expect.stringMatching(requestId),
    });
    const refused = await fails(anthropic(tokens["team-b"]));
    expect(refused).toBeInstanceOf(Anthropic.PermissionDeniedError);
    expect(refused).toMatchObject({
      message: expect.stringContaining("in the list of this consumer"),
    });
    expect(attempts()).toBe(2);
  });
});

describe("OpenAI's SDK for Azure", () => {
  const azure = (apiKey: string = tokens.admin) =>
    new AzureOpenAI({
      baseURL: urlOf("/azure/openai"),
      apiKey,
      apiVersion: "2024-10-21",
    });

  test("gets an answer by api-key, whole and as a stream", async () => {
    const whole = await azure().chat.completions.create(chat);
    expect(whole.choices[0]?.message.content).toContain("Say hello");
    const pieces: string[] = [];
    for await (const { choices } of await azure().chat.completions.create({
      ...chat,
      stream: true,
    }))
      pieces.push(choices[0]?.delta.content ?? "");
    expect(pieces.join("")).toContain("Say hello");
    expect(gate.it.seen.map(({ url }) => url)).toEqual([
      "/openai/deployments/gpt-5/chat/completions?api-version=2024-10-21",
      "/openai/deployments/gpt-5/chat/completions?api-version=2024-10-21",
    ]);
  });

  test("knows a wrong token by its error", async () => {
    await expect(
      azure(tokens.unknown).chat.completions.create(chat),
    ).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
  });
});

describe("a static parameter of the query", () => {
  const url = "/deployments/gpt-5/chat/completions";
  const call = (query: string) =>
    fetch(urlOf(`/versioned${url}${query}`), {
      method: "POST",
      headers: { "api-key": tokens.admin, "content-type": "application/json" },
      body: JSON.stringify(chat),
    });

  test("is sent with every call", async () => {
    expect((await call("?x=1")).status).toBe(200);
    expect(gate.it.seen.map((one) => one.url)).toEqual([
      `/openai${url}?x=1&api-version=2024-10-21`,
    ]);
  });

  test.each(["?api-version=1999-01-01", "?API%2DVersion=1999-01-01"])(
    "is not the caller's to set: %s",
    async (query) => {
      const answer = await call(query);
      expect(answer.status).toBe(403);
      expect(await answer.text()).toContain("query parameter api-version");
      expect(gate.it.seen).toEqual([]);
    },
  );
});

describe("Google's SDK for Gemini", () => {
  const gemini = (apiKey: string = tokens.admin) =>
    new GoogleGenAI({ apiKey, httpOptions: { baseUrl: urlOf("/gemini") } });
  const question = { model: "gemini-3-flash", contents: "Say hello" };

  beforeAll(async () => {
    // The SDK looks for the dispatcher of Node's own fetch, which Jest's globals lack; Node makes it with the first fetch.
    await fetch("data:,").then((answer) => answer.text());
    const dispatcher = Symbol.for("undici.globalDispatcher.1");
    const outer = runInThisContext("globalThis") as typeof globalThis;
    Object.defineProperty(globalThis, dispatcher, {
      value: Reflect.get(outer, dispatcher) as unknown,
    });
  });

  test("gets an answer by x-goog-api-key, whole and as a stream", async () => {
    const whole = await gemini().models.generateContent(question);
    expect(whole.text).toContain("Say hello");
    const pieces: string[] = [];
    for await (const { text } of await gemini().models.generateContentStream(
      question,
    ))
      pieces.push(text ?? "");
    expect(pieces.join("")).toContain("Say hello");
    expect(pieces.length).toBeGreaterThan(1);
    expect(gate.it.seen.map(({ url }) => url)).toEqual([
      "/v1beta/models/gemini-3-flash:generateContent",
      "/v1beta/models/gemini-3-flash:streamGenerateContent?alt=sse",
    ]);
  });

  test("knows a wrong token by its error", async () => {
    const error = await gemini(tokens.unknown)
      .models.generateContent(question)
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      status: 401,
      message: expect.stringContaining("The gate does not know"),
    });
  });
});

/** Why docs/clients.md says that it does not work; once this fails, it may. */
test("Google's SDK drops the path of its base URL for an upload", async () => {
  const asked: URL[] = [];
  const real = globalThis.fetch;
  const spied = jest
    .spyOn(globalThis, "fetch")
    .mockImplementation((input, init) => {
      const url = new URL(input);
      asked.push(url);
      if (url.pathname.startsWith("/upload/")) throw new Error("outside");
      return real(url, init);
    });
  const { files } = new GoogleGenAI({
    apiKey: tokens.admin,
    httpOptions: { baseUrl: urlOf("/gemini") },
  });
  const file = new Blob(["bytes"], { type: "text/plain" });
  await expect(files.upload({ file })).rejects.toThrow("outside");
  spied.mockRestore();
  expect(asked.map(({ pathname }) => pathname)).toEqual([
    new URL(urlOf("/gemini/upload/v1beta/files")).pathname,
    "/upload/v1beta/files",
  ]);
});

describe("docs/clients.md", () => {
  const root = path.join(import.meta.dirname, "../../..");
  const page = readFileSync(path.join(root, "docs/clients.md"), "utf8");
  const codeIn = (language: string): string[] =>
    [...page.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "gs"))].map(
      ([, code = ""]) => code,
    );
  const shown = gateFor(
    source(codeIn("yaml")[0] ?? "", { environment: () => tokens.admin }),
    servicesOf(() => shown.it),
  );
  const examples = codeIn("js").map((code): [string, string] => [
    /from "(.*)"/.exec(code)?.[1] ?? "",
    code,
  ]);

  test("has an example of each service", () => {
    expect(examples.map(([name]) => name)).toEqual([
      "openai",
      "@anthropic-ai/sdk",
      "openai",
      "@google/genai",
      "@langchain/openai",
      "@langchain/anthropic",
      "openai",
      "@aws-sdk/client-bedrock-runtime",
    ]);
  });

  const run = async (command: string, ...args: string[]) => {
    const { stdout } = await promisify(execFile)(command, args, {
      cwd: root,
      env: {
        ...plainEnvironment,
        GATE_URL: urlOf("", shown.it),
        GATE_TOKEN: tokens.admin,
      },
    });
    return stdout;
  };

  test.each(examples)("the example with %s runs", async (_, code) => {
    expect(
      await run(process.execPath, "--input-type=module", "--eval", code),
    ).toContain("Say hello");
  });

  test("the examples in Python run", async () => {
    const python = await providePythonSdks(silentProgress);
    const codes = codeIn("python");
    expect(codes).toHaveLength(2);
    for (const code of codes)
      expect(await run(python, "-c", code)).toContain("Say hello");
  });

  test("the example with curl runs", async () => {
    const codes = codeIn("sh").filter((code) => code.startsWith("curl"));
    expect(codes).toHaveLength(2);
    for (const code of codes)
      expect(await run("sh", "-c", code)).toContain("Say hello");
  });

  test("AWS's SDK takes gate and token from the variables that are shown", async () => {
    const variables = codeIn("sh").filter((code) =>
      code.includes("AWS_BEARER_TOKEN_BEDROCK"),
    );
    expect(variables).toHaveLength(1);
    const code = examples.find(([name]) => name.startsWith("@aws-sdk/"))?.[1];
    // Neither endpoint nor region nor token in the code.
    const bare = code?.replace(/^ {2}(endpoint|region|token|auth).*\n/gm, "");
    expect(bare).not.toContain("GATE_");
    const script = `${variables[0]}\nexec "$0" --input-type=module --eval "$1"`;
    expect(
      await run("sh", "-c", script, process.execPath, bare ?? ""),
    ).toContain("Say hello");
  });

  const call = (method: string, url: string, body?: object) =>
    fetch(urlOf(url, shown.it), {
      method,
      headers: {
        Authorization: `Bearer ${tokens.admin}`,
        "anthropic-beta": "claude-code-20250219",
        "anthropic-version": "2023-06-01",
        "content-type": "application/json",
        session_id: "0199-0123",
        "x-app": "cli",
      },
      ...(body && { body: JSON.stringify(body) }),
    });

  test("the calls of Claude Code reach the service", async () => {
    const answer = await call("POST", "/claude/v1/messages?beta=true", message);
    expect(answer.status).toBe(200);
    const counted = await call(
      "POST",
      "/claude/v1/messages/count_tokens?beta=true",
      message,
    );
    expect(await counted.json()).toEqual({ input_tokens: 9 });
    expect((await call("HEAD", "/claude/api/hello")).status).toBe(200);
    expect(shown.it.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      "POST /v1/messages?beta=true",
      "POST /v1/messages/count_tokens?beta=true",
      "HEAD /api/hello",
    ]);
    for (const { headers } of shown.it.seen)
      expect(headers).toMatchObject({
        "anthropic-beta": "claude-code-20250219",
        "x-api-key": secrets["/ai/anthropic"],
        "x-app": "cli",
      });
  });

  test("the calls of Bedrock's own API reach it", async () => {
    const [url = "", data = ""] = codeIn("sh").flatMap((code) => [
      ...(/"\$GATE_URL(\/bedrock\/model\/[^"]*)".*-d '(.*)'/s
        .exec(code)
        ?.slice(1) ?? []),
    ]);
    const answer = await call("POST", url, JSON.parse(data) as object);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain("Say hello");
  });

  test("the call of Codex reaches the service", async () => {
    const answer = await call("POST", "/openai/responses", {
      model: "gpt-5",
      input: [{ role: "user", content: "Say hello" }],
      stream: true,
    });
    expect(answer.status).toBe(200);
    const text = await answer.text();
    expect(text).toContain("event: response.output_text.delta");
    expect(text).toContain("Say hello");
    expect(text).toContain("event: response.completed");
    expect(shown.it.seen).toMatchObject([
      {
        method: "POST",
        url: "/v1/responses",
        headers: {
          authorization: `Bearer ${secrets[secretArn]}`,
          session_id: "0199-0123",
        },
      },
    ]);
  });
});
