// The few AWS calls the action makes itself (identity, state bucket, passphrase, look-ups, tokens, cache flush). They are signed
// with aws4 and sent through @actions/http-client: the AWS SDK's clients would add over 1 MB to what every run loads.
import { setTimeout as sleep } from "node:timers/promises";
import { HttpClient } from "@actions/http-client";
import aws4 from "aws4";
import { GateFailure } from "../gate/failure.ts";

type AwsService =
  | "apigateway"
  | "dynamodb"
  | "lambda"
  | "s3"
  | "secretsmanager"
  | "ssm"
  | "sts";

export interface AwsRequest {
  readonly service: AwsService;
  readonly region: string;
  readonly method?: "GET" | "PUT" | "POST" | "DELETE" | "HEAD";
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface AwsAnswer {
  readonly status: number;
  readonly body: string;
  /** The error's code without its namespace (`AccessDeniedException`); empty on success. */
  readonly errorCode: string;
}

/** Sends one request, again while AWS says "later". @throws GateFailure `engine` only when no answer came. */
export type Aws = (request: AwsRequest) => Promise<AwsAnswer>;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * @param environment holds `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, maybe `AWS_SESSION_TOKEN` and `AWS_ENDPOINT_URL`.
 * @param wait milliseconds; for tests.
 * @throws GateFailure `no-credentials` when there are none.
 */
export function createAws(
  environment: Environment,
  wait: (milliseconds: number) => Promise<unknown> = sleep,
): Aws {
  const accessKeyId = environment["AWS_ACCESS_KEY_ID"] ?? "";
  const secretAccessKey = environment["AWS_SECRET_ACCESS_KEY"] ?? "";
  if (accessKeyId === "" || secretAccessKey === "") {
    throw new GateFailure(
      "no-credentials",
      "No AWS credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set; run aws-actions/configure-aws-credentials in a step before this one",
    );
  }
  const sessionToken = environment["AWS_SESSION_TOKEN"];
  const credentials = {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken ? { sessionToken } : {}),
  };
  const client = new HttpClient("ai-gate-action", [], {
    allowRedirects: false,
    socketTimeout: 30_000,
  });
  const endpoint = (request: AwsRequest) => endpointOf(request, environment);
  return async (request) => {
    for (let attempt = 1; ; attempt++) {
      const answer = await send(
        client,
        credentials,
        endpoint(request),
        request,
      );
      if (attempt === attempts || !saysLater(answer)) return answer;
      await wait(200 * 2 ** attempt);
    }
  };
}

/** As the AWS SDKs: every call made here may be repeated, a second creation is answered with "exists". */
const attempts = 4;

function saysLater(answer: AwsAnswer): boolean {
  return answer.status >= 500 || isThrottled(answer);
}

export function isThrottled({ status, errorCode }: AwsAnswer): boolean {
  return (
    status === 429 ||
    /^(Throttl|TooManyRequests|SlowDown|ProvisionedThroughputExceeded|RequestLimitExceeded)/.test(
      errorCode,
    )
  );
}

/** `AWS_ENDPOINT_URL` (as every AWS SDK reads it) or the service's regional endpoint. */
function endpointOf(request: AwsRequest, environment: Environment): URL {
  const override = environment["AWS_ENDPOINT_URL"];
  if (override !== undefined && override !== "") return new URL(override);
  const suffix = request.region.startsWith("cn-")
    ? "amazonaws.com.cn"
    : "amazonaws.com";
  return new URL(`https://${request.service}.${request.region}.${suffix}`);
}

async function send(
  client: HttpClient,
  credentials: aws4.Credentials,
  endpoint: URL,
  request: AwsRequest,
): Promise<AwsAnswer> {
  const method = request.method ?? "POST";
  const signed = aws4.sign(
    {
      service: request.service,
      region: request.region,
      host: endpoint.host,
      method,
      path: request.path ?? "/",
      headers: { ...request.headers },
      ...(request.body === undefined ? {} : { body: request.body }),
    },
    credentials,
  );
  const url = new URL(request.path ?? "/", endpoint);
  const answer = await client
    .request(method, url.href, request.body ?? null, signed.headers)
    .catch((error: unknown) => {
      throw unreachable(endpoint, error);
    });
  const status = answer.message.statusCode ?? 0;
  const body = method === "HEAD" ? "" : await answer.readBody();
  const header = answer.message.headers["x-amzn-errortype"];
  return {
    status,
    body,
    errorCode:
      status < 400
        ? ""
        : errorCodeOf(body, typeof header === "string" ? header : "", status),
  };
}

function unreachable(endpoint: URL, error: unknown): GateFailure {
  const reason = error instanceof Error ? error.message : String(error);
  return new GateFailure(
    "engine",
    `AWS cannot be reached at ${endpoint.host} (${reason}): check that the region exists and that the runner may call it`,
  );
}

/** JSON services say `__type` or a header, query and REST-XML services `<Code>`. */
function errorCodeOf(body: string, header: string, status: number): string {
  const code =
    header ||
    (/"__type"\s*:\s*"([^"]+)"/.exec(body)?.[1] ??
      /<Code>([^<]+)<\/Code>/.exec(body)?.[1] ??
      "");
  return (code.split("#").pop() ?? "").split(":")[0] || `HTTP ${status}`;
}

/** One call of a JSON-protocol service. @param target e.g. `AmazonSSM.GetParameter` */
export async function callJson(
  aws: Aws,
  service: "dynamodb" | "ssm" | "secretsmanager",
  region: string,
  call: { target: string; input: object },
): Promise<AwsAnswer> {
  return aws({
    service,
    region,
    headers: {
      "content-type": `application/x-amz-json-${service === "dynamodb" ? "1.0" : "1.1"}`,
      "x-amz-target": call.target,
    },
    body: JSON.stringify(call.input),
  });
}

/**
 * @returns the account the credentials belong to.
 * @throws GateFailure `no-credentials` when AWS does not accept them, `aws-throttled` when it says "later".
 */
export async function callerAccount(aws: Aws, region: string): Promise<string> {
  const answer = await aws({
    service: "sts",
    region,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: "Action=GetCallerIdentity&Version=2011-06-15",
  });
  const account = /<Account>(\d{12})<\/Account>/.exec(answer.body)?.[1];
  if (answer.status === 200 && account !== undefined) return account;
  if (saysLater(answer))
    throw new GateFailure(
      "aws-throttled",
      `AWS does not say whose credentials these are for now (${answer.errorCode}): run the job again in a minute`,
    );
  throw new GateFailure(
    "no-credentials",
    `AWS does not accept the credentials (${answer.errorCode || "no account in the answer"}): check the role or keys of the step before this one, and that the region ${region} is enabled`,
  );
}
