// The AWS account that is asked: clients of the SDK, and signed calls of two services for which there is no client here.
import { APIGatewayClient } from "@aws-sdk/client-api-gateway";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import { STSClient } from "@aws-sdk/client-sts";
import { fromNodeProviderChain } from "@aws-sdk/credential-providers";
import aws4 from "aws4";
import https from "node:https";

export interface AccountOptions {
  readonly region: string;
  /** In place of AWS's own endpoints; by default `AWS_ENDPOINT_URL`. */
  readonly endpoint?: string;
  /** By default those that AWS's SDK finds. */
  readonly credentials?: Credentials;
  /** For calls of gates; by default Node's own. */
  readonly agent?: https.Agent;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export type Account = ReturnType<typeof openAccount>;

export function openAccount({
  agent,
  credentials = fromNodeProviderChain(),
  endpoint = process.env["AWS_ENDPOINT_URL"],
  region,
}: Omit<AccountOptions, "credentials"> & {
  readonly credentials?: Credentials | (() => Promise<Credentials>);
}) {
  const options = {
    region,
    credentials,
    // API Gateway's control plane allows one deletion in 30 seconds.
    maxAttempts: 12,
    retryMode: "adaptive",
    ...(endpoint !== undefined && { endpoint }),
  };
  const given = () =>
    typeof credentials === "function"
      ? credentials()
      : Promise.resolve(credentials);
  return {
    region,
    agent,
    apiGateway: new APIGatewayClient(options),
    lambda: new LambdaClient({ ...options, maxAttempts: 1 }),
    // A conflict is counted here, not retried by the client.
    s3: new S3Client({
      ...options,
      maxAttempts: 1,
      forcePathStyle: endpoint !== undefined,
    }),
    sts: new STSClient(options),
    /** IAM's form protocol. @throws AwsRefusal */
    iam: async (parameters: Readonly<Record<string, string>>) =>
      signed(
        {
          service: "iam",
          // IAM is one for all regions.
          region: "us-east-1",
          origin: endpoint ?? "https://iam.amazonaws.com",
          type: "application/x-www-form-urlencoded",
          body: new URLSearchParams({
            Version: "2010-05-08",
            ...parameters,
          }).toString(),
        },
        await given(),
      ),
    /** @throws AwsRefusal */
    describeLogGroups: (prefix: string, as: Credentials) =>
      signed(
        {
          service: "logs",
          region,
          origin: endpoint ?? `https://logs.${region}.amazonaws.com`,
          type: "application/x-amz-json-1.1",
          target: "Logs_20140328.DescribeLogGroups",
          body: JSON.stringify({ logGroupNamePrefix: prefix }),
        },
        as,
      ),
  };
}

export class AwsRefusal extends Error {
  override readonly name = "AwsRefusal";
  readonly status: number;
  constructor(status: number, text: string) {
    super(text);
    this.status = status;
  }
}

interface Call {
  readonly service: string;
  readonly region: string;
  readonly origin: string;
  readonly type: string;
  readonly target?: string;
  readonly body: string;
}

async function signed(call: Call, credentials: Credentials): Promise<string> {
  const { body, origin, region, service, target, type } = call;
  const url = new URL(origin);
  const { headers } = aws4.sign(
    {
      service,
      region,
      host: url.host,
      method: "POST",
      path: "/",
      headers: {
        "content-type": type,
        ...(target !== undefined && { "x-amz-target": target }),
      },
      body,
    },
    credentials,
  );
  const answer = await fetch(url, {
    method: "POST",
    headers: headers as Record<string, string>,
    body,
  });
  const text = await answer.text();
  if (!answer.ok) throw new AwsRefusal(answer.status, text);
  return text;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A call of a gate, with the path and the names of headers exactly as they are given. */
export function ask(
  { agent }: Pick<Account, "agent">,
  method: string,
  url: string,
  {
    body,
    headers = [],
  }: { readonly headers?: readonly string[]; readonly body?: Buffer } = {},
): Promise<Answer> {
  const [, host = "", path = "/"] = /^https:\/\/([^/]+)(.*)$/.exec(url) ?? [];
  const length = body ? ["Content-Length", String(body.length)] : [];
  return new Promise((resolve, reject) => {
    const request = https.request(
      {
        host,
        path,
        method,
        ...(agent && { agent }),
        headers: ["Host", host, ...headers, ...length],
        timeout: 30_000,
      },
      (message) => {
        const pieces: Buffer[] = [];
        message.on("data", (piece: Buffer) => pieces.push(piece));
        message.on("error", reject);
        message.on("end", () =>
          resolve({
            status: message.statusCode ?? 0,
            headers: message.headers,
            body: Buffer.concat(pieces).toString(),
          }),
        );
      },
    );
    request.on("timeout", () => request.destroy(new Error("no answer")));
    request.on("error", reject);
    request.end(body);
  });
}

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Tries until it is not refused any more; how often it was. Other failures are thrown. */
export async function refusals(
  attempt: () => Promise<unknown>,
  isRefusal: (error: Error) => boolean,
  { everyMs = 2000, times = 60 } = {},
): Promise<number> {
  for (let refused = 0; ; refused += 1)
    try {
      await attempt();
      return refused;
    } catch (error) {
      if (!(error instanceof Error) || !isRefusal(error) || refused >= times)
        throw error;
      await pause(everyMs);
    }
}
