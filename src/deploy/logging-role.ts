// The role with which API Gateway writes logs. There is one an account and region, for all APIs there, so no gate's stack owns it: it is
// looked at, and made where there is none and the config asks for it. Nothing changes or removes one that is set.
import { isDeepStrictEqual } from "node:util";
import type { Role } from "@aws-sdk/client-iam";
import type { Gate } from "../gate/gate.ts";
import { GateFailure, type Problem } from "../gate/failure.ts";
import { partitionOf } from "../../contract/partitions.ts";
import {
  buildAccountLogPolicy,
  buildTrustPolicy,
} from "../gate/iam-policies.ts";
import { type Aws, awsError, awsFailure, repeated } from "./aws.ts";
import { explainDenied } from "./denied.ts";
import { loggingRoleName } from "./names.ts";

export const loggingRoleAdvice =
  "set a role for CloudWatch Logs in API Gateway's settings of the account (Settings, Logging), or `logs.account-role: true`, with which the next up makes one";

/** @throws the SDK's errors, as where `apigateway:GET` on /account is not allowed */
async function hasLoggingRole(aws: Aws, region: string): Promise<boolean> {
  const { APIGatewayClient, GetAccountCommand } =
    await import("@aws-sdk/client-api-gateway");
  const client = new APIGatewayClient(aws.config(region));
  const { cloudwatchRoleArn } = await client.send(new GetAccountCommand({}));
  return Boolean(cloudwatchRoleArn);
}

/** A stage with an access log would be refused half-way. */
export async function checkLoggingRole(
  aws: Aws,
  { accessLog, region }: Gate,
): Promise<Problem[]> {
  if (accessLog === undefined || accessLog.makesRole) return [];
  const isThere = await hasLoggingRole(aws, region).catch((error: unknown) => {
    awsError(error);
    // What cannot be seen is left to API Gateway.
    return true;
  });
  if (isThere) return [];
  const message = `API Gateway has no role for logs in this account and region (${region}), which every API there would use: ${loggingRoleAdvice}`;
  return [{ where: "logs.access", message }];
}

/** Its first use may come before IAM has spread it. */
const pauses = [2000, 4000, 8000, 16_000, 16_000];

/**
 * Makes the role and sets it, where the gate asks for that and there is none.
 * @returns what was done, if anything
 */
export async function ensureLoggingRole(
  aws: Aws,
  gate: Gate,
  account: string,
): Promise<string | undefined> {
  const { accessLog, region, rolePath = "/" } = gate;
  if (!accessLog?.makesRole) return undefined;
  const name = loggingRoleName(region);
  const refused = refusing(name);
  const isThere = await hasLoggingRole(aws, region).catch(
    refused("apigateway:GET on /account"),
  );
  if (isThere) return undefined;
  await makeRole(aws, gate, name);
  const { APIGatewayClient, UpdateAccountCommand } =
    await import("@aws-sdk/client-api-gateway");
  const client = new APIGatewayClient(aws.config(region));
  const value = `arn:${partitionOf(region)}:iam::${account}:role${rolePath}${name}`;
  const patchOperations = [
    { op: "replace" as const, path: "/cloudwatchRoleArn", value },
  ];
  await repeated(
    () => client.send(new UpdateAccountCommand({ patchOperations })),
    ({ name: code }) =>
      ["BadRequestException", "TooManyRequestsException"].includes(code),
    { pauses, wait: aws.wait },
  ).catch(refused("apigateway:PATCH on /account"));
  return `${name} is now the role with which API Gateway writes the logs of all APIs in ${region}; no command removes it`;
}

/** @returns what to throw for a refused call, which is named as IAM names it. */
const refusing =
  (name: string) =>
  (action: string) =>
  (error: unknown): never => {
    if (error instanceof GateFailure) throw error;
    const said = awsError(error);
    throw awsFailure(
      said,
      "The account's role for API Gateway's logs cannot be made",
      {
        reason: "aws-denied",
        action,
        advice:
          explainDenied(said.message) ??
          `allow iam:CreateRole, iam:PutRolePolicy and iam:PassRole on ${name} and apigateway:GET and apigateway:PATCH on /account, or set a role by hand and take \`logs.account-role\` out`,
      },
    );
  };

async function makeRole(
  aws: Aws,
  { permissionsBoundary, region, rolePath }: Gate,
  RoleName: string,
) {
  const { CreateRoleCommand, GetRoleCommand, IAMClient, PutRolePolicyCommand } =
    await import("@aws-sdk/client-iam");
  const client = new IAMClient(aws.config(region));
  const refused = refusing(RoleName);
  await client
    .send(
      new CreateRoleCommand({
        RoleName,
        Path: rolePath,
        PermissionsBoundary: permissionsBoundary,
        Description: "API Gateway writes the logs of this account's APIs",
        AssumeRolePolicyDocument: JSON.stringify(
          buildTrustPolicy("apigateway"),
        ),
      }),
    )
    .catch(async (error: unknown) => {
      if (awsError(error).name !== "EntityAlreadyExistsException")
        return refused("iam:CreateRole")(error);
      // A run that was stopped half-way left it, or it is somebody else's.
      const { Role } = await client
        .send(new GetRoleCommand({ RoleName }))
        .catch(refused("iam:GetRole"));
      const fault = foreignIn(Role, { permissionsBoundary, rolePath });
      if (fault !== undefined) throw foreignRole(RoleName, fault);
    });
  await client
    .send(
      new PutRolePolicyCommand({
        RoleName,
        PolicyName: "logs",
        PolicyDocument: JSON.stringify(buildAccountLogPolicy()),
      }),
    )
    .catch(refused("iam:PutRolePolicy"));
}

/** Who else may assume a role would get what it is given here: it must be as this action makes it. */
function foreignIn(
  role: Role | undefined,
  {
    permissionsBoundary,
    rolePath = "/",
  }: Partial<Record<"permissionsBoundary" | "rolePath", string | undefined>>,
): string | undefined {
  const {
    AssumeRolePolicyDocument: trust = "",
    Path,
    PermissionsBoundary,
  } = role ?? {};
  if (!isSameTrust(trust)) return "others than API Gateway may assume it";
  if (Path !== rolePath) return `it has another path than ${rolePath}`;
  return permissionsBoundary === undefined ||
    PermissionsBoundary?.PermissionsBoundaryArn === permissionsBoundary
    ? undefined
    : "it has another permissions boundary";
}

/** IAM gives it URL-encoded, in the order in which it was written. */
function isSameTrust(trust: string): boolean {
  try {
    const found: unknown = JSON.parse(decodeURIComponent(trust));
    return isDeepStrictEqual(found, buildTrustPolicy("apigateway"));
  } catch {
    return false;
  }
}

const foreignRole = (name: string, fault: string): GateFailure =>
  new GateFailure(
    "aws-denied",
    `The role ${name} is there, but it is not as this action makes it (${fault}): remove or rename it, or set a role for CloudWatch Logs in API Gateway's settings of the account and take \`logs.account-role\` out`,
  );
