// Post entry: releases what a run that was cut short left held. A main step that ended by itself leaves nothing to do.
import { setTimeout as sleep } from "node:timers/promises";
import * as core from "@actions/core";
import { alive } from "./action/processes.ts";
import { createAws } from "./cloud/aws.ts";
import { type HeldLock, releaseLock } from "./cloud/lock.ts";

/** Runs after the job's steps, also when the job was cancelled; a failure here is a warning, never a red job. */
export async function post(): Promise<void> {
  const held = core.getState("lock");
  if (held === "") return;
  const host = {
    alive,
    sleep: (milliseconds: number) => sleep(milliseconds),
    log: core.info,
  };
  try {
    const lock = JSON.parse(held) as HeldLock;
    if (await releaseLock(lock, createAws(process.env), host))
      core.info("Released the stack's lock that the cancelled run still held");
  } catch (error) {
    core.warning(
      `The stack's lock could not be looked at (${String(error)}): if the next run says it is locked, run "pulumi cancel"`,
    );
  }
}
