// Without the AWS SDK: one client is ten times the bundle and adds about 40 ms to a cold start.
import { dnsSuffixOf } from "../../contract/partitions.ts";
import { isObject } from "../../contract/readers.ts";
import { Unavailable } from "../failure.ts";
import { parseJson } from "../json.ts";
import { signPost, type Environment } from "./signature.ts";
import type { HttpResponse, Send } from "./transport.ts";

export interface AwsCall {
  readonly service: string;
  readonly region?: string | undefined;
  /** Needs no encoding. */
  readonly path?: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeout?: number;
  readonly limit?: number;
}

/** Resolves for status 200; rejects with Unavailable. */
export type CallAws = (call: AwsCall) => Promise<HttpResponse>;

export interface AwsOptions {
  readonly environment: Environment;
  readonly send: Send;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Milliseconds after which a failed call is not repeated. */
const retryWithin = 2000;
/** Error codes for a missing or forbidden resource; not retried. */
const goneCodes = [
  "ResourceNotFoundException",
  "ParameterNotFound",
  "AccessDeniedException",
  "InvalidRequestException",
];

/** Repeats once a call that fails quickly for a passing reason (dead connection, throttling, 5xx). */
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

/** AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_<SERVICE>, as the SDKs. */
function endpointOf(
  service: string,
  region: string,
  environment: Environment,
): string {
  const name =
    service === "secretsmanager" ? "SECRETS_MANAGER" : service.toUpperCase();
  return (
    environment[`AWS_ENDPOINT_URL_${name}`] ??
    environment["AWS_ENDPOINT_URL"] ??
    `https://${service}.${region}.${dnsSuffixOf(region)}`
  );
}

/** `com.amazonaws.ssm#ParameterNotFound` → `ParameterNotFound`; other text could quote anything. */
function toCode(value: unknown): string {
  if (typeof value !== "string") return "";
  return /(?:^|#)([A-Za-z_]{1,64})$/.exec(value)?.[1] ?? "";
}

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
