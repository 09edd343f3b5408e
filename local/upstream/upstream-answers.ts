// What the mock AI services answer to which request, and how the answer is sent.
import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { answerJson, parsedObject } from "../system/servers.ts";
import {
  allowsPages,
  anthropicError,
  anthropicMessage,
  countTokens,
} from "./anthropic-answers.ts";
import {
  type AiRequest,
  answerTo,
  type ReceivedRequest,
  type Reply,
  wordsOf,
} from "./reply.ts";

/** What a service wants to see before it answers. */
export interface Credential {
  /** In lower case: `authorization`, `x-api-key`. */
  readonly header: string;
  /** The whole value: `Bearer sk-…`. */
  readonly value: string;
}

// Matched by their end, so that an upstream with a base path of its own works too.
const services: readonly {
  method: string;
  end: string;
  reply: (request: AiRequest) => Reply;
}[] = [
  { method: "POST", end: "/chat/completions", reply: chatCompletion },
  { method: "POST", end: "/embeddings", reply: embedding },
  { method: "POST", end: "/audio/transcriptions", reply: transcription },
  { method: "POST", end: "/v1/files", reply: storedFile },
  { method: "POST", end: "/upload/v1beta/files", reply: uploadSession },
  { method: "POST", end: "/responses", reply: openaiResponse },
  { method: "POST", end: "/v1/messages", reply: anthropicMessage },
  { method: "POST", end: "/v1/messages/count_tokens", reply: countTokens },
  { method: "HEAD", end: "/api/hello", reply: sayHello },
  { method: "GET", end: "/models", reply: listModels },
  { method: "POST", end: "/invocations", reply: prediction },
  { method: "POST", end: ":generateContent", reply: geminiContent },
  { method: "POST", end: ":streamGenerateContent", reply: geminiContent },
];

/** Answers one request. Unknown paths are 404 on the services with a fixed API, and echoed on other hosts. */
export async function answerAi(
  request: Omit<ReceivedRequest, "bytes">,
  response: ServerResponse,
  conditions: {
    readonly credential: Credential | undefined;
    readonly chunkMs: number;
  },
): Promise<void> {
  const reply = replyTo(
    { ...request, content: parsedObject(request.body) ?? {} },
    conditions.credential,
  );
  if (reply === "never") return;
  if (request.host === anthropicHost && allowsPages(request.headers))
    response.setHeader("access-control-allow-origin", "*");
  if ("events" in reply) {
    await stream(response, reply.events, conditions.chunkMs);
    return;
  }
  if (reply.afterMs !== undefined) await sleep(reply.afterMs);
  answerJson(response, reply.status, reply.body, reply.headers);
}

function replyTo(
  request: AiRequest,
  credential: Credential | undefined,
): Reply {
  const { pathname, searchParams } = new URL(request.path, "http://upstream");
  const service = services.find(
    ({ method, end }) => request.method === method && pathname.endsWith(end),
  );
  const unknown = service ? undefined : notKnown(request, pathname);
  // OpenAI looks for the path before it looks at the key.
  if (request.host === openaiHost && unknown !== undefined) return unknown;
  if (
    credential !== undefined &&
    request.headers[credential.header] !== credential.value
  )
    return wrongKey(request, credential);
  if (pathname === "/hang") return "never";
  if (pathname === "/redirect")
    return { status: 302, body: {}, headers: { location: "/v1/models" } };
  if (pathname === "/slow")
    return {
      ...echo(request),
      afterMs: Number(searchParams.get("ms") ?? "2000"),
    };
  return service?.reply(request) ?? unknown ?? echo(request);
}

function echo({ host, method, path }: AiRequest): {
  status: number;
  body: unknown;
} {
  return { status: 200, body: { ok: true, host, method, path } };
}

async function stream(
  response: ServerResponse,
  events: readonly string[],
  chunkMs: number,
): Promise<void> {
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
  });
  for (const event of events) {
    if (response.destroyed) return;
    response.write(event);
    await sleep(chunkMs);
  }
  response.end();
}

// The answers of OpenAI's and Anthropic's HTTP APIs, as far as their own SDKs look at them. Pure.

const openaiHost = "api.openai.com";
const anthropicHost = "api.anthropic.com";
const geminiHost = "generativelanguage.googleapis.com";
const responseUsage = { input_tokens: 9, output_tokens: 12 };
const usage = { prompt_tokens: 9, completion_tokens: 12, total_tokens: 21 };

function wrongKey({ headers, host }: AiRequest, { header }: Credential): Reply {
  const message = `Incorrect API key provided in ${header}`;
  if (host === anthropicHost)
    return anthropicError(401, "authentication_error", message);
  if (host === geminiHost) return geminiRefusal(headers[header] === undefined);
  if (host.endsWith(".openai.azure.com"))
    return {
      status: 401,
      body: { error: { code: "401", message: "Access denied: invalid key" } },
    };
  return openaiError(401, message, "invalid_api_key");
}

/** Google answers 400 to a key that does not exist, and 403 to none. */
function geminiRefusal(isMissing: boolean): Reply {
  const [code, status, reason] = isMissing
    ? ([403, "PERMISSION_DENIED", "API_KEY_MISSING"] as const)
    : ([400, "INVALID_ARGUMENT", "API_KEY_INVALID"] as const);
  const message = "API key not valid. Please pass a valid API key.";
  const details = [{ reason, domain: "googleapis.com" }];
  return {
    status: code,
    body: { error: { code, message, status, details } },
  };
}

/** The 404 of a service whose API is fixed; undefined for other hosts. */
function notKnown(
  { host, method }: AiRequest,
  path: string,
): Reply | undefined {
  if (host === anthropicHost)
    return anthropicError(404, "not_found_error", "Not found");
  if (host === openaiHost)
    return openaiError(
      404,
      `Unknown request URL: ${method} ${path}`,
      "unknown_url",
    );
  return undefined;
}

function listModels(): Reply {
  const model = {
    id: "gpt-4o-mini",
    object: "model",
    created: 1721172741,
    owned_by: "system",
  };
  return { status: 200, body: { object: "list", data: [model] } };
}

function chatCompletion({ content }: AiRequest): Reply {
  if (!Array.isArray(content.messages))
    return openaiError(400, "Missing required parameter: 'messages'.");
  const text = answerTo(content.messages);
  const common = {
    id: "chatcmpl-local",
    created: 1721172741,
    model: content.model ?? "gpt-4o-mini",
  };
  if (content.stream !== true) {
    const choice = {
      index: 0,
      message: { role: "assistant", content: text },
      finish_reason: "stop",
    };
    return {
      status: 200,
      body: { ...common, object: "chat.completion", choices: [choice], usage },
    };
  }
  const event = (delta: object, finish: string | null = null): string => {
    const choices = [{ index: 0, delta, finish_reason: finish }];
    return `data: ${JSON.stringify({ ...common, object: "chat.completion.chunk", choices })}\n\n`;
  };
  const words = wordsOf(text).map((word) => event({ content: word }));
  return {
    events: [
      event({ role: "assistant", content: "" }),
      ...words,
      event({}, "stop"),
      "data: [DONE]\n\n",
    ],
  };
}

/** OpenAI's newer API, which Codex calls. */
function openaiResponse({ content }: AiRequest): Reply {
  const { input, model, stream } = content;
  if (typeof input !== "string" && !Array.isArray(input))
    return openaiError(400, "Missing required parameter: 'input'.");
  const text = answerTo(
    typeof input === "string" ? [{ content: input }] : input,
  );
  const item = { id: "msg_local", type: "message", role: "assistant" };
  const part = { type: "output_text", text, annotations: [] };
  const common = {
    id: "resp_local",
    object: "response",
    created_at: 1721172741,
    model: model ?? "gpt-5",
  };
  const whole = {
    ...common,
    status: "completed",
    output: [{ ...item, status: "completed", content: [part] }],
    usage: { ...responseUsage, total_tokens: 21 },
  };
  if (stream !== true) return { status: 200, body: whole };
  const started = { ...common, status: "in_progress", output: [] };
  const place = { item_id: item.id, output_index: 0, content_index: 0 };
  const events = [
    { type: "response.created", response: started },
    { type: "response.output_item.added", output_index: 0, item },
    ...wordsOf(text).map((delta) => ({
      ...{ type: "response.output_text.delta", ...place, delta },
    })),
    { type: "response.completed", response: whole },
  ];
  return {
    events: events.map(
      (event, at) =>
        `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number: at })}\n\n`,
    ),
  };
}

/** By which Claude Code looks whether the service is there. */
function sayHello(): Reply {
  return { status: 200, body: { message: "hello" } };
}

function transcription(): Reply {
  return { status: 200, body: { text: "Hello from the upstream." } };
}

/** As OpenAI and Anthropic answer an upload. */
function storedFile(): Reply {
  const file = { id: "file-local", filename: "paper.pdf" };
  return { status: 200, body: { ...file, type: "file", object: "file" } };
}

/** As Gemini answers before an upload: with the place for the bytes. */
function uploadSession({ host, path }: AiRequest): Reply {
  const place = `https://${host}${path}?upload_id=1`;
  return { status: 200, body: {}, headers: { "x-goog-upload-url": place } };
}

function embedding({ content }: AiRequest): Reply {
  if (content.input === undefined)
    return openaiError(400, "Missing required parameter: 'input'.");
  const data = [{ object: "embedding", index: 0, embedding: [0.1, -0.2, 0.3] }];
  return {
    status: 200,
    body: {
      object: "list",
      data,
      model: content.model ?? "text-embedding-3-small",
      usage,
    },
  };
}

/** `models/NAME:generateContent`, or `:streamGenerateContent?alt=sse` as events. */
function geminiContent({ content, path }: AiRequest): Reply {
  if (!Array.isArray(content["contents"]))
    return {
      status: 400,
      body: {
        error: {
          code: 400,
          message: "contents is not specified",
          status: "INVALID_ARGUMENT",
        },
      },
    };
  const answer = (text: string) => ({
    candidates: [{ content: { role: "model", parts: [{ text }] }, index: 0 }],
    usageMetadata: { promptTokenCount: 9, totalTokenCount: 21 },
  });
  const text = answerTo(
    content["contents"].map(({ parts }: { parts?: { text: string }[] }) => ({
      content: parts?.map((part) => part.text).join("") ?? "",
    })),
  );
  return path.includes(":streamGenerateContent")
    ? {
        events: wordsOf(text).map(
          (word) => `data: ${JSON.stringify(answer(word))}\r\n\r\n`,
        ),
      }
    : { status: 200, body: answer(text) };
}

/** A model behind a SageMaker endpoint; its runtime takes signed calls only. */
function prediction({ content, headers, path }: AiRequest): Reply {
  if (!headers["authorization"]?.startsWith("AWS4-HMAC-SHA256 "))
    return { status: 403, body: { Message: "Missing Authentication Token" } };
  return Array.isArray(content["instances"])
    ? {
        status: 200,
        body: { predictions: content["instances"].map(() => 0.5) },
        headers: { "x-amzn-invoked-production-variant": "AllTraffic" },
      }
    : { status: 424, body: { Message: `No instances for ${path}` } };
}

function openaiError(
  status: number,
  message: string,
  code: string | null = null,
): Reply {
  return {
    status,
    body: {
      error: { message, type: "invalid_request_error", param: null, code },
    },
  };
}
