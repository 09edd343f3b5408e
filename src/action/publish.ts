// Tells the world what happened, whatever happened: outputs, annotations, step summary, comment; the job's colour last.
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as core from "@actions/core";
import { getOctokit } from "@actions/github";
import { commentMarker, renderComment } from "../report/comment.ts";
import { outputsOf } from "../report/outputs.ts";
import { renderSummary } from "../report/summary.ts";
import { verdict } from "../report/verdict.ts";
import { commentsOf, upsertComment } from "./comment.ts";
import { annotation } from "./host.ts";
import type { Job } from "./job.ts";
import type { Finished } from "./run.ts";

export async function publish(
  { run, inputs, failure }: Finished,
  job: Job,
): Promise<void> {
  for (const problem of failure?.problems ?? []) {
    core.error(`${problem.where}: ${problem.message}`, annotation(problem));
  }
  const summary = renderSummary(run);
  const summaryPath = path.join(job.temp, "ai-gate-summary.md");
  await writeFile(summaryPath, summary);
  if (job.environment["GITHUB_STEP_SUMMARY"])
    await core.summary.addRaw(summary).write();
  const commentId =
    inputs?.comment === true ? await comment({ run, inputs }, job) : undefined;
  for (const [name, value] of Object.entries(
    outputsOf(run, { commentId, summaryPath }),
  ))
    core.setOutput(name, value);
  if (run.failure === undefined) core.info(verdict(run));
  else core.setFailed(run.failure.message);
}

/** A comment that cannot be written is one warning: what was deployed does not depend on it. */
async function comment(
  { run, inputs }: Required<Pick<Finished, "run" | "inputs">>,
  job: Job,
): Promise<number | undefined> {
  const token = inputs?.given["github-token"] ?? "";
  if (job.pullRequest === undefined || token === "") return undefined;
  const [owner = "", repo = ""] = job.repository.split("/");
  const pull = {
    owner,
    repo,
    number: job.pullRequest.number,
  };
  const api = commentsOf(getOctokit(token), pull, token);
  const result = await upsertComment(api, {
    marker: commentMarker(run.gateId),
    body: renderComment(run),
    sleep: (milliseconds) => sleep(milliseconds),
  });
  if (result.posted) return result.id;
  core.warning(
    `No comment on the pull request: ${result.reason}. The summary of this run has the full report`,
  );
  return undefined;
}
