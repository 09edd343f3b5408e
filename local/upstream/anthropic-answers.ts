// The answers of Anthropic's HTTP API, as far as its own SDK looks at them. Pure.
import { type AiRequest, answerTo, type Reply, wordsOf } from "./reply.ts";

const anthropicUsage = { input_tokens: 9, output_tokens: 12 };

/** Whether a page may read the answer, whatever its origin: the service wants to be told that the key is in a browser. */
export const allowsPages = (
  headers: Readonly<Record<string, string>>,
): boolean => headers["anthropic-dangerous-direct-browser-access"] === "true";

/** What a message would cost, without its answer. */
export function countTokens(request: AiRequest): Reply {
  const { input_tokens } = anthropicUsage;
  return anthropicProblem(request) ?? { status: 200, body: { input_tokens } };
}

export function anthropicMessage(request: AiRequest): Reply {
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

export function anthropicError(
  status: number,
  type: string,
  message: string,
): Reply {
  return { status, body: { type: "error", error: { type, message } } };
}
