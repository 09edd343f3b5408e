import { type Aws, callerAccount } from "../../deploy/aws.ts";
import { prepareBackend } from "../../deploy/backend.ts";
import { createPublicJson, discoverKeys } from "../../deploy/discovery.ts";
import { type Engine, prepareEngine } from "../../deploy/engine.ts";
import type { LockingOperation } from "../../deploy/lock.ts";
import { projectName } from "../../deploy/names.ts";
import { findMissingSecrets } from "../../deploy/preflight.ts";
import { type GateStack, openStack } from "../../deploy/stack.ts";
import { GateFailure, type Problem } from "../../gate/failure.ts";
import type { Command } from "../inputs/contract.ts";
import type { Inputs } from "../inputs/inputs.ts";
import type { Host } from "../host.ts";
import type { Job, Target } from "../job.ts";

export interface Opened {
  readonly stack: GateStack;
  readonly lock: LockingOperation;
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
  const credentials = await aws.engineEnvironment(host.mask);
  const parts = { engine, backend, project, stack, region, temp, credentials };
  const request = { ...parts, ...host };
  const opened = await openStack(request, whenMissing[command]);
  const since = new Date().toISOString();
  return (
    opened && {
      stack: opened,
      lock: { backend: backend.url ?? "", project, stack, region, since },
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

// Looks before anything is made: whose account it is, whether the upstreams' secrets exist, where the issuers' keys are.

/** @returns the account, and the target with its gate ready to be deployed. @throws GateFailure with all that is wrong. */
export async function lookUp(
  aws: Aws,
  target: Target,
  host: Pick<Host, "log">,
): Promise<{ account: string; ready: Target }> {
  const account = await callerAccount(aws, target.region);
  if (target.gate === undefined) return { account, ready: target };
  const [missing, discovery] = await Promise.all([
    findMissingSecrets(aws, target.gate),
    discoverKeys(target.gate, createPublicJson()),
  ]);
  const { gate, problems, warnings } = discovery;
  for (const { where, message } of warnings) host.log(`${where}: ${message}`);
  refuse([
    { what: "the gate's upstream would refuse every call", problems: missing },
    { what: "the gate could not tell whose tokens are right", problems },
  ]);
  return { account, ready: { ...target, gate } };
}

interface Finding {
  readonly what: string;
  readonly problems: readonly Problem[];
}

function refuse(findings: readonly Finding[]): void {
  const bad = findings.filter(({ problems }) => problems.length > 0);
  if (bad.length === 0) return;
  throw new GateFailure(
    "invalid-input",
    bad.map(({ what }) => what).join(", and "),
    bad.flatMap(({ problems }) => problems),
  );
}
