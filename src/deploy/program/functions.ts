// The functions of a gate, each with a role, a log group and a policy of its own: the authorizer, and behind it the user's own
// where the gate adds credentials to what that one decides.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup";
import { Table } from "@pulumi/aws/dynamodb/table";
import { Role } from "@pulumi/aws/iam/role";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy";
import {
  type FunctionArgs,
  Function as LambdaFunction,
} from "@pulumi/aws/lambda/function";
import * as pulumi from "@pulumi/pulumi";
import { buildSettings } from "../../gate/authorizer-settings.ts";
import { type CustomAuth, isFronted } from "../../gate/gate.ts";
import {
  buildLogPolicy,
  buildPolicy,
  buildTrustPolicy,
  type ReachableNames,
} from "../../gate/iam-policies.ts";
import { sortedJson } from "../../gate/sorted-json.ts";
import {
  functionLogName,
  functionName,
  roleName,
  sha256,
  tableName,
} from "../names.ts";
import { type ProgramParameters, roleSettings } from "./parameters.ts";

export interface GateFunctions {
  /** The one that API Gateway calls. */
  readonly authorizer: LambdaFunction;
  /** The user's own behind it. */
  readonly custom?: LambdaFunction;
}

export function declareFunctions(parameters: ProgramParameters): GateFunctions {
  const { gate, name } = parameters;
  const { auth } = gate;
  if (auth.mode === "built-in") {
    if (auth.store === "bundled")
      return { authorizer: declareBuiltIn(parameters, {}) };
    const table = declareTable(parameters);
    const names = { table: tableName(name) };
    return { authorizer: declareBuiltIn(parameters, names, table) };
  }
  // The user's function sees no upstream's secret.
  const own = {
    code: customCode(auth, parameters.ownAuthorizer),
    permissions: (logGroupArn: string) => buildLogPolicy(gate, logGroupArn),
  };
  if (!isFronted(gate))
    return { authorizer: declareFunction(parameters, "authorizer", own) };
  const custom = declareFunction(parameters, "custom", own);
  const names = { customFunction: functionName(name, "custom") };
  return { authorizer: declareBuiltIn(parameters, names, custom), custom };
}

/** Tokens by their hash. One that is put there by other means than the file needs no deployment. */
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

/** @param reachable what the authorizer calls besides the secrets: `needed`, by its name. */
function declareBuiltIn(
  parameters: ProgramParameters,
  reachable: ReachableNames,
  needed?: pulumi.Resource,
): LambdaFunction {
  const { bundle, gate, proofKey, scratch } = parameters;
  const publicKey = proofKey?.publicKey ?? null;
  const names = { proofKey: publicKey, sha256, ...reachable };
  const settings = path.join(scratch, "settings.json");
  writeFileSync(settings, sortedJson(buildSettings(gate, names)));
  return declareFunction(parameters, "authorizer", {
    code: {
      // Texts would be in the state, which the engine writes anew before and after each resource; of files it has the hash.
      code: new pulumi.asset.AssetArchive({
        "index.mjs": new pulumi.asset.FileAsset(bundle),
        "settings.json": new pulumi.asset.FileAsset(settings),
      }),
      runtime: "nodejs24.x",
      handler: "index.handler",
      architectures: ["arm64"],
      // 256 MB is where a Node authorizer on arm64 stops getting faster; a cold start with a secret to read fits in 5 s.
      memorySize: 256,
      // It waits up to ten seconds for the user's function, and answers for itself after that.
      timeout: reachable.customFunction === undefined ? 5 : 15,
    },
    permissions: (logGroupArn) => buildPolicy(gate, logGroupArn, reachable),
    ...(needed && { needed }),
  });
}

const customCode = (
  { handler, runtime }: CustomAuth,
  directory: string,
): FunctionParts["code"] => ({
  code: new pulumi.asset.FileArchive(directory),
  runtime,
  handler,
  // Lambda's own default, explicit because the function may have had the built-in code, on arm64, before.
  architectures: ["x86_64"],
  memorySize: 256,
  timeout: 10,
});

interface FunctionParts {
  readonly code: Omit<FunctionArgs, "role">;
  readonly permissions: (logGroupArn: string) => object;
  readonly needed?: pulumi.Resource;
}

function declareFunction(
  { codeTriggers, gate, name, tags }: ProgramParameters,
  which: "authorizer" | "custom",
  { code, needed, permissions }: FunctionParts,
): LambdaFunction {
  const logicalName = which === "custom" ? "custom-authorizer" : which;
  const physicalName = functionName(name, which);
  const role = new Role(`${logicalName}-role`, {
    name: roleName(name, which, gate.rolePath),
    ...roleSettings(gate),
    assumeRolePolicy: pulumi.jsonStringify(buildTrustPolicy()),
    tags,
  });
  const logs = new LogGroup(`${logicalName}-logs`, {
    name: functionLogName(physicalName),
    retentionInDays: gate.logRetentionDays,
    tags,
  });
  const policy = new RolePolicy(`${logicalName}-policy`, {
    name: "authorizer",
    role: role.id,
    policy: pulumi.jsonStringify(logs.arn.apply(permissions)),
  });
  const trigger = codeTriggers[which];
  return new LambdaFunction(
    logicalName,
    {
      name: physicalName,
      role: role.arn,
      tags,
      // Without it AWS would keep what was there.
      tracingConfig: { mode: gate.tracing ? "Active" : "PassThrough" },
      ...code,
      // Only a text to the provider: when it is another, the code is put there again.
      ...(trigger !== undefined && { sourceCodeHash: trigger }),
    },
    // The group and the policy come first: otherwise Lambda's first line would create a group that never expires.
    { dependsOn: [logs, policy, ...(needed ? [needed] : [])] },
  );
}
