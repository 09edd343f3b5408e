// Errors of AWS in the words of the AWS SDK for Go, which is what users of the real plugin read.
import { childText, parseXml } from "./xml.ts";

const SERVICE_NAMES: Readonly<Record<string, string>> = {
  apigateway: "API Gateway",
  dynamodb: "DynamoDB",
  iam: "IAM",
  lambda: "Lambda",
  logs: "CloudWatch Logs",
  monitoring: "CloudWatch",
  sts: "STS",
  wafv2: "WAFV2",
};

/** Codes that the SDK knows by type; it writes `api error` in front of all others. */
const MODELLED: Readonly<Record<string, readonly string[]>> = {
  apigateway: [
    "BadRequestException",
    "ConflictException",
    "LimitExceededException",
    "NotFoundException",
    "ServiceUnavailableException",
    "TooManyRequestsException",
    "UnauthorizedException",
  ],
  dynamodb: [
    "LimitExceededException",
    "ResourceInUseException",
    "ResourceNotFoundException",
  ],
  iam: [
    "DeleteConflict",
    "EntityAlreadyExists",
    "LimitExceeded",
    "MalformedPolicyDocument",
    "NoSuchEntity",
  ],
  lambda: [
    "InvalidParameterValueException",
    "PolicyLengthExceededException",
    "ResourceConflictException",
    "ResourceNotFoundException",
    "ServiceException",
    "TooManyRequestsException",
  ],
  logs: [
    "InvalidParameterException",
    "LimitExceededException",
    "OperationAbortedException",
    "ResourceAlreadyExistsException",
    "ResourceNotFoundException",
  ],
  sts: ["ExpiredTokenException"],
  wafv2: [
    "WAFInvalidParameterException",
    "WAFNonexistentItemException",
    "WAFUnavailableEntityException",
  ],
};

/** An answer of AWS that is no success. `code` is AWS's error code, `status` the HTTP status. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(message: string, code: string, status: number) {
    super(message);
    this.name = "AwsError";
    this.code = code;
    this.status = status;
  }
}

export interface FailedAnswer {
  readonly service: string;
  readonly operation: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** How often it was tried, when that was more than AWS wanted. */
  readonly attempts?: number;
}

/** Reads code and message out of an answer in any of AWS's protocols. */
export function awsError(answer: FailedAnswer): AwsError {
  const { code, message } = codeAndMessage(answer);
  const header =
    answer.headers["x-amzn-requestid"] ??
    answer.headers["x-amz-request-id"] ??
    "";
  const gaveUp = answer.attempts
    ? `exceeded maximum number of attempts, ${answer.attempts}, `
    : "";
  const said = MODELLED[answer.service]?.includes(code)
    ? `${code}: ${message}`
    : `api error ${code}: ${message}`;
  const words =
    `operation error ${SERVICE_NAMES[answer.service] ?? answer.service}: ${answer.operation}, ${gaveUp}` +
    `https response error StatusCode: ${answer.status}, RequestID: ${String(header)}, ${said}`;
  return new AwsError(words, code, answer.status);
}

function codeAndMessage(answer: FailedAnswer): {
  code: string;
  message: string;
} {
  if (answer.body.trimStart().startsWith("<")) return fromXml(answer.body);
  const body = jsonObject(answer.body);
  const raw =
    answer.headers["x-amzn-errortype"] ??
    body["__type"] ??
    body["code"] ??
    body["Code"];
  // The type may carry a namespace before `#` and a URL after `:`.
  const code =
    typeof raw === "string" ? (raw.split(":")[0]?.split("#").at(-1) ?? "") : "";
  const message =
    body["message"] ?? body["Message"] ?? body["errorMessage"] ?? "";
  return {
    code: code === "" ? "UnknownError" : code,
    message: typeof message === "string" ? message : "",
  };
}

function fromXml(body: string): { code: string; message: string } {
  try {
    const root = parseXml(body);
    return {
      code: childText(root, "Code") || "UnknownError",
      message: childText(root, "Message"),
    };
  } catch {
    return { code: "UnknownError", message: "" };
  }
}

function jsonObject(body: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === "object" && parsed !== null
      ? (parsed as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}

/** True when AWS says that the thing itself does not exist. */
export function isNotFound(error: unknown): boolean {
  const codes = [
    "NotFoundException",
    "NoSuchEntity",
    "ResourceNotFoundException",
    "WAFNonexistentItemException",
  ];
  return error instanceof AwsError && codes.includes(error.code);
}

/** The answer, or undefined when AWS says that the thing does not exist. Other errors pass through. */
export async function unlessGone<Answer>(
  call: Promise<Answer>,
): Promise<Answer | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
