// The parts that the events of Lambda proxy integrations and REQUEST authorizers share (event format 1.0).

import {
  type Exchange,
  pathAsSent,
  requestTime,
  type Routed,
} from "./exchange.ts";
import {
  type HeaderPairs,
  headerValues,
  lastHeader,
  queryValues,
  replaceHeaders,
} from "./headers.ts";
import type { Route } from "./routing.ts";

type Multi = Record<string, string[]>;

interface RequestEvent {
  readonly resource: string;
  readonly path: string;
  readonly httpMethod: string;
  readonly headers: Record<string, string>;
  readonly multiValueHeaders: Multi;
  /** Empty when there is nothing; proxy events turn empty maps to null. */
  readonly queryStringParameters: Record<string, string>;
  readonly multiValueQueryStringParameters: Multi;
  readonly pathParameters: Readonly<Record<string, string>>;
  /** There are none here. */
  readonly stageVariables: Readonly<Record<string, never>>;
  readonly requestContext: Record<string, unknown>;
}

export function requestEvent(exchange: Routed): RequestEvent {
  const { route } = exchange;
  const multiValueHeaders = multi(eventHeaders(exchange), headerValues);
  const multiValueQueryStringParameters = multi(exchange.query, queryValues);
  return {
    resource: route.resource.path,
    path: eventPath(exchange).replace(/^\/+/, "/"),
    httpMethod: exchange.method,
    headers: lastOfEach(multiValueHeaders),
    multiValueHeaders,
    queryStringParameters: lastOfEach(multiValueQueryStringParameters),
    multiValueQueryStringParameters,
    pathParameters: route.pathParameters,
    stageVariables: {},
    requestContext: eventContext(exchange, route),
  };
}

/** With the base path of a custom domain in front of it, in what was seen of proxy events; of an authorizer's nothing is known. */
const eventPath = ({ readings, target }: Exchange): string =>
  readings.basePathInEvents === "kept"
    ? (target.domainPath ?? target.path)
    : target.path;

/** `X-Forwarded-For` as the next hop gets it. */
export function forwardedFor({ headers, sourceIp }: Exchange): string {
  return [...headerValues(headers, "x-forwarded-for"), sourceIp].join(", ");
}

function eventHeaders(exchange: Exchange): HeaderPairs {
  return replaceHeaders(exchange.headers, [
    ["X-Amzn-Trace-Id", exchange.traceId],
    ["X-Forwarded-For", forwardedFor(exchange)],
    ["X-Forwarded-Port", "443"],
    ["X-Forwarded-Proto", "https"],
  ]);
}

type Pairs = readonly (readonly [string, string])[];

function multi(
  pairs: Pairs,
  values: (pairs: Pairs, name: string) => string[],
): Multi {
  const names = new Map(
    pairs.map(([name]) => [
      values === headerValues ? name.toLowerCase() : name,
      name,
    ]),
  );
  return Object.fromEntries(
    [...names.values()].map((name) => [name, values(pairs, name)]),
  );
}

function lastOfEach(lists: Multi): Record<string, string> {
  return Object.fromEntries(
    Object.entries(lists).map(([name, values]) => [name, values.at(-1) ?? ""]),
  );
}

function eventContext(
  exchange: Exchange,
  route: Route,
): Record<string, unknown> {
  const { target, parts, stage, authorizer } = exchange;
  const domainName = lastHeader(exchange.headers, "host") ?? "";
  return {
    accountId: target.record.account,
    apiId: parts.api.id,
    ...(authorizer && { authorizer }),
    deploymentId: stage.deploymentId,
    domainName,
    domainPrefix: domainName.split(".")[0],
    extendedRequestId: exchange.extendedRequestId,
    httpMethod: exchange.method,
    identity: eventIdentity(exchange),
    path: pathAsSent(target),
    protocol: "HTTP/1.1",
    requestId: exchange.requestId,
    requestTime: requestTime(exchange.time),
    requestTimeEpoch: exchange.time,
    resourceId: route.resource.id,
    resourcePath: route.resource.path,
    stage: target.stageName,
  };
}

function eventIdentity({
  headers,
  sourceIp,
  apiKey,
}: Exchange): Record<string, string | null> {
  return {
    accessKey: null,
    accountId: null,
    ...(apiKey && { apiKey: apiKey.value, apiKeyId: apiKey.id }),
    caller: null,
    cognitoAuthenticationProvider: null,
    cognitoAuthenticationType: null,
    cognitoIdentityId: null,
    cognitoIdentityPoolId: null,
    principalOrgId: null,
    sourceIp,
    user: null,
    userAgent: lastHeader(headers, "user-agent") ?? null,
    userArn: null,
  };
}
