import { clearEngineVariables } from "../deploy/engine-variables.ts";
import { regionIn } from "../config/from-inputs.ts";
import { GateFailure } from "../gate/failure.ts";
import type { RunContext } from "./context.ts";
import {
  type Described,
  describeExecution,
  describeFailure,
  describeFiles,
} from "./describe.ts";
import { automaticOn } from "./events.ts";
import type { Github } from "./github/client.ts";
import type { RunNote } from "../deploy/lock-holders.ts";
import { askRunStatus as askRunStatusOf } from "./github/run-state.ts";
import { type Deployment, openDeployment } from "./github/deployment.ts";
import { lookForNewer } from "./github/outdated.ts";
import { refuseWithoutWriteAccess } from "./github/write-access.ts";
import type { Host } from "./host.ts";
import { type Inputs, readInputs } from "./inputs/inputs.ts";
import { filesOnlyReason, loadTarget } from "./inputs/load.ts";
import type { Job, Target } from "./job.ts";
import { checkRun } from "./run-checks.ts";

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
    const { command, project, region, stack } = target;
    const askRunStatus = (note: RunNote) => askRunStatusOf(github, note);
    const run = { target, inputs, job, host, askRunStatus };
    const refused = await refuseWithoutWriteAccess(run, github);
    // Without GitHub: a run that is refused must not replace the comment of a preview.
    if (refused !== undefined)
      return { inputs, run: describeFailure(refused, target, job) };
    const place = { command, project, region, stack };
    host.saveRun(place);
    // Side by side with the look-ups at AWS.
    const outdated = lookForNewer(run, github);
    const deployment = await openDeployment(run, github);
    if (deployment?.id !== undefined)
      host.saveRun({ ...place, deployment: deployment.id });
    context = { ...context, deployment };
    return { ...context, run: await perform({ ...run, outdated }) };
  } catch (error) {
    if (!(error instanceof GateFailure)) throw error;
    const { inputs, target } = context;
    const given = inputs?.command ?? "auto";
    const command = given === "auto" ? automaticOn(job.event) : given;
    const { region, stack = "" } = inputs?.given ?? {};
    const place = target ?? {
      command,
      project: inputs?.project,
      stack,
      region: region ?? regionIn((name) => job.environment[name]) ?? "",
    };
    return { ...context, run: describeFailure(error, place, job) };
  }
}

/** Loads the engine, some hundred milliseconds that a bad input is refused without. */
async function perform(context: RunContext): Promise<Described> {
  const { host, inputs, job, target } = context;
  const cleared = clearEngineVariables(process.env);
  if (cleared.length > 0)
    host.log(`The engine does not get ${cleared.join(", ")} of the job`);
  const { execute } = await import("./stack/execute.ts");
  const execution = await execute(context);
  if (execution.stopped !== undefined) return execution.stopped;
  const run = describeExecution(target, execution, job);
  if (target.command !== "up") return checkRun(run, inputs);
  if (!inputs.proof || run.failure !== undefined) return run;
  const { proveRun } = await import("./stack/prove.ts");
  const { makeWhole } = await import("./stack/read-anew.ts");
  const proved = await proveRun(run, execution, context);
  const { engine } = execution;
  return makeWhole({ run, proved }, context, () =>
    perform({ ...context, readsAnew: true, engine }),
  );
}
