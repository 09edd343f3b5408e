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
