import { factsOf, type Statement, storeNames } from "./credential-stores.ts";
import type { Gate } from "./gate.ts";

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
 * What the authorizer's role may do: write its own log, read exactly the secrets of the gate, call exactly its Bedrock models, look
 * up tokens in its table, and call the user's own authorizer.
 * @param logGroupArn without the trailing `:*`; the other ARNs have its partition, region and account.
 */
export function buildPolicy(
  gate: Pick<Gate, "tracing" | "upstreams">,
  logGroupArn: string,
  { table, customFunction }: ReachableNames = {},
): PolicyDocument {
  const [, partition = "", , region = "", account = ""] =
    logGroupArn.split(":");
  const arn = (service: string, resource: string) =>
    `arn:${partition}:${service}:${region}:${account}:${resource}`;
  const sources = gate.upstreams
    .flatMap(({ credential }) => credential?.secret ?? [])
    .sort(
      (one, other) =>
        storeNames.indexOf(one.store) - storeNames.indexOf(other.store),
    );
  return policyOf([
    writeLog(logGroupArn),
    ...writeTraces(gate),
    ...merge(
      sources.flatMap((source) =>
        factsOf(source).statements({ partition, region, account }),
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

export const buildLogPolicy = (
  gate: Pick<Gate, "tracing">,
  logGroupArn: string,
): PolicyDocument => policyOf([writeLog(logGroupArn), ...writeTraces(gate)]);

/** X-Ray has no resources to name here (service authorization reference). */
const writeTraces = ({ tracing }: Pick<Gate, "tracing">): Statement[] =>
  tracing
    ? [
        {
          Sid: "WriteTraces",
          Effect: "Allow",
          Action: ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
          Resource: ["*"],
        },
      ]
    : [];

/**
 * What API Gateway's role for logs may do: what it asks of one (the managed policy AmazonAPIGatewayPushToCloudWatchLogs). The role is
 * the account's: other APIs than the gate's use it as well.
 */
export const buildAccountLogPolicy = (): PolicyDocument =>
  policyOf([
    {
      Sid: "WriteLogs",
      Effect: "Allow",
      Action: [
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:DescribeLogGroups",
        "logs:DescribeLogStreams",
        "logs:PutLogEvents",
        "logs:GetLogEvents",
        "logs:FilterLogEvents",
      ],
      Resource: ["*"],
    },
  ]);

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
  arns.length === 0 ? [] : [{ Sid, Effect: "Allow", Action, Resource: arns }];

/** One statement for all resources of the same actions and conditions; a Sid may stand in a policy only once. */
function merge(statements: readonly Statement[]): Statement[] {
  const resources = new Map<string, string[]>();
  for (const { Resource = [], ...rest } of statements) {
    const key = JSON.stringify(rest);
    resources.set(key, [...(resources.get(key) ?? []), ...Resource]);
  }
  const times = new Map<string, number>();
  return [...resources].map(([key, arns]) => {
    const { Sid = "", ...rest } = JSON.parse(key) as Statement;
    const time = (times.get(Sid) ?? 0) + 1;
    times.set(Sid, time);
    return {
      Sid: time === 1 ? Sid : `${Sid}${time}`,
      ...rest,
      Resource: [...new Set(arns)].sort(),
    };
  });
}

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
