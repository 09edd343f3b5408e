// What the mock AI services answer to which request, and how the answer is sent.

import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { answerJson, parsedObject } from "../cloud/servers.ts";
import type { Credential, ReceivedRequest } from "./upstream.ts";
import {
  anthropicMessage,
  chatCompletion,
  embedding,
  listModels,
  notKnown,
  wrongKey,
} from "./upstream-services.ts";

/** A whole answer, a stream of events, or none at all. */
export type Reply =
  | {
      readonly status: number;
      readonly body: unknown;
      readonly headers?: Record<string, string>;
      readonly afterMs?: number;
    }
  | { readonly events: readonly string[] }
  | "never";

/** The request with its body parsed; a body that is not a JSON object counts as empty. */
export type AiRequest = ReceivedRequest & {
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
  { method: "POST", end: "/v1/messages", reply: anthropicMessage },
  { method: "GET", end: "/models", reply: listModels },
];

/** Answers one request. Unknown paths are 404 on the services with a fixed API, and echoed on other hosts. */
export async function answerAi(
  request: ReceivedRequest,
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
  const service = services.find(
    ({ method, end }) => request.method === method && pathname.endsWith(end),
  );
  return (
    service?.reply(request) ?? notKnown(request, pathname) ?? echo(request)
  );
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
