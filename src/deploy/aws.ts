// The AWS SDK as the action uses it: one source of credentials and the runner's proxy for all clients. A client is imported where
// it is first needed, so that it becomes a chunk of its own in dist.
import { setTimeout as sleep } from "node:timers/promises";
import { HttpClient } from "@actions/http-client";
import type { NodeHttpHandler } from "@smithy/node-http-handler";
import { GateFailure } from "../gate/failure.ts";

type Environment = Readonly<Record<string, string | undefined>>;

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

type CredentialsProvider = (caller?: object) => Promise<Credentials>;
type RequestHandler = Pick<NodeHttpHandler, "handle">;

interface ClientConfig {
  readonly region: string;
  readonly credentials: CredentialsProvider;
  readonly requestHandler: RequestHandler & Record<string, unknown>;
  /** Of S3: a local cloud has no host for each bucket. */
  readonly forcePathStyle: boolean;
  readonly maxAttempts?: number;
}

export interface Aws {
  /**
   * Settings of a client. Its calls throw the SDK's errors for what AWS answers, GateFailure `no-credentials` when there are none,
   * and `engine` when AWS does not answer.
   */
  readonly config: (region: string) => ClientConfig;
  /**
   * The credentials as variables for the engine.
   * @param mask gets the secret ones first.
   */
  readonly engineEnvironment: (
    mask: (secret: string) => void,
  ) => Promise<Readonly<Record<string, string>>>;
  readonly wait: (milliseconds: number) => Promise<unknown>;
}

export function createAws(
  environment: Environment,
  overrides: {
    readonly requestHandler?: RequestHandler;
    readonly maxAttempts?: number;
    readonly wait?: Aws["wait"];
  } = {},
): Aws {
  const { handle } = overrides.requestHandler ?? createRequestHandler();
  const requestHandler = { handle };
  const credentials = createCredentials(environment, requestHandler);
  const { maxAttempts } = overrides;
  const forcePathStyle = s3Endpoint(environment) !== undefined;
  return {
    config: (region) => ({
      region,
      credentials,
      requestHandler,
      forcePathStyle,
      ...(maxAttempts !== undefined && { maxAttempts }),
    }),
    engineEnvironment: async (mask) =>
      engineVariables(await credentials(), mask),
    wait: overrides.wait ?? sleep,
  };
}

/** The endpoint of S3 when it is not AWS's own; the SDK reads the variables itself. */
export const s3Endpoint = (environment: Environment): string | undefined =>
  environment["AWS_ENDPOINT_URL_S3"] ||
  environment["AWS_ENDPOINT_URL"] ||
  undefined;

/**
 * The engine, its state bucket and its provider each have a chain of their own, in another order than the SDK's here, and the
 * provider asks no instance for its role unless it is configured to. So they get what was resolved here: what the run looked at is
 * what it deploys to. Resolved at its start, temporary credentials outlive it: roles give an hour or more, an `up` takes minutes.
 */
function engineVariables(
  { accessKeyId, secretAccessKey, sessionToken = "" }: Credentials,
  mask: (secret: string) => void,
): Record<string, string> {
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
      throw noCredentials(error, environment["AWS_PROFILE"]);
    }
  };
}

function noCredentials(error: unknown, profile: string | undefined) {
  const named = profile ? `; AWS_PROFILE is "${profile}"` : "";
  return new GateFailure(
    "no-credentials",
    `No AWS credentials (${messageOf(error)}${named}): run aws-actions/configure-aws-credentials in a step before this one, or give the runner a role`,
  );
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
        throw unreachable(hostname, error);
      }
    },
  };
}

async function createHandler(origin: string): Promise<NodeHttpHandler> {
  const { NodeHttpHandler } = await import("@smithy/node-http-handler");
  const client = new HttpClient("ai-gate-action", [], { keepAlive: false });
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

function unreachable(host: string, error: unknown): GateFailure {
  const failure = new GateFailure(
    "engine",
    `AWS cannot be reached at ${host} (${messageOf(error)}): check that the region exists and that the runner may call it`,
  );
  // By this the SDK tells what to try again.
  return Object.assign(failure, { $retryable: {} });
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

export interface AwsError extends Error {
  readonly $metadata: { readonly httpStatusCode?: number };
}

/** @returns the error as an answer of AWS. @throws whatever is none. */
export function awsError(error: unknown): AwsError {
  if (error instanceof Error && "$fault" in error)
    return error as Error as AwsError;
  throw error;
}

/** `AccessDeniedException`; without a body (HEAD) the SDK has no name but the status. */
export const codeOf = ({ name, $metadata }: AwsError): string =>
  /^(\d+|Unknown(Error)?)$/.test(name)
    ? `HTTP ${$metadata.httpStatusCode ?? 0}`
    : name;

/** Whether the same call may succeed in a minute: the SDK has tried it again by then. */
export const isTemporary = ({ name, $metadata }: AwsError): boolean =>
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

/**
 * @returns the account the credentials belong to.
 * @throws GateFailure `no-credentials` when AWS does not accept them, `aws-throttled` when it is to be asked later.
 */
export async function callerAccount(aws: Aws, region: string): Promise<string> {
  const { GetCallerIdentityCommand, STSClient } =
    await import("@aws-sdk/client-sts");
  const sts = new STSClient(aws.config(region));
  const { Account: account } = await sts
    .send(new GetCallerIdentityCommand())
    .catch((error: unknown) => {
      throw refusedIdentity(awsError(error), region);
    });
  if (account !== undefined) return account;
  throw new GateFailure("engine", "AWS names no account for the credentials");
}

function refusedIdentity(error: AwsError, region: string): GateFailure {
  return isTemporary(error)
    ? new GateFailure(
        "aws-throttled",
        `AWS cannot say now whose credentials these are (${codeOf(error)}): run the job again in a minute`,
      )
    : new GateFailure(
        "no-credentials",
        `AWS does not accept the credentials (${codeOf(error)}): check the role or keys of the step before this one, and that the region ${region} is enabled`,
      );
}

/** @returns the failure that names the permission AWS wants, or says that AWS wants to be asked later. */
export function stateDenied(
  error: AwsError,
  permission: string,
  subject: string,
): GateFailure {
  return isTemporary(error)
    ? new GateFailure(
        "aws-throttled",
        `The state's ${subject} cannot be used now (${codeOf(error)}): run the job again in a minute`,
      )
    : new GateFailure(
        "aws-denied",
        `The state's ${subject} cannot be used (${codeOf(error)}): allow ${permission}, or name another backend with the input backend`,
      );
}
