// The sizes that API Gateway takes: URL, headers and body of a request.

import type { IncomingMessage } from "node:http";
import type { Exchange, Refusal } from "./exchange.ts";
import { headerBytes, headerPairs } from "./headers.ts";
import { largestPayload, readUpTo } from "./upstream.ts";

/** Quotas of REST APIs, in bytes. AWS publishes the limits but not its answers: 414 and 431 are RFC 9110's and RFC 6585's. */
const longest = { url: 10_240, headers: 10_240 };

export function tooLong(request: IncomingMessage): Refusal | undefined {
  if ((request.url ?? "").length > longest.url)
    return {
      type: "DEFAULT_4XX",
      status: 414,
      message: "Request URI Too Long",
    };
  if (headerBytes(headerPairs(request.rawHeaders)) <= longest.headers)
    return undefined;
  return {
    type: "DEFAULT_4XX",
    status: 431,
    message: "Request Header Fields Too Large",
  };
}

/** Reads the body into the exchange: API Gateway does not stream requests. */
export async function readBody(
  exchange: Exchange,
): Promise<Refusal | undefined> {
  const tooLarge: Refusal = {
    type: "REQUEST_TOO_LARGE",
    message: `HTTP content length exceeded ${largestPayload} bytes.`,
  };
  if (Number(exchange.request.headers["content-length"] ?? 0) > largestPayload)
    return tooLarge;
  const body = await readUpTo(exchange.request, largestPayload);
  if (!body) return tooLarge;
  exchange.body = body;
  return undefined;
}
