import { randomBytes, randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { answerEarly } from "../../system/servers.ts";
import type { ApiKey, ApiParts, DataPlaneTarget, Stage } from "../model.ts";
import { defaultReadings, type Readings } from "./collaborators.ts";
import {
  headerPairs,
  type HeaderPairs,
  lastHeader,
  nodeHeaders,
  queryPairs,
  type QueryPairs,
  replaceHeaders,
  visibleHeaders,
} from "./headers.ts";
import type { Route } from "./routing.ts";

export type ResponseType =
  | "ACCESS_DENIED"
  | "API_CONFIGURATION_ERROR"
  | "AUTHORIZER_CONFIGURATION_ERROR"
  | "AUTHORIZER_FAILURE"
  | "BAD_REQUEST_BODY"
  | "BAD_REQUEST_PARAMETERS"
  | "DEFAULT_4XX"
  | "DEFAULT_5XX"
  | "INTEGRATION_FAILURE"
  | "INTEGRATION_TIMEOUT"
  | "INVALID_API_KEY"
  | "INVALID_SIGNATURE"
  | "MISSING_AUTHENTICATION_TOKEN"
  | "QUOTA_EXCEEDED"
  | "REQUEST_TOO_LARGE"
  | "THROTTLED"
  | "UNAUTHORIZED"
  | "UNSUPPORTED_MEDIA_TYPE";

/** A gateway response in place of the backend's answer. */
export interface Refusal {
  readonly type: ResponseType;
  /** `$context.error.message`; null where AWS gives none. */
  readonly message: string | null;
  /** In place of the type's own status, where AWS answers differently for one cause of a type. */
  readonly status?: number;
  /** Gateway responses of the API do not apply. */
  readonly builtIn?: true;
  /** For the log only. Never holds a credential. */
  readonly detail?: string;
  /** In place of the type's own `x-amzn-ErrorType`. */
  readonly errorType?: string;
}

/** `Neither`: no statement matched, or there is no policy. */
export type Verdict = "Allow" | "Deny" | "Neither";

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly target: DataPlaneTarget;
  readonly stage: Stage;
  /** The deployment's copy: the only description of the API that is looked at. */
  readonly parts: ApiParts;
  /** As it was sent, until an override counts. */
  method: string;
  readonly readings: Readings;
  /** Without those that are dropped on entry. */
  readonly headers: HeaderPairs;
  /** Decoded. */
  readonly query: QueryPairs;
  readonly sourceIp: string;
  readonly vpcEndpoint: string | undefined;
  readonly requestId: string;
  readonly extendedRequestId: string;
  /** Value of X-Amzn-Trace-Id towards backends. */
  readonly traceId: string;
  /** Epoch milliseconds. */
  readonly time: number;
  // Filled in by the steps, in their order.
  route?: Route;
  resourcePolicy?: Verdict;
  /** What `context.authorizer.*` reads; null values are JSON nulls. */
  authorizer?: Readonly<Record<string, string | number | null>>;
  usageIdentifierKey?: string;
  apiKey?: ApiKey;
  /** What templates set `$context.responseOverride.header.*` to. */
  responseOverrides?: HeaderPairs;
  body: Buffer;
}

/** What the steps have established by the time an integration runs. */
export type Routed = Exchange & { route: Route };

export function newExchange(
  messages: { request: IncomingMessage; response: ServerResponse },
  served: { target: DataPlaneTarget; stage: Stage; parts: ApiParts },
  {
    readings,
    sourceIp,
    time,
    vpcEndpoint,
  }: {
    readonly time: number;
    readonly readings?: Partial<Readings>;
    readonly sourceIp: string | undefined;
    readonly vpcEndpoint: string | undefined;
  },
): Exchange {
  const headers = visibleHeaders(headerPairs(messages.request.rawHeaders));
  return {
    ...messages,
    ...served,
    method: messages.request.method ?? "GET",
    readings: { ...defaultReadings, ...readings },
    headers,
    query: queryPairs(served.target.query),
    sourceIp:
      sourceIp ??
      (messages.request.socket.remoteAddress ?? "").replace(/^::ffff:/, ""),
    vpcEndpoint,
    requestId: randomUUID(),
    extendedRequestId: `${randomBytes(11).toString("base64url")}=`,
    traceId: traced(lastHeader(headers, "x-amzn-trace-id"), time),
    time,
    body: Buffer.alloc(0),
  };
}

/** An own trace, or the client's continued: its parts stay as they are, a missing Parent is made up. */
function traced(given: string | undefined, time: number): string {
  const root = /(?:^|;)\s*(Root=[^;]+)/.exec(given ?? "")?.[1];
  if (given !== undefined && root !== undefined) {
    if (/(?:^|;)\s*Parent=/.test(given)) return given;
    const rest = given.split(";").filter((part) => part.trim() !== root);
    return [root, `Parent=${randomBytes(8).toString("hex")}`, ...rest].join(
      ";",
    );
  }
  const seconds = Math.floor(time / 1000).toString(16);
  return `Root=1-${seconds}-${randomBytes(12).toString("hex")}`;
}

/** `arn:aws:execute-api:region:account:api/`, what every ARN of this API starts with. */
export function apiArn({ target: { record }, parts }: Exchange): string {
  const partition = /^(cn|us-gov)-/.exec(record.region)?.[1];
  const aws = partition === undefined ? "aws" : `aws-${partition}`;
  return `arn:${aws}:execute-api:${record.region}:${record.account}:${parts.api.id}/`;
}

/** ARN of the called method, with the path as the client sent it. */
export function methodArn(exchange: Exchange): string {
  const { stageName, path } = exchange.target;
  return `${apiArn(exchange)}${stageName}/${exchange.method}${path}`;
}

/** `$context.<name>` without the prefix, such as `requestId` or `authorizer.principalId`; undefined when there is none. */
export function contextValue(
  exchange: Exchange,
  name: string,
  refusal?: Refusal,
): string | undefined {
  if (name.startsWith("authorizer.")) {
    const value = exchange.authorizer?.[name.slice("authorizer.".length)];
    return value === undefined || value === null ? undefined : String(value);
  }
  return {
    ...requestContext(exchange),
    ...identity(exchange),
    ...errorContext(refusal),
  }[name];
}

/**
 * `$context.path`: with the stage, or at a custom domain with the base path, and without the stage that its mapping names
 * (localstack/localstack#12295 has the events).
 */
export const pathAsSent = ({
  domainPath,
  path,
  stageName,
}: DataPlaneTarget): string => domainPath ?? `/${stageName}${path}`;

function requestContext(
  exchange: Exchange,
): Record<string, string | undefined> {
  const { target, parts, stage, route } = exchange;
  const domainName = (lastHeader(exchange.headers, "host") ?? "").replace(
    /:\d+$/,
    "",
  );
  return {
    accountId: target.record.account,
    apiId: parts.api.id,
    deploymentId: stage.deploymentId,
    domainName,
    domainPrefix: domainName.split(".")[0],
    extendedRequestId: exchange.extendedRequestId,
    httpMethod: exchange.method,
    path: pathAsSent(target),
    protocol: "HTTP/1.1",
    requestId: exchange.requestId,
    requestTime: requestTime(exchange.time),
    requestTimeEpoch: String(exchange.time),
    resourceId: route?.resource.id,
    resourcePath: route?.resource.path,
    stage: target.stageName,
  };
}

function identity(exchange: Exchange): Record<string, string | undefined> {
  return {
    "identity.sourceIp": exchange.sourceIp,
    "identity.userAgent": lastHeader(exchange.headers, "user-agent"),
    "identity.apiKey": exchange.apiKey?.value,
    "identity.apiKeyId": exchange.apiKey?.id,
  };
}

function errorContext(
  refusal: Refusal | undefined,
): Record<string, string | undefined> {
  if (!refusal) return {};
  return {
    "error.message": refusal.message ?? undefined,
    "error.messageString": JSON.stringify(refusal.message),
    "error.responseType": refusal.type,
  };
}

/** A header as a mapping or a template names it. */
export const headerSource = (
  { headers, readings }: Exchange,
  name: string,
): string | undefined =>
  readings.headerSources === "exact"
    ? headers.findLast(([given]) => given === name)?.[1]
    : lastHeader(headers, name);

/** As Apache's common log format writes times: `23/Nov/2025:15:03:00 +0000`. */
export function requestTime(time: number): string {
  const [, day, month, year, clock] = new Date(time).toUTCString().split(" ");
  return `${day ?? ""}/${month ?? ""}/${year ?? ""}:${clock ?? ""} +0000`;
}

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
  exchange.response.writeHead(status, nodeHeaders(all));
  answerEarly(exchange.request, exchange.response, body);
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
