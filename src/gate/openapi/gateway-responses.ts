import type { ProofPublicKey } from "../../../contract/authorizer-settings.ts";
import { type Gate, isFronted } from "../gate.ts";
import type { Digest } from "../usage-keys.ts";
import { commonModels } from "./model-schemas.ts";
import { errorOrigin, prefixed } from "./openapi-cors.ts";

/** Response types of an unknown path. */
export const noRouteErrors: readonly string[] = [
  // Its name and status (403) would send callers looking for a wrong token.
  "MISSING_AUTHENTICATION_TOKEN",
  "RESOURCE_NOT_FOUND",
  // The same where a credential was sent: API Gateway takes it for a signature, and no route of a gate asks for one.
  "INVALID_SIGNATURE",
  "EXPIRED_TOKEN",
];

const noRoute =
  "The gate has no such route: look for a missing part or a slash at the end of the path.";

/**
 * Messages by error type and status, and by API Gateway's response type, which in lower case is the code that a client sees. The
 * defaults have no status: it would change that of every type without its own.
 */
const errors: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "authentication_error 401": {
    UNAUTHORIZED: "The gate does not know this credential, or none was sent.",
  },
  "permission_error 403": {
    ACCESS_DENIED: "This credential may not make this call.",
    INVALID_API_KEY: "The API key is not valid.",
    WAF_FILTERED: "The request was blocked by a firewall rule.",
  },
  "not_found_error 404": Object.fromEntries(
    noRouteErrors.map((name) => [name, noRoute]),
  ),
  "rate_limit_error 429": {
    THROTTLED: "Too many requests: slow down and try again.",
    QUOTA_EXCEEDED: "The quota of this credential is used up.",
  },
  "timeout_error 504": {
    INTEGRATION_TIMEOUT:
      "The upstream took too long to answer. A route that streams gives it up to 15 minutes, any other 29 seconds.",
  },
  "api_error 504": {
    INTEGRATION_FAILURE: "The gate could not reach the upstream.",
  },
  "api_error 500": {
    AUTHORIZER_FAILURE: "The gate could not check the credential.",
    AUTHORIZER_CONFIGURATION_ERROR: "The gate could not check the credential.",
    API_CONFIGURATION_ERROR: "The gate is not set up correctly.",
  },
  "invalid_request_error 400": {
    // What API Gateway says itself (`$context.error.validationErrorString`) quotes the body, and may not be escaped for JSON.
    BAD_REQUEST_BODY:
      "The body must be a JSON object whose `model` this route takes.",
    BAD_REQUEST_PARAMETERS: "The request parameters are not valid.",
  },
  "request_too_large 413": {
    // API Gateway answers with its own text for now (developer guide, "important notes").
    REQUEST_TOO_LARGE: "The request is larger than the 10 MB the gate takes.",
  },
  "invalid_request_error 415": {
    // Also what a mock has no template for.
    UNSUPPORTED_MEDIA_TYPE:
      "The gate takes no Content-Encoding but gzip and deflate: send the body without it. Where it answers itself, it takes no unusual Content-Type either.",
  },
  invalid_request_error: {
    // Which response a credential on an unknown path takes is not documented; this one has no status of its own.
    DEFAULT_4XX:
      "The gate refused the request. With the status 403 it has no such route: look at the path.",
  },
  api_error: { DEFAULT_5XX: "The gate could not handle the request." },
};

/** What the SDKs of OpenAI and Anthropic look for before they try again by themselves. */
const retries: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  THROTTLED: { "Retry-After": "'1'" },
  QUOTA_EXCEEDED: { "x-should-retry": "'false'" },
  INTEGRATION_TIMEOUT: { "x-should-retry": "'false'" },
};

export interface GatewayResponse {
  readonly statusCode?: string;
  readonly responseParameters: Readonly<Record<string, string>>;
  readonly responseTemplates: { readonly "application/json": string };
}

type ErrorGate = Pick<
  Gate,
  "auth" | "cors" | "network" | "routes" | "tokenHeaders" | "upstreams"
>;

/** By type; JSON in the shape that both OpenAI's and Anthropic's clients read. */
export function buildGatewayResponses(
  gate: ErrorGate,
  marker: string,
): Record<string, GatewayResponse> {
  const bearer = gate.tokenHeaders.some(isAuthorization);
  const responses = Object.entries(errors).flatMap(([kind, messages]) => {
    const [type, statusCode] = kind.split(" ");
    return Object.entries(messages).map(([name, text]) => {
      const message = wordRefusal(name, gate, text) + hintOf(name, gate);
      const response = {
        ...(statusCode && { statusCode }),
        responseParameters: {
          ...prefixed("gatewayresponse.header.", {
            [errorHeader]: `'${errorValue(name, marker)}'`,
            // RFC 9110, 15.5.2: a 401 names a way to authenticate.
            ...(name === "UNAUTHORIZED" &&
              bearer && { "WWW-Authenticate": "'Bearer'" }),
            ...requestIds,
            ...retries[name],
          }),
          ...errorOrigin(gate.cors, exposedBy(gate)),
        },
        responseTemplates: {
          "application/json": errorBody(gate, { name, type, message }),
        },
      };
      return [name, response] as const;
    });
  });
  return Object.fromEntries(responses);
}

interface GateError {
  /** As the gate's header of errors has it. */
  readonly name: string;
  readonly type: string | undefined;
  readonly message: string;
}

/** AWS's SDKs, which callers of Bedrock use, read no other `message` than that of the body itself. */
export const errorBody = (
  { upstreams }: Pick<Gate, "upstreams">,
  { name, type, message }: GateError,
): string =>
  JSON.stringify({
    type: "error",
    error: { message, type, code: name.toLowerCase() },
    ...(upstreams.some(({ kind }) => kind === "bedrock") && { message }),
  });

const isAuthorization = (header: string): boolean =>
  header.toLowerCase() === "authorization";

/** The policy of a gate with networks refuses before anything is known of a credential. */
const wordRefusal = (name: string, gate: ErrorGate, text: string): string =>
  name === "ACCESS_DENIED" && gate.network
    ? "The gate does not take this call from this address, or not with this credential."
    : text;

/** Where a credential belongs, which models there are, and why a known caller was refused, which only the gate's own authorizer says. */
function hintOf(code: string, gate: ErrorGate): string {
  const isOwn = gate.auth.mode === "custom" && !isFronted(gate);
  if (code === "ACCESS_DENIED")
    return isOwn ? "" : " $context.authorizer.reason";
  if (code === "BAD_REQUEST_BODY") {
    const models = commonModels(gate);
    return models.length > 0 ? ` It takes ${models.join(", ")}.` : "";
  }
  if (code !== "UNAUTHORIZED") return "";
  const headers = gate.tokenHeaders.map((header) =>
    isAuthorization(header) && gate.auth.mode === "built-in"
      ? `${header} (as Bearer TOKEN)`
      : header,
  );
  return ` It reads the header ${headers.join(" or ")}.`;
}

/** Holds the type of gateway response, and a marker that only this gate has, so that no other answer passes for an error of it. */
export const errorHeader = "x-ai-gate-error";

/** Where OpenAI's SDKs and Anthropic's look for the id that their errors show; API Gateway's log has the same. */
export const requestIds = {
  "x-request-id": "context.requestId",
  "request-id": "context.requestId",
} as const;

/** Headers of errors that scripts of a page may read. */
export const exposedBy = ({ upstreams }: Pick<Gate, "upstreams">): string[] => [
  errorHeader,
  "Retry-After",
  "WWW-Authenticate",
  "x-amzn-RequestId",
  ...Object.keys(requestIds),
  "x-should-retry",
  ...(upstreams.some(({ kind }) => kind === "mcp")
    ? ["Mcp-Session-Id", "Mcp-Protocol-Version"]
    : []),
];

export const errorMarker = (
  gate: { readonly id: string },
  {
    proofKey,
    sha256,
  }: { readonly proofKey: ProofPublicKey | null; readonly sha256: Digest },
): string => sha256(`${gate.id}\n${proofKey?.x ?? ""}`).slice(0, 16);

/** `UNAUTHORIZED 0123456789abcdef` */
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
