// Writes an answer to the client, with the headers that API Gateway adds to every one.

import type { Exchange } from "./exchange.ts";
import {
  lastHeader,
  nodeHeaders,
  replaceHeaders,
  type HeaderPairs,
} from "./headers.ts";

export interface Answer {
  readonly status: number;
  readonly headers: HeaderPairs;
  readonly body: Buffer;
}

export function sendAnswer(
  exchange: Exchange,
  { status, headers, body }: Answer,
): void {
  const length: HeaderPairs = hasBody(status)
    ? [["Content-Length", String(body.length)]]
    : [];
  const all = replaceHeaders(answerHeaders(exchange, headers), length);
  exchange.response.writeHead(status, nodeHeaders(all)).end(body);
}

/** The answer's headers with the request ids, and `application/json` where the backend named no type. */
export function answerHeaders(
  { requestId, extendedRequestId }: Exchange,
  headers: HeaderPairs,
): HeaderPairs {
  const typed: HeaderPairs =
    lastHeader(headers, "content-type") === undefined
      ? [...headers, ["Content-Type", "application/json"]]
      : headers;
  return replaceHeaders(typed, [
    ["x-amzn-RequestId", requestId],
    ["x-amz-apigw-id", extendedRequestId],
  ]);
}

const hasBody = (status: number) =>
  status >= 200 && status !== 204 && status !== 304;
