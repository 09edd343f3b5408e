// HTTP integrations: the backend sees only what is mapped, and its answer goes through the integration responses.

import type { Integration } from "../model.ts";
import type { Collaborators } from "./collaborators.ts";
import type { Refusal, Routed } from "./exchange.ts";
import {
  headerPairs,
  lastHeader,
  replaceHeaders,
  type HeaderPairs,
} from "./headers.ts";
import { backendMethod, lengthHeader, overwrite } from "./http-proxy.ts";
import { integrationBody } from "./integration-request.ts";
import { answerFrom, type Outcome } from "./integration-response.ts";
import { configurationError, mapRequest } from "./mapping.ts";
import {
  answerTooLarge,
  failureOf,
  readAnswer,
  sendUpstream,
  startCall,
  upstreamAddress,
  type UpstreamRequest,
} from "./upstream.ts";

export async function callHttp(
  exchange: Routed,
  integration: Integration,
  collaborators: Collaborators,
): Promise<Refusal | undefined> {
  const text = integrationBody(exchange, integration);
  if (typeof text !== "string") return text;
  const request = upstreamRequest(exchange, integration, Buffer.from(text));
  if (!request) return configurationError("invalid endpoint address");
  const outcome = await outcomeOf(exchange, request, {
    integration,
    collaborators,
  });
  return outcome && "selector" in outcome
    ? answerFrom(exchange, integration, outcome)
    : outcome;
}

function upstreamRequest(
  exchange: Routed,
  integration: Integration,
  body: Buffer,
): UpstreamRequest | undefined {
  const mapped = mapRequest(exchange, integration);
  const address = upstreamAddress(exchange, integration.uri, {
    mapped,
    clientQuery: "",
  });
  if (!address || integration.connectionType === "VPC_LINK") return undefined;
  const method = backendMethod(exchange, integration);
  const contentType =
    method === "GET" ? undefined : lastHeader(exchange.headers, "content-type");
  const base: HeaderPairs = [
    ["Accept", "application/json"],
    ["User-Agent", `AmazonAPIGateway_${exchange.parts.api.id}`],
    ["Host", address.origin.host],
    ...(contentType === undefined
      ? []
      : [["Content-Type", contentType] as const]),
  ];
  const headers = replaceHeaders(
    overwrite(exchange, base, mapped),
    lengthHeader(method, body),
  );
  return { ...address, method, headers, body };
}

async function outcomeOf(
  exchange: Routed,
  request: UpstreamRequest,
  {
    integration,
    collaborators,
  }: { integration: Integration; collaborators: Collaborators },
): Promise<Outcome | Refusal | undefined> {
  const call = startCall(exchange, integration.timeoutInMillis);
  try {
    const answer = await sendUpstream(
      request,
      call,
      collaborators.openUpstream,
    );
    const received = await readAnswer(answer);
    if (!received) return answerTooLarge;
    return {
      selector: String(answer.statusCode),
      headers: headerPairs(answer.rawHeaders),
      body: received.toString("utf8"),
      passBody: true,
      traced: true,
    };
  } catch (error) {
    return failureOf(error, call);
  } finally {
    call.clear();
  }
}
