// The AWS SDK as the action uses it: one source of credentials and the runner's proxy for all clients. A client is imported where
// it is first needed, so that it becomes a chunk of its own in dist.
import { setTimeout as sleep } from "node:timers/promises";
import { HttpClient, HttpClientError } from "@actions/http-client";
import type { fromNodeProviderChain } from "@aws-sdk/credential-providers";
import type { NodeHttpHandler } from "@smithy/node-http-handler";
import { type FailureReason, GateFailure } from "../gate/failure.ts";
import { statementFor } from "./policy/statement-for.ts";

type Environment = Readonly<Record<string, string | undefined>>;
type CredentialsProvider = ReturnType<typeof fromNodeProviderChain>;
type RequestHandler = Pick<NodeHttpHandler, "handle">;

export type Aws = ReturnType<typeof createAws>;

export function createAws(
  environment: Environment,
  overrides: {
    readonly requestHandler?: RequestHandler;
    readonly maxAttempts?: number;
    readonly wait?: (milliseconds: number) => Promise<unknown>;
  } = {},
) {
  const { requestHandler, wait = sleep, ...more } = overrides;
  const { handle } = requestHandler ?? createRequestHandler();
  const credentials = createCredentials(environment, { handle });
  return {
    /**
     * Settings of a client. Its calls throw the SDK's errors for what AWS answers, GateFailure `no-credentials` when there are none,
     * and `engine` when AWS does not answer.
     */
    config: (region: string) => ({
      region,
      credentials,
      requestHandler: { handle },
      // Of S3: a local cloud has no host for each bucket.
      forcePathStyle: s3Endpoint(environment) !== undefined,
      ...more,
    }),
    /**
     * The credentials as variables for the engine.
     * @param mask gets the secret ones first.
     */
    engineEnvironment: async (mask: (secret: string) => void) =>
      engineVariables(await credentials(), mask),
    wait,
  };
}

/** The endpoint of S3 when it is not AWS's own; the SDK reads the variables itself. */
export const s3Endpoint = (environment: Environment): string | undefined =>
  environment["AWS_ENDPOINT_URL_S3"] ||
  environment["AWS_ENDPOINT_URL"] ||
  undefined;

/**
 * The engine, its state bucket and its provider each have a chain of their own, in another order than the SDK's here, and the
 * provider does not use an instance's role unless it is configured to. So they get what was resolved here: what the run looked at
 * is what it deploys to. Resolved at its start, temporary credentials outlive it: roles give an hour or more, an `up` takes minutes.
 */
function engineVariables(
  {
    accessKeyId,
    secretAccessKey,
    sessionToken = "",
  }: Awaited<ReturnType<CredentialsProvider>>,
  mask: (secret: string) => void,
): Readonly<Record<string, string>> {
  for (const secret of [secretAccessKey, sessionToken])
    if (secret !== "") mask(secret);
  return {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    // Go's SDK fails on a profile that is not in the runner's files, even beside keys.
    AWS_PROFILE: "",
    AWS_DEFAULT_PROFILE: "",
  };
}

/** Keys in the environment come first, as in the AWS CLI; then the SDK's chain: profile, SSO, web identity, container, instance. */
function createCredentials(
  environment: Environment,
  requestHandler: RequestHandler,
): CredentialsProvider {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    AWS_PROFILE: profile,
  } = environment;
  if (accessKeyId && secretAccessKey)
    return () =>
      Promise.resolve({
        accessKeyId,
        secretAccessKey,
        ...(sessionToken && { sessionToken }),
      });
  let chain: Promise<CredentialsProvider> | undefined;
  return async (caller) => {
    chain ??= import("@aws-sdk/credential-providers").then(
      ({ fromNodeProviderChain }) =>
        fromNodeProviderChain({
          clientConfig: { requestHandler },
          // A machine without an instance's metadata does not answer at all.
          timeout: 1000,
          maxRetries: 0,
        }),
    );
    try {
      return await (
        await chain
      )(caller);
    } catch (error) {
      const named = profile ? `; AWS_PROFILE is "${profile}"` : "";
      throw new GateFailure(
        "no-credentials",
        `No AWS credentials (${messageOf(error)}${named}): run aws-actions/configure-aws-credentials in a step before this one, or give the runner a role`,
      );
    }
  };
}

/** Through the runner's proxy, which @actions/http-client chooses by host (`HTTPS_PROXY`, `NO_PROXY`). */
function createRequestHandler(): RequestHandler {
  const handlers = new Map<string, Promise<NodeHttpHandler>>();
  return {
    handle: async (request, options) => {
      const { hostname, port, protocol } = request;
      const origin = `${protocol}//${hostname}${port ? `:${port}` : ""}`;
      const handler = handlers.get(origin) ?? createHandler(origin);
      handlers.set(origin, handler);
      try {
        return await (await handler).handle(request, options);
      } catch (error) {
        const failure = new GateFailure(
          "engine",
          `AWS cannot be reached at ${hostname} (${messageOf(error)}): check that the region exists and that the runner may call it`,
        );
        // The SDK retries an error that has this.
        throw Object.assign(failure, { $retryable: {} });
      }
    },
  };
}

async function createHandler(origin: string): Promise<NodeHttpHandler> {
  const { NodeHttpHandler } = await import("@smithy/node-http-handler");
  const client = new HttpClient("ai-gate-action", [], { keepAlive: true });
  const agent: object = client.getAgent(origin);
  // The SDK knows an agent by this method, which an agent for a proxy lacks.
  if (!("destroy" in agent)) Object.assign(agent, { destroy: () => undefined });
  return new NodeHttpHandler({
    httpAgent: agent,
    httpsAgent: agent,
    connectionTimeout: 10_000,
    socketTimeout: 30_000,
  });
}

export function messageOf(error: unknown): string {
  if (error instanceof HttpClientError) return `HTTP ${error.statusCode}`;
  return error instanceof Error ? error.message : String(error);
}

export interface AwsError extends Error {
  readonly $metadata: { readonly httpStatusCode?: number };
}

export const isAwsError = (error: unknown): error is AwsError =>
  error instanceof Error && "$fault" in error;

export function awsError(error: unknown): AwsError {
  if (isAwsError(error)) return error;
  throw error;
}

/** `AccessDeniedException`; without a body (HEAD) the SDK has no name but the status. */
export const codeOf = ({ name, $metadata }: AwsError): string =>
  /^(\d+|Unknown(Error)?)$/.test(name)
    ? `HTTP ${$metadata.httpStatusCode ?? 0}`
    : name;

/** Whether the same call may succeed in a minute: the SDK's own retries are over by then. */
const isTemporary = ({ name, $metadata }: AwsError): boolean =>
  ($metadata.httpStatusCode ?? 0) >= 500 ||
  $metadata.httpStatusCode === 429 ||
  /^(Throttl|TooManyRequests|SlowDown|ProvisionedThroughputExceeded|RequestLimitExceeded|OperationAborted)/.test(
    name,
  );

/** Makes a call again, after each of the pauses (milliseconds), as long as its error is one to wait out. */
export async function repeated<Result>(
  call: () => Promise<Result>,
  waitsOut: (error: AwsError) => boolean,
  { pauses, wait }: { pauses: readonly number[]; wait: Aws["wait"] },
): Promise<Result> {
  for (const pause of pauses) {
    try {
      return await call();
    } catch (error) {
      if (!waitsOut(awsError(error))) throw error;
    }
    await wait(pause);
  }
  return call();
}

/** `RequestLimitExceeded` and the like are how often, not how many. */
export const quotaErrors =
  /(?<![A-Za-z])LimitExceeded(?:Exception)?\b|(?:CodeStorage|PolicyLength|ServiceQuota|ParameterLimit)Exceeded|TooManyBuckets/;

export const quotaAdvice =
  "a limit of AWS is reached; have it raised (Service Quotas) or delete what is not needed any more";

export function awsFailure(
  error: AwsError,
  what: string,
  {
    action,
    advice,
    reason,
  }: {
    readonly reason: FailureReason;
    readonly advice: string;
    /** Which call it was, as IAM names it. */
    readonly action?: string;
  },
): GateFailure {
  const code = codeOf(error);
  const called = action === undefined ? code : `${action}: ${code}`;
  if (quotaErrors.test(code))
    return new GateFailure(
      "aws-quota",
      `${what} (${called}, ${error.message}): ${quotaAdvice}`,
    );
  return isTemporary(error)
    ? new GateFailure(
        "aws-throttled",
        `${what} now (${called}): run the job again in a minute`,
      )
    : new GateFailure(reason, `${what} (${code}): ${advice}`);
}

/** `s3:ListBucket (…)` with the statement of the deploy policy that allows it. */
function named(permission: string): string {
  const sid = statementFor(permission.split(" ")[0] ?? "")?.sid ?? "";
  return permission.replace(
    /^\S+/,
    (action) => `${action}, the statement ${sid} of the deploy policy`,
  );
}

export const stateDenied = (
  error: AwsError,
  permission: string,
  subject: string,
): GateFailure =>
  awsFailure(error, `The state's ${subject} cannot be used`, {
    reason: "aws-denied",
    action: permission.split(" ")[0] ?? "",
    advice: `allow ${named(permission)}, or name another backend with the input backend`,
  });

export async function callerAccount(aws: Aws, region: string): Promise<string> {
  const { GetCallerIdentityCommand, STSClient } =
    await import("@aws-sdk/client-sts");
  const sts = new STSClient(aws.config(region));
  const { Account: account } = await sts
    .send(new GetCallerIdentityCommand())
    .catch((error: unknown) => {
      throw awsFailure(awsError(error), "AWS does not accept the credentials", {
        reason: "no-credentials",
        action: "sts:GetCallerIdentity",
        advice: `check the role or keys of the step before this one, and that the region ${region} is enabled`,
      });
    });
  if (account !== undefined) return account;
  throw new GateFailure(
    "engine",
    "The answer of AWS to the credentials has no account: check the proxy between the runner and AWS",
  );
}
