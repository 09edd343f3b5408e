// Whether the upstreams' secrets exist, and their functions are the account's, before anything is made. Metadata only, so the action needs no right to read them.
import type { Problem } from "../gate/failure.ts";
import type { Gate, SecretReference } from "../gate/gate.ts";
import { type Aws, awsError } from "./aws.ts";

/** @returns one problem for each secret that does not exist; a missing permission to look is none. An ARN has its own region. */
export async function findMissingSecrets(
  aws: Aws,
  gate: Gate,
): Promise<Problem[]> {
  const problems = await Promise.all(
    gate.upstreams.map(async ({ name, credential }) => {
      if (credential === undefined) return [];
      const { secret } = credential;
      const [kind, region] =
        secret.store === "ssm"
          ? [`SSM parameter ${secret.name}`, gate.region]
          : [`secret ${secret.arn}`, secret.arn.split(":")[3] ?? gate.region];
      if (!(await isMissing(aws, region, secret))) return [];
      const message = `the ${kind} does not exist in ${region}: create it with the upstream's API key as its value, or correct the reference`;
      return [{ where: `upstream ${name}`, message }];
    }),
  );
  return problems.flat();
}

/** Only its own account can permit API Gateway to call a function: a deployment would fail half way. */
export const findForeignFunctions = (gate: Gate, account: string): Problem[] =>
  gate.upstreams.flatMap((upstream) => {
    if (upstream.kind !== "lambda") return [];
    const owner = upstream.functionArn.split(":")[4];
    const message = `the function ${upstream.functionArn} is not of the gate's account: use one of ${account}, which may call the other`;
    return owner === account
      ? []
      : [{ where: `upstream ${upstream.name}`, message }];
  });

/** DescribeParameters answers with an empty list, DescribeSecret with an error. */
async function isMissing(
  aws: Aws,
  region: string,
  secret: SecretReference,
): Promise<boolean> {
  try {
    if (secret.store === "secrets-manager") {
      const { DescribeSecretCommand, SecretsManagerClient } =
        await import("@aws-sdk/client-secrets-manager");
      const client = new SecretsManagerClient(aws.config(region));
      await client.send(new DescribeSecretCommand({ SecretId: secret.arn }));
      return false;
    }
    const { paginateDescribeParameters, SSMClient } =
      await import("@aws-sdk/client-ssm");
    const client = new SSMClient(aws.config(region));
    const named = { Key: "Name", Option: "Equals", Values: [secret.name] };
    for await (const { Parameters: found = [] } of paginateDescribeParameters(
      { client },
      { ParameterFilters: [named] },
    ))
      if (found.length > 0) return false;
    return true;
  } catch (error) {
    return awsError(error).name === "ResourceNotFoundException";
  }
}
