// Post entry: releases what a run that was cut short left held. A main step that ended by itself leaves nothing to do.
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import * as core from "@actions/core";
import { createAws } from "./cloud/aws.ts";
import { type OperationMark, releaseOwnLock } from "./cloud/lock.ts";

/** Runs after the job's steps, also when the job was cancelled; a failure here is a warning, never a red job. */
export async function post(): Promise<void> {
  const mark = core.getState("operation");
  if (mark === "") return;
  const host = {
    hostname: hostname(),
    alive,
    sleep: (milliseconds: number) => sleep(milliseconds),
    log: core.info,
  };
  try {
    const released = await releaseOwnLock(
      JSON.parse(mark) as OperationMark,
      createAws(process.env),
      host,
    );
    if (released > 0)
      core.info("Released the stack's lock that the cancelled run still held");
  } catch (error) {
    core.warning(
      `The stack's lock could not be looked at (${String(error)}): if the next run says it is locked, run "pulumi cancel"`,
    );
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, as another user's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
