// The gate's own errors: JSON in the shape OpenAI and Anthropic clients read, and the header that tells them from an
// upstream's errors. Pure.
import type { ProofPublicKey } from "../../../contract/authorizer-settings.ts";
import { isFronted } from "../authorizer-settings.ts";
import type { Gate } from "../gate.ts";
import type { Digest } from "../usage-keys.ts";
import { errorOrigin } from "./openapi-cors.ts";
import type { GatewayResponse } from "./openapi-types.ts";

interface GateError {
  /** Undefined for the defaults: a status there would change that of every type without its own. */
  readonly status?: number;
  readonly type: string;
  readonly message: string;
}

const notAllowed = { status: 403, type: "permission_error" };
const gateFault = { status: 500, type: "api_error" };

/** By API Gateway's response type; the code a client sees is the type in lower case. */
const errors: Readonly<Record<string, GateError>> = {
  UNAUTHORIZED: {
    status: 401,
    type: "authentication_error",
    message: "The gate does not know this credential, or none was sent.",
  },
  ACCESS_DENIED: {
    ...notAllowed,
    message: "This credential may not make this call.",
  },
  // An unknown path or method, whose name and status (403) would send callers looking for a wrong token.
  MISSING_AUTHENTICATION_TOKEN: {
    status: 404,
    type: "not_found_error",
    message: "The gate has no such route.",
  },
  RESOURCE_NOT_FOUND: {
    status: 404,
    type: "not_found_error",
    message: "The gate has no such route.",
  },
  THROTTLED: {
    status: 429,
    type: "rate_limit_error",
    message: "Too many requests: slow down and try again.",
  },
  QUOTA_EXCEEDED: {
    status: 429,
    type: "rate_limit_error",
    message: "The quota of this credential is used up.",
  },
  INTEGRATION_TIMEOUT: {
    status: 504,
    type: "timeout_error",
    message: "The upstream took too long to answer.",
  },
  INTEGRATION_FAILURE: {
    status: 504,
    type: "api_error",
    message: "The gate could not reach the upstream.",
  },
  AUTHORIZER_FAILURE: {
    ...gateFault,
    message: "The gate could not check the credential.",
  },
  AUTHORIZER_CONFIGURATION_ERROR: {
    ...gateFault,
    message: "The gate could not check the credential.",
  },
  API_CONFIGURATION_ERROR: {
    ...gateFault,
    message: "The gate is not set up correctly.",
  },
  BAD_REQUEST_BODY: {
    status: 400,
    type: "invalid_request_error",
    message: "The request body is not valid.",
  },
  BAD_REQUEST_PARAMETERS: {
    status: 400,
    type: "invalid_request_error",
    message: "The request parameters are not valid.",
  },
  REQUEST_TOO_LARGE: {
    status: 413,
    type: "invalid_request_error",
    message: "The request is larger than the 10 MB the gate takes.",
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    type: "invalid_request_error",
    message: "The gate does not take this media type.",
  },
  INVALID_API_KEY: { ...notAllowed, message: "The API key is not valid." },
  INVALID_SIGNATURE: {
    ...notAllowed,
    message: "The request signature is not valid.",
  },
  EXPIRED_TOKEN: { ...notAllowed, message: "The request signature is over." },
  WAF_FILTERED: {
    ...notAllowed,
    message: "The request was blocked by a firewall rule.",
  },
  DEFAULT_4XX: {
    type: "invalid_request_error",
    message: "The gate refused the request.",
  },
  DEFAULT_5XX: {
    type: "api_error",
    message: "The gate could not handle the request.",
  },
};

type ErrorGate = Pick<Gate, "auth" | "cors" | "tokenHeaders" | "upstreams">;

/**
 * @param marker see `errorMarker`.
 * @returns every gateway response of the gate, by type.
 */
export function buildGatewayResponses(
  gate: ErrorGate,
  marker: string,
): Record<string, GatewayResponse> {
  const bearer = gate.tokenHeaders.some(isBearer);
  return Object.fromEntries(
    Object.entries(errors).map(([code, { status, type, message }]) => {
      const error = { message: message + hintOf(code, gate), type };
      const body = { error: { ...error, code: code.toLowerCase() } };
      const response = {
        ...(status !== undefined && { statusCode: String(status) }),
        responseParameters: {
          [`gatewayresponse.header.${errorHeader}`]: `'${errorValue(code, marker)}'`,
          // RFC 9110, 15.5.2: a 401 names a way to authenticate.
          ...(code === "UNAUTHORIZED" &&
            bearer && {
              "gatewayresponse.header.WWW-Authenticate": "'Bearer'",
            }),
          ...errorOrigin(gate.cors),
        },
        responseTemplates: { "application/json": JSON.stringify(body) },
      };
      return [code, response];
    }),
  );
}

const isBearer = (header: string): boolean =>
  header.toLowerCase() === "authorization";

/** Where a credential belongs, and why a known one was refused: its authorizer alone says the latter. */
function hintOf(code: string, gate: ErrorGate): string {
  const isOwn = gate.auth.mode === "custom" && !isFronted(gate);
  if (code === "ACCESS_DENIED")
    return isOwn ? "" : " $context.authorizer.reason";
  if (code !== "UNAUTHORIZED") return "";
  const headers = gate.tokenHeaders.map((header) =>
    isBearer(header) && gate.auth.mode === "built-in"
      ? `${header} (as Bearer TOKEN)`
      : header,
  );
  return ` It reads the header ${headers.join(" or ")}.`;
}

// The header by which the gate's own errors are told from an upstream's: the type of gateway response, and a value that only
// this gate has, so that no other answer passes for one. Pure.

export const errorHeader = "x-ai-gate-error";

/** What the marker is made of: the gate's id, and its proof's key where there is one. */
interface MarkerParts {
  readonly sha256: Digest;
  readonly proofKey: ProofPublicKey | null;
}

/** @returns 16 hex digits. */
export const errorMarker = (
  gate: { readonly id: string },
  { proofKey, sha256 }: MarkerParts,
): string => sha256(`${gate.id}\n${proofKey?.x ?? ""}`).slice(0, 16);

/** @returns the header's value: `UNAUTHORIZED 0123456789abcdef`. */
export const errorValue = (type: string, marker: string): string =>
  `${type} ${marker}`;

/** @returns the type of gateway response, when the answer is this gate's own error. */
export function readErrorValue(
  value: string | undefined,
  marker: string,
): string | undefined {
  const [, type, given] =
    /^([A-Z0-9_]{1,64}) ([0-9a-f]{16})$/.exec(value ?? "") ?? [];
  return given === marker ? type : undefined;
}
