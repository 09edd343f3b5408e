// Tells the post step which engines an operation that takes a lock has started, as long as it is under way.
import type { ChildProcess } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { Aws } from "../../deploy/aws.ts";
import {
  type Life,
  noteOwnLocks,
  releaseLocks,
  removeLeftLocks,
  type StartedEngines,
} from "../../deploy/lock.ts";
import type { StatePlace } from "../../deploy/state-store.ts";
import type { Host } from "../host.ts";
import type { Target } from "../job.ts";

/** The engine's previews, of a refresh too, take no lock on a self-managed backend. */
const locking: readonly string[] = ["up", "refresh", "destroy"];

/** Of what this run has started and has ended. */
const lives: Life[] = [];

/** Removes the locks that engines of this run left; see `removeLeftLocks`. */
export const releaseOwnLocks = (
  place: StatePlace,
  aws: Aws,
): Promise<boolean> =>
  removeLeftLocks(place, aws, { hostname: hostname(), lives });

/** Does the work of one command, and leaves neither a note nor a lock of an engine that failed, however it ends. */
export async function recordingLocks<Result>(
  place: StatePlace,
  command: Target["command"],
  {
    aws,
    host,
    note,
  }: {
    readonly aws: Aws;
    readonly host: Pick<Host, "saveEngines">;
    /** Which run holds the locks, for `unlock`; see `runNote`. */
    readonly note?: string | undefined;
  },
  work: () => Promise<Result>,
): Promise<Result> {
  if (!locking.includes(command)) return work();
  const ended = new AbortController();
  const since = new Date().toISOString();
  const engines = new Map<number, "failed" | "runs">();
  const startedBy = (...pids: number[]): StartedEngines => ({
    ...place,
    since,
    engines: pids,
  });
  const started = () => startedBy(...engines.keys());
  const forget = onProcess((pid, state) => {
    if (ended.signal.aborted) return;
    // Its id may be another process's by the time that the post step looks.
    if (state === "ended") engines.delete(pid);
    else engines.set(pid, state);
    host.saveEngines(started());
  });
  const noted = note && noteLocks(started, { aws, note, ended: ended.signal });
  let isClean = false;
  try {
    const result = await work();
    isClean = !hasFailure(result);
    return result;
  } finally {
    forget();
    ended.abort();
    // No post step looks for a lock of a run that reported itself.
    const failed = [...engines].filter(([, state]) => state === "failed");
    if (!isClean && failed.length > 0)
      await releaseLeft(startedBy(...failed.map(([pid]) => pid)), aws);
    host.saveEngines(undefined);
    // The note goes with the lock, but a state that does not answer holds nothing up.
    await Promise.race([noted, sleep(2000, undefined, { ref: false })]);
  }
}

const hasFailure = (result: unknown): boolean =>
  typeof result === "object" &&
  result !== null &&
  "failure" in result &&
  result.failure !== undefined;

/** Hears what becomes of each process that this one starts. @returns ends that. */
function onProcess(
  hear: (
    pid: number,
    state: "ended" | "failed" | "runs",
    start: number,
  ) => void,
): () => void {
  const made = (message: unknown) => {
    const { process: child } = message as { readonly process: ChildProcess };
    child.once("spawn", () => {
      const { pid } = child;
      if (pid === undefined) return;
      const start = Date.now();
      hear(pid, "runs", start);
      child.once("exit", (code) => {
        hear(pid, code === 0 ? "ended" : "failed", start);
      });
    });
  };
  subscribe("child_process", made);
  return () => {
    unsubscribe("child_process", made);
  };
}

onProcess((pid, state, from) => {
  if (state !== "runs") lives.push({ pid, from, to: Date.now() });
});

const noteLocks = (
  started: () => StartedEngines,
  given: {
    readonly aws: Aws;
    readonly note: string;
    readonly ended: AbortSignal;
  },
): Promise<void> =>
  noteOwnLocks(started, {
    ...given,
    hostname: hostname(),
    sleep: (milliseconds) =>
      sleep(milliseconds, undefined, { signal: given.ended }).catch(
        () => undefined,
      ),
  });

const releaseLeft = (started: StartedEngines, aws: Aws): Promise<unknown> =>
  releaseLocks(
    started,
    aws,
    { hostname: hostname(), alive: isEngine, sleep, log: () => undefined },
    5,
  ).catch(() => undefined);

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, as another user's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Whether a living process is an engine: host names are shared among hosted runners, and process ids are used again. */
export function isEngine(
  pid: number,
  platform: NodeJS.Platform = process.platform,
): boolean {
  if (platform !== "linux") return isRunning(pid);
  try {
    return isLivingEngine(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** @param stat as proc(5) has it. One that ended is there until its parent asks for it, which in a container may be never. */
export const isLivingEngine = (stat: string): boolean =>
  /^\d+ \(pulumi.*\) [^ZXx] /.test(stat);
