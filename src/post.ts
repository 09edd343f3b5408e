// Post entry: tells of a run that was cut short, and releases what it held. A main step that ended by itself leaves nothing to do.
import { setTimeout as sleep } from "node:timers/promises";
import * as core from "@actions/core";
import { accessGithub } from "./action/github/client.ts";
import { logText, readInput } from "./action/host.ts";
import { readJob } from "./action/job.ts";
import { reportLost, type Underway } from "./action/github/run-status.ts";
import type { HeldLock } from "./deploy/lock.ts";

const patience = {
  sleep: (milliseconds: number): Promise<void> => sleep(milliseconds),
};

/** Runs after the job's steps, also when the job was cancelled; a failure here is a warning, never a red job. */
export async function post(): Promise<void> {
  const [underway, held] = [core.getState("underway"), core.getState("lock")];
  if (underway !== "") await tell(underway);
  // Comes last: an engine that lives on may be waited for for minutes.
  if (held !== "") await release(held);
}

async function tell(underway: string): Promise<void> {
  const ending = core.getState("crashed") === "true" ? "crashed" : "killed";
  const host = {
    source: {
      getInput: readInput,
      setSecret: core.setSecret,
    },
    connect: (token: string, repository: string) =>
      accessGithub({ token, repository }, patience),
  };
  try {
    const what = JSON.parse(underway) as Underway;
    const job = readJob(process.env);
    for (const warning of await reportLost(what, ending, job, host))
      core.warning(warning);
  } catch (error) {
    core.warning(
      `The pull request could not be told that the run was cut short (${String(error)})`,
    );
  }
}

async function release(held: string): Promise<void> {
  const log = (text: string) => core.info(logText(text));
  try {
    const { createAws } = await import("./deploy/aws.ts");
    const { releaseLock } = await import("./deploy/lock.ts");
    const { alive } = await import("./action/stack/lock-owner.ts");
    const host = { ...patience, alive, log };
    const lock = JSON.parse(held) as HeldLock;
    if (await releaseLock(lock, createAws(process.env), host))
      core.info("Released the stack's lock that the cancelled run still held");
  } catch (error) {
    core.warning(
      `The stack's lock could not be looked at (${String(error)}): if the next run says it is locked, run "pulumi cancel"`,
    );
  }
}
