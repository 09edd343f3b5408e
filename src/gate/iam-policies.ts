// What the authorizer's role may do: write its own log, read exactly the secrets the gate refers to, look tokens up in the
// gate's own table, and ask the user's own authorizer. Pure.
import type { Gate, SecretReference } from "./gate.ts";

export interface PolicyDocument {
  readonly Version: "2012-10-17";
  readonly Statement: readonly {
    readonly Sid?: string;
    readonly Effect: "Allow";
    readonly Principal?: { readonly Service: string };
    readonly Action: string | readonly string[];
    readonly Resource?: readonly string[];
  }[];
}

/** @returns who may take the role: Lambda. */
export function buildTrustPolicy(): PolicyDocument {
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: "lambda.amazonaws.com" },
        Action: "sts:AssumeRole",
      },
    ],
  };
}

/** Physical names of what the authorizer may reach; undefined where the gate has none. */
export interface ReachableNames {
  readonly table?: string;
  readonly customFunction?: string;
}

/**
 * @param logGroupArn ARN of the authorizer's log group, without the trailing `:*`; names partition, region and account too.
 * @returns the role's permissions.
 */
export function buildPolicy(
  gate: Pick<Gate, "upstreams">,
  logGroupArn: string,
  { table, customFunction }: ReachableNames = {},
): PolicyDocument {
  const secrets = gate.upstreams.flatMap(
    ({ credential }) => credential?.secret ?? [],
  );
  const arns = unique(secrets.flatMap(secretArns));
  const parameters = unique(
    secrets.flatMap((secret) => parameterArns(secret, logGroupArn)),
  );
  const arn = (service: string, resource: string) => {
    const [, partition = "", , region = "", account = ""] =
      logGroupArn.split(":");
    return [`arn:${partition}:${service}:${region}:${account}:${resource}`];
  };
  return {
    Version: "2012-10-17",
    Statement: [
      ...buildLogPolicy(logGroupArn).Statement,
      ...statement("ReadSecrets", "secretsmanager:GetSecretValue", arns),
      ...statement("ReadParameters", "ssm:GetParameter", parameters),
      ...statement(
        "LookUpTokens",
        "dynamodb:GetItem",
        table === undefined ? [] : arn("dynamodb", `table/${table}`),
      ),
      ...statement(
        "AskOwnAuthorizer",
        "lambda:InvokeFunction",
        customFunction === undefined
          ? []
          : arn("lambda", `function:${customFunction}`),
      ),
    ],
  };
}

/** @returns the permissions of the user's own authorizer: its log, and nothing of the gate's. */
export function buildLogPolicy(logGroupArn: string): PolicyDocument {
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "WriteOwnLog",
        Effect: "Allow",
        Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
        Resource: [`${logGroupArn}:*`],
      },
    ],
  };
}

function statement(Sid: string, Action: string, Resource: readonly string[]) {
  return Resource.length === 0
    ? []
    : [{ Sid, Effect: "Allow" as const, Action, Resource }];
}

/**
 * Secrets Manager appends a hyphen and six random characters to a secret's ARN. Users often give the ARN without them, which
 * the service takes but IAM does not match.
 */
function secretArns(secret: SecretReference): string[] {
  return secret.store === "secrets-manager"
    ? [secret.arn, `${secret.arn}-??????`]
    : [];
}

function parameterArns(secret: SecretReference, logGroupArn: string): string[] {
  if (secret.store !== "ssm") return [];
  const [, partition = "", , region = "", account = ""] =
    logGroupArn.split(":");
  return [`arn:${partition}:ssm:${region}:${account}:parameter${secret.name}`];
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}

/** The AWS partition of a region: the second part of every ARN there. */
export function partitionOf(region: string): string {
  const partitions: readonly (readonly [string, string])[] = [
    ["cn-", "aws-cn"],
    ["us-gov-", "aws-us-gov"],
    ["us-isob-", "aws-iso-b"],
    ["us-isof-", "aws-iso-f"],
    ["us-iso-", "aws-iso"],
    ["eu-isoe-", "aws-iso-e"],
    ["eusc-", "aws-eusc"],
  ];
  return partitions.find(([prefix]) => region.startsWith(prefix))?.[1] ?? "aws";
}
