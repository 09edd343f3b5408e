// Gets everything ready for an operation: the engine, the state's place, and the stack in it.
import type { Aws } from "../../cloud/aws.ts";
import { prepareBackend } from "../../cloud/backend.ts";
import { type Engine, prepareEngine } from "../../cloud/engine.ts";
import type { LockingOperation } from "../../cloud/lock.ts";
import { projectName } from "../../cloud/names.ts";
import { type GateStack, openStack } from "../../cloud/stack.ts";
import type { Command } from "../inputs/contract.ts";
import type { Inputs } from "../inputs/inputs.ts";
import type { Job } from "../job.ts";
import type { Host, Target } from "../target.ts";

export interface Opened {
  readonly stack: GateStack;
  readonly mark: LockingOperation;
}

interface StackParts {
  readonly engine: Engine;
  readonly aws: Aws;
  readonly account: string;
  readonly target: Target;
  readonly inputs: Inputs;
  readonly job: Job;
  readonly host: Host;
}

/** Unpacked once a run: a stack may be opened twice. */
export const unpackEngine = ({
  inputs,
  job: { environment },
  host,
}: Pick<StackParts, "inputs" | "job" | "host">): Promise<Engine> =>
  prepareEngine({
    platform: process.platform,
    arch: process.arch,
    temp: host.scratch,
    toolCache: environment["RUNNER_TOOL_CACHE"] ?? "",
    systemRoot: environment["SystemRoot"] ?? String.raw`C:\Windows`,
    // A GitHub Enterprise Server's token means nothing to api.github.com, where the engine's releases are.
    githubToken:
      environment["GITHUB_SERVER_URL"] === "https://github.com"
        ? (inputs.given["github-token"] ?? "")
        : "",
    log: host.log,
  });

/** @returns undefined when there is no stack and the command makes none. */
export async function prepareStack({
  engine,
  aws,
  account,
  target,
  inputs,
  job,
  host,
}: StackParts): Promise<Opened | undefined> {
  const { command, region, stack } = target;
  const { environment, workspace } = job;
  const backend = await prepareBackend(aws, {
    input: inputs.given.backend ?? "",
    environment,
    workspace,
    region,
    account,
    mayCreate: command === "up",
    mask: host.mask,
  });
  const project = projectName(job.repository);
  const temp = host.scratch;
  const request = { engine, backend, project, stack, region, temp, ...host };
  const opened = await openStack(request, whenMissing[command]);
  const since = new Date().toISOString();
  return (
    opened && {
      stack: opened,
      mark: { backend: backend.url ?? "", project, stack, region, since },
    }
  );
}

/** Only `up` may make a stack; a preview of a gate that is not there yet leaves nothing behind. */
const whenMissing = {
  up: "create",
  preview: "throw-away",
  refresh: "fail",
  drift: "fail",
  destroy: "fail",
  output: "fail",
} as const satisfies Record<Command, string>;
