import type { Gate } from "../gate/gate.ts";
import { type Aws, awsError } from "./aws.ts";

/**
 * Drops the results API Gateway has cached for callers, so that a revoked or narrowed access ends now and not after the cache's
 * time to live.
 * @returns false when AWS refused or did not answer: the gate is deployed all the same.
 */
export async function flushAuthorizerCache(
  aws: Aws,
  { region, stageName }: Gate,
  restApiId: string,
): Promise<boolean> {
  const { APIGatewayClient, FlushStageAuthorizersCacheCommand } =
    await import("@aws-sdk/client-api-gateway");
  return new APIGatewayClient(aws.config(region))
    .send(new FlushStageAuthorizersCacheCommand({ restApiId, stageName }))
    .then(
      () => true,
      () => false,
    );
}

/** @returns where the DNS record of a domain name that is there already must lead; undefined where AWS does not say. */
export async function readDnsTarget(
  aws: Aws,
  region: string,
  domainName: string,
): Promise<{ readonly name: string; readonly zoneId: string } | undefined> {
  const { APIGatewayClient, GetDomainNameCommand } =
    await import("@aws-sdk/client-api-gateway");
  return new APIGatewayClient(aws.config(region))
    .send(new GetDomainNameCommand({ domainName }))
    .then(
      ({ regionalDomainName: name, regionalHostedZoneId: zoneId = "" }) =>
        name === undefined ? undefined : { name, zoneId },
      () => undefined,
    );
}

/**
 * The engine compares what the program gives with what it gave before; the code that is there it cannot read, only AWS's hash of it.
 * @returns the function's `CodeSha256` (base64); undefined when there is no such function, or
 * `lambda:GetFunctionConfiguration` is not allowed.
 */
export async function readCodeHash(
  aws: Aws,
  region: string,
  FunctionName: string,
): Promise<string | undefined> {
  const { GetFunctionConfigurationCommand, LambdaClient } =
    await import("@aws-sdk/client-lambda");
  try {
    const client = new LambdaClient(aws.config(region));
    return (
      await client.send(new GetFunctionConfigurationCommand({ FunctionName }))
    ).CodeSha256;
  } catch (error) {
    awsError(error);
    return undefined;
  }
}

export interface TestCallParts {
  readonly resource: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** `code` is an error's, where AWS refused or did not answer. */
export interface TestAnswer {
  readonly log?: string | undefined;
  readonly code?: string;
}

/** Has API Gateway make calls of its own, which ask no authorizer. Never throws: the gate is deployed. */
export async function makeTestCalls(
  aws: Aws,
  { region, restApiId }: { region: string; restApiId: string },
  calls: readonly TestCallParts[],
): Promise<readonly TestAnswer[]> {
  const {
    APIGatewayClient,
    paginateGetResources: pages,
    TestInvokeMethodCommand,
  } = await import("@aws-sdk/client-api-gateway");
  const client = new APIGatewayClient(aws.config(region));
  const ids = new Map<string | undefined, string | undefined>();
  try {
    for await (const { items = [] } of pages({ client }, { restApiId }))
      for (const { id, path } of items) ids.set(path, id);
  } catch (error) {
    return calls.map(() => failed(error));
  }
  const make = ({ headers, method, path, resource }: TestCallParts) => {
    const call = {
      restApiId,
      resourceId: ids.get(resource),
      httpMethod: method,
      pathWithQueryString: path,
      headers: { ...headers },
    };
    return client
      .send(new TestInvokeMethodCommand(call))
      .then(({ log }): TestAnswer => ({ log }), failed);
  };
  return Promise.all(calls.map(make));
}

const failed = (error: unknown): TestAnswer => ({
  code: error instanceof Error ? error.name : "no answer",
});
