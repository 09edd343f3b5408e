// Before anything is made: do the upstream secrets exist? Metadata only, so the action needs no right to read them.
import type { Problem } from "../gate/failure.ts";
import type { Gate, SecretReference } from "../gate/gate.ts";
import { type Aws, awsError } from "./aws.ts";

/** @returns one problem for each secret that AWS says is not there; a missing permission to look is no problem. */
export async function findMissingSecrets(
  aws: Aws,
  gate: Gate,
): Promise<Problem[]> {
  const problems = await Promise.all(
    gate.upstreams.map(async ({ name, credential }) => {
      if (credential === undefined) return [];
      const { secret } = credential;
      // An ARN has a region of its own; a parameter is in the gate's.
      const region =
        secret.store === "ssm"
          ? gate.region
          : (secret.arn.split(":")[3] ?? gate.region);
      if (!(await isMissing(aws, region, secret))) return [];
      const kind =
        secret.store === "ssm"
          ? `SSM parameter ${secret.name}`
          : `secret ${secret.arn}`;
      const message = `there is no ${kind} in ${region}: create it with the upstream's API key as its value, or correct the reference`;
      return [{ where: `upstream ${name}`, message }];
    }),
  );
  return problems.flat();
}

async function isMissing(
  aws: Aws,
  region: string,
  secret: SecretReference,
): Promise<boolean> {
  try {
    return secret.store === "ssm"
      ? await isParameterMissing(aws, region, secret.name)
      : await isSecretMissing(aws, region, secret.arn);
  } catch (error) {
    return awsError(error).name === "ResourceNotFoundException";
  }
}

async function isParameterMissing(
  aws: Aws,
  region: string,
  name: string,
): Promise<boolean> {
  const { paginateDescribeParameters, SSMClient } =
    await import("@aws-sdk/client-ssm");
  const pages = paginateDescribeParameters(
    { client: new SSMClient(aws.config(region)) },
    { ParameterFilters: [{ Key: "Name", Option: "Equals", Values: [name] }] },
  );
  for await (const { Parameters: found = [] } of pages)
    if (found.length > 0) return false;
  return true;
}

/** @throws the SDK's error when it is. */
async function isSecretMissing(
  aws: Aws,
  region: string,
  arn: string,
): Promise<false> {
  const { DescribeSecretCommand, SecretsManagerClient } =
    await import("@aws-sdk/client-secrets-manager");
  const client = new SecretsManagerClient(aws.config(region));
  await client.send(new DescribeSecretCommand({ SecretId: arn }));
  return false;
}
