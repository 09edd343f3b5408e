// `lock-timeout`: waits for a stack that another run has locked, then begins anew, with the state as that run left it.
import { setTimeout as sleep } from "node:timers/promises";
import type { Aws } from "../../deploy/aws.ts";
import {
  readHolders,
  runNote,
  runUrlOf,
  wordHolder,
} from "../../deploy/lock-holders.ts";
import { openLockFolder } from "../../deploy/lock.ts";
import type { StatePlace } from "../../deploy/state-store.ts";
import { GateFailure } from "../../gate/failure.ts";
import type { Execution } from "../describe.ts";
import type { Host } from "../host.ts";
import type { Job } from "../job.ts";

export interface Attempt extends Execution {
  /** Where the lock is that the operation failed for; undefined when it did not. */
  readonly lockedAt?: StatePlace | undefined;
}

export interface Waiting {
  /** How long to wait in all; 0 for not at all. */
  readonly seconds: number;
  readonly signal: AbortSignal;
  readonly log: (text: string) => void;
  /** Seconds since the wait began, and a wait of some, which a cancellation ends. */
  readonly elapsed: () => number;
  readonly pause: (seconds: number) => Promise<unknown>;
  /** Who holds the lock, each as a text; undefined where that cannot be read: then only the engine can tell. */
  readonly holders: (
    place: StatePlace,
  ) => Promise<readonly string[] | undefined>;
}

/** The engine says whether the stack is locked: a lock that is gone when it is looked at may be back by then. */
export async function untilUnlocked<Result extends Attempt>(
  { elapsed, holders, log, pause, seconds, signal }: Waiting,
  attempt: () => Promise<Result>,
): Promise<Result> {
  let [step, said] = [2, ""];
  for (;;) {
    const result = await attempt();
    const place = result.lockedAt;
    if (place === undefined) return result;
    for (let looks = 0; ; looks += 1) {
      const found = await holders(place);
      // A cancelled run looks no further, and what is free is tried at once.
      if (looks > 0 && (found === undefined || found.length === 0)) break;
      const who = (found ?? []).map((text) => `Locked by ${text}`).join("\n");
      if (who !== said && who !== "") log(who);
      said = who;
      const left = seconds - elapsed();
      if (left <= 0) return result;
      const of = `${Math.round(elapsed())} of ${seconds} seconds`;
      log(`Waiting for the lock of the stack ${place.stack}: ${of}`);
      await pause(Math.min(step, left));
      step = Math.min(step * 1.5, 30);
      if (signal.aborted) return { ...result, failure: cancelled() };
    }
  }
}

const cancelled = (): GateFailure =>
  new GateFailure(
    "cancelled",
    "The run was cancelled as it waited for the stack's lock: nothing was changed, run the job again",
  );

export function lockWaiting(
  { aws, host, job }: { aws: Aws; host: Host; job: Job },
  seconds: number,
): Waiting {
  const { log, signal } = host;
  const own = runNote(job.environment);
  const began = Date.now();
  return {
    seconds,
    signal,
    log,
    elapsed: () => (Date.now() - began) / 1000,
    pause: (time) =>
      sleep(time * 1000, undefined, { signal }).catch(() => undefined),
    holders: async (place) => {
      try {
        const folder = await openLockFolder(place, aws);
        if (folder === undefined) return undefined;
        const now = Date.now();
        return (await readHolders(folder)).map((holder) => {
          const url = own && runUrlOf(holder, own);
          return (
            wordHolder(holder, now) + (url === undefined ? "" : `, ${url}`)
          );
        });
      } catch {
        return undefined;
      }
    },
  };
}
