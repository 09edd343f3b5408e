// AWS_PROXY with response streaming: the function writes its status and headers as JSON, eight NUL bytes, then the body
// (developer guide, "Set up a Lambda proxy integration with payload response streaming").

import { once } from "node:events";
import { sendHead } from "../../system/servers.ts";
import type { Integration } from "../model.ts";
import { type Collaborators, within } from "./collaborators.ts";
import { answerHeaders, type Refusal, type Routed } from "./exchange.ts";
import {
  type HeaderPairs,
  nodeHeaders,
  replaceHeaders,
  returnedHeaders,
} from "./headers.ts";
import {
  malformed,
  proxyEvent,
  proxyHeaders,
  refuseInvocation,
} from "./lambda.ts";
import { configurationError } from "./mapping.ts";
import { isRecord } from "./policy.ts";
import { type Call, startCall, timedOut } from "./upstream.ts";

const shape =
  /^arn:[\w-]+:apigateway:[\w-]+:lambda:path\/2021-11-15\/functions\/([^/$]+)\/response-streaming-invocations$/;

export async function streamLambda(
  exchange: Routed,
  integration: Integration,
  collaborators: Collaborators,
): Promise<Refusal | undefined> {
  const arn = shape.exec(integration.uri ?? "")?.[1];
  const refusal = await refuseInvocation(exchange, integration, {
    arn,
    collaborators,
  });
  if (refusal || arn === undefined) return refusal;
  const { invokeStreaming, streamIdleMs = 300_000 } = collaborators;
  if (!invokeStreaming)
    return configurationError("streaming invocations are not served here");
  const call = startCall(exchange, integration.timeoutInMillis);
  try {
    const written = await ending(
      invokeStreaming(arn, proxyEvent(exchange)),
      call,
    );
    const pieces = inTime(written, { call, idleMs: streamIdleMs });
    const start = await readStart(pieces);
    if (!start) return malformed;
    await pass(exchange, start, { pieces, call });
    return undefined;
  } catch {
    if (!exchange.response.headersSent && call.ended() === "timeout")
      return timedOut;
    if (!exchange.response.headersSent && call.ended() === undefined)
      return { ...malformed, detail: "the function failed" };
    exchange.response.destroy();
    return undefined;
  } finally {
    call.clear();
  }
}

/** Rejects once the call is given up. */
function ending<T>(work: Promise<T>, { signal }: Call): Promise<T> {
  const ended = new Promise<never>((_resolve, reject) => {
    const stop = () => reject(new Error("given up"));
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  ended.catch(() => undefined);
  return Promise.race([work, ended]);
}

async function* inTime(
  written: AsyncIterable<Buffer>,
  { call, idleMs }: { call: Call; idleMs: number },
): AsyncGenerator<Buffer> {
  const iterator = written[Symbol.asyncIterator]();
  for (;;) {
    const next = await within(ending(iterator.next(), call), idleMs);
    if (next.done) return;
    yield next.value;
  }
}

interface Start {
  readonly status: number;
  readonly pairs: HeaderPairs;
  readonly rest: Buffer;
}

const delimiter = Buffer.alloc(8);
/** Documented: the metadata and the delimiter stand within the first 16 KB. */
const longestStart = 16 * 1024;

/** Undefined for what is no metadata, such as the result of a handler that is not written for streaming. */
async function readStart(
  pieces: AsyncGenerator<Buffer>,
): Promise<Start | undefined> {
  let read = Buffer.alloc(0);
  while (!read.subarray(0, longestStart).includes(delimiter)) {
    if (read.length > longestStart) return undefined;
    // `for await` would end the generator with its loop.
    const next = await pieces.next();
    if (next.done === true) return undefined;
    read = Buffer.concat([read, next.value]);
  }
  const end = read.indexOf(delimiter);
  const metadata = parse(read.subarray(0, end).toString());
  if (!isRecord(metadata)) return undefined;
  const { statusCode = 200, headers, multiValueHeaders } = metadata;
  const pairs = proxyHeaders(headers, multiValueHeaders);
  if (!pairs || !/^[2-5]\d\d$/.test(String(statusCode))) return undefined;
  const rest = read.subarray(end + delimiter.length);
  return { status: Number(statusCode), pairs, rest };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function pass(
  exchange: Routed,
  { pairs, rest, status }: Start,
  { pieces, call }: { pieces: AsyncGenerator<Buffer>; call: Call },
): Promise<void> {
  const { response } = exchange;
  const traced = replaceHeaders(returnedHeaders(pairs, exchange.readings), [
    ["X-Amzn-Trace-Id", exchange.traceId],
  ]);
  response.writeHead(status, nodeHeaders(answerHeaders(exchange, traced)));
  sendHead(response);
  if (rest.length > 0) response.write(rest);
  for await (const piece of pieces)
    if (!response.write(piece))
      await once(response, "drain", { signal: call.signal });
  response.end();
}
