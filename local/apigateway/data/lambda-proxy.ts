// AWS_PROXY integrations: the request as an event for a Lambda function, and the function's result as the answer.

import type { Integration } from "../model.ts";
import { sendAnswer, type Answer } from "./answer.ts";
import type { Collaborators } from "./collaborators.ts";
import type { Refusal, Routed } from "./exchange.ts";
import {
  lastHeader,
  replaceHeaders,
  returnedHeaders,
  type HeaderPairs,
} from "./headers.ts";
import { callFunction } from "./lambda-call.ts";
import { isRecord } from "./policy.ts";
import { requestEvent } from "./request-event.ts";

const malformed: Refusal = {
  type: "DEFAULT_5XX",
  status: 502,
  message: "Internal server error",
  detail: "malformed proxy response",
};

export async function proxyLambda(
  exchange: Routed,
  integration: Integration,
  collaborators: Collaborators,
): Promise<Refusal | undefined> {
  const invocation = await callFunction(exchange, integration, {
    event: proxyEvent(exchange),
    collaborators,
  });
  if ("type" in invocation) return invocation;
  if (invocation.functionError !== undefined)
    return { ...malformed, detail: "the function failed" };
  const answer = proxyAnswer(exchange, invocation.payload);
  if (!answer) return malformed;
  sendAnswer(exchange, {
    ...answer,
    headers: replaceHeaders(answer.headers, [
      ["X-Amzn-Trace-Id", exchange.traceId],
    ]),
  });
  return undefined;
}

/** Empty maps and an empty body are null (recorded on AWS). */
function proxyEvent(exchange: Routed): unknown {
  const event = requestEvent(exchange);
  const orNull = <T extends object>(map: T) =>
    Object.keys(map).length === 0 ? null : map;
  const isBase64Encoded = isBinary(
    exchange,
    lastHeader(exchange.headers, "content-type")?.split(";")[0],
  );
  return {
    ...event,
    queryStringParameters: orNull(event.queryStringParameters),
    multiValueQueryStringParameters: orNull(
      event.multiValueQueryStringParameters,
    ),
    pathParameters: orNull(event.pathParameters),
    stageVariables: orNull(event.stageVariables),
    body:
      exchange.body.length === 0
        ? null
        : exchange.body.toString(isBase64Encoded ? "base64" : "utf8"),
    isBase64Encoded,
  };
}

function isBinary({ parts }: Routed, type: string | undefined): boolean {
  const types = parts.api.binaryMediaTypes ?? [];
  return (
    types.includes("*/*") || (type !== undefined && types.includes(type.trim()))
  );
}

const known = new Set([
  "statusCode",
  "headers",
  "multiValueHeaders",
  "body",
  "isBase64Encoded",
]);

/** Undefined for every result that AWS answers with 502. */
function proxyAnswer(exchange: Routed, payload: unknown): Answer | undefined {
  if (!isRecord(payload) || Object.keys(payload).some((key) => !known.has(key)))
    return undefined;
  const { statusCode = 200, body = null, isBase64Encoded } = payload;
  const status = /^[2-5]\d\d$/.test(String(statusCode))
    ? Number(statusCode)
    : undefined;
  const headers = proxyHeaders(
    payload["headers"],
    payload["multiValueHeaders"],
  );
  if (
    status === undefined ||
    !headers ||
    (body !== null && typeof body !== "string")
  )
    return undefined;
  const decode =
    isBase64Encoded === true &&
    isBinary(exchange, lastHeader(exchange.headers, "accept"));
  return {
    status,
    headers: returnedHeaders(headers),
    body: Buffer.from(body ?? "", decode ? "base64" : "utf8"),
  };
}

/** A name in both maps: the spelling and the values of `multiValueHeaders` first, then the single one. */
function proxyHeaders(
  single: unknown,
  multi: unknown,
): HeaderPairs | undefined {
  const [singles, multis] = [single ?? {}, multi ?? {}];
  if (!isRecord(singles) || !isRecord(multis)) return undefined;
  const pairs: [string, string][] = [];
  for (const [name, value] of Object.entries(multis)) {
    if (!Array.isArray(value) || !value.every(isText)) return undefined;
    pairs.push(...value.map((one): [string, string] => [name, String(one)]));
  }
  for (const [name, value] of Object.entries(singles)) {
    if (value !== null && !isText(value)) return undefined;
    if (value !== null) pairs.push([name, String(value)]);
  }
  return pairs;
}

function isText(value: unknown): value is string | number | boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}
