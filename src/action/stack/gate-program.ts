import { readFile } from "node:fs/promises";
import path from "node:path";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import { physicalName, projectName } from "../../deploy/names.ts";
import type { CodeTriggers } from "../../deploy/program/parameters.ts";
import { createProgram } from "../../deploy/program/program.ts";
import type { Gate } from "../../gate/gate.ts";
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
  const { codeTriggers, gate, host, job, proofKey } = parts;
  const bundle = path.join(host.distribution, "authorizer", "index.mjs");
  return createProgram({
    gate,
    name: gateName(gate, job),
    bundle: await readFile(bundle, "utf8"),
    ownAuthorizer: ownAuthorizer(host),
    tags: {
      "ai-gate:gate": gate.id,
      ...(job.repository === ""
        ? {}
        : { "ai-gate:repository": job.repository }),
      ...gate.tags,
    },
    summary: summaryOf(gate, parts),
    codeTriggers,
    proofKey,
  });
}
