// One run of the action, from inputs to what happened. Expected failures are part of the answer; a bug is thrown.
import { GateFailure, type Problem } from "../gate/failure.ts";
import type { GateSummary } from "../gate/difference/summary.ts";
import type { Gate } from "../gate/gate.ts";
import type { ProofResult } from "../proof/check.ts";
import type { Urls } from "../report/run.ts";
import {
  type Described,
  describeExecution,
  describeFailure,
  describeFiles,
} from "./describe.ts";
import { execute } from "./stack/execute.ts";
import type { Execution } from "./stack/execution.ts";
import { type Inputs, readInputs } from "./inputs/inputs.ts";
import type { Job } from "./job.ts";
import { checkRun } from "./check-run.ts";
import { openLive } from "./github/live.ts";
import { loadTarget } from "./inputs/load-target.ts";
import {
  type Meeting,
  meetGithub,
  placeOf,
  type Surroundings,
} from "./meeting.ts";
import type { ProofKey } from "./stack/proof-key.ts";
import { proofFailure, proveGate } from "./stack/prove.ts";
import { refuseWithoutWriteAccess } from "./github/write-access.ts";
import type { Host, Target } from "./target.ts";
import type { Underway } from "./underway.ts";
import { filesOnlyReason } from "./untrusted.ts";

export interface RunHost extends Host, Meeting {
  readonly warn: (problem: Problem) => void;
  /** Notes for the post step what is under way; undefined when it was reported. */
  readonly note: (underway: Underway | undefined) => void;
}

/** What happened, with the inputs and ways to GitHub as far as there were any. */
export interface Finished extends Surroundings {
  readonly run: Described;
}

export async function runAction(job: Job, host: RunHost): Promise<Finished> {
  let around: Surroundings = {};
  try {
    const inputs = readInputs(host.source);
    const { github } = (around = meetGithub(inputs, job, host));
    const target = loadTarget(inputs, job, host);
    around = { ...around, target };
    const filesOnly = filesOnlyReason(job);
    if (filesOnly !== undefined)
      return { ...around, run: describeFiles(target, filesOnly, job) };
    const { command, stack } = target;
    const asked = { command, ephemeral: inputs.ephemeral };
    const refused = await refuseWithoutWriteAccess(asked, job, github);
    // Not in the comment: whoever is refused must not put that in place of a preview.
    if (refused !== undefined)
      return { inputs, run: describeFailure(refused, target, job) };
    host.note({ command, stack });
    const live = await openLive({ github, target, inputs, job });
    if (live?.id !== undefined)
      host.note({ command, stack, deployment: live.id });
    around = { ...around, live };
    return { ...around, run: await perform({ target, inputs, job, host }) };
  } catch (error) {
    if (!(error instanceof GateFailure)) throw error;
    const place = placeOf(around, job);
    return { ...around, run: describeFailure(error, place, job) };
  }
}

interface Parts {
  readonly target: Target;
  readonly inputs: Inputs;
  readonly job: Job;
  readonly host: RunHost;
}

async function perform(parts: Parts): Promise<Described> {
  const { host, inputs, job, target } = parts;
  const execution = await execute(target, inputs, job, host);
  if (execution.stopped !== undefined) return execution.stopped;
  const run = describeExecution(target, execution, job);
  return target.command === "up"
    ? proved(run, execution, parts)
    : checkRun(run, inputs);
}

async function proved(
  run: Described,
  { proofKey }: Execution,
  { host, inputs, job, target }: Parts,
): Promise<Described> {
  const { before, failure, urls } = run;
  const { gate } = target;
  const wanted = inputs.proof && failure === undefined;
  if (!wanted || gate === undefined || urls === undefined) return run;
  try {
    const proof = await prove(
      { gate, before, urls, key: proofKey },
      { host, inputs, job },
    );
    return { ...run, proof, failure: proofFailure(proof) };
  } catch (error) {
    // A run that is cancelled now has a gate all the same.
    if (!(error instanceof GateFailure)) throw error;
    return { ...run, failure: error };
  }
}

interface Deployed {
  readonly gate: Gate;
  readonly before: GateSummary | undefined;
  readonly urls: Urls;
  readonly key: ProofKey | undefined;
}

function prove(
  { gate, before, urls, key }: Deployed,
  { host, inputs, job }: Pick<Parts, "host" | "inputs" | "job">,
): Promise<ProofResult> {
  return host.phase("Proof", () =>
    proveGate({
      gate,
      before,
      baseUrl: urls.baseUrl,
      key,
      proofToken: inputs.given["proof-token"],
      timeout: inputs.proofTimeout,
      run: job.environment["GITHUB_RUN_ID"] ?? "local",
      mask: host.mask,
      signal: host.signal,
    }),
  );
}
