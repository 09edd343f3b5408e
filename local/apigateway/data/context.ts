// The `$context` and `stageVariables` values of a request, as mappings and templates read them.

import type { Exchange, Refusal } from "./exchange.ts";
import { lastHeader } from "./headers.ts";

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

export function stageVariable(
  exchange: Exchange,
  name: string,
): string | undefined {
  return exchange.stage.variables?.[name];
}

function requestContext(
  exchange: Exchange,
): Record<string, string | undefined> {
  const { target, parts, stage, route } = exchange;
  const domainName = lastHeader(exchange.headers, "host") ?? "";
  return {
    accountId: target.record.account,
    apiId: parts.api.id,
    deploymentId: stage.deploymentId,
    domainName,
    domainPrefix: domainName.split(".")[0],
    extendedRequestId: exchange.extendedRequestId,
    httpMethod: exchange.method,
    path: `/${target.stageName}${target.path}`,
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

/** As Apache's common log format writes times: `23/Nov/2025:15:03:00 +0000`. */
export function requestTime(time: number): string {
  const [, day, month, year, clock] = new Date(time).toUTCString().split(" ");
  return `${day ?? ""}/${month ?? ""}/${year ?? ""}:${clock ?? ""} +0000`;
}
