import type { GatewayResponse } from "../model.ts";
import { type Call, type Handler, param, theApi } from "./call.ts";
import { constraint, notFound, oneOf, validation } from "./errors.ts";
import { type Json, text, textMap } from "./input.ts";
import { checkGatewayMappings } from "./integrations.ts";

/** Status by type; the two families have none. */
const defaultStatus: Readonly<Record<string, string | undefined>> = {
  ACCESS_DENIED: "403",
  API_CONFIGURATION_ERROR: "500",
  AUTHORIZER_CONFIGURATION_ERROR: "500",
  AUTHORIZER_FAILURE: "500",
  BAD_REQUEST_BODY: "400",
  BAD_REQUEST_PARAMETERS: "400",
  DEFAULT_4XX: undefined,
  DEFAULT_5XX: undefined,
  EXPIRED_TOKEN: "403",
  INTEGRATION_FAILURE: "504",
  INTEGRATION_TIMEOUT: "504",
  INVALID_API_KEY: "403",
  INVALID_SIGNATURE: "403",
  MISSING_AUTHENTICATION_TOKEN: "403",
  QUOTA_EXCEEDED: "429",
  REQUEST_TOO_LARGE: "413",
  RESOURCE_NOT_FOUND: "404",
  THROTTLED: "429",
  UNAUTHORIZED: "401",
  UNSUPPORTED_MEDIA_TYPE: "415",
  WAF_FILTERED: "403",
};
const responseTypes = Object.keys(defaultStatus);

/** @throws ServiceError when there is no such type */
function checkType(type: string): string {
  if (responseTypes.includes(type)) return type;
  throw validation([constraint(type, "responseType", oneOf(responseTypes))]);
}

function defaultResponse(type: string): GatewayResponse {
  const statusCode = defaultStatus[type];
  return {
    responseType: type,
    ...(statusCode === undefined ? {} : { statusCode }),
    responseParameters: {},
    responseTemplates: {
      "application/json": '{"message":$context.error.messageString}',
    },
    defaultResponse: true,
  };
}

/** A custom response: what is left out takes the type's default. */
export function buildGatewayResponse(
  type: string,
  input: Json,
): GatewayResponse {
  const base = defaultResponse(checkType(type));
  const statusCode = text(input, "statusCode") ?? base.statusCode;
  if (statusCode !== undefined && !/^[1-5]\d\d$/.test(statusCode))
    throw validation([
      constraint(
        statusCode,
        "statusCode",
        "Member must satisfy regular expression pattern: [1-5]\\d\\d",
      ),
    ]);
  const responseParameters = textMap(input, "responseParameters") ?? {};
  checkGatewayMappings(responseParameters);
  return {
    ...base,
    ...(statusCode === undefined ? {} : { statusCode }),
    responseParameters,
    responseTemplates:
      textMap(input, "responseTemplates") ?? base.responseTemplates,
    defaultResponse: false,
  };
}

const typeOf = (call: Call): string => checkType(param(call, "type"));

/** A type without its own response shows its default, or what a custom DEFAULT_4XX or DEFAULT_5XX gives it. */
export const getGatewayResponse: Handler = (call) => {
  const custom = theApi(call).parts.gatewayResponses;
  const type = typeOf(call);
  const own = custom.get(type);
  if (own) return own;
  const plain = defaultResponse(type);
  const family = custom.get(
    plain.statusCode?.startsWith("5") ? "DEFAULT_5XX" : "DEFAULT_4XX",
  );
  if (!family || plain.statusCode === undefined) return plain;
  return { ...plain, ...family, responseType: type, defaultResponse: true };
};

export const putGatewayResponse: Handler = (call) => {
  const { gatewayResponses } = theApi(call).parts;
  const response = buildGatewayResponse(typeOf(call), call.body);
  gatewayResponses.set(response.responseType, response);
  return response;
};

export const deleteGatewayResponse: Handler = (call) => {
  const { gatewayResponses } = theApi(call).parts;
  if (!gatewayResponses.delete(typeOf(call)))
    throw notFound("Gateway response type not defined on api");
  return undefined;
};
