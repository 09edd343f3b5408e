import { readFile } from "node:fs/promises";
import path from "node:path";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import { gateTag, physicalName } from "../../deploy/names.ts";
import { createProgram } from "../../deploy/program/program.ts";
import type { Gate } from "../../gate/gate.ts";
import type { RunContext } from "../context.ts";
import { type Known, summaryOf } from "../describe.ts";
import { ownAuthorizer } from "../inputs/workspace-files.ts";
import { type Job, projectOf, type Target } from "../job.ts";

export function gateName(
  { region, stack }: Gate,
  { job, target }: GateOwner,
): string {
  return physicalName(projectOf(target, job), stack, region);
}

interface GateOwner {
  readonly job: Pick<Job, "repository">;
  readonly target: Pick<Target, "project">;
}

/** Stays when a repository is renamed or moved; the number alone is another repository's on another server. */
export function repositoryId({
  environment,
}: Pick<Job, "environment">): string | undefined {
  const { GITHUB_REPOSITORY_ID: id, GITHUB_SERVER_URL: server = "" } =
    environment;
  return id ? `${server.replace(/^https?:\/\//, "")}/${id}` : undefined;
}

export async function createGateProgram(
  known: Known,
  { host, job, target }: Pick<RunContext, "host" | "job" | "target">,
): Promise<PulumiFn> {
  const { codeTriggers = {}, gate, proofKey } = known;
  if (gate === undefined) throw new Error("no gate to make a program of");
  const bundle = path.join(host.distribution, "authorizer", "index.mjs");
  return createProgram({
    gate,
    name: gateName(gate, { job, target }),
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
    repositoryId: repositoryId(job),
    codeTriggers,
    proofKey,
  });
}
