import { readFile } from "node:fs/promises";
import path from "node:path";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import type { AuthorizerSettings } from "../../../contract/authorizer-settings.ts";
import {
  functionName,
  physicalName,
  projectName,
  sha256,
  tableName,
} from "../../deploy/names.ts";
import type {
  BuiltInCode,
  CodeTriggers,
  CustomCode,
  ProgramParameters,
} from "../../deploy/program/parameters.ts";
import { createProgram } from "../../deploy/program/program.ts";
import { buildSettings } from "../../gate/authorizer-settings.ts";
import { type CustomAuth, type Gate, isFronted } from "../../gate/gate.ts";
import {
  buildLogPolicy,
  buildPolicy,
  buildTrustPolicy,
  type ReachableNames,
} from "../../gate/iam-policies.ts";
import { buildDocument } from "../../gate/openapi/openapi.ts";
import { usageKeysOf } from "../../gate/usage-keys.ts";
import { type ProofKey, summaryOf } from "../describe.ts";
import { ownAuthorizer } from "../inputs/workspace-files.ts";
import type { Job } from "../job.ts";

interface Parts {
  readonly gate: Gate;
  readonly proofKey: ProofKey | undefined;
  readonly codeTriggers: CodeTriggers;
  readonly contents: Readonly<Record<string, string>> | undefined;
  readonly job: Job;
  readonly host: { readonly distribution: string; readonly scratch: string };
}

export function gateName(gate: Gate, job: Pick<Job, "repository">): string {
  return physicalName(projectName(job.repository), gate.stack);
}

/** @returns the program of this gate; reads the authorizer's bundle. */
export async function createGateProgram(parts: Parts): Promise<PulumiFn> {
  const { codeTriggers, gate, job, proofKey } = parts;
  const name = gateName(gate, job);
  const reachable = reachableFrom(gate, name);
  const publicKey = proofKey?.publicKey ?? null;
  return createProgram({
    gate,
    name,
    ...(await authorizerOf(parts, reachable)),
    document: (authorizerUri) =>
      buildDocument(gate, { name, authorizerUri, sha256, proofKey: publicKey }),
    trustPolicy: buildTrustPolicy(),
    permissions: (logGroupArn) => buildPolicy(gate, logGroupArn, reachable),
    // The user's function behind the gate's own sees no upstream's secret.
    customPermissions: buildLogPolicy,
    usageKeys: usageKeysOf(gate, sha256),
    tags: {
      "ai-gate:gate": gate.id,
      ...(job.repository === ""
        ? {}
        : { "ai-gate:repository": job.repository }),
      ...gate.tags,
    },
    codeTriggers,
    summary: summaryOf(gate, parts),
    proofKey:
      proofKey === undefined ? undefined : JSON.stringify(proofKey.privateKey),
  });
}

/** What the gate's own authorizer calls besides the secrets. */
function reachableFrom(gate: Gate, name: string): ReachableNames {
  const { auth } = gate;
  if (auth.mode === "built-in")
    return auth.store === "dynamodb" ? { table: tableName(name) } : {};
  return isFronted(gate)
    ? { customFunction: functionName(name, "custom") }
    : {};
}

type AuthorizerParts = Pick<ProgramParameters, "authorizer" | "custom">;

async function authorizerOf(
  { gate, proofKey, host }: Parts,
  reachable: ReachableNames,
): Promise<AuthorizerParts> {
  const { auth } = gate;
  const custom =
    auth.mode === "custom" ? customCode(auth, ownAuthorizer(host)) : undefined;
  if (custom !== undefined && !isFronted(gate))
    return { authorizer: custom, custom: undefined };
  const settings = buildSettings(gate, {
    proofKey: proofKey?.publicKey ?? null,
    sha256,
    ...reachable,
  });
  return {
    authorizer: await builtInCode(settings, host.distribution),
    custom,
  };
}

function customCode(
  { handler, runtime }: CustomAuth,
  directory: string,
): CustomCode {
  return { kind: "custom", directory, runtime, handler };
}

async function builtInCode(
  settings: AuthorizerSettings,
  distribution: string,
): Promise<BuiltInCode> {
  const bundle = await readFile(
    path.join(distribution, "authorizer", "index.mjs"),
    "utf8",
  );
  return { kind: "built-in", bundle, settings: JSON.stringify(settings) };
}
