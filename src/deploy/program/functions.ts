// The functions of a gate, each with a role, a log group and a policy of its own: the authorizer, and behind it the user's own
// where the gate adds credentials to what that one decides.
import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup";
import { Table } from "@pulumi/aws/dynamodb/table";
import { Role } from "@pulumi/aws/iam/role";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy";
import { Function as LambdaFunction } from "@pulumi/aws/lambda/function";
import * as pulumi from "@pulumi/pulumi";
import { functionName, tableName } from "../names.ts";
import type {
  BuiltInCode,
  CustomCode,
  ProgramParameters,
} from "./parameters.ts";

export interface GateFunctions {
  /** The one that API Gateway asks. */
  readonly authorizer: LambdaFunction;
  /** The user's own behind it. */
  readonly custom: LambdaFunction | undefined;
}

export function declareFunctions(parameters: ProgramParameters): GateFunctions {
  const { authorizer, gate, name } = parameters;
  const isStored =
    gate.auth.mode === "built-in" && gate.auth.store === "dynamodb";
  const table = isStored ? [declareTable(parameters)] : [];
  const custom =
    parameters.custom && declareCustom(parameters, parameters.custom);
  const guard = declareFunction(parameters, {
    logicalName: "authorizer",
    physicalName: functionName(name),
    // It waits up to ten seconds for the user's function, and answers for itself after that.
    code: codeOf(authorizer, custom ? 15 : 5),
    trigger: parameters.codeTriggers.authorizer,
    permissions: parameters.permissions,
    // It names both in its settings.
    needs: [...table, ...(custom ? [custom] : [])],
  });
  return { authorizer: guard, custom };
}

function declareCustom(
  parameters: ProgramParameters,
  code: CustomCode,
): LambdaFunction {
  return declareFunction(parameters, {
    logicalName: "custom-authorizer",
    physicalName: functionName(parameters.name, "custom"),
    code: customCode(code),
    trigger: parameters.codeTriggers.custom,
    permissions: parameters.customPermissions,
    needs: [],
  });
}

/** Tokens by their hash. Whoever writes more of them than the file holds needs no deployment for it. */
function declareTable({ name, tags }: ProgramParameters): Table {
  return new Table("token-table", {
    name: tableName(name),
    billingMode: "PAY_PER_REQUEST",
    hashKey: "hash",
    attributes: [{ name: "hash", type: "S" }],
    ttl: { attributeName: "expires", enabled: true },
    tags,
  });
}

interface FunctionParts {
  readonly logicalName: string;
  readonly physicalName: string;
  readonly code: ReturnType<typeof codeOf>;
  readonly trigger: string | undefined;
  readonly permissions: (logGroupArn: string) => object;
  readonly needs: readonly pulumi.Resource[];
}

function declareFunction(
  { gate, tags, trustPolicy }: ProgramParameters,
  {
    code,
    logicalName,
    needs,
    permissions,
    physicalName,
    trigger,
  }: FunctionParts,
): LambdaFunction {
  const role = new Role(`${logicalName}-role`, {
    name: physicalName,
    assumeRolePolicy: pulumi.jsonStringify(trustPolicy),
    tags,
  });
  const logs = new LogGroup(`${logicalName}-logs`, {
    name: `/aws/lambda/${physicalName}`,
    retentionInDays: gate.logRetentionDays,
    tags,
  });
  const policy = new RolePolicy(`${logicalName}-policy`, {
    name: "authorizer",
    role: role.id,
    policy: pulumi.jsonStringify(logs.arn.apply(permissions)),
  });
  return new LambdaFunction(
    logicalName,
    {
      name: physicalName,
      role: role.arn,
      tags,
      ...code,
      // To the provider no more than a text: when it is another, the code is put there again.
      ...(trigger !== undefined && { sourceCodeHash: trigger }),
    },
    // The group and the policy come first: otherwise Lambda's first line would create a group that never expires.
    { dependsOn: [logs, policy, ...needs] },
  );
}

/** @param timeout seconds for the built-in authorizer. */
function codeOf(code: BuiltInCode | CustomCode, timeout: number) {
  return code.kind === "custom"
    ? customCode(code)
    : {
        code: new pulumi.asset.AssetArchive({
          "index.mjs": new pulumi.asset.StringAsset(code.bundle),
          "settings.json": new pulumi.asset.StringAsset(code.settings),
        }),
        runtime: "nodejs24.x",
        handler: "index.handler",
        architectures: ["arm64"],
        // 256 MB is where a Node authorizer on arm64 stops getting faster; a cold start with a secret to read fits in 5 s.
        memorySize: 256,
        timeout,
      };
}

function customCode({ directory, handler, runtime }: CustomCode) {
  return {
    code: new pulumi.asset.FileArchive(directory),
    runtime,
    handler,
    // Lambda's own default, said because the function may have held the built-in code, on arm64, before.
    architectures: ["x86_64"],
    memorySize: 256,
    timeout: 10,
  };
}
