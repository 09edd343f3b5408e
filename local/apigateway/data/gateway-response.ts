// Answers in place of the backend: the API's own gateway responses, its DEFAULT_4XX/5XX shown through, or AWS's.

import { validateHeaderName, validateHeaderValue } from "node:http";
import type { GatewayResponse } from "../model.ts";
import {
  contextValue,
  type Exchange,
  type Refusal,
  type ResponseType,
  sendAnswer,
} from "./exchange.ts";
import { type HeaderPairs, replaceHeaders } from "./headers.ts";
import { requestValue } from "./mapping.ts";

/** Status and `x-amzn-ErrorType` of each type. The names of THROTTLED and below are from documentation and reports only. */
const types: Record<
  ResponseType,
  readonly [status: number, errorType: string]
> = {
  MISSING_AUTHENTICATION_TOKEN: [403, "MissingAuthenticationTokenException"],
  API_CONFIGURATION_ERROR: [500, "InternalServerErrorException"],
  INTEGRATION_FAILURE: [504, "InternalServerErrorException"],
  INTEGRATION_TIMEOUT: [504, "InternalServerErrorException"],
  DEFAULT_5XX: [500, "InternalServerErrorException"],
  ACCESS_DENIED: [403, "AccessDeniedException"],
  UNAUTHORIZED: [401, "UnauthorizedException"],
  AUTHORIZER_CONFIGURATION_ERROR: [500, "AuthorizerConfigurationException"],
  THROTTLED: [429, "TooManyRequestsException"],
  AUTHORIZER_FAILURE: [500, "AuthorizerFailureException"],
  QUOTA_EXCEEDED: [429, "LimitExceededException"],
  INVALID_API_KEY: [403, "ForbiddenException"],
  INVALID_SIGNATURE: [403, "IncompleteSignatureException"],
  BAD_REQUEST_BODY: [400, "BadRequestException"],
  BAD_REQUEST_PARAMETERS: [400, "BadRequestException"],
  UNSUPPORTED_MEDIA_TYPE: [415, "BadRequestException"],
  REQUEST_TOO_LARGE: [413, "RequestEntityTooLargeException"],
  DEFAULT_4XX: [400, "BadRequestException"],
};

export function refuse(exchange: Exchange, refusal: Refusal): void {
  const [ownStatus, errorType] = types[refusal.type];
  const status = refusal.status ?? ownStatus;
  const custom = refusal.builtIn
    ? undefined
    : customised(exchange, refusal.type, status);
  const [contentType, template] = templateOf(custom);
  sendAnswer(exchange, {
    status: Number(custom?.statusCode ?? status),
    headers: replaceHeaders(
      [["Content-Type", contentType]],
      [
        ...customHeaders(exchange, refusal, custom),
        ["x-amzn-ErrorType", refusal.errorType ?? errorType],
      ],
    ),
    body: Buffer.from(
      template === undefined
        ? builtInBody(refusal)
        : render(exchange, refusal, template),
    ),
  });
}

function customised(
  { parts }: Exchange,
  type: ResponseType,
  status: number,
): GatewayResponse | undefined {
  return (
    parts.gatewayResponses.get(type) ??
    parts.gatewayResponses.get(status < 500 ? "DEFAULT_4XX" : "DEFAULT_5XX")
  );
}

function templateOf(
  custom: GatewayResponse | undefined,
): [contentType: string, template: string | undefined] {
  const templates = Object.entries(custom?.responseTemplates ?? {});
  return (
    templates.find(([contentType]) => contentType === "application/json") ??
    templates[0] ?? ["application/json", undefined]
  );
}

/** AWS's bodies byte for byte: a capital M for denied access, a space after the colon for integration errors. */
function builtInBody({ type, message }: Refusal): string {
  const text = JSON.stringify(message);
  if (type === "ACCESS_DENIED") return `{"Message":${text}}`;
  const spaced = types[type][1] === "InternalServerErrorException";
  return spaced ? `{"message": ${text}}` : `{"message":${text}}`;
}

/** Plain substitution, no VTL: what is not known renders as nothing. */
function render(
  exchange: Exchange,
  refusal: Refusal,
  template: string,
): string {
  return template.replace(
    /\$(?:\{context\.([\w.-]+)\}|context\.(\w+(?:\.\w+)*))/g,
    (_all, braced: string | undefined, plain: string | undefined) =>
      contextValue(exchange, braced ?? plain ?? "", refusal) ?? "",
  );
}

function customHeaders(
  exchange: Exchange,
  refusal: Refusal,
  custom: GatewayResponse | undefined,
): HeaderPairs {
  return Object.entries(custom?.responseParameters ?? {}).flatMap(
    ([target, source]): HeaderPairs => {
      const name = /^gatewayresponse\.header\.(.+)$/.exec(target)?.[1];
      const value = source.startsWith("context.")
        ? contextValue(exchange, source.slice("context.".length), refusal)
        : requestValue(exchange, source);
      return name !== undefined &&
        value !== undefined &&
        isSendable(name, value)
        ? [[name, value]]
        : [];
    },
  );
}

function isSendable(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}
