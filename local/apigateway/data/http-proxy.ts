// HTTP_PROXY integrations: the client's request goes on with its headers, and the backend's answer comes back as it is.

import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { sendHead } from "../../system/servers.ts";
import type { Integration } from "../model.ts";
import type { Collaborators } from "./collaborators.ts";
import { requestContent, responseContent } from "./content.ts";
import {
  answerHeaders,
  type Refusal,
  type Routed,
  sendAnswer,
} from "./exchange.ts";
import {
  headerPairs,
  type HeaderPairs,
  lastHeader,
  methodOverrideHeader,
  nodeHeaders,
  replaceHeaders,
  returnedHeaders,
  signature,
  withoutHeaders,
} from "./headers.ts";
import {
  configurationError,
  type MappedRequest,
  mapRequest,
} from "./mapping.ts";
import { forwardedFor } from "./request-event.ts";
import {
  answerTooLarge,
  type Call,
  failureOf,
  readAnswer,
  sendUpstream,
  startCall,
  upstreamAddress,
  type UpstreamRequest,
} from "./upstream.ts";

/** Mapped without an error, yet they never arrive at an HTTP backend (recorded on AWS). */
const neverArrive = ["expect", "proxy-authenticate", "te"];

export async function proxyHttp(
  exchange: Routed,
  integration: Integration,
  collaborators: Collaborators,
): Promise<Refusal | undefined> {
  const content = requestContent(exchange, integration.contentHandling);
  if ("type" in content) return content;
  if (!hasLink(exchange, integration))
    return configurationError("the integration's VPC link does not exist");
  const request = upstreamRequest(exchange, integration, content.body);
  if (!request) return configurationError("invalid endpoint address");
  const call = startCall(exchange, integration.timeoutInMillis);
  try {
    const answer = await sendUpstream(
      request,
      call,
      collaborators.openUpstream,
    );
    if (integration.responseTransferMode !== "STREAM")
      return await buffered(exchange, answer);
    await streamed(exchange, answer, {
      call,
      idleMs: collaborators.streamIdleMs ?? idleLimit(exchange),
    });
    return undefined;
  } catch (error) {
    if (!exchange.response.headersSent) return failureOf(error, call);
    // The status is out already: breaking the connection is the only way left to say that the body is not complete.
    exchange.response.destroy();
    return undefined;
  } finally {
    call.clear();
  }
}

/** Whether AWS says so with a 500 or a 504 is not known; either way nothing is called. */
function hasLink(
  { target: { record, store } }: Routed,
  { connectionId, connectionType }: Integration,
): boolean {
  if (connectionType !== "VPC_LINK") return true;
  const link = store.vpcLinks.get(connectionId ?? "");
  return link?.region === record.region;
}

export function upstreamRequest(
  exchange: Routed,
  integration: Integration,
  body: Buffer,
): UpstreamRequest | undefined {
  const mapped = mapRequest(exchange, integration);
  const address = upstreamAddress(integration.uri, mapped, sentQuery(exchange));
  if (!address) return undefined;
  const method = backendMethod(exchange, integration);
  return {
    ...address,
    method,
    headers: replaceHeaders(
      proxyHeaders(exchange, mapped, address.origin.host),
      lengthHeader(method, body),
    ),
    body,
  };
}

/** A slash loses its quotes on the way (users' reports), and `;` is a separator (important notes). */
const sentQuery = ({ target }: Routed): string =>
  target.query.replaceAll(/%2f/gi, "/").replaceAll(";", "&");

function backendMethod(exchange: Routed, { httpMethod }: Integration): string {
  return httpMethod === undefined || httpMethod === "ANY"
    ? exchange.method
    : httpMethod;
}

function proxyHeaders(
  exchange: Routed,
  mapped: MappedRequest,
  host: string,
): HeaderPairs {
  const client = withoutHeaders(exchange.headers, [
    "host",
    "content-encoding",
    "via",
    methodOverrideHeader,
  ]).filter(
    ([name, value]) =>
      name.toLowerCase() !== "authorization" || !value.startsWith(signature),
  );
  const agent =
    lastHeader(client, "user-agent") ??
    `AmazonAPIGateway_${exchange.parts.api.id}`;
  const base = replaceHeaders(client, [
    ["Host", host],
    ["User-Agent", agent],
    ["X-Forwarded-For", forwardedFor(exchange)],
    ["X-Forwarded-Port", "443"],
    ["X-Forwarded-Proto", "https"],
  ]);
  return overwrite(exchange, base, mapped);
}

/** Mapped headers over the ones there are, then API Gateway's own two, which cannot be mapped over. */
function overwrite(
  exchange: Routed,
  base: HeaderPairs,
  mapped: MappedRequest,
): HeaderPairs {
  const headers = withoutHeaders(mapped.headers, neverArrive);
  const withMapped =
    exchange.readings.headerTargets === "replace"
      ? replaceHeaders(base, headers)
      : [...withoutSpellings(base, headers), ...headers];
  return replaceHeaders(withMapped, [
    ["X-Amzn-Trace-Id", exchange.traceId],
    ["X-Amzn-Apigateway-Api-Id", exchange.parts.api.id],
  ]);
}

/** `Authorization` was recorded to lose the client's spelling; of the others that is not known. */
function withoutSpellings(
  base: HeaderPairs,
  headers: HeaderPairs,
): HeaderPairs {
  const spellings = new Set(headers.map(([name]) => name));
  return base.filter(
    ([name]) =>
      !spellings.has(
        name.toLowerCase() === "authorization" ? "Authorization" : name,
      ),
  );
}

/** Bodies are never chunked towards the backend; a verb that usually has one says so when it is empty. */
function lengthHeader(method: string, body: Buffer): HeaderPairs {
  const expected = ["POST", "PUT", "PATCH"].includes(method) || body.length > 0;
  return expected ? [["Content-Length", String(body.length)]] : [];
}

async function buffered(
  exchange: Routed,
  answer: IncomingMessage,
): Promise<Refusal | undefined> {
  const body = await readAnswer(answer);
  if (!body) return answerTooLarge;
  const type = answer.headers["content-type"];
  const content = responseContent(exchange, { body, type });
  if ("type" in content) return content;
  sendAnswer(exchange, {
    status: answer.statusCode ?? 502,
    headers: returnedHeaders(headerPairs(answer.rawHeaders), exchange.readings),
    body: content.body,
  });
  return undefined;
}

/** Passes chunks on as they come, until the backend ends, falls silent for too long, or the whole call times out. */
async function streamed(
  exchange: Routed,
  answer: IncomingMessage,
  { call, idleMs }: { call: Call; idleMs: number },
): Promise<void> {
  const { response } = exchange;
  const headers = answerHeaders(
    exchange,
    returnedHeaders(headerPairs(answer.rawHeaders), exchange.readings),
  );
  response.writeHead(answer.statusCode ?? 502, nodeHeaders(headers));
  sendHead(response);
  const idle = setTimeout(() => answer.destroy(new Error("idle")), idleMs);
  try {
    for await (const chunk of answer) {
      if (!response.write(chunk))
        await once(response, "drain", { signal: call.signal });
      idle.refresh();
    }
    response.end();
  } finally {
    clearTimeout(idle);
  }
}

/** AWS: 5 minutes, 30 seconds for edge-optimised APIs. */
function idleLimit({ parts }: Routed): number {
  return parts.api.endpointConfiguration.types.includes("EDGE")
    ? 30_000
    : 300_000;
}
