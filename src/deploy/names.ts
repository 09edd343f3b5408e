// Physical names. They are literals per stack, so that a second run finds what the first one made.
import { createHash } from "node:crypto";
import { partitionOf } from "../../contract/partitions.ts";
import type { AlarmName } from "../gate/gate.ts";

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/**
 * Pulumi project of a repository: stacks of two repositories in one backend never meet. An owner holds no dot, so
 * `owner.repository` is unambiguous; Pulumi allows 100 characters of `[A-Za-z0-9._-]`.
 */
export function projectName(repository: string | undefined): string {
  if (repository === undefined || repository === "") return "ai-gate";
  const full = `ai-gate.${repository.replace("/", ".")}`;
  return full.length <= 100
    ? full
    : `${full.slice(0, 83)}-${sha256(repository).slice(0, 16)}`;
}

/**
 * Prefix of every AWS name of a gate: readable, and unique by project, stack and region, since roles are global to an account.
 * At most 49 characters, so that `<prefix>-authorizer` fits the 64 of a Lambda function or role.
 */
export function physicalName(
  project: string,
  stack: string,
  region: string,
): string {
  const digest = sha256([project, stack, region].join("/")).slice(0, 8);
  const end = `-${region}-${digest}`;
  const readable = stack.toLowerCase().replace(/[^a-z0-9-]+/g, "-");
  return `ai-gate-${readable}`.slice(0, 49 - end.length) + end;
}

/** Name of a function of the gate, of its role and in that of its log group. `custom`: the user's own behind the gate's. */
export function functionName(
  prefix: string,
  which: "authorizer" | "custom" = "authorizer",
): string {
  return `${prefix}-${which}`;
}

/**
 * Name of a function's role. An account has a role's name once, whatever its path: in another path it has another one, so that the
 * new role can be made before the old one goes.
 */
export function roleName(
  prefix: string,
  which: "authorizer" | "custom",
  path = "/",
): string {
  return path === "/"
    ? functionName(prefix, which)
    : `${prefix}-${which === "custom" ? "own" : "auth"}-${sha256(path).slice(0, 8)}`;
}

/** Name of the role with which API Gateway calls an upstream; an upstream's own name may be too long for it. */
export function invokeRoleName(
  prefix: string,
  upstream: string,
  path = "/",
): string {
  const whole = path === "/" ? upstream : path + upstream;
  return `${prefix}-call-${sha256(whole).slice(0, 8)}`;
}

export function tableName(prefix: string): string {
  return `${prefix}-tokens`;
}

/** Of everything that a gate has in AWS; its value is the gate's id. */
export const gateTag = "ai-gate:gate";

interface BucketPlace {
  readonly account: string;
  readonly region: string;
}

/** As earlier versions made it, and where there are no namespaces of accounts. */
export const sharedBucketName = ({ account, region }: BucketPlace): string =>
  `ai-gate-state-${account}-${region}`;

/**
 * The bucket of the state when `backend` names none. Where AWS has it, in a namespace where only this account can make buckets: their
 * names end in `-<account>-<region>-an` ("Namespaces for general purpose buckets" in the S3 user guide, which leaves out Bahrain and the
 * UAE and knows these partitions).
 */
export function stateBucketName(place: BucketPlace): string {
  const { region } = place;
  const hasNamespaces =
    ["aws", "aws-cn", "aws-us-gov", "aws-eusc"].includes(partitionOf(region)) &&
    !["me-south-1", "me-central-1"].includes(region);
  return sharedBucketName(place) + (hasNamespaces ? "-an" : "");
}

/** The SSM parameter with the passphrase of the state. */
export const passphraseName = "/ai-gate/state-passphrase";

/** The log group that Lambda writes to. */
export function functionLogName(name: string): string {
  return `/aws/lambda/${name}`;
}

export function accessLogName(prefix: string): string {
  return `/aws/apigateway/${prefix}-access`;
}

export function alarmName(prefix: string, alarm: AlarmName): string {
  return `${prefix}-${alarm}`;
}

/** The account's role for API Gateway's logs in a region, which all gates there share. */
export function loggingRoleName(region: string): string {
  return `ai-gate-api-gateway-logs-${region}`;
}
