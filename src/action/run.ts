// One run of the action, from inputs to what happened. Expected failures are part of the answer; a bug is thrown.
import type { GateSummary } from "../diff/summary.ts";
import { GateFailure, type Problem } from "../gate/failure.ts";
import type { Gate } from "../gate/gate.ts";
import type { ProofResult } from "../proof/check.ts";
import {
  checkFindings,
  type FindingCode,
  wordStopped,
} from "../report/fail-on.ts";
import { findFindings } from "../report/findings.ts";
import { canonical } from "../report/plan-digest.ts";
import type { Urls } from "../report/run-result.ts";
import { verdict } from "../report/verdict.ts";
import {
  type Described,
  describeExecution,
  describeFailure,
  describeFiles,
} from "./describe.ts";
import {
  meetGithub,
  type Meeting,
  placeOf,
  type Surroundings,
} from "./github/github-context.ts";
import { openLive, type Underway } from "./github/run-status.ts";
import { refuseWithoutWriteAccess } from "./github/write-access.ts";
import { type Inputs, readInputs } from "./inputs/inputs.ts";
import { filesOnlyReason, loadTarget } from "./inputs/load.ts";
import type { Host, Job, Target } from "./job.ts";
import type { Execution } from "./stack/execute.ts";
import type { ProofKey } from "./stack/prove.ts";

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
  // Loads the engine, some hundred milliseconds that a refused input does not wait for.
  const { execute } = await import("./stack/execute.ts");
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
    const { proofFailure } = await import("./stack/prove.ts");
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

async function prove(
  { gate, before, urls, key }: Deployed,
  { host, inputs, job }: Pick<Parts, "host" | "inputs" | "job">,
): Promise<ProofResult> {
  const { proveGate } = await import("./stack/prove.ts");
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

// Whether a run is red by what it found, or by what it would do though nothing was expected. Pure.

export type Rules = Pick<
  Inputs,
  "failOn" | "allow" | "expectNoChanges" | "expectedPlan"
>;

/** The run with what the rules say of it, and the failure that follows; one that is there already stays. */
export function checkRun(run: Described, rules: Rules): Described {
  const { command, failure } = run;
  if (command !== "preview" && command !== "up" && command !== "drift")
    return run;
  const failOn: readonly FindingCode[] =
    command === "drift" ? ["drift"] : rules.failOn;
  const check = checkFindings(findFindings(run), {
    failOn,
    allow: rules.allow,
  });
  if (failure !== undefined) return { ...run, check };
  const stopped = wordStopped(check);
  if (stopped === undefined)
    return { ...run, check, failure: unexpected(run, rules) };
  const reason = command === "drift" ? "drift" : "fail-on";
  return { ...run, check, failure: new GateFailure(reason, stopped) };
}

function unexpected(
  run: Described,
  { expectNoChanges }: Pick<Rules, "expectNoChanges">,
): GateFailure | undefined {
  if (!expectNoChanges || run.command === "drift") return undefined;
  const what = wordUnexpected(run);
  if (what === undefined) return undefined;
  return new GateFailure(
    "fail-on",
    `expect-no-changes stops this: ${what}; if that is meant, run it once with \`expect-no-changes: false\``,
  );
}

/** Tokens in a table are no resources: what changes of them is only found by comparing the gate before and after. */
function wordUnexpected(run: Described): string | undefined {
  const and = ({ length }: readonly unknown[]) =>
    length > 1 ? ` and ${length - 1} more` : "";
  const { changes } = run;
  const [change] = changes;
  if (change !== undefined)
    return `it would ${change.op} ${change.name}${and(changes)}`;
  const findings = findFindings(run);
  const [finding] = findings;
  return (
    finding &&
    `no resource would change, but ${finding.sentence}${and(findings)}`
  );
}

/** The run with `plan-changed` as its failure, before any other, when an `up` would do something else than was expected. */
export function checkPlan(
  run: Described,
  { expectedPlan }: Pick<Rules, "expectedPlan">,
): Described {
  const { plan } = run;
  if (expectedPlan === undefined || plan === undefined) return run;
  if (plan === expectedPlan || changesNothing(run)) return run;
  const now = verdict({ ...run, command: "preview", failure: undefined });
  const [expected, found] = [expectedPlan, plan].map((one) => one.slice(0, 12));
  const message = `this up would not do what was expected (plan ${expected}, now ${found}), so nothing was changed. What it would do now: ${now}. Of the expected plan only the digest is known, so the report shows all of what it would do now, not the difference. Run the preview again, look at it, and approve that plan`;
  return { ...run, failure: new GateFailure("plan-changed", message) };
}

/** Then there is nothing that anybody had to expect, and a job can be run again. */
const changesNothing = ({ after, before, changes }: Described): boolean =>
  // Tokens in a table are no resources, but the summary names them.
  changes.length === 0 &&
  canonical(before ?? null) === canonical(after ?? null);
