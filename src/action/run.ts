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
import { looksOnly } from "./events.ts";
import { type Execution, execute } from "./execute.ts";
import type { GithubAccess } from "./github.ts";
import { type Inputs, type InputSource, readInputs } from "./inputs.ts";
import type { Job } from "./job.ts";
import { createJudge } from "./judge.ts";
import { judgeRun } from "./judge-run.ts";
import { type Live, openLive } from "./live.ts";
import { loadTarget } from "./load-target.ts";
import type { ProofKey } from "./proof-key.ts";
import { proofFailure, proveGate } from "./prove.ts";
import { type ReviewLine, signPreview } from "./review-line.ts";
import { reviewSecretIn } from "./review-secret.ts";
import type { Host, Target } from "./target.ts";
import { openThread, type Thread } from "./thread.ts";
import { filesOnlyReason } from "./untrusted.ts";

export interface RunHost extends Host {
  readonly source: InputSource;
  readonly warn: (problem: Problem) => void;
  /** Undefined where there is nobody to talk to. */
  readonly connect: (
    token: string,
    repository: string,
  ) => GithubAccess | undefined;
}

/** What happened, with the inputs and ways to GitHub as far as there were any. */
export interface Finished extends Surroundings {
  readonly run: Described;
}

interface Surroundings {
  readonly inputs?: Inputs;
  readonly target?: Target;
  readonly github?: GithubAccess | undefined;
  readonly thread?: Thread | undefined;
  /** The deployment under way. */
  readonly live?: Live | undefined;
  /** Makes the hidden line of the comment that says what was reviewed. */
  readonly reviewLine?: ReviewLine | undefined;
}

export async function runAction(job: Job, host: RunHost): Promise<Finished> {
  let around: Surroundings = {};
  try {
    const inputs = readInputs(host.source);
    const github = host.connect(
      inputs.given["github-token"] ?? "",
      job.repository,
    );
    const thread = github && openThread(github, job);
    around = { inputs, github, thread };
    const target = loadTarget(inputs, job, host);
    around = { ...around, target };
    const filesOnly = filesOnlyReason(job);
    if (filesOnly !== undefined)
      return { ...around, run: describeFiles(target, filesOnly, job) };
    around = {
      ...around,
      live: await openLive({ github, target, inputs, job }),
    };
    return {
      ...around,
      ...(await perform({ target, inputs, thread, job, host })),
    };
  } catch (error) {
    if (!(error instanceof GateFailure)) throw error;
    const place = placeOf(around, job);
    return { ...around, run: describeFailure(error, place, job) };
  }
}

/** For the report of a run that did not get as far as to have a target. */
function placeOf({ inputs, target }: Surroundings, { event }: Job) {
  if (target !== undefined) return target;
  const asked = inputs?.command ?? "auto";
  const guess = looksOnly(event) ? ("preview" as const) : ("up" as const);
  const command = asked === "auto" ? guess : asked;
  return { command, stack: inputs?.given.stack ?? "" };
}

interface Parts {
  readonly target: Target;
  readonly inputs: Inputs;
  readonly thread: Thread | undefined;
  readonly job: Job;
  readonly host: RunHost;
}

async function perform(
  parts: Parts,
): Promise<Pick<Finished, "run" | "reviewLine">> {
  const { host, inputs, job, target, thread } = parts;
  let reviewLine: ReviewLine | undefined;
  const judge = createJudge({
    target,
    rules: inputs,
    job,
    sources: { thread, retry: host.retry },
    reviewed: (line) => void (reviewLine = line),
  });
  const execution = await execute(target, inputs, job, { ...host, judge });
  if (execution.held !== undefined) return { run: execution.held, reviewLine };
  const described = describeExecution(target, execution, job);
  if (target.command === "up") {
    const run = await proved(described, execution, parts);
    // A review that was brought up is used up.
    return run.failure === undefined ? { run } : { run, reviewLine };
  }
  const run = judgeRun(described, inputs);
  const secret = reviewSecretIn(execution.before);
  const at = Math.floor(Date.now() / 1000);
  return { run, reviewLine: signPreview(run, job, { secret, at }) };
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
