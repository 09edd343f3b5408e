import { GateFailure } from "../gate/failure.ts";
import { checkRun } from "./run-checks.ts";
import {
  type Described,
  describeExecution,
  describeFailure,
  describeFiles,
} from "./describe.ts";
import { automaticOn } from "./events.ts";
import type { Github } from "./github/client.ts";
import { type Deployment, openDeployment } from "./github/deployment.ts";
import { refuseWithoutWriteAccess } from "./github/write-access.ts";
import type { Host } from "./host.ts";
import { type Inputs, readInputs } from "./inputs/inputs.ts";
import { filesOnlyReason, loadTarget } from "./inputs/load.ts";
import type { Job, Target } from "./job.ts";

/** What happened, with what the report needs of the run's inputs and of GitHub, as far as the run got. */
export interface Finished {
  readonly run: Described;
  readonly inputs?: Inputs;
  readonly github?: Github | undefined;
  readonly target?: Target;
  readonly deployment?: Deployment | undefined;
}

export async function runAction(job: Job, host: Host): Promise<Finished> {
  let context: Omit<Finished, "run"> = {};
  try {
    const inputs = readInputs(host.source);
    const github = host.connect(inputs.given["github-token"], job.repository);
    context = { inputs, github };
    const target = loadTarget(inputs, job, host);
    context = { ...context, target };
    const filesOnly = filesOnlyReason(job);
    if (filesOnly !== undefined)
      return { ...context, run: describeFiles(target, filesOnly, job) };
    const { command, stack } = target;
    const wanted = { command, ephemeral: inputs.ephemeral };
    const refused = await refuseWithoutWriteAccess(wanted, job, github);
    // Without GitHub: whoever is refused must not replace the comment of a preview.
    if (refused !== undefined)
      return { inputs, run: describeFailure(refused, target, job) };
    host.saveRun({ command, stack });
    const deployment = await openDeployment({ github, target, inputs, job });
    if (deployment?.id !== undefined)
      host.saveRun({ command, stack, deployment: deployment.id });
    context = { ...context, deployment };
    return { ...context, run: await perform({ target, inputs, job, host }) };
  } catch (error) {
    if (!(error instanceof GateFailure)) throw error;
    const named = context.target ?? namedBy(context.inputs, job);
    return { ...context, run: describeFailure(error, named, job) };
  }
}

function namedBy(
  inputs: Inputs | undefined,
  { event }: Job,
): Pick<Target, "command" | "stack"> {
  const given = inputs?.command ?? "auto";
  const command = given === "auto" ? automaticOn(event) : given;
  return { command, stack: inputs?.given.stack ?? "" };
}

interface Parts {
  readonly target: Target;
  readonly inputs: Inputs;
  readonly job: Job;
  readonly host: Host;
}

/** Loads the engine, some hundred milliseconds that a bad input is refused without. */
async function perform(parts: Parts): Promise<Described> {
  const { host, inputs, job, target } = parts;
  const { execute } = await import("./stack/execute.ts");
  const execution = await execute(target, inputs, job, host);
  if (execution.stopped !== undefined) return execution.stopped;
  const run = describeExecution(target, execution, job);
  if (target.command !== "up") return checkRun(run, inputs);
  if (!inputs.proof || run.failure !== undefined) return run;
  const { proveRun } = await import("./stack/prove.ts");
  return proveRun(run, execution, { inputs, job, host });
}
