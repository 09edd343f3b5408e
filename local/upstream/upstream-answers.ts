// What the mock AI services answer to which request, and how the answer is sent.
import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { answerJson, parsedObject } from "../system/servers.ts";

export interface ReceivedRequest {
  /** Without port. */
  readonly host: string;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** Names in lower case; repeated headers joined with ", ". */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly bytes: Buffer;
}

/** What a service wants to see before it answers. */
export interface Credential {
  /** In lower case: `authorization`, `x-api-key`. */
  readonly header: string;
  /** The whole value: `Bearer sk-…`. */
  readonly value: string;
}

/** A whole answer, a stream of events, or none at all. */
type Reply =
  | {
      readonly status: number;
      readonly body: unknown;
      readonly headers?: Record<string, string>;
      readonly afterMs?: number;
    }
  | { readonly events: readonly string[] }
  | "never";

/** The request with its body parsed; a body that is not a JSON object counts as empty. */
type AiRequest = Omit<ReceivedRequest, "bytes"> & {
  readonly content: Readonly<Record<string, unknown>>;
};

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
  { method: "POST", end: "/v1/messages", reply: anthropicMessage },
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
const usage = { prompt_tokens: 9, completion_tokens: 12, total_tokens: 21 };
const anthropicUsage = { input_tokens: 9, output_tokens: 12 };

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

function anthropicMessage(request: AiRequest): Reply {
  const { messages, model, stream } = request.content;
  const problem = anthropicProblem(request);
  if (problem !== undefined) return problem;
  const text = answerTo(messages);
  const message = {
    id: "msg_local",
    type: "message",
    role: "assistant",
    model: model ?? "claude",
    usage: anthropicUsage,
  };
  if (stream === true)
    return {
      events: anthropicEvents(
        { ...message, content: [], stop_reason: null },
        text,
      ),
    };
  return {
    status: 200,
    body: {
      ...message,
      content: [{ type: "text", text }],
      stop_reason: "end_turn",
    },
  };
}

function anthropicProblem({ headers, content }: AiRequest): Reply | undefined {
  if (headers["x-api-key"] === undefined)
    return anthropicError(
      401,
      "authentication_error",
      "x-api-key header is required",
    );
  const problems = [
    headers["anthropic-version"] === undefined &&
      "anthropic-version: header is required",
    !Array.isArray(content.messages) && "messages: Field required",
  ];
  const problem = problems.find((text) => text !== false);
  return problem === undefined
    ? undefined
    : anthropicError(400, "invalid_request_error", problem);
}

function anthropicEvents(message: object, text: string): readonly string[] {
  const event = (type: string, data: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
  return [
    event("message_start", { message }),
    event("content_block_start", {
      index: 0,
      content_block: { type: "text", text: "" },
    }),
    ...wordsOf(text).map((word) =>
      event("content_block_delta", {
        index: 0,
        delta: { type: "text_delta", text: word },
      }),
    ),
    event("content_block_stop", { index: 0 }),
    event("message_delta", {
      delta: { stop_reason: "end_turn", stop_sequence: null },
      usage: anthropicUsage,
    }),
    event("message_stop", {}),
  ];
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

function anthropicError(status: number, type: string, message: string): Reply {
  return { status, body: { type: "error", error: { type, message } } };
}

/** Says the last message back, so that a test sees which question was answered. */
function answerTo(messages: unknown): string {
  const last: unknown = Array.isArray(messages) ? messages.at(-1) : undefined;
  const content =
    typeof last === "object" && last !== null && "content" in last
      ? last.content
      : "";
  return `You said: ${typeof content === "string" ? content : JSON.stringify(content)}`;
}

const wordsOf = (text: string): string[] => text.split(/(?<= )/);
