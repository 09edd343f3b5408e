// Reads a secret from Secrets Manager or SSM Parameter Store with one signed call. Without the AWS SDK: one of its clients
// is ten times the whole bundle and adds about 40 ms to a cold start.
import { isObject } from "./json.ts";
import {
  SecretUnavailable,
  type FetchSecret,
  type SecretReference,
} from "./secrets.ts";
import { signPost, type Credentials } from "./signature.ts";
import type { HttpRequest, HttpResponse, Send } from "./transport.ts";

/** Lambda's environment variables: region, the role's credentials, and endpoints for a local cloud. */
export type Environment = Readonly<Record<string, string | undefined>>;

interface Call {
  readonly service: "secretsmanager" | "ssm";
  readonly region: string;
  readonly target: string;
  readonly endpoint: string | undefined;
  readonly body: string;
  readonly read: (answer: unknown) => unknown;
}

/** Error codes by which a store says that the secret is not there, or not for this role to read. */
const goneCodes = [
  "ResourceNotFoundException",
  "ParameterNotFound",
  "AccessDeniedException",
  "InvalidRequestException",
];

export interface SecretSourceOptions {
  readonly environment: Environment;
  readonly send: Send;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Returns a function that reads one secret's text; it rejects with SecretUnavailable. */
export function createSecretSource(options: SecretSourceOptions): FetchSecret {
  return async (reference) => {
    const call = describeCall(reference, options.environment);
    const response = await attempt(() => options.send(signCall(call, options)));
    if (response.status !== 200) throw rejection(response);
    const value = call.read(parse(response.body));
    if (typeof value !== "string")
      throw new SecretUnavailable("no text value", true);
    return value;
  };
}

function describeCall(
  reference: SecretReference,
  environment: Environment,
): Call {
  const ownRegion = environment["AWS_REGION"] ?? "";
  if (reference.store === "ssm") {
    return {
      service: "ssm",
      region: ownRegion,
      target: "AmazonSSM.GetParameter",
      endpoint: environment["AWS_ENDPOINT_URL_SSM"],
      body: JSON.stringify({ Name: reference.name, WithDecryption: true }),
      read: (answer) =>
        isObject(answer) &&
        isObject(answer["Parameter"]) &&
        answer["Parameter"]["Value"],
    };
  }
  return {
    service: "secretsmanager",
    region: reference.arn.split(":")[3] ?? ownRegion,
    target: "secretsmanager.GetSecretValue",
    endpoint: environment["AWS_ENDPOINT_URL_SECRETS_MANAGER"],
    body: JSON.stringify({ SecretId: reference.arn }),
    read: (answer) => isObject(answer) && answer["SecretString"],
  };
}

function signCall(
  call: Call,
  { environment, now }: SecretSourceOptions,
): HttpRequest {
  const { service, region, target, body } = call;
  const domain = region.startsWith("cn-")
    ? "amazonaws.com.cn"
    : "amazonaws.com";
  const endpoint =
    call.endpoint ??
    environment["AWS_ENDPOINT_URL"] ??
    `https://${service}.${region}.${domain}`;
  const url = new URL("/", endpoint);
  const headers = {
    "content-type": "application/x-amz-json-1.1",
    "x-amz-target": target,
  };
  const post = { host: url.host, region, service, headers, body };
  return {
    url,
    headers: signPost(post, readCredentials(environment), now()),
    body,
  };
}

function readCredentials(environment: Environment): Credentials {
  const accessKeyId = environment["AWS_ACCESS_KEY_ID"];
  const secretAccessKey = environment["AWS_SECRET_ACCESS_KEY"];
  if (!accessKeyId || !secretAccessKey)
    throw new SecretUnavailable("no credentials", false);
  return {
    accessKeyId,
    secretAccessKey,
    sessionToken: environment["AWS_SESSION_TOKEN"],
  };
}

async function attempt(
  call: () => Promise<HttpResponse>,
): Promise<HttpResponse> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof SecretUnavailable) throw error;
    const code =
      error instanceof Error && "code" in error ? toCode(error.code) : "";
    throw new SecretUnavailable(code || "network", false);
  }
}

function rejection({ status, body }: HttpResponse): SecretUnavailable {
  const answer = parse(body);
  const code = isObject(answer) ? toCode(answer["__type"]) : "";
  return new SecretUnavailable(
    code || `HTTP ${status}`,
    goneCodes.includes(code),
  );
}

/** `com.amazonaws.ssm#ParameterNotFound` → `ParameterNotFound`; text that is no code is dropped, it could quote anything. */
function toCode(value: unknown): string {
  if (typeof value !== "string") return "";
  return /(?:^|#)([A-Za-z_]{1,64})$/.exec(value)?.[1] ?? "";
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
