import { readFile } from "node:fs/promises";
import path from "node:path";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import type { ProofPublicKey } from "../../../contract/authorizer-settings.ts";
import {
  functionName,
  physicalName,
  projectName,
  sha256,
  tableName,
} from "../../deploy/names.ts";
import type {
  CustomCode,
  ProgramParameters,
} from "../../deploy/program/parameters.ts";
import { createProgram } from "../../deploy/program/program.ts";
import { buildSettings } from "../../gate/authorizer-settings.ts";
import { type Gate, isFronted } from "../../gate/gate.ts";
import {
  buildLogPolicy,
  buildPolicy,
  buildTrustPolicy,
  type ReachableNames,
} from "../../gate/iam-policies.ts";
import { buildDocument } from "../../gate/openapi/openapi.ts";
import { usageKeysOf } from "../../gate/usage-keys.ts";
import type { RunContext } from "../context.ts";
import { type Known, summaryOf } from "../describe.ts";
import type { Host } from "../host.ts";
import { ownAuthorizer } from "../inputs/workspace-files.ts";
import type { Job } from "../job.ts";

export function gateName(gate: Gate, job: Pick<Job, "repository">): string {
  return physicalName(projectName(job.repository), gate.stack);
}

/** @returns the program of this gate; reads the authorizer's bundle. */
export async function createGateProgram(
  known: Known,
  { host, job }: Pick<RunContext, "host" | "job">,
): Promise<PulumiFn> {
  const { codeTriggers = {}, gate, proofKey } = known;
  if (gate === undefined) throw new Error("no gate to make a program of");
  const name = gateName(gate, job);
  const reachable = reachableFrom(gate, name);
  const publicKey = proofKey?.publicKey ?? null;
  return createProgram({
    gate,
    name,
    ...(await authorizerOf(gate, publicKey, reachable, host)),
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
    summary: summaryOf(gate, known),
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

async function authorizerOf(
  gate: Gate,
  proofKey: ProofPublicKey | null,
  reachable: ReachableNames,
  host: Host,
): Promise<Pick<ProgramParameters, "authorizer" | "custom">> {
  const { auth } = gate;
  const custom: CustomCode | undefined =
    auth.mode === "custom"
      ? {
          kind: "custom",
          directory: ownAuthorizer(host),
          runtime: auth.runtime,
          handler: auth.handler,
        }
      : undefined;
  if (custom !== undefined && !isFronted(gate))
    return { authorizer: custom, custom: undefined };
  const file = path.join(host.distribution, "authorizer", "index.mjs");
  const bundle = await readFile(file, "utf8");
  const settings = JSON.stringify(
    buildSettings(gate, { proofKey, sha256, ...reachable }),
  );
  return { authorizer: { kind: "built-in", bundle, settings }, custom };
}
