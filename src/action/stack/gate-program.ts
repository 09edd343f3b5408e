import path from "node:path";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import { gateTag, physicalName } from "../../deploy/names.ts";
import { createProgram } from "../../deploy/program/program.ts";
import type { Gate } from "../../gate/gate.ts";
import { quoted } from "../../config/messages.ts";
import { GateFailure } from "../../gate/failure.ts";
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

type Run = Pick<RunContext, "host" | "inputs" | "job" | "target">;

/**
 * The input `project` can name the same gate in two repositories, and a repository's name can become another one's: the config of one
 * must not replace the gate of the other, with its callers and its keys. A preview only warns: it changes nothing, and shows what would become of the gate.
 * @param stored the stack output; undefined for a stack that is new or was brought up outside GitHub
 * @throws GateFailure `invalid-input` for a command that changes something, unless the gate is to be taken over
 */
export function refuseAnotherRepository(
  stored: unknown,
  { host, inputs, job, target }: Run,
): void {
  const own = repositoryId(job);
  const isForeign = typeof stored === "string" && stored !== own;
  if (own === undefined || !isForeign || inputs.adopt) return;
  const { command, stack } = target;
  if (command === "drift" || command === "output") return;
  const problem = {
    where: "project",
    message: `the stack ${stack} of ${projectOf(target, job)} was brought up by another repository (id ${quoted(stored)}, this one has ${quoted(own)}): use another \`project\` or \`stack\`, or \`adopt: true\` once to take that gate over`,
  };
  if (command === "preview") host.warn(problem);
  else
    throw new GateFailure(
      "invalid-input",
      "the stack is another repository's",
      [problem],
    );
}

export function createGateProgram(
  known: Known,
  { host, job, target }: Pick<RunContext, "host" | "job" | "target">,
): PulumiFn {
  const { codeTriggers = {}, gate, proofKey } = known;
  if (gate === undefined) throw new Error("no gate to make a program of");
  return createProgram({
    gate,
    name: gateName(gate, { job, target }),
    bundle: path.join(host.distribution, "authorizer", "index.mjs"),
    scratch: host.scratch,
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
