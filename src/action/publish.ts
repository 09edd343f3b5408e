// Reports what happened: annotations and outputs first, since nothing can keep them from being
// written; then the summary and what GitHub may refuse, each refusal one warning; the job's colour last.
import { writeFile } from "node:fs/promises";
import path from "node:path";
import * as core from "@actions/core";
import {
  commentMarker,
  renderComment,
  renderSummary,
} from "../report/comment.ts";
import { findMaskedOutputs, outputsOf } from "../report/outputs.ts";
import { redactRun } from "../report/redact.ts";
import { verdict } from "../report/verdict.ts";
import { keepDriftIssue, upsertComment } from "./github/posts.ts";
import { findPullNumber } from "./github/pull-request.ts";
import { annotation, fileFault, logText, privateDirectory } from "./host.ts";
import type { Job } from "./job.ts";
import { valuesFromSecrets } from "./masked-inputs.ts";
import type { Finished } from "./run.ts";

export async function publish(
  given: Finished,
  job: Job,
  masked: ReadonlySet<string>,
): Promise<void> {
  // The runner masks the log itself, and the log may name an account.
  for (const problem of given.run.failure?.problems ?? [])
    core.error(`${problem.where}: ${problem.message}`, annotation(problem));
  const run = redactRun(given.run, [...masked]);
  for (const warning of run.warnings ?? []) core.warning(warning);
  const finished = { ...given, run };
  const summaryPath = summaryFile(job);
  const outputs = outputsOf(run, summaryPath);
  const lost = setOutputs(outputs);
  const masks = [...masked, ...valuesFromSecrets(job, given.inputs)];
  for (const warning of findMaskedOutputs(outputs, masks))
    core.warning(warning);
  await writeSummary(run, job, summaryPath);
  const comment = await postComment(finished, job);
  if (comment.id !== undefined && lost === undefined)
    core.setOutput("comment-id", comment.id);
  warnAbout(comment.refused);
  warnAbout(await postDrift(finished));
  const undeployed = await given.deployment?.close(run);
  warnAbout(undeployed && `No deployment in the environment: ${undeployed}`);
  colour(given, lost);
}

/** @returns why they could not be written: who waits for them must not go on without. */
function setOutputs(
  outputs: Readonly<Record<string, string>>,
): string | undefined {
  try {
    for (const [name, value] of Object.entries(outputs))
      core.setOutput(name, value);
    return undefined;
  } catch (error) {
    return `The outputs could not be written: ${String(error)}`;
  }
}

function summaryFile({ environment, temp }: Job): string {
  const directory = environment["RUNNER_TEMP"] ? temp : privateDirectory(temp);
  return path.join(directory, "ai-gate-summary.md");
}

const warnAbout = (warning: string | undefined): void => {
  if (warning !== undefined) core.warning(warning);
};

async function writeSummary(
  run: Finished["run"],
  { environment }: Job,
  summaryPath: string,
): Promise<void> {
  const summary = renderSummary(run);
  await writeFile(summaryPath, summary).catch((error: unknown) => {
    // What is there may be the summary of a step before this one.
    setOutputs({ "summary-path": "" });
    core.warning(`The summary could not be written: ${String(error)}`);
  });
  if (!environment["GITHUB_STEP_SUMMARY"]) return;
  const fault = fileFault("GITHUB_STEP_SUMMARY", environment);
  const unwritten =
    fault ??
    (await core.summary
      .addRaw(summary)
      .write()
      .then(() => undefined, String));
  warnAbout(unwritten && `The job has no summary: ${unwritten}`);
}

/** A pull request that gets no secrets is not at fault for it: its job is green, and says what was not done. */
function colour({ run }: Finished, lost: string | undefined): void {
  if (run.failure !== undefined) core.setFailed(run.failure.message);
  else if (lost !== undefined) core.setFailed(lost);
  else if (run.filesOnly !== undefined)
    core.warning(
      `Nothing was asked of AWS: ${run.filesOnly}. The files are valid, and the summary says what they describe`,
    );
  else core.info(logText(verdict(run)));
}

interface Posted {
  readonly id?: number;
  readonly refused?: string;
}

/** Creates or updates the comment; nothing for a run that has no pull request, no stack, or `comment: false`. */
export async function postComment(
  { github, inputs, run, target }: Finished,
  job: Job,
): Promise<Posted> {
  if (inputs?.comment !== true || run.filesOnly !== undefined) return {};
  // Without a stack nothing would ever update the comment.
  if (github === undefined || inputs.given.stack === undefined) return {};
  const { command } = target ?? run;
  const number = await findPullNumber(github, job, command);
  if (!number.ok) return { refused: noComment(number.reason) };
  if (number.value === undefined) return {};
  const id = await upsertComment(github, number.value, {
    marker: commentMarker(run),
    body: renderComment(run),
  });
  return id.ok ? { id: id.value } : { refused: noComment(id.reason) };
}

const noComment = (reason: string): string =>
  `No comment on the pull request: ${reason}. The summary of this run has the full report`;

async function postDrift({
  github,
  inputs,
  run,
}: Finished): Promise<string | undefined> {
  const { failure } = run;
  if (inputs?.driftIssue !== true || run.command !== "drift") return undefined;
  // What the engine could not find out is no reason to close the issue.
  const known = failure === undefined || failure.reason === "drift";
  if (!known || github === undefined || run.filesOnly !== undefined)
    return undefined;
  const marker = commentMarker(run).replace("ai-gate-action", "ai-gate-drift");
  const kept = await keepDriftIssue(github, {
    marker,
    title: `AI gate ${run.stack} in ${run.region}: drift`,
    body: `${marker}\n${renderComment(run)}`,
    drifted: failure !== undefined,
  });
  return kept.ok ? undefined : `No issue about drift: ${kept.reason}`;
}
