// Looks before anything is made: do the upstream secrets exist? Metadata only, so the action needs no right to read them.
import type { Problem } from "../gate/failure.ts";
import type { Gate, SecretReference } from "../gate/gate.ts";
import { type Aws, type AwsAnswer, callJson } from "./aws.ts";

/** @returns one problem for each secret that AWS says is not there; a missing permission to look is no problem. */
export async function findMissingSecrets(
  aws: Aws,
  gate: Gate,
): Promise<Problem[]> {
  const problems = await Promise.all(
    gate.upstreams.map(async ({ name, credential }) => {
      if (
        credential === undefined ||
        !(await isMissing(aws, gate.region, credential.secret))
      )
        return [];
      const { secret } = credential;
      const kind =
        secret.store === "ssm"
          ? `SSM parameter ${secret.name}`
          : `secret ${secret.arn}`;
      return [
        {
          where: `upstream ${name}`,
          message: `there is no ${kind} in ${regionOf(secret, gate.region)}: create it with the upstream's API key as its value, or correct the reference`,
        },
      ];
    }),
  );
  return problems.flat();
}

async function isMissing(
  aws: Aws,
  region: string,
  secret: SecretReference,
): Promise<boolean> {
  if (secret.store === "secrets-manager") {
    const answer = await callJson(
      aws,
      "secretsmanager",
      regionOf(secret, region),
      {
        target: "secretsmanager.DescribeSecret",
        input: { SecretId: secret.arn },
      },
    );
    return answer.errorCode === "ResourceNotFoundException";
  }
  const answer = await callJson(aws, "ssm", region, {
    target: "AmazonSSM.DescribeParameters",
    input: {
      ParameterFilters: [
        { Key: "Name", Option: "Equals", Values: [secret.name] },
      ],
    },
  });
  return answer.status === 200 && parametersOf(answer).length === 0;
}

function parametersOf(answer: AwsAnswer): readonly unknown[] {
  return (
    (JSON.parse(answer.body) as { Parameters?: unknown[] }).Parameters ?? []
  );
}

/** An ARN carries its own region; a parameter lives in the gate's. */
function regionOf(secret: SecretReference, region: string): string {
  return secret.store === "ssm" ? region : (secret.arn.split(":")[3] ?? region);
}

/**
 * Drops the results API Gateway has cached for callers, so that a revoked or narrowed access ends now and not after the
 * cache's time to live.
 * @returns false when AWS refused or did not answer: the gate is deployed all the same.
 */
export async function flushAuthorizerCache(
  aws: Aws,
  gate: Gate,
  apiId: string,
): Promise<boolean> {
  const answer = await aws({
    service: "apigateway",
    region: gate.region,
    method: "DELETE",
    path: `/restapis/${apiId}/stages/${gate.stageName}/cache/authorizers`,
  }).catch(() => undefined);
  return answer !== undefined && answer.status < 300;
}

// The code that AWS runs in a function. The engine compares what the program gave with what it gave before; what is there now it
// cannot read back, only AWS's hash of it.

/**
 * @returns the function's `CodeSha256` (base64); undefined when there is no such function, or nobody may look
 * (`lambda:GetFunctionConfiguration`).
 */
export async function readCodeHash(
  aws: Aws,
  region: string,
  name: string,
): Promise<string | undefined> {
  const answer = await aws({
    service: "lambda",
    region,
    method: "GET",
    path: `/2015-03-31/functions/${encodeURIComponent(name)}/configuration`,
  });
  if (answer.status !== 200) return undefined;
  const { CodeSha256: hash } = JSON.parse(answer.body) as {
    CodeSha256?: unknown;
  };
  return typeof hash === "string" ? hash : undefined;
}
