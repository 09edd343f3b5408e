import type { Gate, SecretReference } from "./gate.ts";

interface Statement {
  readonly Sid?: string;
  readonly Effect: "Allow";
  readonly Principal?: { readonly Service: string };
  readonly Action: string | readonly string[];
  readonly Resource?: readonly string[];
}

export interface PolicyDocument {
  readonly Version: "2012-10-17";
  readonly Statement: readonly Statement[];
}

const policyOf = (Statement: readonly Statement[]): PolicyDocument => ({
  Version: "2012-10-17",
  Statement,
});

export const buildTrustPolicy = (
  service: "lambda" | "apigateway" = "lambda",
): PolicyDocument =>
  policyOf([
    {
      Effect: "Allow",
      Principal: { Service: `${service}.amazonaws.com` },
      Action: "sts:AssumeRole",
    },
  ]);

export interface ReachableNames {
  readonly table?: string;
  readonly customFunction?: string;
}

/**
 * What the authorizer's role may do: write its own log, read exactly the secrets of the gate, look up tokens in its table, and
 * call the user's own authorizer.
 * @param logGroupArn without the trailing `:*`; the other ARNs have its partition, region and account.
 */
export function buildPolicy(
  gate: Pick<Gate, "upstreams">,
  logGroupArn: string,
  { table, customFunction }: ReachableNames = {},
): PolicyDocument {
  const [, partition, , region, account] = logGroupArn.split(":");
  const arn = (service: string, resource: string) =>
    `arn:${partition ?? ""}:${service}:${region ?? ""}:${account ?? ""}:${resource}`;
  const secrets = gate.upstreams.flatMap(
    ({ credential }) => credential?.secret ?? [],
  );
  return policyOf([
    writeLog(logGroupArn),
    ...allow(
      "ReadSecrets",
      "secretsmanager:GetSecretValue",
      secrets.flatMap(secretArns),
    ),
    ...allow(
      "ReadParameters",
      "ssm:GetParameter",
      secrets.flatMap((secret) =>
        secret.store === "ssm" ? [arn("ssm", `parameter${secret.name}`)] : [],
      ),
    ),
    ...allow(
      "LookUpTokens",
      "dynamodb:GetItem",
      table === undefined ? [] : [arn("dynamodb", `table/${table}`)],
    ),
    ...allow(
      "AskOwnAuthorizer",
      "lambda:InvokeFunction",
      customFunction === undefined
        ? []
        : [arn("lambda", `function:${customFunction}`)],
    ),
  ]);
}

/**
 * What API Gateway's role for a SageMaker endpoint may do. An endpoint's ARN has its name in small letters.
 * @param roleArn has the partition and account
 */
export function buildInvokePolicy(
  region: string,
  endpoint: string,
  roleArn: string,
): PolicyDocument {
  const [, partition = "", , , account = ""] = roleArn.split(":");
  const arn = `arn:${partition}:sagemaker:${region}:${account}:endpoint/`;
  return policyOf(
    allow("InvokeEndpoint", "sagemaker:InvokeEndpoint", [
      arn + endpoint,
      arn + endpoint.toLowerCase(),
    ]),
  );
}

export const buildLogPolicy = (logGroupArn: string): PolicyDocument =>
  policyOf([writeLog(logGroupArn)]);

const writeLog = (logGroupArn: string): Statement => ({
  Sid: "WriteOwnLog",
  Effect: "Allow",
  Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
  Resource: [`${logGroupArn}:*`],
});

const allow = (
  Sid: string,
  Action: string,
  arns: readonly string[],
): Statement[] =>
  arns.length === 0
    ? []
    : [{ Sid, Effect: "Allow", Action, Resource: [...new Set(arns)].sort() }];

/**
 * Secrets Manager appends a hyphen and six random characters to a secret's ARN. Users often give the ARN without them, which
 * the service takes but IAM does not match.
 */
const secretArns = (secret: SecretReference): string[] =>
  secret.store === "secrets-manager"
    ? [secret.arn, `${secret.arn}-??????`]
    : [];

const partitions = {
  "cn-": "aws-cn",
  "us-gov-": "aws-us-gov",
  "us-isob-": "aws-iso-b",
  "us-isof-": "aws-iso-f",
  "us-iso-": "aws-iso",
  "eu-isoe-": "aws-iso-e",
  "eusc-": "aws-eusc",
} as const;

/** The AWS partition of a region: the second part of every ARN there. */
export function partitionOf(region: string): string {
  const known = Object.entries(partitions);
  return known.find(([prefix]) => region.startsWith(prefix))?.[1] ?? "aws";
}

const dnsSuffixes: Readonly<Record<string, string>> = {
  "aws-cn": "amazonaws.com.cn",
  "aws-iso": "c2s.ic.gov",
  "aws-iso-b": "sc2s.sgov.gov",
  "aws-iso-e": "cloud.adc-e.uk",
  "aws-iso-f": "csp.hci.ic.gov",
  "aws-eusc": "amazonaws.eu",
};

/** What ends the host names of AWS's services in a region. */
export const dnsSuffixOf = (region: string): string =>
  dnsSuffixes[partitionOf(region)] ?? "amazonaws.com";
