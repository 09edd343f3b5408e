// One run of the action, from inputs to what happened. Expected failures are part of the answer; a bug is thrown.
import type { OutputMap } from "@pulumi/pulumi/automation";
import { projectName } from "../cloud/names.ts";
import { GateFailure, type Problem } from "../gate/failure.ts";
import type { Gate } from "../gate/gate.ts";
import { type GateSummary, summarizeGate } from "../gate/difference/summary.ts";
import type { Run, Urls } from "../report/run.ts";
import { execute, type Execution } from "./execute.ts";
import {
  type Inputs,
  type InputSource,
  readInputs,
  refuseEvent,
  resolveCommand,
} from "./inputs.ts";
import type { Job } from "./job.ts";
import { loadGate, loadPlace } from "./load.ts";
import type { ProofResult } from "../proof/check.ts";
import type { ProofKey } from "./proof-key.ts";
import { proofFailure, proveGate } from "./prove.ts";
import type { Host, Target } from "./target.ts";

export interface RunHost extends Host {
  readonly source: InputSource;
  readonly warn: (problem: Problem) => void;
}

/** What happened, with the inputs where they could be read. */
export interface Finished {
  readonly run: Run;
  readonly inputs: Inputs | undefined;
  /** The failure with its problems, for annotations. */
  readonly failure: GateFailure | undefined;
}

export async function runAction(job: Job, host: RunHost): Promise<Finished> {
  let inputs: Inputs | undefined;
  let target: Target | undefined;
  try {
    inputs = readInputs(host.source);
    refuseEvent(job.event);
    target = loadTarget(inputs, job, host);
    const execution = await execute(target, inputs, job, host);
    const run = await describe(target, execution, { inputs, job, host });
    return { run, inputs, failure: run.failure };
  } catch (error) {
    if (!(error instanceof GateFailure)) throw error;
    return {
      run: failedRun(error, target, { inputs, job }),
      inputs,
      failure: error,
    };
  }
}

function loadTarget(inputs: Inputs, job: Job, host: RunHost): Target {
  const command = resolveCommand(inputs.command, job.event);
  if (command !== "preview" && command !== "up")
    return { command, ...loadPlace(inputs, job), gate: undefined };
  const { gate, warnings } = loadGate(inputs, job, {
    today: new Date().toISOString().slice(0, 10),
    mask: host.mask,
  });
  for (const warning of warnings) host.warn(warning);
  return { command, stack: gate.stack, region: gate.region, gate };
}

interface Around {
  readonly inputs: Inputs;
  readonly job: Job;
  readonly host: Host;
}

type Described = Run & { readonly failure: GateFailure | undefined };

async function describe(
  target: Target,
  execution: Execution,
  around: Around,
): Promise<Described> {
  const { command, gate } = target;
  const before = summaryIn(execution.before);
  const { changes, maybeCorrupt } = execution.report;
  const stored = command === "destroy" ? undefined : summaryIn(execution.after);
  const urls = urlsOf(
    // A preview changes nothing; an update that failed leaves the URL as it was.
    command === "preview" || execution.failure !== undefined
      ? execution.before
      : execution.after,
    gate,
  );
  const run = {
    ...frame(target, around.job),
    before,
    after: gate === undefined ? stored : summarizeGate(gate),
    changes,
    maybeCorrupt,
    urls,
    failure: execution.failure,
  };
  const wanted =
    command === "up" && around.inputs.proof && execution.failure === undefined;
  if (!wanted || gate === undefined || urls === undefined) return run;
  const proof = await prove(
    { gate, before, urls, key: execution.proofKey },
    around,
  );
  return { ...run, proof, failure: proofFailure(proof) };
}

interface Deployed {
  readonly gate: Gate;
  readonly before: GateSummary | undefined;
  readonly urls: Urls;
  readonly key: ProofKey | undefined;
}

function prove(
  { gate, before, urls, key }: Deployed,
  { inputs, job, host }: Around,
): Promise<ProofResult> {
  const { baseUrl } = urls;
  const proofToken = inputs.given["proof-token"];
  const run = job.environment["GITHUB_RUN_ID"] ?? "local";
  return host.phase("Proof", () =>
    proveGate({
      gate,
      before,
      baseUrl,
      key,
      proofToken,
      timeout: inputs.proofTimeout,
      run,
      mask: host.mask,
    }),
  );
}

function frame(target: Pick<Target, "command" | "stack">, job: Job) {
  return {
    command: target.command,
    gateId: `${projectName(job.repository)}/${target.stack}`,
    stack: target.stack,
    previewed: target.command === "preview",
    runUrl: job.runUrl,
    sha: job.sha,
  };
}

/** A run that ended before the engine could do anything. */
function failedRun(
  failure: GateFailure,
  target: Target | undefined,
  { inputs, job }: Pick<Around, "job"> & { inputs: Inputs | undefined },
): Run {
  const command =
    target?.command ??
    (inputs === undefined ? "up" : resolveCommand(inputs.command, job.event));
  const stack = target?.stack ?? inputs?.given.stack ?? "";
  return {
    ...frame({ command, stack }, job),
    previewed: true,
    changes: [],
    failure,
  };
}

function summaryIn(outputs: OutputMap): GateSummary | undefined {
  const summary = outputs["summary"]?.value as Partial<GateSummary> | undefined;
  return summary?.version === 1 ? (summary as GateSummary) : undefined;
}

/** The invoke URL is the first route's, without its greedy tail, so that a client can append to it. */
function urlsOf(outputs: OutputMap, gate: Gate | undefined): Urls | undefined {
  const text = (name: string) => outputs[name]?.value as string | undefined;
  const [apiId, baseUrl, region, stageName] = [
    "apiId",
    "baseUrl",
    "region",
    "stageName",
  ].map(text);
  if (!apiId || !baseUrl || !region || !stageName) return undefined;
  const path =
    gate?.routes[0]?.path ?? summaryIn(outputs)?.routes[0]?.path ?? "";
  const bare = baseUrl.replace(/\/$/, "");
  return {
    apiId,
    baseUrl: bare,
    region,
    stageName,
    invokeUrl: bare + path.replace(/\/\{[^}]*\+\}$/, ""),
  };
}
