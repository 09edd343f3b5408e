import type { Integration } from "../model.ts";
import {
  type Collaborators,
  DeadlineError,
  type Invocation,
  within,
} from "./collaborators.ts";
import { isBinary, isBinaryRequest } from "./content.ts";
import {
  type Answer,
  apiArn,
  type Refusal,
  type Routed,
  sendAnswer,
} from "./exchange.ts";
import {
  type HeaderPairs,
  lastHeader,
  replaceHeaders,
  returnedHeaders,
} from "./headers.ts";
import { answerFrom, integrationBody } from "./integration-templates.ts";
import { configurationError } from "./mapping.ts";
import { isRecord, mayInvoke } from "./policy.ts";
import { requestEvent } from "./request-event.ts";
import { timedOut } from "./upstream.ts";

export const malformed: Refusal = {
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
export function proxyEvent(exchange: Routed): unknown {
  const event = requestEvent(exchange);
  const orNull = <T extends object>(map: T) =>
    Object.keys(map).length === 0 ? null : map;
  const isBase64Encoded = isBinaryRequest(exchange);
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
    headers: returnedHeaders(headers, exchange.readings),
    body: Buffer.from(body ?? "", decode ? "base64" : "utf8"),
  };
}

/** Undefined for what AWS answers with 502. A name in both maps: the spelling and the values of `multiValueHeaders` first, then the single one. */
export function proxyHeaders(
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

export async function callLambda(
  exchange: Routed,
  integration: Integration,
  collaborators: Collaborators,
): Promise<Refusal | undefined> {
  const text = integrationBody(exchange, integration);
  if (typeof text !== "string") return text;
  const event = parse(text === "" ? "{}" : text);
  if (event === undefined) return configurationError("the event is no JSON");
  const invocation = await callFunction(exchange, integration, {
    event,
    collaborators,
  });
  if ("type" in invocation) return invocation;
  // Selection patterns see a failed function's message only; a success takes the default response.
  return answerFrom(exchange, integration, {
    selector:
      invocation.functionError === undefined
        ? undefined
        : errorMessage(invocation.payload),
    headers: [],
    body: JSON.stringify(invocation.payload ?? null),
    passBody: true,
    traced: true,
  });
}

function errorMessage(payload: unknown): string {
  const message = isRecord(payload) ? payload["errorMessage"] : undefined;
  return typeof message === "string" ? message : "";
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The function's result, or why there is none. The Lambda API itself takes POST only, whatever the client's verb is. */
async function callFunction(
  exchange: Routed,
  integration: Integration,
  { event, collaborators }: { event: unknown; collaborators: Collaborators },
): Promise<Invocation | Refusal> {
  const arn = functionArn(integration.uri);
  try {
    const refusal = await refuseInvocation(exchange, integration, {
      arn,
      collaborators,
    });
    if (refusal || arn === undefined) return refusal ?? malformed;
    return await within(
      collaborators.invokeFunction(arn, event),
      integration.timeoutInMillis,
    );
  } catch (error) {
    if (error instanceof DeadlineError) return timedOut;
    return configurationError(
      error instanceof Error
        ? error.message
        : "the function could not be called",
    );
  }
}

/** Lambda's API takes POST only; the function's policy, or a role, must permit the call. */
export async function refuseInvocation(
  exchange: Routed,
  { credentials, httpMethod }: Integration,
  {
    arn,
    collaborators,
  }: { arn: string | undefined; collaborators: Collaborators },
): Promise<Refusal | undefined> {
  if (httpMethod !== "POST")
    return configurationError("a Lambda integration must use POST");
  if (arn === undefined)
    return configurationError("the URI names no function that is served here");
  const question = {
    functionArn: arn,
    sourceArn: sourceArn(exchange),
    account: exchange.target.record.account,
  };
  return (await mayInvoke(collaborators.functionPolicy, question, credentials))
    ? undefined
    : configurationError(
        `no permission to invoke ${arn} for ${question.sourceArn}`,
      );
}

/** Path parameters are written as `*` in the ARN that a function's policy is asked about. */
function sourceArn(exchange: Routed): string {
  const path = exchange.route.resource.path.replace(/\{[^/]*\}/g, "*");
  return `${apiArn(exchange)}${exchange.target.stageName}/${exchange.method}${path}`;
}

const shape =
  /^arn:[\w-]+:apigateway:[\w-]+:lambda:path\/2015-03-31\/functions\/([^/$]+)\/invocations$/;

/** The ARN within `…:lambda:path/2015-03-31/functions/<arn>/invocations`; undefined for any other URI. */
export const functionArn = (uri = ""): string | undefined =>
  shape.exec(uri)?.[1];
