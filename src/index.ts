// Main and post entry (one bundle, so that the engine's SDK is shipped once): parse, run, publish; and the one catch.
import * as core from "@actions/core";
import { createHost } from "./action/host.ts";
import { readJob } from "./action/job.ts";
import { publish } from "./action/publish.ts";
import { runAction } from "./action/run.ts";
import { post } from "./post.ts";

async function main(): Promise<void> {
  core.saveState("started", "true"); // tells the post step from the main one
  const job = readJob(process.env);
  const host = createHost(__dirname);
  await publish(await runAction(job, host), job, host.masked);
  host.note(undefined);
}

const entry = core.getState("started") === "true" ? post : main;

entry().catch((error: unknown) => {
  core.saveState("crashed", "true");
  // Whatever a user can cause ends as one line in publish(); what arrives here is a bug of ours, and its stack says where. What the run left open on GitHub is settled by the post step.
  core.setFailed(
    error instanceof Error ? (error.stack ?? error.message) : String(error),
  );
});
