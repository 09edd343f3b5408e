// Puts a gate's decisions (document, policies, settings) and the authorizer's code together into the program's parameters.
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import { physicalName, projectName } from "../cloud/names.ts";
import { type AuthorizerCode, createProgram } from "../cloud/program.ts";
import type { Gate } from "../gate/gate.ts";
import { buildDocument } from "../gate/document/openapi.ts";
import { buildPolicy, buildTrustPolicy } from "../gate/access/policy.ts";
import { buildSettings } from "../gate/access/settings.ts";
import { summarizeGate } from "../gate/difference/summary.ts";
import type { Job } from "./job.ts";
import type { ProofKey } from "./proof-key.ts";

interface Parts {
  readonly gate: Gate;
  readonly proofKey: ProofKey | undefined;
  readonly job: Job;
  readonly host: { readonly distribution: string };
}

/** @returns the program of this gate; reads the authorizer's bundle. */
export async function createGateProgram({
  gate,
  proofKey,
  job,
  host,
}: Parts): Promise<PulumiFn> {
  const name = physicalName(projectName(job.repository), gate.stack);
  return createProgram({
    gate,
    name,
    authorizer: await authorizerCode(gate, { proofKey, job, host }),
    document: (authorizerUri) => buildDocument(gate, { name, authorizerUri }),
    trustPolicy: buildTrustPolicy(),
    permissions: (logGroupArn) => buildPolicy(gate, logGroupArn),
    tags: {
      "ai-gate:gate": gate.id,
      ...(job.repository === ""
        ? {}
        : { "ai-gate:repository": job.repository }),
      ...gate.tags,
    },
    summary: summarizeGate(gate),
    proofKey:
      proofKey === undefined ? undefined : JSON.stringify(proofKey.privateKey),
  });
}

async function authorizerCode(
  gate: Gate,
  { proofKey, job, host }: Omit<Parts, "gate">,
): Promise<AuthorizerCode> {
  const { auth } = gate;
  if (auth.mode === "custom") {
    const { directory, handler, runtime } = auth;
    return {
      kind: "custom",
      directory: path.resolve(job.workspace, directory),
      runtime,
      handler,
    };
  }
  const bundle = await readFile(
    path.join(host.distribution, "authorizer", "index.mjs"),
    "utf8",
  );
  return {
    kind: "built-in",
    bundle,
    settings: JSON.stringify(buildSettings(gate, proofKey?.publicKey ?? null)),
  };
}
