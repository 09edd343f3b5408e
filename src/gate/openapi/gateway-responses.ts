// The gate's own errors: JSON in the shape that OpenAI's and Anthropic's clients read, and the header that tells them from an
// upstream's errors.
import type { ProofPublicKey } from "../../../contract/authorizer-settings.ts";
import { type Gate, isFronted } from "../gate.ts";
import type { Digest } from "../usage-keys.ts";
import { errorOrigin } from "./openapi-cors.ts";

/**
 * Status, error type, and messages by API Gateway's response type, which in lower case is the code that a client sees. The defaults
 * have no status: it would change that of every type without its own.
 */
const errors: readonly [
  number | undefined,
  string,
  Readonly<Record<string, string>>,
][] = [
  [
    401,
    "authentication_error",
    {
      UNAUTHORIZED: "The gate does not know this credential, or none was sent.",
    },
  ],
  [
    403,
    "permission_error",
    {
      ACCESS_DENIED: "This credential may not make this call.",
      INVALID_API_KEY: "The API key is not valid.",
      INVALID_SIGNATURE: "The request signature is not valid.",
      EXPIRED_TOKEN: "The request signature is over.",
      WAF_FILTERED: "The request was blocked by a firewall rule.",
    },
  ],
  [
    404,
    "not_found_error",
    {
      // An unknown path or method, whose name and status (403) would send callers looking for a wrong token.
      MISSING_AUTHENTICATION_TOKEN: "The gate has no such route.",
      RESOURCE_NOT_FOUND: "The gate has no such route.",
    },
  ],
  [
    429,
    "rate_limit_error",
    {
      THROTTLED: "Too many requests: slow down and try again.",
      QUOTA_EXCEEDED: "The quota of this credential is used up.",
    },
  ],
  [
    504,
    "timeout_error",
    { INTEGRATION_TIMEOUT: "The upstream took too long to answer." },
  ],
  [
    504,
    "api_error",
    { INTEGRATION_FAILURE: "The gate could not reach the upstream." },
  ],
  [
    500,
    "api_error",
    {
      AUTHORIZER_FAILURE: "The gate could not check the credential.",
      AUTHORIZER_CONFIGURATION_ERROR:
        "The gate could not check the credential.",
      API_CONFIGURATION_ERROR: "The gate is not set up correctly.",
    },
  ],
  [
    400,
    "invalid_request_error",
    {
      BAD_REQUEST_BODY: "The request body is not valid.",
      BAD_REQUEST_PARAMETERS: "The request parameters are not valid.",
    },
  ],
  [
    413,
    "invalid_request_error",
    {
      REQUEST_TOO_LARGE: "The request is larger than the 10 MB the gate takes.",
    },
  ],
  [
    415,
    "invalid_request_error",
    { UNSUPPORTED_MEDIA_TYPE: "The gate does not take this media type." },
  ],
  [
    undefined,
    "invalid_request_error",
    { DEFAULT_4XX: "The gate refused the request." },
  ],
  [
    undefined,
    "api_error",
    { DEFAULT_5XX: "The gate could not handle the request." },
  ],
];

interface GatewayResponse {
  readonly statusCode?: string;
  readonly responseParameters: Readonly<Record<string, string>>;
  readonly responseTemplates: { readonly "application/json": string };
}

type ErrorGate = Pick<Gate, "auth" | "cors" | "tokenHeaders" | "upstreams">;

/**
 * @param marker see `errorMarker`.
 * @returns every gateway response of the gate, by type.
 */
export function buildGatewayResponses(
  gate: ErrorGate,
  marker: string,
): Record<string, GatewayResponse> {
  const bearer = gate.tokenHeaders.some(isAuthorization);
  const responses = errors.flatMap(([status, type, messages]) =>
    Object.entries(messages).map(([code, message]) => {
      const error = {
        message: message + hintOf(code, gate),
        type,
        code: code.toLowerCase(),
      };
      const response = {
        ...(status !== undefined && { statusCode: String(status) }),
        responseParameters: {
          [`gatewayresponse.header.${errorHeader}`]: `'${errorValue(code, marker)}'`,
          // RFC 9110, 15.5.2: a 401 names a way to authenticate.
          ...(status === 401 &&
            bearer && {
              "gatewayresponse.header.WWW-Authenticate": "'Bearer'",
            }),
          ...errorOrigin(gate.cors),
        },
        responseTemplates: { "application/json": JSON.stringify({ error }) },
      };
      return [code, response] as const;
    }),
  );
  return Object.fromEntries(responses);
}

const isAuthorization = (header: string): boolean =>
  header.toLowerCase() === "authorization";

/** Where a credential belongs, and why a known one was refused, which only the gate's own authorizer says. */
function hintOf(code: string, gate: ErrorGate): string {
  const isOwn = gate.auth.mode === "custom" && !isFronted(gate);
  if (code === "ACCESS_DENIED")
    return isOwn ? "" : " $context.authorizer.reason";
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

/** @returns 16 hex digits, of the gate's id and its proof's key where there is one. */
export const errorMarker = (
  gate: { readonly id: string },
  {
    proofKey,
    sha256,
  }: { readonly proofKey: ProofPublicKey | null; readonly sha256: Digest },
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
