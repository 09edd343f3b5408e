import { type Aws, callerAccount } from "../../deploy/aws.ts";
import { prepareBackend } from "../../deploy/backend.ts";
import { createPublicJson, discoverKeys } from "../../deploy/discovery.ts";
import {
  type Engine,
  type EngineHost,
  prepareEngine,
  restoreAhead,
} from "../../deploy/engine.ts";
import { createEngineCache } from "../../deploy/engine-cache.ts";
import type { StatePlace } from "../../deploy/state-store.ts";
import { checkLoggingRole } from "../../deploy/logging-role.ts";
import {
  findForeignBoundary,
  findForeignFunctions,
  lookAtSecrets,
} from "../../deploy/preflight.ts";
import { findRenamedProject } from "../../deploy/renamed-project.ts";
import { type GateStack, openStack } from "../../deploy/stack.ts";
import { readStateFile } from "../../deploy/state-file.ts";
import { GateFailure } from "../../gate/failure.ts";
import type { AwsContext, RunContext } from "../context.ts";
import type { Host } from "../host.ts";
import type { Command } from "../inputs/contract.ts";
import { refuse } from "../inputs/load.ts";
import { projectOf, type Target } from "../job.ts";
import { repositoryId } from "./gate-program.ts";
import { recordingLocks } from "./lock-owner.ts";

export interface Opened {
  readonly stack: GateStack;
  readonly lock: StatePlace;
}

/**
 * Fetches the engine once in a run, if at all, and begins with it before it is asked for where that costs nothing.
 * @returns what was done, with the engine that was unpacked for it.
 */
export async function withEngine<Result>(
  run: RunContext,
  act: (unpack: () => Promise<Engine>) => Promise<Result>,
): Promise<Result & Pick<RunContext, "engine">> {
  const host = engineHost(run);
  const { cache } = host;
  let { engine } = run;
  // Where that fails it fails again, in its place.
  if (needsEngine(run.target.command) && engine === undefined)
    restoreAhead(host).catch(() => undefined);
  const unpack = () => (engine ??= prepareEngine(host));
  try {
    const done = await act(unpack);
    await cache?.settled();
    return { ...done, engine };
  } finally {
    cache?.stop();
  }
}

/** Those for which a state tells enough; where it cannot be read as a file, they need the engine as well. */
export const needsEngine = (command: Command): boolean =>
  !["unlock", "output", "load-tokens"].includes(command);

function engineHost({ inputs, job, host }: RunContext): EngineHost {
  const { environment } = job;
  const { log, scratch: temp, signal, warn } = host;
  return {
    platform: process.platform,
    arch: process.arch,
    temp,
    toolCache: environment["RUNNER_TOOL_CACHE"] ?? "",
    systemRoot: environment["SystemRoot"] ?? String.raw`C:\Windows`,
    // A GitHub Enterprise Server's token means nothing to api.github.com, where the engine's releases are.
    githubToken:
      environment["GITHUB_SERVER_URL"] === "https://github.com"
        ? (inputs.given["github-token"] ?? "")
        : "",
    cache: createEngineCache({ environment, log, signal }),
    log,
    warn: (message) => warn({ where: "engine", message }),
  };
}

/** Where the stack and its state are. */
export async function prepareState(
  command: Command,
  { account, aws, host, inputs, job, target }: AwsContext,
) {
  const { region, stack } = target;
  const project = projectOf(target, job);
  const backend = await prepareBackend(aws, {
    input: inputs.given.backend ?? "",
    secretsProvider: inputs.secretsProvider,
    environment: job.environment,
    workspace: job.workspace,
    region,
    project,
    stack,
    account,
    mayCreate: command === "up",
    mask: host.mask,
  });
  const { owner, url = "" } = backend;
  return { backend, place: { project, stack, region, owner, backend: url } };
}

/** @returns undefined when there is no stack and the command makes none. */
export async function prepareStack(
  engine: () => Promise<Engine>,
  command: Command,
  context: AwsContext,
): Promise<Opened | undefined> {
  const { aws, host } = context;
  const { log, mask, scratch: temp, signal } = host;
  const { backend, place } = await prepareState(command, context);
  const credentials = await aws.engineEnvironment(mask);
  const onMissing = () => refuseRenamed(place, context);
  const { policyPacks = [] } = context.target;
  // What the next step calls AWS with, as long as the engine reads the state.
  if (context.target.gate !== undefined)
    void import("@aws-sdk/client-lambda").catch(() => undefined);
  const request = {
    ...place,
    engine,
    readFile: () => readStateFile(place, aws),
    backend,
    credentials,
    temp,
    signal,
    log,
    onMissing,
    policyPacks,
    node: process.execPath,
  };
  // A new stack is made under a lock.
  const opened = await recordingLocks(place, command, { aws, host }, () =>
    openStack(request, whenMissing[command]),
  );
  return opened && { stack: opened, lock: place };
}

/** @throws GateFailure for an `up` that would make the gate anew beside the one of the repository's former name. */
async function refuseRenamed(
  place: StatePlace,
  { aws, host, job, target }: AwsContext,
): Promise<void> {
  const id = repositoryId(job);
  if (id === undefined || target.project !== undefined) return;
  const former = await findRenamedProject(place, id, aws);
  if (former === undefined) return;
  const problem = {
    where: "project",
    message: `there is no stack ${place.stack} of ${place.project}, but this repository has one of ${former}, from before it was renamed: set \`project: ${former}\` to keep that gate with its URL. For a new one destroy the other first, or set \`project: ${place.project}\``,
  };
  if (target.command === "up")
    throw new GateFailure("invalid-input", "the repository was renamed", [
      problem,
    ]);
  host.warn(problem);
}

/** Only `up` may make a stack; a preview of a gate that is not there yet leaves nothing behind. */
const whenMissing = {
  up: "create",
  preview: "throw-away",
  refresh: "fail",
  drift: "fail",
  destroy: "fail",
  output: "fail",
  unlock: "fail",
  "load-tokens": "fail",
} as const satisfies Record<Command, string>;

// Looks before anything is made: whose account it is, whether the upstreams' secrets exist, where the issuers' keys are.

const upToDate: NonNullable<RunContext["outdated"]> = Promise.resolve({});

interface LookUp extends Pick<RunContext, "outdated"> {
  readonly host: Pick<Host, "log" | "warn">;
}

/** @returns the account, and the target with its gate ready to be deployed. @throws GateFailure with all that is wrong. */
export async function lookUp(
  aws: Aws,
  target: Target,
  { host, outdated }: LookUp,
): Promise<{ account: string; ready: Target }> {
  const [account, { refusal, warning }] = await Promise.all([
    callerAccount(aws, target.region),
    outdated ?? upToDate,
  ]);
  if (warning !== undefined) host.warn(warning);
  if (refusal !== undefined) throw refusal;
  if (target.gate === undefined) return { account, ready: target };
  const [secrets, discovery, logging] = await Promise.all([
    lookAtSecrets(aws, target.gate, account),
    discoverKeys(target.gate, createPublicJson()),
    checkLoggingRole(aws, target.gate),
  ]);
  const { problems, warnings } = discovery;
  for (const { where, message } of warnings) host.log(`${where}: ${message}`);
  refuse([
    [
      "the gate may not call the function",
      findForeignFunctions(target.gate, account),
    ],
    [
      "the gate's roles cannot have the boundary",
      findForeignBoundary(target.gate, account),
    ],
    ["the gate's upstream would refuse every call", secrets.problems],
    ["the gate could not tell whose tokens are right", problems],
    ["the gate's calls could not be logged", logging],
  ]);
  const gate = { ...discovery.gate, upstreams: secrets.gate.upstreams };
  return { account, ready: { ...target, gate } };
}
