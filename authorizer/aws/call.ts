// A signed call to an AWS service. Without the AWS SDK: one of its clients is ten times the whole bundle and adds about
// 40 ms to a cold start.
import { isObject } from "../../contract/readers.ts";
import { Unavailable } from "../failure.ts";
import { parseJson } from "../json.ts";
import { signPost, type Environment } from "./signature.ts";
import type { HttpResponse, Send } from "./transport.ts";

export interface AwsCall {
  /** As in the endpoint's name: `secretsmanager`, `ssm`, `dynamodb`, `lambda`. */
  readonly service: string;
  /** The function's own when not given. */
  readonly region?: string | undefined;
  /** `/` when not given; of characters that need no encoding. */
  readonly path?: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeout?: number;
  readonly limit?: number;
}

/** Posts, and returns an answer of status 200; rejects with Unavailable. */
export type CallAws = (call: AwsCall) => Promise<HttpResponse>;

export interface AwsOptions {
  readonly environment: Environment;
  readonly send: Send;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** A second attempt is worth it only while the caller has not waited long. */
const retryWithin = 2000;
/** Error codes for a missing or forbidden resource; not retried. */
const goneCodes = [
  "ResourceNotFoundException",
  "ParameterNotFound",
  "AccessDeniedException",
  "InvalidRequestException",
];

/**
 * A call that fails quickly for a passing reason (a connection that died while Lambda slept, throttling, an error of the
 * service) is made once again.
 */
export function createAwsCaller(options: AwsOptions): CallAws {
  const { now } = options;
  return async (call) => {
    const started = now();
    try {
      return await attempt(call, options);
    } catch (error) {
      const { kind } = error as Unavailable;
      if (kind !== "passing" || now() - started >= retryWithin) throw error;
      return attempt(call, options);
    }
  };
}

async function attempt(
  call: AwsCall,
  { environment, send, now }: AwsOptions,
): Promise<HttpResponse> {
  const { service, path = "/", body } = call;
  const region = call.region ?? environment["AWS_REGION"] ?? "";
  const url = new URL(path, endpointOf(service, region, environment));
  const headers = signPost(
    { ...call, host: url.host, path, region },
    environment,
    now(),
  );
  const response = await send({ ...call, method: "POST", url, headers, body });
  if (response.status === 200) return response;
  const answer = parseJson(response.body);
  const code = toCode(isObject(answer) && answer["__type"]);
  const isPassing =
    response.status >= 500 ||
    response.status === 429 ||
    /Throttl|Exceeded/.test(code);
  throw new Unavailable(
    code || `HTTP ${response.status}`,
    goneCodes.includes(code) ? "gone" : isPassing ? "passing" : undefined,
  );
}

/** The variables are those the SDKs read: AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL_SECRETS_MANAGER, … */
function endpointOf(
  service: string,
  region: string,
  environment: Environment,
): string {
  const name =
    service === "secretsmanager" ? "SECRETS_MANAGER" : service.toUpperCase();
  const domain = region.startsWith("cn-")
    ? "amazonaws.com.cn"
    : "amazonaws.com";
  return (
    environment[`AWS_ENDPOINT_URL_${name}`] ??
    environment["AWS_ENDPOINT_URL"] ??
    `https://${service}.${region}.${domain}`
  );
}

/** `com.amazonaws.ssm#ParameterNotFound` → `ParameterNotFound`; text that is no code is dropped, it could quote anything. */
function toCode(value: unknown): string {
  if (typeof value !== "string") return "";
  return /(?:^|#)([A-Za-z_]{1,64})$/.exec(value)?.[1] ?? "";
}

/** A call in the protocol of the services that have one path and name the operation in a header. */
export function jsonCall(
  service: string,
  target: string,
  input: object,
  version = "1.1",
): AwsCall {
  const headers = {
    "content-type": `application/x-amz-json-${version}`,
    "x-amz-target": target,
  };
  return { service, headers, body: JSON.stringify(input) };
}
