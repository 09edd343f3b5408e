import { readFile } from "node:fs/promises";
import path from "node:path";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import { gateTag, physicalName, projectName } from "../../deploy/names.ts";
import { createProgram } from "../../deploy/program/program.ts";
import type { Gate } from "../../gate/gate.ts";
import type { RunContext } from "../context.ts";
import { type Known, summaryOf } from "../describe.ts";
import { ownAuthorizer } from "../inputs/workspace-files.ts";
import type { Job } from "../job.ts";

export function gateName(gate: Gate, job: Pick<Job, "repository">): string {
  return physicalName(projectName(job.repository), gate.stack, gate.region);
}

export async function createGateProgram(
  known: Known,
  { host, job }: Pick<RunContext, "host" | "job">,
): Promise<PulumiFn> {
  const { codeTriggers = {}, gate, proofKey } = known;
  if (gate === undefined) throw new Error("no gate to make a program of");
  const bundle = path.join(host.distribution, "authorizer", "index.mjs");
  return createProgram({
    gate,
    name: gateName(gate, job),
    bundle: await readFile(bundle, "utf8"),
    ownAuthorizer: ownAuthorizer(host),
    tags: {
      [gateTag]: gate.id,
      ...(job.repository === ""
        ? {}
        : { "ai-gate:repository": job.repository }),
      ...gate.tags,
    },
    summary: summaryOf(gate, known),
    codeTriggers,
    proofKey,
  });
}
