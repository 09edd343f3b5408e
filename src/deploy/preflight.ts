// Looks at the upstreams before anything is made: whether their functions are the account's and their secrets exist, and with which
// key these are encrypted. Metadata only, so the action needs no right to read secrets.
import * as z from "zod";
import { isKept, regionOf, secretName } from "../gate/credential-stores.ts";
import type { Problem } from "../gate/failure.ts";
import type { Gate, KeptSecret } from "../gate/gate.ts";
import { partitionOf } from "../gate/iam-policies.ts";
import { type Aws, awsError } from "./aws.ts";

export interface SecretsSeen {
  /** The gate with the KMS key of every secret that could be looked at; one that the config names stays. */
  readonly gate: Gate;
  /** One for each secret that does not exist. A missing permission to look is none. */
  readonly problems: readonly Problem[];
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

/** IAM takes one of the role's own account, or one of AWS's. */
export function findForeignBoundary(
  { permissionsBoundary = "" }: Gate,
  account: string,
): Problem[] {
  const [, , , , owner = ""] = permissionsBoundary.split(":");
  const message = `the policy ${permissionsBoundary} is not of the gate's account: use one of ${account}`;
  return ["", "aws", account].includes(owner)
    ? []
    : [{ where: "permissions-boundary", message }];
}

export async function lookAtSecrets(
  aws: Aws,
  gate: Gate,
  account: string,
): Promise<SecretsSeen> {
  const problems: Problem[] = [];
  const gateWithKeys = await mapSecrets(gate, async (secret, upstream) => {
    const place = placeOf(secret, gate, account);
    const seen = await describe(aws, secret, place.region);
    if (seen === "missing") {
      const kind = secret.store === "ssm" ? "SSM parameter" : "secret";
      problems.push({
        where: `upstream ${upstream}`,
        message: `the ${kind} ${secretName(secret)} does not exist in ${place.region}: create it with the upstream's API key as its value, or correct the reference`,
      });
    }
    const kmsKey = typeof seen === "string" ? undefined : keyArn(seen, place);
    return kmsKey === undefined || secret.kmsKey !== undefined
      ? secret
      : { ...secret, kmsKey };
  });
  return { gate: gateWithKeys, problems };
}

async function mapSecrets(
  gate: Gate,
  change: (
    secret: KeptSecret,
    upstream: string,
  ) => KeptSecret | Promise<KeptSecret>,
): Promise<Gate> {
  const upstreams = await Promise.all(
    gate.upstreams.map(async (upstream) => {
      const { credential, name } = upstream;
      if (credential === undefined || !isKept(credential.secret))
        return upstream;
      const secret = await change(credential.secret, name);
      return { ...upstream, credential: { ...credential, secret } };
    }),
  );
  return { ...gate, upstreams };
}

interface Place {
  readonly region: string;
  readonly account: string;
}

/** A parameter is of the gate's account and region, an ARN has its own. */
const placeOf = (secret: KeptSecret, gate: Gate, account: string): Place =>
  secret.store === "ssm"
    ? { region: gate.region, account }
    : {
        region: regionOf(secret.arn) || gate.region,
        account: secret.arn.split(":")[4] ?? account,
      };

type Description = { readonly key: string | undefined };

/** DescribeParameters answers with an empty list for a missing one, DescribeSecret with an error. */
async function describe(
  aws: Aws,
  secret: KeptSecret,
  region: string,
): Promise<Description | "missing" | "not seen"> {
  try {
    if (secret.store === "secrets-manager") {
      const { DescribeSecretCommand, SecretsManagerClient } =
        await import("@aws-sdk/client-secrets-manager");
      const client = new SecretsManagerClient(aws.config(region));
      const { KmsKeyId } = await client.send(
        new DescribeSecretCommand({ SecretId: secret.arn }),
      );
      return { key: KmsKeyId };
    }
    const { paginateDescribeParameters, SSMClient } =
      await import("@aws-sdk/client-ssm");
    const client = new SSMClient(aws.config(region));
    const named = { Key: "Name", Option: "Equals", Values: [secret.name] };
    for await (const { Parameters: [found] = [] } of paginateDescribeParameters(
      { client },
      { ParameterFilters: [named] },
    ))
      if (found !== undefined) return { key: found.KeyId };
    return "missing";
  } catch (error) {
    return awsError(error).name === "ResourceNotFoundException"
      ? "missing"
      : "not seen";
  }
}

const kmsArn =
  /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:(?:key|alias)\/[A-Za-z0-9/_-]{1,256}$/;

/** @param key an ARN, the id of a key, or an alias: whatever the secret was made with. @returns null for AWS's own key, undefined for what is none of these */
function keyArn(
  { key = "" }: Description,
  { account, region }: Place,
): string | null | undefined {
  if (key === "" || /(?:^|:)alias\/aws\//.test(key)) return null;
  const name = key.startsWith("alias/") ? key : `key/${key}`;
  const arn = key.startsWith("arn:")
    ? key
    : `arn:${partitionOf(region)}:kms:${region}:${account}:${name}`;
  return kmsArn.test(arn) ? arn : undefined;
}

const stored = z.record(z.string(), z.string().regex(kmsArn)).catch({});

/**
 * A run that may not look must not take away what the authorizer needs.
 * @param outputs what `kmsKeysOf` gave in the last `up`
 * @returns the gate with those keys where nothing was seen, and what is to be said of the others
 */
export async function keepKmsKeys(
  gate: Gate,
  outputs: unknown,
): Promise<Pick<SecretsSeen, "gate"> & { readonly warnings: Problem[] }> {
  const keys = stored.parse(outputs);
  const warnings: Problem[] = [];
  const kept = await mapSecrets(gate, (secret, upstream) => {
    if (secret.kmsKey !== undefined) return secret;
    const kmsKey = keys[secretName(secret)];
    const action =
      secret.store === "ssm"
        ? "ssm:DescribeParameters"
        : "secretsmanager:DescribeSecret";
    warnings.push({
      where: `upstream ${upstream}`,
      message:
        kmsKey === undefined
          ? `the KMS key of its secret could not be looked up, so the authorizer may decrypt with AWS's own key only: allow ${action}, or name a key of your own with \`kms-key\``
          : `the KMS key of its secret could not be looked up, so the one of the last up is kept: allow ${action}, or name it with \`kms-key\``,
    });
    return kmsKey === undefined ? secret : { ...secret, kmsKey };
  });
  return { gate: kept, warnings };
}
