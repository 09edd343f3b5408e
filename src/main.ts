// Main and post entry (one bundle, so that the engine's SDK is shipped once): parse, run, publish; and the one catch.
import { rm } from "node:fs/promises";
import * as core from "@actions/core";
import { createHost, fileFault, privateDirectory } from "./action/host.ts";
import { readJob } from "./action/job.ts";
import { publish } from "./action/publish.ts";
import { runAction } from "./action/run.ts";
import { post } from "./post.ts";

async function main(): Promise<void> {
  // Without these a run that is killed would leave its lock, and report nothing.
  if (isUnusable("GITHUB_STATE")) return;
  core.saveState("started", "true"); // tells the post step from the main one
  if (isUnusable("GITHUB_OUTPUT")) return;
  const job = readJob(process.env);
  const scratch = scratchIn(job.temp);
  if (scratch === undefined) return;
  const host = createHost(__dirname, scratch);
  await publish(await runAction(job, host), job, host.masked);
  host.saveRun(undefined);
  // Holds the engine, some hundred megabytes. Of a run that was killed, whose engine may live on, the runner removes it.
  // So it does of what cannot be removed here, which is no reason to fail.
  await rm(scratch, { recursive: true, force: true }).catch(() => undefined);
}

function scratchIn(temp: string): string | undefined {
  try {
    return privateDirectory(temp);
  } catch (error) {
    core.setFailed(
      `RUNNER_TEMP is not a writable directory ("${temp}"): leave the variable as the runner sets it (${String(error)})`,
    );
    return undefined;
  }
}

function isUnusable(name: string): boolean {
  const fault = fileFault(name, process.env);
  if (fault !== undefined) core.setFailed(fault);
  return fault !== undefined;
}

const entry = core.getState("started") === "true" ? post : main;

entry().catch((error: unknown) => {
  // Whatever a user can cause ends as one line in publish(); what arrives here is a bug of ours, and its stack says where. What the run left open on GitHub is settled by the post step.
  core.setFailed(
    error instanceof Error ? (error.stack ?? error.message) : String(error),
  );
  core.saveState("crashed", "true");
});
